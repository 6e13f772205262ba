"""What the storage holds, as the rows count it, and the links with which operators play videos."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob

from oriel.errors import Expired, NotFound
from oriel.infra.clock import clock, now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.media.models import PICTURE, SONG, ResumableUpload, Upload
from oriel.rendering.links import check_playing_token, playing_token
from oriel.rendering.storage_figures import Share, Total, largest_customers, storage_totals


def upload(user_id: str, kind: str, size: int, **columns: object) -> Upload:
    upload_id = new_id()
    facts = {"filename": "a", "format": "mp3", "object_name": f"uploads/{upload_id}", "sha256": "0" * 64}
    return Upload(id=upload_id, user_id=user_id, kind=kind, size_bytes=size, **{"stored_at": now(), **facts, **columns})


def test_totals_and_shares_count_what_has_not_been_purged(make_job: MakeJob, caller: Callable[..., Caller]) -> None:
    ada, bea = (caller().user_id for _ in range(2))
    make_job(user_id=ada, status="completed", video_bytes=1000, purged_at=None)
    make_job(user_id=ada, status="completed", video_bytes=9000, purged_at=now())
    make_job(user_id=ada, video_bytes=None)
    later = now() + timedelta(days=1)
    with writing() as session:
        session.add_all([upload(ada, SONG, 20), upload(bea, SONG, 300), upload(bea, PICTURE, 4)])
        session.add_all([upload(bea, SONG, 7000, purged_at=now()), upload(bea, SONG, 8000, stored_at=None)])
        pieces = {"filename": "b", "size_bytes": 99, "expires_at": later}
        session.add(ResumableUpload(user_id=bea, received_bytes=50, **pieces))
        session.add(ResumableUpload(user_id=bea, received_bytes=60, purged_at=now(), **pieces))
    assert storage_totals() == [
        Total("video", 1, 1000),
        Total("song", 2, 320),
        Total("picture", 1, 4),
        Total("avatar", 0, 0),
        Total("pieces", 1, 50),
    ]
    assert largest_customers(10) == [Share(ada, 2, 1020), Share(bea, 3, 354)]
    assert largest_customers(1) == [Share(ada, 2, 1020)]


def test_an_empty_storage_has_totals_too(make_job: MakeJob) -> None:
    assert {total.size_bytes for total in storage_totals()} == {0}
    assert largest_customers(10) == []


def test_a_link_plays_its_video_for_ten_minutes() -> None:
    job_id = new_id()
    token = playing_token(job_id, 1)
    check_playing_token(token, job_id, 1)
    clock.shift(timedelta(seconds=601))
    with pytest.raises(Expired):
        check_playing_token(token, job_id, 1)


@pytest.mark.parametrize("spoil", [lambda token: token[:-1] + "!", lambda _: "", lambda token: token[:26] + "f" * 30])
def test_a_forged_link_plays_nothing(spoil: Callable[[str], str]) -> None:
    job_id = new_id()
    with pytest.raises(NotFound):
        check_playing_token(spoil(playing_token(job_id, 1)), job_id, 1)


def test_a_link_plays_no_other_video_and_none_whose_link_was_revoked() -> None:
    job_id = new_id()
    token = playing_token(job_id, 1)
    for other_id, generation in ((new_id(), 1), (job_id, 2)):
        with pytest.raises(NotFound):
            check_playing_token(token, other_id, generation)
