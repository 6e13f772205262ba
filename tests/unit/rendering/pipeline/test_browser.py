"""How a browser is started and found; starting one is for the render tests."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from oriel.rendering.pipeline.browser import (
    BROWSER_VARIABLES,
    dropped_defaults,
    kill_tree,
    launch_options,
    memory_bytes,
    short_name,
)
from oriel.rendering.pipeline.process import clean_environment

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "dropped"), [(64 << 20, []), (512 << 20, ["--disable-dev-shm-usage"])])
def test_shared_memory_is_used_where_there_is_enough(
    monkeypatch: pytest.MonkeyPatch, free: int, dropped: list[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(free, 0, free))
    assert dropped_defaults() == dropped


def test_a_machine_without_shared_memory_keeps_to_the_disk(tmp_path: Path) -> None:
    assert dropped_defaults(tmp_path / "none") == []


def test_a_browser_gets_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "secret")
    monkeypatch.setenv("DISPLAY", ":1")
    env = launch_options("gpu", tmp_path, clean_environment(*BROWSER_VARIABLES)).env
    assert "STRIPE_SECRET_KEY" not in env
    assert env["DISPLAY"] == ":1"


def test_a_process_is_ended_with_its_children() -> None:
    script = "import subprocess; subprocess.run(['sleep', '60'], check=False)"
    with subprocess.Popen([sys.executable, "-c", f"print(flush=True); {script}"], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not (below := children.read_text().split()):
            pass
        kill_tree(process.pid)
        # The pipe ends when the last process that holds it is gone.
        assert process.stdout.read() == b""
    assert below


def test_memory_is_measured() -> None:
    assert 1 << 20 < memory_bytes([os.getpid()]) < 1 << 32


def test_a_short_folder_keeps_its_name() -> None:
    with short_name(Path("/usr/lib")) as name:
        assert name == Path("/usr/lib")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
def test_a_long_folder_gets_a_short_name_for_other_programs_too(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 45)
    folder.mkdir()
    with short_name(folder) as name:
        assert len(str(name)) <= 60
        subprocess.run(["touch", name / "file"], check=True)
    assert (folder / "file").exists()
    assert not name.exists()
