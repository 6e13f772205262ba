"""A render's folder is locked, survives a kill, and goes away in the end."""

import fcntl
import os
import shutil
import time
from pathlib import Path

import pytest

from oriel.errors import WorkFolderUnusable
from oriel.rendering.pipeline.plan import Chunk
from oriel.rendering.pipeline.workdir import ABANDONED_AFTER_S, ChunkFiles, sweep, temporary_beside, work_folder

OLD = "0123456789abcdef" * 2
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


def abandoned(root: Path, key: str = OLD) -> Path:
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
    beside = tmp_path / "videos" / ".out.mp4.0a1b2c3d.part"
    beside.parent.mkdir()
    beside.touch()
    with work_folder(tmp_path / "work", OLD) as folder:
        folder.remember_temporary_output(beside)
        folder.keep = True
    age(folder.path, ABANDONED_AFTER_S + 60)
    sweep(tmp_path / "work")
    assert not beside.exists()


@pytest.mark.parametrize("name", [OLD, f"{OLD}-1", "doctor", f"{OLD}.gone-0a1b2c3d"])
def test_a_sweep_knows_every_name_that_we_give(tmp_path: Path, name: str) -> None:
    abandoned(tmp_path, name)
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_leaves_what_bears_another_name(tmp_path: Path) -> None:
    dpkg = abandoned(tmp_path, "dpkg")
    sweep(tmp_path)
    assert dpkg.exists()


def test_a_sweep_leaves_a_lock_without_our_mark(tmp_path: Path) -> None:
    old = abandoned(tmp_path)
    (old / "lock").write_bytes(b"4711")
    age(old, ABANDONED_AFTER_S + 60)
    sweep(tmp_path)
    assert old.exists()


def test_a_sweep_leaves_what_others_can_write_into(tmp_path: Path) -> None:
    old = abandoned(tmp_path)
    old.chmod(0o777)
    sweep(tmp_path)
    assert old.exists()


def test_a_sweep_leaves_what_belongs_to_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = abandoned(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    sweep(tmp_path)
    assert old.exists()


def test_a_folder_of_that_name_that_is_not_ours_is_neither_used_nor_removed(tmp_path: Path) -> None:
    (tmp_path / OLD).mkdir(mode=0o700)
    (tmp_path / OLD / "thesis.txt").touch()
    with work_folder(tmp_path, OLD) as folder:
        assert folder.path.name == f"{OLD}-1"
    assert (tmp_path / OLD / "thesis.txt").exists()


def test_the_folder_is_for_us_alone(tmp_path: Path) -> None:
    with work_folder(tmp_path, OLD) as folder:
        assert folder.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["thesis.txt", ".out.mp4.part", ".out.mp4.0a1b2c3d.part/thesis.txt"])
def test_no_file_is_removed_that_a_render_never_makes(tmp_path: Path, name: str) -> None:
    other = tmp_path / "videos" / name
    other.parent.mkdir(parents=True)
    other.touch()
    with work_folder(tmp_path / "work", OLD) as folder:
        folder.remember_temporary_output(other)
    assert other.exists()


def test_a_resumed_render_first_removes_what_was_begun_beside_the_output(tmp_path: Path) -> None:
    beside = temporary_beside(tmp_path / "out.mp4")
    beside.touch()
    with work_folder(tmp_path / "work", OLD) as folder:
        folder.remember_temporary_output(beside)
        folder.keep = True
    with work_folder(tmp_path / "work", OLD):
        assert not beside.exists()


def test_a_folder_that_is_being_removed_is_not_met_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rmtree = shutil.rmtree

    def start_meanwhile(path: Path, ignore_errors: bool) -> None:
        monkeypatch.setattr(shutil, "rmtree", rmtree)
        with work_folder(tmp_path, OLD) as folder:
            folder.track.write_bytes(b"track")
            folder.keep = True
        rmtree(path, ignore_errors=ignore_errors)

    with work_folder(tmp_path, OLD):
        monkeypatch.setattr(shutil, "rmtree", start_meanwhile)
    assert [path.name for path in tmp_path.iterdir()] == [OLD]
    assert (tmp_path / OLD / "track.orft").read_bytes() == b"track"


def test_half_a_removal_is_finished_by_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, work_folder(tmp_path, OLD):
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
    assert [path.name[:38] for path in tmp_path.iterdir()] == [f"{OLD}.gone-"]
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkFolderUnusable, match="File name too long"), work_folder(tmp_path / ("a" * 300), "key"):
        pass


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
