"""Trials, which are off unless the operator switches them on: a customer's first subscription begins with one."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.functional.billing.conftest import Till, changed
from tests.functional.caller import Caller

from oriel.billing.models import Payment, PlanHolding
from oriel.infra.clock import clock, in_iso
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail
from oriel.mails.wording import day

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
    with till.app.app_context():
        told["ends"] = db.session.scalars(select(PlanHolding.trial_until)).one()
        letter = db.session.scalars(select(OutboxMail.text)).one()
    assert told["trial_ends_at"] == in_iso(told["ends"])
    assert f"It is free until {day(told['ends'])}, then $9.99 a month." in letter
    # Nothing was paid, so there is no receipt.
    assert mails(till) == ["plan_changed"]
    [payment] = (ada.get("/api/user/history").json or {})["payments"]["items"]
    assert payment["what"] == "Pro, 14 days free"
    passes(till, timedelta(days=14, hours=2))
    assert paid(till) == [(0, "completed"), (999, "completed")]
    assert mails(till) == ["plan_changed", "receipt"]
    with till.app.app_context():
        assert db.session.scalars(select(PlanHolding.trial_until)).one() is None


@pytest.mark.usefixtures("trials")
def test_another_plan_during_the_trial_costs_nothing_before_it_ends(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    assert changed(ada, "enterprise").status_code == 200
    till.tell()
    assert (ada.get("/api/billing/subscription").json or {})["plan"] == "enterprise"
    assert paid(till) == [(0, "completed")]
    passes(till, timedelta(days=14, hours=2))
    assert paid(till) == [(0, "completed"), (2999, "completed")]


@pytest.mark.usefixtures("trials")
def test_the_table_of_plans_says_how_long_they_are(till: Till) -> None:
    assert (till.app.test_client().get("/api/billing/plans").json or {})["trial_days"] == 14


@pytest.mark.usefixtures("trials")
def test_the_page_that_follows_says_so(till: Till, ada: Caller) -> None:
    page = till.buy(ada, kind="subscription", plan="pro")
    assert "The first 14 days are free." in till.app.test_client().get(f"/payment/done?session_id={page}").text


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
