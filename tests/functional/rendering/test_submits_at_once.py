"""One customer's submits are dealt with one after the other, however many come at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from apiflask import APIFlask
from sqlalchemy import func, select
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.billing.current_plan import set_plan
from oriel.billing.models import RenderRight
from oriel.infra.database import db
from oriel.rendering.models import RenderJob

_SUBMITS = 16


def submit_at_once(app: APIFlask, customers: list[Caller]) -> list[int]:
    """Have each of these submit a render, all at the same time; return the statuses, sorted."""
    uploads = [uploaded(customer) for customer in customers]

    def submit(customer: Caller, upload: str) -> int:
        with app.test_client() as client:
            answer = client.post("/api/render/submit", json={"upload_id": upload}, headers=customer.headers)
            return answer.status_code

    with ThreadPoolExecutor(len(customers)) as threads:
        return sorted(threads.map(submit, customers, uploads))


def rows() -> tuple[int | None, int | None]:
    """Return how many renders there are, and how many rights to one."""
    counts = [db.session.scalar(select(func.count()).select_from(table)) for table in (RenderJob, RenderRight)]
    return counts[0], counts[1]


def test_as_many_as_may_wait_are_accepted(
    app: APIFlask, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oriel.rendering.submit.MOST_QUEUED", 3)
    customer = caller()
    set_plan(customer.user_id, "enterprise")
    assert submit_at_once(app, [customer] * _SUBMITS) == [202] * 3 + [429] * (_SUBMITS - 3)
    assert rows() == (3, 3)


def test_as_many_as_the_month_has_are_accepted(app: APIFlask, caller: Callable[..., Caller]) -> None:
    customer = caller()
    assert submit_at_once(app, [customer] * 8) == [202] * 5 + [402] * 3
    assert rows() == (5, 5)


def test_customers_do_not_take_each_others_turn(app: APIFlask, caller: Callable[..., Caller]) -> None:
    assert submit_at_once(app, [caller() for _ in range(8)]) == [202] * 8
    assert rows() == (8, 8)
