"""OUT appears whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from oriel.errors import Cancelled, DiskFull, OutputNotWritable
from oriel.rendering.pipeline.deliver import check_output, check_poster, deliver
from oriel.rendering.pipeline.workdir import WorkFolder, work_folder


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(b"video" * 1000)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    return tmp_path / "videos" / "out.mp4"


def test_a_file_is_moved_into_place(tmp_path: Path, finished: Path, out: Path) -> None:
    with work_folder(tmp_path / "work", "key") as folder:
        deliver(folder, finished, out)
    assert out.read_bytes() == b"video" * 1000
    assert not finished.exists()


def test_an_older_file_is_replaced(tmp_path: Path, finished: Path, out: Path) -> None:
    out.write_bytes(b"old")
    with work_folder(tmp_path / "work", "key") as folder:
        deliver(folder, finished, out)
    assert out.stat().st_size == 5000


def across(monkeypatch: pytest.MonkeyPatch, finished: Path) -> None:
    """Make `finished` lie on another filesystem."""
    rename = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if self == finished:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def test_another_filesystem_gets_a_copy(
    tmp_path: Path, finished: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    across(monkeypatch, finished)
    with work_folder(tmp_path / "work", "key") as folder:
        deliver(folder, finished, out)
        remembered = (folder.path / "temporary-output").read_text("utf-8")
    assert out.stat().st_size == 5000
    assert Path(remembered).parent == out.parent
    assert list(out.parent.iterdir()) == [out]


def test_a_copy_that_is_cancelled_leaves_nothing(
    tmp_path: Path, finished: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled() -> None:
        raise Cancelled

    across(monkeypatch, finished)
    out.write_bytes(b"old")
    with work_folder(tmp_path / "work", "key") as folder:
        with pytest.raises(Cancelled):
            deliver(folder, finished, out, check=cancelled)
        assert [path.read_bytes() for path in out.parent.iterdir()] == [b"old"]


def test_a_disk_that_fills_up_while_copying_is_said(
    tmp_path: Path, finished: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    across(monkeypatch, finished)
    with work_folder(tmp_path / "work", "key") as folder, pytest.raises(DiskFull, match=r"out\.mp4 is full"):
        deliver(folder, finished, out, check=full)
    assert list(out.parent.iterdir()) == []


def test_a_link_is_written_through(tmp_path: Path, finished: Path, out: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(out)
    with work_folder(tmp_path / "work", "key") as folder:
        deliver(folder, finished, link)
    assert link.is_symlink()
    assert out.stat().st_size == 5000


def test_a_folder_that_vanished_is_said(tmp_path: Path, finished: Path) -> None:
    def broken(folder: WorkFolder) -> None:
        deliver(folder, finished, tmp_path / "gone" / "out.mp4")

    with work_folder(tmp_path / "work", "key") as folder, pytest.raises(OutputNotWritable, match="No such file"):
        broken(folder)


def test_a_good_output_passes_and_nothing_is_left(out: Path) -> None:
    check_output(out)
    assert list(out.parent.iterdir()) == []


def test_a_folder_as_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="is a folder"):
        check_output(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWritable, match="does not exist"):
        check_output(tmp_path / "none" / "out.mp4")


def test_a_device_as_output_is_refused() -> None:
    with pytest.raises(OutputNotWritable, match="not a regular file"):
        check_output(Path("/dev/null"))


def test_the_song_itself_as_output_is_refused(finished: Path) -> None:
    with pytest.raises(OutputNotWritable, match="would be overwritten"):
        check_output(finished, finished)


def test_a_folder_that_cannot_be_written_is_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, mode: int = 0o666, exist_ok: bool = True) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # Root may write everywhere, so the refusal itself is made.
    monkeypatch.setattr(Path, "touch", denied)
    with pytest.raises(OutputNotWritable, match="cannot be written: Permission denied"):
        check_output(out)


@pytest.mark.parametrize("place", ["a" * 300, f"{'a' * 300}/out.mp4"])
def test_a_name_that_is_too_long_is_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(OutputNotWritable, match="File name too long"):
        check_output(tmp_path / place)


def test_the_longest_name_that_the_disk_takes_passes(out: Path) -> None:
    check_output(out.with_name("🎵" * 62 + ".mp4"))


def test_a_folder_that_cannot_be_looked_into_is_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "stat", denied)
    with pytest.raises(OutputNotWritable, match="cannot be written: Permission denied"):
        check_output(out)


def test_an_input_that_cannot_be_looked_at_is_no_matter_of_the_output(out: Path) -> None:
    check_output(out, Path("a" * 300), Path("a\0"))


def test_the_video_as_its_own_poster_is_refused(out: Path) -> None:
    with pytest.raises(OutputNotWritable, match="both the video and its poster"):
        check_poster(out.parent / ".." / "videos" / "out.mp4", out)
