"""A subscription that ends on another day than its period: the operator may set any date at Stripe."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from tests.functional.billing.conftest import Till, changed
from tests.functional.billing.test_subscriptions import plan_of, subscribe, subscription_of
from tests.functional.caller import Caller

from oriel.infra.clock import clock, in_iso
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail

MakeCaller = Callable[..., Caller]
BEGIN = datetime(2027, 2, 1, 12, tzinfo=UTC)
PERIOD_END = datetime(2027, 3, 1, 12, tzinfo=UTC)
LATER, EARLIER = datetime(2027, 3, 11, 12, tzinfo=UTC), datetime(2027, 2, 11, 12, tzinfo=UTC)

pytestmark = pytest.mark.parametrize("peer", [BEGIN], indirect=True)


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def ends(till: Till, subscription_id: str, at: datetime) -> None:
    """Set the end at Stripe, as its dashboard does, and hear of it."""
    client = till.app.extensions["oriel.payments"]._client
    client.subscriptions.update(subscription_id, {"cancel_at": int(at.timestamp())})
    till.tell()


def letter_of(till: Till) -> OutboxMail:
    """The only letter about a plan that will change."""
    with till.app.app_context():
        return db.session.scalars(select(OutboxMail).where(OutboxMail.kind == "plan_will_change")).one()


def pass_time(till: Till, time: timedelta) -> None:
    clock.shift(time)
    till.peer.advance(time)
    till.tell()


def test_after_its_period_it_is_charged_once_more_and_the_letter_says_so(till: Till, ada: Caller) -> None:
    ends(till, subscribe(till, ada), LATER)
    told = subscription_of(ada)
    assert (told["cancel_at_period_end"], told["ends_at"]) == (False, in_iso(LATER))
    assert told["current_period_end"] == in_iso(PERIOD_END)
    letter = letter_of(till)
    assert letter.subject == "Your plan changes to Free on 11 March"
    assert "renewed and charged as usual, next on 1 March" in letter.text
    pass_time(till, PERIOD_END - BEGIN + timedelta(hours=2))
    assert plan_of(ada) == ("pro", "active", None)
    told = subscription_of(ada)
    assert (told["cancel_at_period_end"], told["ends_at"]) == (True, in_iso(LATER))
    assert len([bill for bill in till.peer.everything("invoice") if bill["amount_paid"]]) == 2
    pass_time(till, LATER - PERIOD_END)
    assert plan_of(ada) == ("free", "active", None)
    assert letter_of(till)


def test_within_its_period_it_ends_on_that_day(till: Till, ada: Caller) -> None:
    ends(till, subscribe(till, ada), EARLIER)
    told = subscription_of(ada)
    assert (told["cancel_at_period_end"], told["ends_at"]) == (True, in_iso(EARLIER))
    letter = letter_of(till)
    assert letter.subject == "Your plan changes to Free on 11 February"
    assert "You will not be charged for Pro again." in letter.text
    clock.shift(EARLIER - BEGIN)
    # To the second, also before Stripe's event is here.
    assert plan_of(ada) == ("free", "active", None)


def test_another_day_is_told_anew(till: Till, ada: Caller) -> None:
    subscription_id = subscribe(till, ada)
    ends(till, subscription_id, LATER)
    ends(till, subscription_id, EARLIER)
    with till.app.app_context():
        subjects = db.session.scalars(select(OutboxMail.subject).where(OutboxMail.kind == "plan_will_change")).all()
    assert sorted(subjects) == [f"Your plan changes to Free on 11 {month}" for month in ("February", "March")]


@pytest.mark.parametrize("at", [EARLIER, LATER])
def test_it_is_resumed_and_cancelled_as_any_other(till: Till, ada: Caller, at: datetime) -> None:
    subscription_id = subscribe(till, ada)
    ends(till, subscription_id, at)
    refused = changed(ada, "enterprise")
    assert (refused.status_code, f"ends on 11 {at:%B}. Resume it before" in refused.text) == (409, True)
    assert (ada.post("/api/billing/cancel").json or {})["ends_at"] == in_iso(PERIOD_END)
    assert (ada.post("/api/billing/resume").json or {})["ends_at"] is None
    assert till.peer.look(subscription_id)["cancel_at"] is None
