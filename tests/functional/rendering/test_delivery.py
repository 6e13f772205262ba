"""Who gets which video: the owner by its id, everybody by the link of that very video, from a folder or a bucket."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.cloud.storage import Client
from google.oauth2.service_account import Credentials
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.billing.models import RenderRight
from oriel.errors import Expired, NotFound, StorageFailed, WrongState
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.storage import storage
from oriel.infra.storage.bucket import BucketStorage
from oriel.rendering import attempts, cancellation, delivery, jobs, links, video_access
from oriel.rendering.cancellation import cancel_render, withdraw
from oriel.rendering.delivery import deliver, job_behind, refuse_unfinished
from oriel.rendering.models import RenderJob


@pytest.fixture
def make_video(make_job: MakeJob) -> MakeJob:
    """Make renders that are done; `video_object` may be given."""

    def make(**columns: object) -> RenderJob:
        columns = {"video_object": "videos/a/v.mp4", "expires_at": now() + timedelta(days=30), **columns}
        return make_job(status="completed", **columns)

    return make


def test_a_link_opens_its_own_video(make_video: MakeJob) -> None:
    for job in [make_video() for _ in range(3)]:
        assert job_behind(links.token_of(job.id, job.link_generation)).id == job.id


@pytest.mark.parametrize(
    ("suffix", "content_type"), [(".mp4", "video/mp4"), (".webm", "video/webm"), (".mov", "video/quicktime")]
)
def test_each_format_has_its_type_and_its_suffix(
    make_video: MakeJob, caller: Callable[..., Caller], tmp_path: Path, suffix: str, content_type: str
) -> None:
    customer = caller()
    name = f"videos/{customer.user_id}/{new_id()}/v{suffix}"
    (tmp_path / "v").write_bytes(b"video")
    storage().put(name, tmp_path / "v", content_type=content_type)
    job = make_video(user_id=customer.user_id, video_object=name)
    answer = customer.get(f"/api/render/download/{job.id}")
    assert (answer.status_code, answer.get_data(), answer.mimetype) == (200, b"video", content_type)
    assert f'filename="Night{suffix}"' in answer.headers["Content-Disposition"]
    answer.close()


def test_a_video_in_a_bucket_is_fetched_there_within_ten_minutes(
    make_video: MakeJob, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    account = {"client_email": "videos@example.com", "private_key": pem.decode(), "token_uri": "http://127.0.0.1:1/"}
    credentials = Credentials.from_service_account_info(account)  # type: ignore[no-untyped-call]
    bucket = BucketStorage(Client(project="example", credentials=credentials), "videos-of-all")
    monkeypatch.setattr(delivery, "storage", lambda: bucket)
    customer = caller()
    job = make_video(user_id=customer.user_id)
    answer = customer.get(f"/api/render/download/{job.id}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    asked = urlsplit(answer.headers["Location"])
    assert asked.path == "/videos-of-all/videos/a/v.mp4"
    told = parse_qs(asked.query)
    assert (told["X-Goog-Expires"], told["response-content-type"]) == (["600"], ["video/mp4"])


def test_a_video_that_the_storage_has_lost_is_our_fault(make_video: MakeJob) -> None:
    with pytest.raises(StorageFailed):
        deliver(make_video())


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("queued", "The video is not ready yet."),
        ("processing", "The video is not ready yet."),
        ("failed", "There is no video, because the render failed."),
        ("cancelled", "There is no video, because the render was cancelled."),
    ],
)
def test_before_the_end_and_without_a_video_the_state_is_told(make_job: MakeJob, status: str, sentence: str) -> None:
    with pytest.raises(WrongState) as caught:
        refuse_unfinished(make_job(status=status))
    assert (caught.value.message, caught.value.details) == (sentence, {"status": status})


@pytest.mark.parametrize("because", ["deleted", "withdrawn", None])
def test_it_is_said_why_a_video_is_gone(make_video: MakeJob, because: str | None) -> None:
    sentences = {
        "deleted": "This video was deleted. Render it again to get a new one.",
        "withdrawn": "This video is no longer available.",
        None: "This video has expired and was deleted. Render it again to get a new one.",
    }
    with pytest.raises(Expired) as caught:
        deliver(make_video(deleted_at=now(), deleted_because=because))
    assert caught.value.message == sentences[because]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What a customer's open pages are told, and which jobs are asked for."""
    found: list[tuple[str, str]] = []
    for module in (cancellation, video_access):
        monkeypatch.setattr(module, "announce", lambda *names: found.append(names))
    monkeypatch.setattr(jobs, "ask_for", lambda act, *_: found.append(("asked for", act.__name__)))
    return found


def test_open_pages_are_told_of_a_video_that_goes_and_of_a_new_link(
    make_video: MakeJob, told: list[tuple[str, str]]
) -> None:
    job = make_video()
    about = (job.user_id, job.id)
    video_access.revoke_link(*about)
    assert told == [about]
    video_access.delete_video(*about)
    assert told == [about, about, ("asked for", "cleanup_expired_videos")]


def test_open_pages_are_told_of_a_render_that_is_cancelled(make_job: MakeJob, told: list[tuple[str, str]]) -> None:
    job = make_job()
    cancel_render(job.user_id, job.id)
    assert told == [(job.user_id, job.id)]
    with pytest.raises(WrongState) as caught:
        cancel_render(job.user_id, job.id)
    assert caught.value.details == {"status": "cancelled"}


@pytest.mark.parametrize("act", [video_access.delete_video, video_access.revoke_link, cancel_render])
def test_what_somebody_else_made_is_not_there(
    make_video: MakeJob, caller: Callable[..., Caller], act: Callable[[str, str], object]
) -> None:
    job = make_video()
    with pytest.raises(NotFound):
        act(caller().user_id, job.id)
    seen = fresh(job)
    assert (seen.deleted_at, seen.link_generation) == (None, 1)


def test_asking_twice_for_the_end_keeps_the_first_moment(make_job: MakeJob) -> None:
    """A frame that is drawn between the two must not make the render count."""
    job = make_job()
    assert attempts.claim("worker")
    first = cancel_render(job.user_id, job.id).cancel_asked_at
    clock.shift(timedelta(seconds=1))
    assert cancel_render(job.user_id, job.id).cancel_asked_at == first


@pytest.mark.parametrize("is_gone", [True, False])
def test_a_render_between_two_attempts_whose_payment_went_back_uses_nothing_up(
    make_job: MakeJob, is_gone: bool
) -> None:
    job = make_job(first_frame_at=now())
    with writing() as session:
        withdraw(session, job.id, is_gone)
    assert fresh(job).status == "cancelled"
    right = select(RenderRight.state).where(RenderRight.render_id == job.id)
    assert db.session.scalars(right).one() == "returned"


@pytest.mark.parametrize(("is_gone", "because"), [(True, "withdrawn"), (False, None)])
def test_a_video_is_withdrawn_only_once_its_payment_is_gone(
    make_video: MakeJob, is_gone: bool, because: str | None
) -> None:
    job = make_video()
    with writing() as session:
        withdraw(session, job.id, is_gone)
    assert fresh(job).deleted_because == because
