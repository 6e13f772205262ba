"""Where the programs are, how much room there is, which version draws."""

import errno
from pathlib import Path

import pytest

from oriel.errors import DiskFull, ProgramMissing, StageCrashed
from oriel.rendering.pipeline import disk
from oriel.rendering.pipeline.engine import engine_id
from oriel.rendering.pipeline.estimate import video_bytes, work_bytes
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.tools import find_chromium, find_ffmpeg


def test_a_configured_program_is_taken(tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.touch(mode=0o755)
    assert find_ffmpeg(program) == program


def test_a_configured_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ProgramMissing, match=r"Chromium was not found at /no/chromium: install it .* CHROMIUM_PATH"):
        find_chromium(Path("/no/chromium"))


def test_another_build_is_another_engine(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1", "utf-8")
    before = engine_id(tmp_path)
    assert engine_id(tmp_path) == before
    (tmp_path / "a.js").write_text("2", "utf-8")
    assert engine_id(tmp_path) != before


def test_a_full_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk.refuse_full_disk(tmp_path)
    monkeypatch.setattr(disk, "free_bytes", lambda _: 1000)
    with pytest.raises(DiskFull, match="is full"):
        disk.refuse_full_disk(tmp_path)


def test_a_write_that_finds_no_room_is_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(DiskFull), disk.full_disk_is_said(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_browser_that_dies_on_a_full_disk_is_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StageCrashed), disk.full_disk_is_said(tmp_path):
        raise StageCrashed("The browser crashed.")
    monkeypatch.setattr(disk, "free_bytes", lambda _: 1000)
    with pytest.raises(DiskFull), disk.full_disk_is_said(tmp_path):
        raise StageCrashed("The browser crashed.")


def test_room_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "free_bytes", lambda _: 10 << 20)
    disk.require_free(tmp_path, 10 << 20)
    with pytest.raises(DiskFull, match=r"about 20 MB .* 10 MB are free"):
        disk.require_free(tmp_path, 20 << 20)


def test_a_three_minute_video_is_expected_to_take_about_two_hundred_megabytes(looks: Looks) -> None:
    settings = resolve(parse_settings({}), looks)
    assert 150 << 20 < video_bytes(settings, 180) < 300 << 20
    assert work_bytes(settings, 180, 180) > 2 * video_bytes(settings, 180)
