"""What operators do with renders, and what is swept."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel.billing import current_plan, rights
from oriel.billing.models import HELD, RESERVED, Credit, RenderRight
from oriel.billing.plans import CREDIT, PLANS
from oriel.billing.storage_use import storage_used
from oriel.errors import NotFound, PlanLimitMonth, StageCrashed, StorageFailed, UndecodableSong, WrongState
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.storage import Storage, storage
from oriel.media.models import Upload
from oriel.rendering import attempts, delivery, expiry, operator_actions
from oriel.rendering.attempts import Pulse, Video
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings


def dead(job: RenderJob) -> RenderJob:
    """Let a render fail for good, which has no other beside it."""
    for _ in range(3):
        attempt = attempts.claim("worker")
        assert attempt
        attempts.fail(attempt, StageCrashed("The browser crashed.", stderr="/srv/data/work"))
        clock.shift(timedelta(seconds=60))
    assert fresh(job).status == "failed"
    return fresh(job)


def stored(name: str, folder: Path) -> str:
    (folder / "file").write_bytes(b"video")
    return storage().put(name, folder / "file", content_type="video/mp4").name


def finished(job: RenderJob, folder: Path) -> RenderJob:
    attempt = attempts.claim("worker")
    assert attempt
    name = stored(f"videos/{job.user_id}/{job.id}/v.mp4", folder)
    attempts.complete(attempt, Video(name, 5, "0" * 64, 8.0, None))
    return fresh(job)


def test_a_failed_render_is_tried_again_and_paid_as_before(make_job: MakeJob) -> None:
    job = dead(make_job())
    assert operator_actions.retry(job.id).status == "queued"
    again = fresh(job)
    assert (again.fruitless, again.error_code, again.watermark, again.plan) == (0, None, True, "free")
    right = db.session.scalars(select(RenderRight).where(RenderRight.render_id == job.id)).one()
    assert (right.kind, right.state) == ("plan", "reserved")


def test_a_render_that_a_credit_paid_is_paid_by_a_credit_again(
    make_job: MakeJob, caller: Callable[..., Caller]
) -> None:
    customer = caller()
    with writing() as session:
        session.add(Credit(user_id=customer.user_id, state=HELD))
    job = make_job(user_id=customer.user_id)
    with writing() as session:
        right = session.scalars(select(RenderRight).where(RenderRight.render_id == job.id)).one()
        credit = session.scalars(select(Credit)).one()
        right.kind, right.plan, right.credit_id, credit.state = "credit", CREDIT.name, credit.id, "reserved"
        row = session.get_one(RenderJob, job.id)
        row.plan, row.watermark = CREDIT.name, CREDIT.watermark
    dead(job)
    assert db.session.scalars(select(Credit.state)).one() == HELD
    operator_actions.retry(job.id)
    assert (fresh(job).plan, fresh(job).watermark) == (CREDIT.name, False)
    assert db.session.scalars(select(Credit.state)).one() == RESERVED


@pytest.mark.parametrize(("ordered_with", "has_now"), [("free", "pro"), ("pro", "free")])
def test_a_render_is_tried_again_as_it_was_ordered_whatever_plan_its_customer_has_now(
    make_job: MakeJob, caller: Callable[..., Caller], ordered_with: str, has_now: str
) -> None:
    customer, terms = caller(), PLANS[ordered_with]
    current_plan.set_plan(customer.user_id, ordered_with)
    large = parse_settings({"output": {"width": 1920, "height": 1080}}).model_dump(mode="json")
    wish = {"render_config": large} if ordered_with == "pro" else {}
    job = dead(make_job(user_id=customer.user_id, plan=ordered_with, **wish))
    began = now() - timedelta(hours=1)
    current_plan.set_plan(customer.user_id, has_now, period_start=began if has_now == "pro" else None)
    operator_actions.retry(job.id)
    again = fresh(job)
    assert (again.plan, again.watermark, again.max_song_s) == (ordered_with, terms.watermark, terms.song_seconds)
    assert (again.weight, again.at_once) == (terms.weight, terms.at_once)
    right = db.session.scalars(select(RenderRight).where(RenderRight.render_id == job.id)).one()
    assert (right.kind, right.plan, right.state) == ("plan", ordered_with, "reserved")
    # The new plan pays for nothing.
    if has_now == "pro":
        assert rights.used_this_period(db.session, customer.user_id) == 0


def test_what_a_customer_got_back_and_used_otherwise_is_not_given_twice(
    make_job: MakeJob, caller: Callable[..., Caller]
) -> None:
    customer = caller()
    job = dead(make_job(user_id=customer.user_id))
    for _ in range(PLANS["free"].renders or 0):
        make_job(user_id=customer.user_id)
    current_plan.set_plan(customer.user_id, "pro", period_start=now() - timedelta(hours=1))
    with pytest.raises(PlanLimitMonth, match="all 5 renders of Free"):
        operator_actions.retry(job.id)
    assert fresh(job).status == "failed"


def test_only_a_failed_render_is_tried_again(make_job: MakeJob) -> None:
    with pytest.raises(WrongState, match="Only a failed render"):
        operator_actions.retry(make_job().id)


def test_a_failure_of_ours_tells_customers_nothing_of_our_machines(
    make_job: MakeJob, caller: Callable[..., Caller]
) -> None:
    customer = caller()
    job = dead(make_job(user_id=customer.user_id))
    error = (customer_status(customer, job))["error"]
    assert error["code"] == "STAGE_CRASHED"
    assert "srv" not in str(error)
    assert operator_actions.job_facts(job.id)["error_details"] == {"stderr": "/srv/data/work"}


def test_a_failure_of_theirs_names_no_folder_of_our_machines(make_job: MakeJob, caller: Callable[..., Caller]) -> None:
    customer = caller()
    job = dead(make_job(user_id=customer.user_id))
    with writing() as session:
        row = session.get_one(RenderJob, job.id)
        row.error_code, row.error_message = "UNDECODABLE_AUDIO", "The song /srv/data/work/a-1/song.mp3 is damaged."
        row.error_details = {"path": "/srv/data/work/a-1/song.mp3", "readable_s": 1.5}
    assert customer_status(customer, job)["error"] == {
        "code": "UNDECODABLE_AUDIO",
        "message": "The song night.mp3 is damaged. Please choose another file of the song in the studio, and render it"
        " again.",
        "details": {"path": "song.mp3", "readable_s": 1.5},
        "retryable": False,
    }


def customer_status(customer: Caller, job: RenderJob) -> dict[str, dict[str, object]]:
    customer.refresh()
    body: dict[str, dict[str, object]] = customer.get(f"/api/render/status/{job.id}").json or {}
    return body


def test_an_expired_video_that_cannot_be_deleted_is_looked_at_again(
    make_job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = finished(make_job(), tmp_path)
    clock.shift(timedelta(days=31))
    with monkeypatch.context() as broken:
        broken.setattr(type(storage()), "delete_all", _away)
        with pytest.raises(StorageFailed):
            expiry.delete_expired_videos(limit=10)
    assert fresh(job).deleted_at
    assert expiry.delete_expired_videos(limit=10) == 1
    assert job.video_object
    assert storage().stat(job.video_object) is None
    assert expiry.delete_expired_videos(limit=10) == 0


def test_one_video_that_cannot_be_deleted_keeps_no_other_back(
    make_job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = finished(make_job(), tmp_path), finished(make_job(), tmp_path)
    clock.shift(timedelta(days=31))
    delete_all = type(storage()).delete_all

    def mostly(store: Storage, prefix: str) -> int:
        return _away() if stuck.id in prefix else delete_all(store, prefix)

    monkeypatch.setattr(type(storage()), "delete_all", mostly)
    # Which of the two comes first is chance: one in a million that it is the same one each time.
    for _ in range(20):
        with pytest.raises(StorageFailed):
            expiry.delete_expired_videos(limit=10)
    assert (fresh(stuck).purged_at is None, fresh(other).purged_at is None) == (True, False)


def _away(*_: object) -> int:
    raise StorageFailed("The storage is away.")


def test_a_video_of_a_render_that_ended_otherwise_is_swept(make_job: MakeJob, tmp_path: Path) -> None:
    # Other tests leave videos.
    storage().delete_all("videos/")
    kept = finished(make_job(), tmp_path)
    lost = dead(make_job())
    left = stored(f"videos/{lost.user_id}/{lost.id}/v.mp4", tmp_path)
    foreign = stored("videos/foreign.mp4", tmp_path)
    assert expiry.delete_left_videos(limit=10) == 1
    assert storage().stat(left) is None
    assert storage().stat(foreign)
    assert kept.video_object
    assert storage().stat(kept.video_object)


def test_left_videos_are_found_a_batch_at_a_time(
    make_job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage().delete_all("videos/")
    monkeypatch.setattr(expiry, "_BATCH", 2)
    kept = [finished(make_job(), tmp_path) for _ in range(3)]
    lost = {(f"user{number}", f"render{number}") for number in range(3)}
    for user_id, job_id in lost:
        for name in ("v.mp4", "p.jpg"):
            stored(f"videos/{user_id}/{job_id}/{name}", tmp_path)
    batches: list[str] = []
    monkeypatch.setattr(db.session, "commit", lambda: batches.append("one"))
    assert set(expiry.left_videos()) == lost
    assert len(batches) == 3
    db.session.rollback()
    assert expiry.delete_left_videos(limit=10) == 3
    assert {name.name.split("/")[2] for name in storage().list("videos/")} == {job.id for job in kept}


def test_three_days_before_the_end_a_letter_is_written_once(make_job: MakeJob, tmp_path: Path) -> None:
    finished(make_job(), tmp_path)
    assert expiry.warn_of_expiry(limit=10) == 0
    clock.shift(timedelta(days=27, hours=1))
    assert (expiry.warn_of_expiry(limit=10), expiry.warn_of_expiry(limit=10)) == (1, 0)


def test_a_video_that_a_credit_paid_takes_no_storage_of_the_plan(make_job: MakeJob, tmp_path: Path) -> None:
    job = finished(make_job(), tmp_path)
    assert storage_used(db.session, job.user_id) == 5
    with writing() as session:
        session.get_one(RenderJob, job.id).plan = CREDIT.name
    assert storage_used(db.session, job.user_id) == 0
    assert current_plan.plan_of(job.user_id).name == "free"


def test_a_new_link_takes_the_place_of_all_that_were_given_out(make_job: MakeJob, tmp_path: Path) -> None:
    job = finished(make_job(), tmp_path)
    old = job.delivery_link.rpartition("/")[2]
    new = operator_actions.give_new_link(job.id).rpartition("/")[2]
    assert delivery.job_behind(new).id == job.id
    with pytest.raises(NotFound):
        delivery.job_behind(old)


def test_only_a_video_that_is_there_gets_a_new_link(make_job: MakeJob) -> None:
    with pytest.raises(WrongState):
        operator_actions.give_new_link(make_job().id)
    with pytest.raises(NotFound):
        operator_actions.give_new_link("none")


def test_a_render_that_many_operators_retry_at_once_runs_once(make_job: MakeJob, app: APIFlask) -> None:
    job = dead(make_job())

    def press(_: int) -> str:
        with app.app_context():
            try:
                return operator_actions.retry(job.id).status
            except WrongState:
                return "refused"

    with ThreadPoolExecutor(4) as operators:
        assert sorted(operators.map(press, range(4))) == ["queued", *["refused"] * 3]
    assert attempts.claim("worker")
    assert attempts.claim("another") is None


def test_many_are_queued_again_in_the_order_in_which_they_came(make_job: MakeJob) -> None:
    start = now()
    jobs = [dead(make_job(created_at=start - timedelta(minutes=minutes))) for minutes in (1, 3, 2)]
    order = operator_actions.in_order([job.id for job in jobs])
    assert order == [jobs[1].id, jobs[2].id, jobs[0].id]
    # Whatever order they are queued in: a queue of the same plan goes by when they came.
    for job_id in reversed(order):
        operator_actions.retry(job_id)
    claims = [attempts.claim("worker") for _ in range(3)]
    assert [claim.job_id for claim in claims if claim] == order


def test_what_failed_by_its_own_song_is_no_dead_letter(make_job: MakeJob) -> None:
    ours, theirs = dead(make_job()), make_job()
    attempt = attempts.claim("worker")
    assert attempt
    attempts.fail(attempt, UndecodableSong("This song is damaged."))
    assert fresh(theirs).status == "failed"
    assert operator_actions.dead_letters(10) == [ours.id]


def test_what_failed_a_week_ago_or_has_lost_its_song_is_no_dead_letter(make_job: MakeJob) -> None:
    old, deleted = dead(make_job()), dead(make_job())
    clock.shift(timedelta(days=7))
    recent = dead(make_job(audio_object="uploads/another.mp3"))
    with writing() as session:
        session.get_one(RenderJob, deleted.id).completed_at = now()
        song = dict.fromkeys(("filename", "format", "sha256"), "x")
        upload = Upload(user_id=old.user_id, kind="audio", object_name=deleted.audio_object, size_bytes=1, **song)
        upload.purged_at = now()
        session.add(upload)
    assert operator_actions.dead_letters(10) == [recent.id]


def right_of(job: RenderJob) -> str:
    return db.session.scalars(select(RenderRight.state).where(RenderRight.render_id == job.id)).one()


def test_a_render_that_an_operator_cancels_does_not_count(make_job: MakeJob) -> None:
    waiting, drawn = make_job(created_at=now() + timedelta(minutes=1)), make_job()
    attempt = attempts.claim("worker")
    assert attempt
    attempts.beat(attempt, Pulse("rendering", 0.5, 10.0, 3, 0))
    operator_actions.cancel(waiting.id)
    operator_actions.cancel(drawn.id)
    assert attempts.beat(attempt, Pulse("rendering", 0.6, 9.0, 4, 0)) == "cancel"
    attempts.end_cancelled(attempt)
    assert [(fresh(job).status, right_of(job)) for job in (waiting, drawn)] == [("cancelled", "returned")] * 2


def test_what_has_ended_is_not_cancelled(make_job: MakeJob) -> None:
    job = dead(make_job())
    with pytest.raises(WrongState, match="has already ended"):
        operator_actions.cancel(job.id)
    with pytest.raises(NotFound):
        operator_actions.cancel("none")


def test_only_a_waiting_render_is_moved_to_the_front(make_job: MakeJob) -> None:
    job = dead(make_job())
    with pytest.raises(WrongState, match="waiting"):
        operator_actions.move_ahead(job.id)
    with pytest.raises(NotFound):
        operator_actions.move_ahead("none")


def test_the_front_has_few_places(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operator_actions, "MOST_AHEAD", 1)
    first = make_job()
    moved_at = operator_actions.move_ahead(first.id).moved_ahead_at
    with pytest.raises(WrongState, match="at the front"):
        operator_actions.move_ahead(make_job().id)
    # Where it stands already, it keeps its place.
    assert operator_actions.move_ahead(first.id).moved_ahead_at == moved_at


def test_the_customer_is_told_that_a_render_has_been_moved(make_job: MakeJob, caller: Callable[..., Caller]) -> None:
    customer = caller()
    for _ in range(3):
        make_job(created_at=now() - timedelta(minutes=1))
    job = make_job(user_id=customer.user_id)
    operator_actions.move_ahead(job.id)
    status = customer.get(f"/api/render/status/{job.id}").json
    assert status
    assert status["queue_position"] == 1


def test_what_is_tried_again_has_lost_its_place_at_the_front(make_job: MakeJob) -> None:
    job = make_job()
    operator_actions.move_ahead(job.id)
    dead(job)
    again = operator_actions.retry(job.id)
    assert (again.moved_ahead_at, again.retried_at is not None) == (None, True)
