"""What a render would take, before it is submitted: the same answer that `submit` gives then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded, wav
from tests.functional.rendering.conftest import MakeJob

from oriel.billing.current_plan import set_plan
from oriel.billing.models import HELD, Credit
from oriel.infra.clock import now
from oriel.infra.database import writing

PATH = "/api/render/estimate"
HD60 = {"output": {"width": 1920, "height": 1080, "fps": 60}}
UHD = {"output": {"width": 3840, "height": 2160}}


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


def estimated(by: Caller | FlaskClient, settings: dict[str, Any] | None = None, **song: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = by.post(PATH, json={"settings": settings or {}, "duration_s": 190.0, **song})
    assert answer.status_code == 200, answer.text
    return answer.json or {}


def give_credit(user_id: str) -> None:
    with writing() as session:
        session.add(Credit(user_id=user_id, state=HELD))


def test_a_visitor_reads_what_a_new_customer_would_get(client: FlaskClient) -> None:
    told = estimated(client)
    assert (told["signed_in"], told["plan"], told["right"], told["watermark"]) == (False, "free", "plan", True)
    assert (told["width"], told["height"], told["fps"], told["format"]) == (1280, 720, 30, "mp4")
    assert (told["renders_left"], told["renders_limit"], told["credits"]) == (5, 5, 0)
    assert told["refusal"] is None
    assert client.post(PATH, json={"duration_s": 1.0}, headers={"Authorization": "Bearer x"}).status_code == 200


def test_size_and_time_grow_with_the_video(client: FlaskClient) -> None:
    whole, half = estimated(client), estimated(client, {"range": {"start_s": 95.0}})
    assert (whole["duration_s"], half["duration_s"]) == (190.0, 95.0)
    assert whole["size_bytes"] == pytest.approx(2 * half["size_bytes"], rel=0.01)
    # 720p at the usual pace of 62 million pixels a second, and five seconds beside the drawing.
    assert whole["render_s"] == pytest.approx(5 + 1280 * 720 * 30 * 190 / 62e6, abs=0.1)
    assert whole["queue_wait_s"] == 0


def test_the_months_renders_are_counted_down(customer: Caller, make_job: MakeJob) -> None:
    make_job(user_id=customer.user_id, status="completed")
    told = estimated(customer)
    assert (told["signed_in"], told["renders_left"], told["renders_limit"]) == (True, 4, 5)


@pytest.mark.parametrize(
    ("plan", "settings", "song_s", "held", "right", "watermark", "code"),
    [
        ("free", {}, 190.0, 0, "plan", True, None),
        ("free", HD60, 190.0, 0, "payment", False, "PLAN_LIMIT_SIZE"),
        ("free", HD60, 190.0, 1, "credit", False, "PLAN_LIMIT_SIZE"),
        ("free", {}, 400.0, 0, "payment", False, "PLAN_LIMIT_DURATION"),
        ("free", UHD, 190.0, 1, None, False, "PLAN_LIMIT_SIZE"),
        ("pro", HD60, 190.0, 0, "plan", False, None),
        ("pro", UHD, 190.0, 0, None, False, "PLAN_LIMIT_SIZE"),
        ("enterprise", UHD, 3000.0, 0, "plan", False, None),
    ],
)
def test_it_says_what_pays_as_submit_would(
    customer: Caller,
    plan: str,
    settings: dict[str, Any],
    song_s: float,
    held: int,
    right: str | None,
    watermark: bool,
    code: str | None,
) -> None:
    set_plan(customer.user_id, plan)
    for _ in range(held):
        give_credit(customer.user_id)
    told = estimated(customer, settings, duration_s=song_s)
    assert (told["right"], told["watermark"], told["credits"]) == (right, watermark, held)
    assert (told["refusal"] or {}).get("code") == code
    assert told["allows_single"] == (settings != UHD and song_s <= 900)
    assert told["single_price_cents"] == 499


@pytest.mark.parametrize("settings", [{}, HD60, UHD, {"output": {"format": "webm"}}])
def test_a_refusal_is_the_one_that_submit_answers(customer: Caller, settings: dict[str, Any]) -> None:
    upload = uploaded(customer, wav(2.0))
    told = estimated(customer, settings, duration_s=2.0)
    answer = customer.post("/api/render/submit", json={"upload_id": upload, "settings": settings})
    error = (answer.json or {}).get("error")
    assert told["refusal"] == error
    if error is None:
        assert (answer.json or {})["watermark"] == told["watermark"]


def test_a_used_up_month_names_the_way_out(customer: Caller, make_job: MakeJob) -> None:
    for _ in range(5):
        make_job(user_id=customer.user_id, status="completed")
    told = estimated(customer)
    assert (told["renders_left"], told["right"], told["refusal"]["code"]) == (0, "payment", "PLAN_LIMIT_MONTH")
    assert told["refusal"]["details"]["lifted_by"] == "pro"


def test_a_queue_before_it_is_told(customer: Caller, make_job: MakeJob) -> None:
    moment = now() - timedelta(minutes=1)
    for _ in range(3):
        make_job(created_at=moment)
    told = estimated(customer)
    assert told["queue_wait_s"] == pytest.approx(3 * told["render_s"], rel=0.01)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"duration_s": 0}, 422, "VALIDATION_ERROR"),
        ({"duration_s": 1e9}, 422, "VALIDATION_ERROR"),
        ({}, 422, "VALIDATION_ERROR"),
        ({"duration_s": 5, "settings": {"look": "nothing"}}, 422, "UNKNOWN_LOOK"),
        ({"duration_s": 5, "settings": {"range": {"start_s": 6}}}, 422, "INVALID_RANGE"),
        ({"duration_s": 5, "song_bytes": -1}, 422, "VALIDATION_ERROR"),
    ],
)
def test_what_cannot_be_rendered_is_refused_as_by_submit(
    client: FlaskClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = client.post(PATH, json=body)
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (status, code)
