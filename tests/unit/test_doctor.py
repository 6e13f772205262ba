"""The doctor says what is missing and how to fix it."""

import contextlib
import json
import os
import shutil
from pathlib import Path

import pytest
from tests.fakes import FakeStage

from oriel import cli, doctor
from oriel.doctor import Finding, examine, install_missing
from oriel.doctor_service import examine_service
from oriel.errors import ProcessTimedOut, StageCrashed
from oriel.rendering.pipeline.looks import Looks
from oriel.settings import Settings


@pytest.fixture(autouse=True)
def a_machine(looks: Looks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "load_looks", lambda: looks)
    monkeypatch.setattr(doctor, "open_stage", lambda *_: contextlib.nullcontext(FakeStage()))
    # test_doctor_videos.py makes the real ones.
    monkeypatch.setattr(doctor, "try_format", lambda *_, **_options: "verified")
    monkeypatch.setenv("WORK_DIR", str(tmp_path / "work"))
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho Chromium 1.2.3\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("CHROMIUM_PATH", str(program))


def found(name: str) -> Finding:
    return next(finding for finding in examine(Settings(_env_file=None)) if finding.name == name)


def test_a_machine_with_everything_is_well() -> None:
    findings = examine(Settings(_env_file=None))
    assert [finding.name for finding in findings if not finding.ok] == []
    assert found("Chromium").found.startswith("Chromium 1.2.3 at ")


def test_a_missing_ffmpeg_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FFMPEG_PATH", "/no/ffmpeg")
    assert (found("FFmpeg").ok, found("FFmpeg").fix) == (False, "apt-get install ffmpeg")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo ffmpeg version 4.4.2", "ffmpeg version 4.4.2"),
        ("echo ffmpeg version 6.1 Copyright", "without libx264, libvpx-vp9, prores_ks, aac, libopus"),
    ],
)
def test_an_ffmpeg_that_does_not_do_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str, said: str
) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("FFMPEG_PATH", str(program))
    assert not found("FFmpeg").ok
    assert said in found("FFmpeg").found


PROTECTIONS = pytest.mark.parametrize(
    ("name", "tried", "whose"),
    [
        ("Protection", "unconfined_because", "FFmpeg and FFprobe "),
        ("Browser protection", "browser_unconfined_because", "Chromium "),
    ],
)


@PROTECTIONS
def test_the_protection_that_holds_is_said(monkeypatch: pytest.MonkeyPatch, name: str, tried: str, whose: str) -> None:
    monkeypatch.setattr(doctor, tried, lambda _: None)
    assert found(name).ok
    assert found(name).found.startswith(whose)
    assert "no network" in found(name).found


@PROTECTIONS
@pytest.mark.parametrize("installable", [True, False])
def test_a_missing_protection_is_said_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, tried: str, whose: str, installable: bool
) -> None:
    monkeypatch.setattr(doctor, tried, lambda _: "namespaces are forbidden")
    monkeypatch.setattr(doctor, "is_mendable", lambda: installable)
    # A machine that forbids namespaces renders all the same.
    assert found(name).ok is not installable
    assert found(name).found.startswith(f"reduced: {whose}can read this user's files")
    assert found(name).found.endswith("because namespaces are forbidden")


@PROTECTIONS
def test_a_machine_that_is_too_busy_to_tell_is_told_so(
    monkeypatch: pytest.MonkeyPatch, name: str, tried: str, whose: str
) -> None:
    def busy(_: object) -> None:
        raise ProcessTimedOut("The sandbox for programs did not start in time. Please try again.")

    monkeypatch.setattr(doctor, tried, busy)
    assert (found(name).ok, found(name).fix) == (False, "try again when the machine is idle")


def test_slow_drawing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = FakeStage(backend="swiftshader")
    monkeypatch.setattr(doctor, "open_stage", lambda *_: contextlib.nullcontext(slow))
    assert "libegl1" in found("Graphics").fix
    assert not found("Graphics").ok


def test_a_browser_that_does_not_start_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise StageCrashed("Chromium could not start.")

    monkeypatch.setattr(doctor, "open_stage", broken)
    assert found("Graphics").found == "Chromium could not start."


def test_a_work_folder_that_cannot_be_used_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORK_DIR", "/proc/nowhere")
    assert not found("Work folder").ok


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("FFMPEG_PATH", "/no/ffmpeg", "FFmpeg"),
        ("CHROMIUM_PATH", "/no/chromium", "Chromium"),
        ("WORK_DIR", "/proc/nowhere", "Work folder"),
    ],
)
def test_the_graphics_are_not_blamed_for_what_else_is_missing(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert found("Graphics").found == f"not tried, because something above is missing. {found(name).found}"
    assert (found("Graphics").ok, found("Graphics").fix, found("Graphics").packages) == (False, "", ())


def test_what_is_there_needs_no_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor", "--json"]) == 0
    assert {check["fix"] for check in json.loads(capsys.readouterr().out)["checks"]} == {""}


def in_service(name: str) -> Finding:
    return next(finding for finding in examine_service(Settings(_env_file=None)) if finding.name == name)


@pytest.mark.parametrize("there", ["", "data", "data/deep"])
def test_a_data_folder_is_tried_and_nothing_is_left_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: str
) -> None:
    root = tmp_path / "tried"
    (root / there).mkdir(parents=True)
    before = sorted(root.rglob("*"))
    monkeypatch.setenv("DATA_DIR", str(root / "data" / "deep"))
    folder = root / "data" / "deep"
    assert in_service("Data folder").ok
    assert in_service("Data folder").found.startswith(f"{folder}, ")
    assert in_service("Data folder").found.endswith(f" GB free; workers render in {folder / 'work'}")
    assert sorted(root.rglob("*")) == before


def test_a_data_folder_that_cannot_be_written_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", "/proc/x")
    assert not in_service("Data folder").ok
    assert "/proc/x" in in_service("Data folder").found


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("DATABASE_URL", "foo://u:pw@x", "Database"),
        ("DATABASE_URL", "postgresql://u:pw@127.0.0.1:1/x", "Database"),
        ("REDIS_URL", "foo://:pw@x", "Queue"),
    ],
)
def test_an_address_that_does_not_do_is_found_and_its_password_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert not in_service(name).ok
    assert variable in in_service(name).found
    assert value.replace(":pw", ":***") in in_service(name).found


def test_a_bucket_without_credentials_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GCS_BUCKET_NAME", "videos")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/no/key.json")
    assert not in_service("Storage").ok
    assert "/no/key.json is no key file that can be read" in in_service("Storage").found


def test_nothing_missing_means_nothing_to_fix() -> None:
    assert not install_missing([Finding("A", True, "there", packages=("a",))], say=lambda _: None)


def test_who_is_not_root_is_told_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    said: list[str] = []
    assert not install_missing([Finding("A", False, "missing", packages=("b", "a"))], say=said.append)
    assert said == ["Run as root: apt-get install -y --no-install-recommends a b"]


def test_root_gets_the_packages_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/apt-get")
    monkeypatch.setenv("https_proxy", "http://proxy")
    environments: list[dict[str, str]] = []

    def record(command: list[str], access: None, timeout_s: float, environment: dict[str, str]) -> None:
        commands.append(command)
        environments.append(environment)

    monkeypatch.setattr(doctor, "run", record)
    monkeypatch.setattr(doctor, "run_checked", record)
    assert install_missing([Finding("A", False, "missing", packages=("a",))], say=lambda _: None)
    assert commands[-1][-3:] == ["-y", "--no-install-recommends", "a"]
    assert [environment["https_proxy"] for environment in environments] == ["http://proxy"] * 2


def test_the_command_prints_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith("ok      FFmpeg: ffmpeg version")


def test_the_command_ends_with_2_where_something_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FFPROBE_PATH", "/no/ffprobe")
    assert cli.run(["doctor", "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    assert {"name", "ok", "found", "fix"} == set(report["checks"][0])
