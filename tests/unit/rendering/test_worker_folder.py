"""What a worker keeps while it lives goes with it, however it ends."""

import os
import subprocess
import sys
from pathlib import Path

from oriel.rendering.worker_folder import sweep, worker_folder

DIES_INSIDE = """
import os, sys
from pathlib import Path
from oriel.rendering.worker_folder import worker_folder
with worker_folder(Path(sys.argv[1])) as folder:
    (folder / "song.wav").write_bytes(b"somebody's")
    os.kill(os.getpid(), 9)
"""


def test_it_is_gone_in_the_end(tmp_path: Path) -> None:
    with worker_folder(tmp_path / "workers") as folder:
        (folder / "browser").mkdir()
        assert folder.name.startswith(f"{os.getpid()}-")
    assert list((tmp_path / "workers").iterdir()) == []


def test_a_killed_workers_folder_is_swept_by_the_next_one(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", DIES_INSIDE, str(tmp_path)])
    assert ended.returncode == -9
    (left,) = tmp_path.iterdir()
    with worker_folder(tmp_path) as folder:
        assert not left.exists()
        assert list(tmp_path.iterdir()) == [folder]


def test_a_living_workers_folder_stays(tmp_path: Path) -> None:
    with worker_folder(tmp_path) as folder:
        assert sweep(tmp_path) == 0
        assert folder.exists()


def test_what_a_dying_browser_has_kept_from_being_removed_goes_later(tmp_path: Path) -> None:
    (tmp_path / "17-abcd.gone" / "profile").mkdir(parents=True)
    assert sweep(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_dying_browser_has_made_anew_goes_later(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    assert ended.wait() == 0
    (tmp_path / f"{ended.pid}-abcd" / "browser" / "profile").mkdir(parents=True)
    (tmp_path / f"{os.getpid()}-abcd").mkdir()
    assert sweep(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{os.getpid()}-abcd"]
