"""A render's folder is locked, survives a kill, and goes away in the end."""

import fcntl
import os
import time
from pathlib import Path

import pytest

from oriel.errors import WorkFolderUnusable
from oriel.rendering.pipeline.plan import Chunk
from oriel.rendering.pipeline.workdir import ABANDONED_AFTER_S, ChunkFiles, sweep, work_folder

CHUNK = Chunk(3, 900, 300, "k" * 64)


def test_the_folder_is_there_while_it_is_used_and_gone_after(tmp_path: Path) -> None:
    with work_folder(tmp_path / "work", "key") as folder:
        assert folder.path == tmp_path / "work" / "key"
        assert folder.chunks.is_dir()
        assert folder.tmp.is_dir()
    assert list((tmp_path / "work").iterdir()) == []


def test_it_goes_away_also_when_the_render_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), work_folder(tmp_path, "key"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_a_kept_folder_is_found_again(tmp_path: Path) -> None:
    with work_folder(tmp_path, "key") as folder:
        folder.track.write_bytes(b"track")
        folder.keep = True
    with work_folder(tmp_path, "key") as folder:
        assert folder.track.read_bytes() == b"track"


def test_the_same_render_at_the_same_time_gets_another_folder(tmp_path: Path) -> None:
    with work_folder(tmp_path, "key") as one, work_folder(tmp_path, "key") as two:
        assert one.path != two.path


def test_what_a_killed_twin_left_is_found(tmp_path: Path) -> None:
    with work_folder(tmp_path, "key"), work_folder(tmp_path, "key") as twin:
        twin.track.write_bytes(b"track")
        twin.keep = True
    with work_folder(tmp_path, "key") as folder:
        assert folder.track.exists()


def age(path: Path, seconds: float) -> None:
    for inner in (path, *path.rglob("*")):
        os.utime(inner, (time.time() - seconds, time.time() - seconds))


def abandoned(root: Path, key: str = "old") -> Path:
    with work_folder(root, key) as folder:
        folder.keep = True
    age(folder.path, ABANDONED_AFTER_S + 60)
    return folder.path


def test_another_start_sweeps_what_is_older_than_a_day(tmp_path: Path) -> None:
    old = abandoned(tmp_path)
    with work_folder(tmp_path, "new"):
        assert not old.exists()


def test_a_sweep_leaves_what_is_younger(tmp_path: Path) -> None:
    old = abandoned(tmp_path)
    age(old, ABANDONED_AFTER_S - 60)
    sweep(tmp_path)
    assert old.exists()


def test_a_sweep_leaves_what_is_locked(tmp_path: Path) -> None:
    old = abandoned(tmp_path)
    with (old / "lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        age(old, ABANDONED_AFTER_S + 60)
        sweep(tmp_path)
        assert old.exists()


def test_a_sweep_leaves_what_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "notes.txt").touch()
    age(tmp_path / "photos", ABANDONED_AFTER_S * 9)
    sweep(tmp_path)
    assert (tmp_path / "photos").exists()


def test_a_sweep_removes_the_temporary_file_beside_the_output(tmp_path: Path) -> None:
    beside = tmp_path / "videos" / ".out.mp4.part"
    beside.parent.mkdir()
    beside.touch()
    with work_folder(tmp_path / "work", "old") as folder:
        folder.remember_temporary_output(beside)
        folder.keep = True
    age(folder.path, ABANDONED_AFTER_S + 60)
    sweep(tmp_path / "work")
    assert not beside.exists()


def test_a_root_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WorkFolderUnusable, match="--work"), work_folder(tmp_path / "file" / "work", "key"):
        pass


@pytest.fixture
def files(tmp_path: Path) -> ChunkFiles:
    files = ChunkFiles(tmp_path, ".mp4")
    files.part(CHUNK).write_bytes(b"frames")
    return files


def test_a_chunk_is_finished_when_it_was_declared_so(files: ChunkFiles) -> None:
    assert not files.is_finished(CHUNK)
    files.finish(CHUNK)
    assert files.is_finished(CHUNK)
    assert files.path(CHUNK).read_bytes() == b"frames"


def test_a_chunk_that_was_changed_is_not_finished(files: ChunkFiles) -> None:
    files.finish(CHUNK)
    files.path(CHUNK).write_bytes(b"Frames")
    assert not files.is_finished(CHUNK)


def test_a_chunk_that_is_gone_is_not_finished(files: ChunkFiles) -> None:
    files.finish(CHUNK)
    files.path(CHUNK).unlink()
    assert not files.is_finished(CHUNK)


def test_another_plans_chunk_is_not_taken(files: ChunkFiles) -> None:
    files.finish(CHUNK)
    assert not files.is_finished(Chunk(3, 900, 300, "k" * 63 + "l"))


def test_half_a_manifest_is_none(files: ChunkFiles) -> None:
    files.finish(CHUNK)
    manifest = files.path(CHUNK).with_suffix(".json")
    manifest.write_bytes(manifest.read_bytes()[:20])
    assert not files.is_finished(CHUNK)
