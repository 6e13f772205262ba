"""Where web processes count together: never in each other's way, and never in the way of the service."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from oriel.infra import metrics_folder
from oriel.infra.metrics_folder import FOLDER, count_together, has_room

_HOLDS = """
import os, sys, pathlib
from oriel.infra.metrics_folder import FOLDER, count_together
count_together(pathlib.Path(sys.argv[1]))
# As `oriel web` becomes gunicorn: another program in the same process.
os.execv("/bin/sh", ["sh", "-c", f"echo ${FOLDER}; read end"])
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set here goes with the test."""
    monkeypatch.setenv(FOLDER, "")
    monkeypatch.delenv(FOLDER)


def start(data: Path) -> "subprocess.Popen[str]":
    """Start a process that counts in a data folder until it is told to end."""
    return subprocess.Popen(
        [sys.executable, "-c", _HOLDS, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_what_a_living_process_counts_stays_and_what_a_dead_one_has_counted_goes(tmp_path: Path) -> None:
    with start(tmp_path) as living, start(tmp_path) as dying:
        assert living.stdout
        assert dying.stdout
        lives, dies = Path(living.stdout.readline().strip()), Path(dying.stdout.readline().strip())
        assert lives.is_dir()
        assert dies.is_dir()
        dying.kill()
        dying.wait()
        count_together(tmp_path)
        assert lives.is_dir()
        assert not dies.exists()
        assert Path(os.environ[FOLDER]).is_dir()


def test_a_process_has_room_for_what_it_counts(tmp_path: Path) -> None:
    count_together(tmp_path)
    assert has_room()
    folder = Path(os.environ[FOLDER])
    files = sorted(path.name for path in folder.glob("*.db"))
    assert files == [f"counter_{os.getpid()}.db", f"histogram_{os.getpid()}.db"]
    # On the disk, not only in the folder's books.
    assert all((folder / name).stat().st_blocks * 512 >= metrics_folder._ROOM_BYTES for name in files)


def test_what_was_counted_before_is_kept(tmp_path: Path) -> None:
    count_together(tmp_path)
    assert has_room()
    file = Path(os.environ[FOLDER]) / f"counter_{os.getpid()}.db"
    file.write_bytes(b"counts")
    assert has_room()
    assert file.read_bytes() == b"counts"


def test_who_cannot_count_together_says_so_and_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = tmp_path / "file"
    data.write_bytes(b"")
    count_together(data)
    assert FOLDER not in os.environ
    assert "not shared" in caplog.text
    assert has_room()


def test_who_has_no_room_says_so_and_leaves_no_half_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_together(tmp_path)
    folder = Path(os.environ[FOLDER])

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    assert not has_room()
    assert "has no request metrics" in caplog.text
    assert [path.name for path in folder.iterdir()] == [metrics_folder._HELD]


def test_a_folder_that_is_gone_is_made_anew(tmp_path: Path) -> None:
    count_together(tmp_path)
    folder = Path(os.environ[FOLDER])
    (folder / metrics_folder._HELD).unlink()
    folder.rmdir()
    assert has_room()
    assert len(list(folder.glob("*.db"))) == 2
