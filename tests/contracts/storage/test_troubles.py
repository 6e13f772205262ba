"""A bucket behind a network that fails: the right bytes, or StorageFailed and nothing half."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from tests.contracts.storage import faulty
from tests.contracts.storage.conftest import BLOCK, MakeFile
from tests.contracts.storage.faulty import FaultyProxy, Treatment

from oriel.errors import NotFound, StorageFailed
from oriel.infra.storage.bucket import BucketStorage
from oriel.infra.storage.interface import checksum

UPLOAD = "/upload/"
DOWNLOAD = "alt=media"
FOREVER = 1000

Transfer = Callable[[bytes], None]

AT_THE_START: list[Treatment] = [
    faulty.refused(503),
    faulty.refused(429),
    faulty.refused(500),
    faulty.cut_upload(100),
    faulty.lost_answer(),
    faulty.stalled(),
]
IN_A_BLOCK: list[Treatment] = [
    *AT_THE_START,
    faulty.cut_upload(BLOCK // 2),
    faulty.cut_upload(BLOCK // 2, kept=1 << 20),
    faulty.flipped_bit_on_the_way_up(),
    # The session is unknown to the bucket: it begins anew.
    faulty.refused(410),
]
IN_A_DOWNLOAD: list[Treatment] = [
    faulty.refused(503),
    faulty.cut_download(0),
    faulty.cut_download(BLOCK // 2),
    faulty.flipped_bit(),
    faulty.stalled(),
]


@pytest.fixture
def stored(bucket: BucketStorage, make_file: MakeFile, tmp_path: Path) -> Transfer:
    """Put bytes and see that these are there, and nothing else."""

    def transfer(content: bytes) -> None:
        put = bucket.put("r/a", make_file(content), content_type="video/mp4", once=True)
        with make_file(content, "again").open("rb") as file:
            assert (put.size_bytes, put.crc32c) == checksum(file)
        assert list(bucket.list("")) == [put]
        bucket.get("r/a", tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == content

    return transfer


@pytest.mark.parametrize("treatment", AT_THE_START)
def test_a_small_upload_comes_through(proxy: FaultyProxy, stored: Transfer, treatment: Treatment) -> None:
    proxy.plan(treatment, "POST", UPLOAD, times=2)
    stored(b"small" * 1000)


@pytest.mark.parametrize("treatment", AT_THE_START)
def test_a_large_upload_begins(proxy: FaultyProxy, stored: Transfer, large: bytes, treatment: Treatment) -> None:
    proxy.plan(treatment, "POST", UPLOAD)
    stored(large)


@pytest.mark.parametrize("block", [0, 1, 2], ids=["first block", "middle block", "last block"])
@pytest.mark.parametrize("treatment", IN_A_BLOCK)
def test_a_large_upload_comes_through(
    proxy: FaultyProxy, stored: Transfer, large: bytes, treatment: Treatment, block: int
) -> None:
    proxy.plan(treatment, "PUT", UPLOAD, skip=block)
    stored(large)


def test_only_the_block_that_failed_is_sent_again(proxy: FaultyProxy, stored: Transfer, large: bytes) -> None:
    proxy.plan(faulty.refused(), "PUT", UPLOAD, skip=1)
    stored(large)
    sent = [request.headers["content-range"].split("-")[0] for request in proxy.asked("PUT", UPLOAD)]
    assert sent == ["bytes 0", f"bytes {BLOCK}", f"bytes {BLOCK}", f"bytes {2 * BLOCK}"]


def test_the_bucket_is_told_checksum_and_condition_beforehand(
    proxy: FaultyProxy, bucket: BucketStorage, make_file: MakeFile, large: bytes
) -> None:
    bucket.put("a", make_file(b"123456789"), content_type="video/mp4", once=True)
    put = bucket.put("b", make_file(large), content_type="video/mp4", once=True)
    small, begun = proxy.asked("POST", UPLOAD)
    assert small.query["ifGenerationMatch"] == begun.query["ifGenerationMatch"] == "0"
    assert b'"crc32c": "4waSgw=="' in small.body
    assert f'"crc32c": "{put.crc32c}"'.encode() in begun.body
    assert begun.headers["x-upload-content-type"] == "video/mp4"


def test_once_is_true_of_a_bucket_that_changes_during_the_upload(
    proxy: FaultyProxy, bucket: BucketStorage, make_file: MakeFile, large: bytes
) -> None:
    other = make_file(b"another worker's", "other")

    def overtaken(exchange: faulty.Exchange) -> None:
        bucket.put("a", other, content_type="video/mp4", once=True)
        faulty.in_peace(exchange)

    proxy.plan(overtaken, "PUT", UPLOAD, skip=2)
    with pytest.raises(StorageFailed, match="Another file"):
        bucket.put("a", make_file(large), content_type="video/mp4", once=True)
    kept = bucket.stat("a")
    assert kept
    assert kept.size_bytes == len(b"another worker's")


@pytest.mark.parametrize("treatment", IN_A_DOWNLOAD)
def test_a_small_download_comes_through(proxy: FaultyProxy, stored: Transfer, treatment: Treatment) -> None:
    proxy.plan(treatment, "GET", DOWNLOAD, times=2)
    stored(b"small" * 1000)


@pytest.mark.parametrize("block", [0, 1, 2], ids=["first block", "middle block", "last block"])
@pytest.mark.parametrize("treatment", IN_A_DOWNLOAD)
def test_a_large_download_comes_through(
    proxy: FaultyProxy, stored: Transfer, large: bytes, treatment: Treatment, block: int
) -> None:
    proxy.plan(treatment, "GET", DOWNLOAD, skip=block)
    stored(large)


def test_an_object_that_is_replaced_while_it_is_read_comes_whole(
    proxy: FaultyProxy, bucket: BucketStorage, make_file: MakeFile, large: bytes, tmp_path: Path
) -> None:
    newer = make_file(large[::-1], "newer")
    bucket.put("a", make_file(large), content_type="video/mp4")

    def replaced(exchange: faulty.Exchange) -> None:
        bucket.put("a", newer, content_type="video/mp4")
        faulty.in_peace(exchange)

    proxy.plan(replaced, "GET", DOWNLOAD, skip=1)
    bucket.get("a", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == large[::-1]
    # The emulator knows the present generation only; Google answers 404 for one that was replaced.
    asked = [request.query["generation"] for request in proxy.asked("GET", DOWNLOAD)]
    # A slow emulator may be asked twice for a block, so only the order of generations is sure.
    older, newest = (generation for generation, _ in groupby(asked))
    assert older != newest


def test_an_object_that_is_deleted_while_it_is_read_is_not_found(
    proxy: FaultyProxy, bucket: BucketStorage, make_file: MakeFile, large: bytes, tmp_path: Path
) -> None:
    bucket.put("a", make_file(large), content_type="video/mp4")

    def deleted(exchange: faulty.Exchange) -> None:
        bucket.delete("a")
        faulty.in_peace(exchange)

    proxy.plan(deleted, "GET", DOWNLOAD, skip=1)
    with pytest.raises(NotFound):
        bucket.get("a", tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("treatment", [faulty.refused(), faulty.cut_upload(100), faulty.stalled()])
def test_an_upload_that_never_succeeds_is_told_and_leaves_nothing(
    proxy: FaultyProxy, impatient: BucketStorage, make_file: MakeFile, large: bytes, treatment: Treatment
) -> None:
    proxy.plan(treatment, "PUT", UPLOAD, times=FOREVER, skip=1)
    with pytest.raises(StorageFailed, match="not responding"):
        impatient.put("a", make_file(large), content_type="video/mp4")
    assert impatient.stat("a") is None


@pytest.mark.parametrize("treatment", [faulty.refused(), faulty.cut_download(3), faulty.flipped_bit()])
def test_a_download_that_never_succeeds_is_told_and_leaves_nothing(
    proxy: FaultyProxy, impatient: BucketStorage, make_file: MakeFile, tmp_path: Path, treatment: Treatment
) -> None:
    impatient.put("a", make_file(b"content"), content_type="video/mp4")
    proxy.plan(treatment, "GET", DOWNLOAD, times=FOREVER)
    with pytest.raises(StorageFailed):
        impatient.get("a", tmp_path / "target")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_refusal_that_waiting_does_not_mend_is_told_at_once(
    proxy: FaultyProxy, bucket: BucketStorage, make_file: MakeFile
) -> None:
    proxy.plan(faulty.refused(403), "POST", UPLOAD, times=FOREVER)
    with pytest.raises(StorageFailed, match="refused"):
        bucket.put("a", make_file(), content_type="video/mp4")
    assert len(proxy.asked("POST", UPLOAD)) == 1


@pytest.mark.parametrize("treatment", [faulty.refused(), faulty.lost_answer(), faulty.stalled()])
def test_stat_list_and_delete_come_through(
    proxy: FaultyProxy, bucket: BucketStorage, make_file: MakeFile, treatment: Treatment
) -> None:
    put = bucket.put("r/a", make_file(), content_type="video/mp4")
    for method in ("GET", "DELETE"):
        proxy.plan(treatment, method, "/o")
    assert bucket.stat("r/a") == put
    proxy.plan(treatment, "GET", "/o?")
    assert list(bucket.list("r/")) == [put]
    bucket.delete("r/a")
    assert bucket.stat("r/a") is None


def test_a_bucket_that_is_away_is_told(proxy: FaultyProxy, impatient: BucketStorage) -> None:
    proxy.plan(faulty.refused(), "GET", times=FOREVER)
    with pytest.raises(StorageFailed, match="not responding"):
        list(impatient.list(""))


def test_a_question_with_little_patience_is_given_up_soon(proxy: FaultyProxy, bucket: BucketStorage) -> None:
    proxy.plan(faulty.refused(), "GET", times=FOREVER)
    with pytest.raises(StorageFailed, match="not responding"):
        bucket.stat("a", patience_s=0.2)
    # With the gateway's own patience of 20 s there are hundreds, with a pause of at most 0.05 s between them.
    assert len(proxy.asked("GET")) < 100
