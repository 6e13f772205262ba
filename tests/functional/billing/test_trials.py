"""Trials, which are off unless the operator switches them on: a customer's first subscription begins with one."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller

from oriel.billing.models import Payment
from oriel.infra.clock import clock
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail

MakeCaller = Callable[..., Caller]


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


@pytest.fixture
def trials(till: Till) -> Iterator[None]:
    """Two weeks of it."""
    before = till.app.config["ORIEL"]
    till.app.config["ORIEL"] = before.model_copy(update={"trial_days": 14})
    yield
    till.app.config["ORIEL"] = before


def paid(till: Till) -> list[tuple[int, str]]:
    """Amounts and what they were for, the oldest first."""
    with till.app.app_context():
        return [(row.amount, row.status) for row in db.session.scalars(select(Payment).order_by(Payment.created_at))]


def mails(till: Till) -> list[str]:
    with till.app.app_context():
        return sorted(db.session.scalars(select(OutboxMail.kind)))


def passes(till: Till, time: timedelta) -> None:
    clock.shift(time)
    till.peer.advance(time)
    till.tell()


def test_they_are_off(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    assert paid(till) == [(999, "completed")]


@pytest.mark.usefixtures("trials")
def test_the_plan_holds_from_the_first_day_and_is_paid_after_the_last(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    told = ada.get("/api/billing/subscription").json or {}
    assert (told["plan"], told["status"]) == ("pro", "active")
    assert paid(till) == [(0, "completed")]
    # Nothing was paid, so there is no receipt.
    assert mails(till) == ["plan_changed"]
    [payment] = (ada.get("/api/user/history").json or {})["payments"]["items"]
    assert payment["what"] == "Pro, 14 days free"
    passes(till, timedelta(days=14, hours=2))
    assert paid(till) == [(0, "completed"), (999, "completed")]
    assert mails(till) == ["plan_changed", "receipt"]


@pytest.mark.usefixtures("trials")
def test_who_has_had_one_pays_at_once(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    till.peer.cancel_from_dashboard(till.peer.everything("subscription")[0]["id"])
    till.tell()
    till.buy(ada, kind="subscription", plan="enterprise")
    assert paid(till) == [(0, "completed"), (2999, "completed")]


@pytest.mark.usefixtures("trials")
def test_one_that_is_cancelled_costs_nothing(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    assert ada.post("/api/billing/cancel").status_code == 200
    passes(till, timedelta(days=15))
    assert paid(till) == [(0, "completed")]


@pytest.mark.usefixtures("trials")
def test_single_renders_have_none(till: Till, ada: Caller) -> None:
    till.buy(ada)
    assert paid(till) == [(499, "completed")]
