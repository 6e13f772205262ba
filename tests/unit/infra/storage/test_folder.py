"""A folder that is killed, full, damaged or used by many at once."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oriel.errors import DiskFull, StorageFailed
from oriel.infra.storage.folder import FolderStorage
from oriel.infra.storage.incoming import incoming_file, sweep

MakeFile = Callable[..., Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
def storage(root: Path) -> FolderStorage:
    return FolderStorage(root)


@pytest.fixture
def make_file(tmp_path: Path) -> MakeFile:
    def make(content: bytes = b"content", name: str = "source") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return make


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_an_object_is_a_file_under_its_name(storage: FolderStorage, root: Path, make_file: MakeFile) -> None:
    storage.put("r/1/a", make_file(), content_type="text/plain")
    assert files(root) == ["r/1/a"]


def test_folders_go_with_their_last_object(storage: FolderStorage, root: Path, make_file: MakeFile) -> None:
    for name in ("r/1/a", "r/2"):
        storage.put(name, make_file(), content_type="text/plain")
    storage.delete("r/1/a")
    assert [path.name for path in root.iterdir() if path.name != ".incoming"] == ["r"]
    storage.delete("r/2")
    assert [path.name for path in root.iterdir() if path.name != ".incoming"] == []


def test_files_of_others_are_no_objects(storage: FolderStorage, root: Path, make_file: MakeFile) -> None:
    storage.put("r/a", make_file(), content_type="text/plain")
    (root / "r" / ".DS_Store").touch()
    assert [stored.name for stored in storage.list("")] == ["r/a"]


def test_a_link_leads_out_of_the_folder_for_nobody(storage: FolderStorage, root: Path, make_file: MakeFile) -> None:
    for name in ("r/../../source", "/etc/passwd", "r/.incoming/a", ".incoming/a"):
        with pytest.raises(ValueError, match="no name"):
            storage.put(name, make_file(), content_type="text/plain")
    assert not root.exists()


def test_an_object_where_a_folder_is_fails(storage: FolderStorage, root: Path, make_file: MakeFile) -> None:
    storage.put("r/a", make_file(), content_type="text/plain")
    for name in ("r", "r/a/b"):
        with pytest.raises(StorageFailed):
            storage.put(name, make_file(), content_type="text/plain")
    assert files(root) == ["r/a"]


def test_a_damaged_object_is_not_handed_out(
    storage: FolderStorage, root: Path, make_file: MakeFile, tmp_path: Path
) -> None:
    storage.put("a", make_file(b"content"), content_type="text/plain")
    with (root / "a").open("r+b") as file:
        file.write(b"C")
    with pytest.raises(StorageFailed, match="damaged"):
        storage.get("a", tmp_path / "target")
    assert files(tmp_path) == ["source", "storage/a"]


def test_a_copy_without_its_attribute_is_read_anew(storage: FolderStorage, root: Path, make_file: MakeFile) -> None:
    stored = storage.put("a", make_file(), content_type="text/plain")
    os.removexattr(root / "a", "user.oriel.crc32c")
    assert storage.stat("a") == stored


def test_a_disk_that_keeps_no_attributes_does_as_well(
    storage: FolderStorage, make_file: MakeFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "setxattr")
    monkeypatch.delattr(os, "getxattr")
    stored = storage.put("a", make_file(), content_type="text/plain", once=True)
    storage.get("a", tmp_path / "target")
    assert storage.put("a", make_file(), content_type="text/plain", once=True) == stored == storage.stat("a")


def test_the_bytes_are_on_the_disk_before_they_have_a_name(
    storage: FolderStorage, root: Path, make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    named_at_sync = []
    monkeypatch.setattr(os, "fsync", lambda _: named_at_sync.append((root / "a").exists()))
    storage.put("a", make_file(), content_type="text/plain")
    assert named_at_sync[0] is False
    assert named_at_sync[-1] is True


def test_a_full_storage_is_told_and_keeps_what_it_has(small_disk: Path, make_file: MakeFile) -> None:
    storage = FolderStorage(small_disk / "storage")
    storage.put("a", make_file(b"first"), content_type="text/plain")
    with pytest.raises(StorageFailed, match="full"):
        storage.put("a", make_file(bytes(2 << 20)), content_type="text/plain")
    assert files(small_disk) == ["storage/a"]
    assert (small_disk / "storage" / "a").read_bytes() == b"first"


def test_a_target_without_room_is_another_matter(storage: FolderStorage, small_disk: Path, make_file: MakeFile) -> None:
    storage.put("a", make_file(bytes(2 << 20)), content_type="text/plain")
    with pytest.raises(DiskFull):
        storage.get("a", small_disk / "target")
    assert files(small_disk) == []


def test_of_many_writers_of_one_name_one_wins(storage: FolderStorage, make_file: MakeFile) -> None:
    sources = [make_file(f"writer {number}".encode(), f"source{number}") for number in range(8)]
    together = threading.Barrier(len(sources))

    def write(source: Path) -> bool:
        together.wait()
        with contextlib.suppress(StorageFailed):
            storage.put("r/1/a", source, content_type="text/plain", once=True)
            return True
        return False

    with ThreadPoolExecutor(len(sources)) as pool:
        won = list(pool.map(write, sources))
    assert won.count(True) == 1
    path = storage.path("r/1/a")
    assert path
    assert path.read_bytes() == sources[won.index(True)].read_bytes()


@pytest.fixture
def threads_that_change_often() -> Iterator[None]:
    """Let another thread go on after each few instructions: what can come in between does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("threads_that_change_often")
def test_a_folder_that_is_emptied_while_it_is_filled_loses_nothing(storage: FolderStorage, make_file: MakeFile) -> None:
    names = ["r/1/a", "r/1/b", "r/1/c", "r/2/a"]
    source, together = make_file(), threading.Barrier(len(names))

    def put_and_delete(name: str) -> None:
        together.wait()
        for _ in range(500):
            storage.put(name, source, content_type="text/plain")
            assert storage.stat(name)
            storage.delete(name)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(put_and_delete, names))


def test_what_a_killed_writer_left_is_swept_at_the_next_start(root: Path) -> None:
    code = (
        "import pathlib, sys, oriel.infra.storage.incoming as incoming\n"
        "folder = pathlib.Path(sys.argv[1]); folder.mkdir(parents=True)\n"
        "with incoming.incoming_file(folder) as (file, path):\n"
        "    file.write(b'half'); file.flush(); print('writing', flush=True); sys.stdin.read()\n"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, root / ".incoming"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with writer:
        assert writer.stdout
        assert writer.stdout.readline() == b"writing\n"
        FolderStorage(root)
        assert len(files(root)) == 1
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    FolderStorage(root)
    assert files(root) == []


def test_a_file_under_way_is_not_swept(tmp_path: Path) -> None:
    with incoming_file(tmp_path) as (_, path):
        assert sweep(tmp_path) == 0
        assert path.exists()
    assert not path.exists()
