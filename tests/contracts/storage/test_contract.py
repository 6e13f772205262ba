"""What every storage does."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from tests.contracts.storage.conftest import MakeFile

from oriel.errors import NotFound, StorageFailed
from oriel.infra.storage import Storage, Stored

# The check value of crc32c over "123456789" (RFC 3720, B.4), big-endian in base64.
NINE = ("123456789", 9, "4waSgw==")


class TestStorage:
    def test_what_is_put_comes_back(self, storage: Storage, make_file: MakeFile, tmp_path: Path) -> None:
        storage.put("a/b.bin", make_file(bytes(range(256))), content_type="application/octet-stream")
        storage.get("a/b.bin", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == bytes(range(256))

    def test_a_large_file_comes_back(self, storage: Storage, make_file: MakeFile, large: bytes, tmp_path: Path) -> None:
        storage.put("large.mp4", make_file(large), content_type="video/mp4", once=True)
        storage.get("large.mp4", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == large

    def test_an_empty_file_comes_back(self, storage: Storage, make_file: MakeFile, tmp_path: Path) -> None:
        stored = storage.put("empty", make_file(b""), content_type="text/plain")
        storage.get("empty", tmp_path / "target")
        assert stored == Stored("empty", 0, "AAAAAA==")
        assert (tmp_path / "target").read_bytes() == b""

    def test_size_and_checksum_are_told(self, storage: Storage, make_file: MakeFile) -> None:
        stored = storage.put("a", make_file(), content_type="text/plain")
        assert stored == Stored("a", 9, NINE[2]) == storage.stat("a")

    def test_the_last_one_put_is_there(self, storage: Storage, make_file: MakeFile, tmp_path: Path) -> None:
        storage.put("a", make_file(b"old"), content_type="text/plain")
        storage.put("a", make_file(b"new one"), content_type="text/plain")
        storage.get("a", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == b"new one"

    def test_the_same_bytes_may_be_put_once_again(self, storage: Storage, make_file: MakeFile) -> None:
        first = storage.put("a", make_file(), content_type="text/plain", once=True)
        assert storage.put("a", make_file(), content_type="text/plain", once=True) == first

    def test_once_refuses_other_bytes(self, storage: Storage, make_file: MakeFile, tmp_path: Path) -> None:
        storage.put("a", make_file(b"first"), content_type="text/plain", once=True)
        with pytest.raises(StorageFailed, match="Another file"):
            storage.put("a", make_file(b"other"), content_type="text/plain", once=True)
        storage.get("a", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == b"first"

    def test_once_refuses_other_bytes_of_a_large_file(
        self, storage: Storage, make_file: MakeFile, large: bytes
    ) -> None:
        first = storage.put("a", make_file(b"first"), content_type="text/plain", once=True)
        with pytest.raises(StorageFailed, match="Another file"):
            storage.put("a", make_file(large), content_type="text/plain", once=True)
        assert storage.stat("a") == first

    def test_what_is_not_there_is_not_found(self, storage: Storage, tmp_path: Path) -> None:
        with pytest.raises(NotFound):
            storage.get("a/b", tmp_path / "target")
        assert list(tmp_path.glob("*")) == []

    def test_a_file_in_the_way_stays_when_there_is_nothing_to_get(self, storage: Storage, make_file: MakeFile) -> None:
        target = make_file(b"kept")
        with pytest.raises(NotFound):
            storage.get("a", target)
        assert target.read_bytes() == b"kept"

    def test_stat_of_nothing_is_none(self, storage: Storage, make_file: MakeFile) -> None:
        storage.put("a/b", make_file(), content_type="text/plain")
        assert storage.stat("a/c") is None
        assert storage.stat("a") is None

    def test_what_is_deleted_is_gone(self, storage: Storage, make_file: MakeFile) -> None:
        storage.put("a", make_file(), content_type="text/plain")
        storage.delete("a")
        assert storage.stat("a") is None

    def test_what_is_not_there_can_be_deleted(self, storage: Storage) -> None:
        storage.delete("a/b/c")

    def test_a_list_has_what_begins_so_by_name(self, storage: Storage, make_file: MakeFile) -> None:
        for name in ("r/2/a", "r/10/b", "r/1/z", "r/1/a", "r/1.b", "s/1"):
            storage.put(name, make_file(name.encode()), content_type="text/plain")
        assert [stored.name for stored in storage.list("r/1")] == ["r/1.b", "r/1/a", "r/1/z", "r/10/b"]
        assert [stored.name for stored in storage.list("r/1/")] == ["r/1/a", "r/1/z"]
        assert [stored.name for stored in storage.list("")][-1] == "s/1"
        assert list(storage.list("t/")) == []

    def test_a_list_tells_size_and_checksum(self, storage: Storage, make_file: MakeFile) -> None:
        stored = storage.put("r/1", make_file(), content_type="text/plain")
        assert list(storage.list("r/")) == [stored]

    def test_all_below_a_prefix_is_deleted_and_nothing_else(self, storage: Storage, make_file: MakeFile) -> None:
        for name in ("r/1/a", "r/1/b/c", "r/10/a"):
            storage.put(name, make_file(), content_type="text/plain")
        assert storage.delete_all("r/1/") == 2
        assert [stored.name for stored in storage.list("")] == ["r/10/a"]

    @pytest.mark.parametrize("prefix", ["", "r/1", "/", "../"])
    def test_only_a_folder_is_deleted_whole(self, storage: Storage, prefix: str) -> None:
        with pytest.raises(ValueError, match=r"slash|begins"):
            storage.delete_all(prefix)

    @pytest.mark.parametrize(
        "name", ["", "/etc/passwd", "../a", "a/../b", "a//b", "a/", ".a", "a/.b", "ä", "a\n", "a b"]
    )
    def test_a_name_that_could_mean_another_place_is_refused(
        self, storage: Storage, make_file: MakeFile, tmp_path: Path, name: str
    ) -> None:
        calls: list[Callable[[], object]] = [
            lambda: storage.put(name, make_file(), content_type="text/plain"),
            lambda: storage.get(name, tmp_path / "target"),
            lambda: storage.stat(name),
            lambda: storage.delete(name),
            lambda: storage.path(name),
            lambda: storage.signed_url(name, filename="a", content_type="b", expires_in=timedelta(minutes=1)),
        ]
        for call in calls:
            with pytest.raises(ValueError, match="no name for the storage"):
                call()

    def test_a_source_that_is_not_there_is_the_callers_mistake(self, storage: Storage, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            storage.put("a", tmp_path / "nothing", content_type="text/plain")
        assert list(storage.list("")) == []

    def test_a_target_whose_folder_is_gone_is_the_callers_mistake(
        self, storage: Storage, make_file: MakeFile, tmp_path: Path
    ) -> None:
        storage.put("a", make_file(), content_type="text/plain")
        with pytest.raises(FileNotFoundError):
            storage.get("a", tmp_path / "gone" / "target")
        assert not (tmp_path / "gone").exists()


class TestStreams:
    def test_what_is_written_comes_back_in_blocks(self, storage: Storage, large: bytes) -> None:
        with storage.write("a/large.zip", content_type="application/zip") as sink:
            for start in range(0, len(large), 100_000):
                sink.write(large[start : start + 100_000])
        with storage.read("a/large.zip") as blocks:
            assert b"".join(blocks) == large
        stored = storage.stat("a/large.zip")
        assert stored
        assert stored.size_bytes == len(large)

    def test_a_small_object_comes_back(self, storage: Storage) -> None:
        with storage.write("nine", content_type="text/plain") as sink:
            sink.write(b"123456789")
        assert storage.stat("nine") == Stored("nine", 9, NINE[2])
        with storage.read("nine") as blocks:
            assert list(blocks) == [b"123456789"]

    @pytest.mark.parametrize("size", [9, 10_000_000])
    def test_an_object_that_is_not_finished_is_not_there(self, storage: Storage, size: int) -> None:
        with pytest.raises(ZeroDivisionError):
            _write_half(storage, "a", bytes(size))
        assert storage.stat("a") is None

    def test_an_object_is_not_there_before_its_end(self, storage: Storage) -> None:
        with storage.write("a", content_type="text/plain") as sink:
            sink.write(b"123456789")
            assert storage.stat("a") is None

    def test_what_is_not_there_is_known_before_the_first_block(self, storage: Storage) -> None:
        with pytest.raises(NotFound), storage.read("nobody"):
            pytest.fail("there is nothing to read")

    def test_an_empty_object_has_no_blocks(self, storage: Storage, make_file: MakeFile) -> None:
        storage.put("empty", make_file(b""), content_type="text/plain")
        with storage.read("empty") as blocks:
            assert list(blocks) == []


def _write_half(storage: Storage, name: str, data: bytes) -> None:
    with storage.write(name, content_type="text/plain") as sink:
        sink.write(data)
        raise ZeroDivisionError
