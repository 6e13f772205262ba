"""What those who wait are told, and what telling them costs the database."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob

from oriel.billing.current_plan import set_plan
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.redis import redis
from oriel.rendering import attempts, presence
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings

# Worked out by hand, in the order in which they came: weights 1, 4 and 8.
FREE = [13, 20]
PRO = [3, 6, 9, 13, 16, 17, 18, 20]
ENTERPRISE = [1, 3, 4, 6, 7, 9, 10, 13, 14, 16]
WAITING = ["free"] * len(FREE) + ["pro"] * len(PRO) + ["enterprise"] * len(ENTERPRISE)


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    made = caller()
    set_plan(made.user_id, "enterprise")
    return made


@contextmanager
def queries() -> Iterator[list[str]]:
    """Collect what the database is asked meanwhile, by requests that know nothing yet."""
    db.session.expunge_all()
    asked: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", heard)


def told(customer: Caller, path: str) -> Any:  # noqa: ANN401  (JSON)
    answer = customer.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json


def wait(customer: Caller, make_job: MakeJob) -> list[str]:
    """Have twenty renders of all plans wait; return their ids, the first one first."""
    start = now() - timedelta(minutes=1)
    moments = [start + timedelta(seconds=number) for number in range(len(WAITING))]
    return [
        make_job(user_id=customer.user_id, plan=plan, created_at=moment).id
        for plan, moment in zip(WAITING, moments, strict=True)
    ]


def test_each_place_in_the_queue_is_told_as_by_itself_on_a_page(customer: Caller, make_job: MakeJob) -> None:
    ids = wait(customer, make_job)
    page = told(customer, "/api/renders?per_page=20")
    assert (page["total"], page["page"], page["per_page"]) == (20, 1, 20)
    assert page["items"] == [told(customer, f"/api/render/status/{job_id}") for job_id in reversed(ids)]
    assert [render["queue_position"] for render in reversed(page["items"])] == FREE + PRO + ENTERPRISE
    # Ten seconds of 720p each, at the usual pace.
    own = 5 + 1280 * 720 * 30 * 10 / 62e6
    assert [render["eta_s"] for render in page["items"]] == [
        round(render["queue_position"] * own, 1) for render in page["items"]
    ]


def rendered(customer: Caller, make_job: MakeJob, took_s: float, **columns: Any) -> None:  # noqa: ANN401
    """Have a render of ten seconds of 720p, or with other columns, done in this time just now."""
    job = make_job(user_id=customer.user_id, **columns)
    with writing() as session:
        row = session.get_one(RenderJob, job.id)
        row.status, row.started_at, row.completed_at = "completed", now() - timedelta(seconds=took_s), now()


@pytest.mark.parametrize(
    ("output", "range_", "song_s", "drawing"),
    [
        ({"width": 1280, "height": 720}, {}, 10.0, 10),
        ({"width": 1280, "height": 720}, {}, 60.0, 60),
        ({"width": 2560, "height": 1440, "fps": 60}, {}, 10.0, 80),
        ({"width": 1280, "height": 720}, {"start_s": 30}, 60.0, 30),
        ({"width": 1280, "height": 720}, {"start_s": 30, "duration_s": 5}, 60.0, 5),
        # Nobody knows how long the song is.
        ({"width": 1280, "height": 720}, {}, 0.0, 180),
    ],
)
def test_how_long_it_takes_depends_on_how_much_there_is_to_draw(
    customer: Caller,
    make_job: MakeJob,
    output: dict[str, int],
    range_: dict[str, float],
    song_s: float,
    drawing: float,
) -> None:
    # A second for each one of the video, and five besides. Twenty seconds at the usual pace count beside it.
    rendered(customer, make_job, 15)
    second_of_video = 1280 * 720 * 30
    one_s = second_of_video / ((second_of_video * 10 + 62e6 * 20) / (10 + 20))
    config = parse_settings({"output": output, "range": range_}).model_dump(mode="json")
    first = make_job(user_id=customer.user_id, render_config=config, song_s=song_s)
    second = make_job(user_id=customer.user_id)
    assert told(customer, f"/api/render/status/{first.id}")["eta_s"] == pytest.approx(5 + drawing * one_s, abs=0.2)
    # One like those of late is before it.
    assert told(customer, f"/api/render/status/{second.id}")["eta_s"] == pytest.approx(15 + 5 + 10 * one_s, abs=0.2)


def test_a_tiny_render_that_was_slow_to_start_says_little_about_a_long_one(customer: Caller, make_job: MakeJob) -> None:
    tiny = parse_settings({"output": {"width": 320, "height": 180}}).model_dump(mode="json")
    rendered(customer, make_job, 30, render_config=tiny, song_s=1.0)
    job = make_job(user_id=customer.user_id, song_s=60.0)
    # At the tiny one's own pace it would be half an hour.
    assert told(customer, f"/api/render/status/{job.id}")["eta_s"] < 70


@pytest.mark.parametrize(("idle", "wait_s"), [(False, 40.0), (True, 0.0)])
def test_what_a_busy_worker_still_has_to_do_counts(
    customer: Caller, make_job: MakeJob, idle: bool, wait_s: float
) -> None:
    first, second = make_job(user_id=customer.user_id), make_job(user_id=customer.user_id)
    presence.report("busy")
    assert attempts.claim("busy")
    if idle:
        presence.report("idle")
    with writing() as session:
        session.get_one(RenderJob, first.id).eta_s = 40.0
    own = 5 + 1280 * 720 * 30 * 10 / 62e6
    assert told(customer, f"/api/render/status/{second.id}")["eta_s"] == pytest.approx(wait_s + own, abs=0.1)


def test_seconds_that_are_left_are_told_to_the_tenth(customer: Caller, make_job: MakeJob) -> None:
    job = make_job(user_id=customer.user_id)
    assert attempts.claim("worker")
    with writing() as session:
        session.get_one(RenderJob, job.id).eta_s = 63.91053620998263
    assert told(customer, f"/api/render/status/{job.id}")["eta_s"] == 63.9


@pytest.mark.parametrize("path", ["/api/renders", "/api/user/history"])
def test_a_page_of_renders_that_wait_asks_no_more_than_one_of_them(
    customer: Caller, make_job: MakeJob, path: str
) -> None:
    wait(customer, make_job)
    asked = []
    for count in (1, 20):
        redis().flushall()
        with queries() as heard:
            told(customer, f"{path}?per_page={count}")
        asked.append(heard)
    assert len(asked[0]) == len(asked[1])


def test_all_who_poll_share_what_is_the_same_for_all(
    customer: Caller, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oriel.rendering.status._QUEUE_KEPT_S", 60)
    first, *_, last = wait(customer, make_job)
    asked = []
    for job_id in (first, last):
        with queries() as heard:
            told(customer, f"/api/render/status/{job_id}")
        asked.append(heard)
    of_renders = [[statement for statement in heard if "render_jobs" in statement] for heard in asked]
    # The render itself and its place; before that, once, who waits, who works and how fast.
    assert [len(heard) for heard in of_renders] == [5, 2]
    # Nobody's settings are read as a whole but for the render's own.
    assert ["render_config, render_jobs.look" in statement for statement in of_renders[0]] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_what_becomes_of_a_render_is_told_at_once(customer: Caller, make_job: MakeJob) -> None:
    first, second = (make_job(user_id=customer.user_id) for _ in range(2))
    assert told(customer, f"/api/render/status/{second.id}")["queue_position"] == 2
    assert attempts.claim("worker")
    page = told(customer, "/api/renders")["items"]
    assert [(render["id"], render["status"], render["queue_position"]) for render in page] == [
        (second.id, "queued", 1),
        (first.id, "processing", None),
    ]


def test_characters_that_no_font_has_are_named(customer: Caller, make_job: MakeJob) -> None:
    def warnings(title: str, artist: str = "") -> list[str]:
        job = make_job(user_id=customer.user_id, title=title, artist=artist)
        answer = customer.get(f"/api/render/status/{job.id}").json
        assert answer
        return list(answer["warnings"])

    (warning,) = warnings("Love \U00100042")
    assert "(U+100042)" in warning
    assert warnings("สวัสดี") == []
    assert warnings("Love", "\U00100042") == [warning]


def test_a_customer_is_told_what_a_cancel_would_cost(customer: Caller, make_job: MakeJob) -> None:
    path = f"/api/render/status/{make_job(user_id=customer.user_id).id}"
    assert told(customer, path)["counts_if_cancelled"] is False
    attempt = attempts.claim("worker")
    assert attempt
    # Progress begins with the song, frames come later.
    attempts.beat(attempt, attempts.Pulse("analysing", 0.04, None, 0, 0))
    assert told(customer, path)["counts_if_cancelled"] is False
    attempts.beat(attempt, attempts.Pulse("rendering", 0.1, None, 12, 0))
    assert told(customer, path)["counts_if_cancelled"] is True


@pytest.mark.parametrize(("plan", "payer"), [("free", "plan"), ("credit", "credit")])
def test_a_render_says_what_pays_for_it(customer: Caller, make_job: MakeJob, plan: str, payer: str) -> None:
    job = make_job(user_id=customer.user_id)
    with writing() as session:
        session.get_one(RenderJob, job.id).plan = plan
    assert told(customer, f"/api/render/status/{job.id}")["paid_with"] == payer
