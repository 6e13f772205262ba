"""When periods end, as docs/billing-periods.md says: on Stripe's days for who pays, on the calendar's for others."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import delete
from tests.functional.billing.conftest import Till, changed
from tests.functional.caller import Caller

from oriel.billing import rights
from oriel.billing.models import RenderRight
from oriel.billing.refusals import Demand
from oriel.billing.subscription import subscription_of
from oriel.errors import PlanLimitMonth
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id

MakeCaller = Callable[..., Caller]
SMALL = Demand(width=1280, height=720, fps=30, format="mp4", duration_s=10, song_bytes=1, video_bytes_estimate=0)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def go_to(till: Till, moment: datetime) -> None:
    """Let both sides live at this moment, and the service hear what has happened until then."""
    clock.shift(moment - now())
    till.peer.advance(moment)
    till.tell()


def reserve(app: APIFlask, customer: Caller) -> None:
    with app.app_context(), writing() as session:
        rights.reserve(session, customer.user_id, new_id(), SMALL)


def used(app: APIFlask, customer: Caller) -> int:
    with app.app_context():
        found = rights.used_this_period(db.session, customer.user_id)
        db.session.commit()
        return found


@pytest.mark.parametrize(
    ("peer", "ends"),
    [
        (at("2027-01-29 12:00"), ["2027-02-28", "2027-03-29", "2027-04-29"]),
        (at("2027-01-30 12:00"), ["2027-02-28", "2027-03-30", "2027-04-30"]),
        (at("2027-01-31 12:00"), ["2027-02-28", "2027-03-31", "2027-04-30"]),
        # A leap year, and a subscription that began on its day.
        (at("2028-01-31 12:00"), ["2028-02-29", "2028-03-31", "2028-04-30"]),
        (at("2028-02-29 12:00"), ["2028-03-29", "2028-04-29", "2028-05-29"]),
        # Clocks are put forward in between, here and there; UTC knows nothing of it.
        (at("2027-03-13 01:30"), ["2027-04-13", "2027-05-13", "2027-06-13"]),
    ],
    indirect=["peer"],
)
def test_a_paid_period_ends_on_stripes_day(till: Till, caller: MakeCaller, ends: list[str]) -> None:
    ada = caller()
    began = now()
    till.buy(ada, kind="subscription", plan="pro")
    for end in ends:
        with till.app.app_context():
            period_end = subscription_of(ada.user_id).period_end
            db.session.commit()
        assert period_end
        assert period_end.strftime("%Y-%m-%d %H:%M") == f"{end} {began:%H:%M}"
        reserve(till.app, ada)
        assert used(till.app, ada) == 1
        go_to(till, period_end - timedelta(seconds=1))
        assert used(till.app, ada) == 1
        # To the second, also before Stripe's event is here.
        clock.shift(timedelta(seconds=1))
        assert used(till.app, ada) == 0
        go_to(till, period_end + timedelta(hours=2))
        assert used(till.app, ada) == 0


@pytest.mark.parametrize("month", ["2027-01-31 23:59:59", "2028-02-29 23:59:59", "2027-03-31 23:59:59"])
def test_on_free_the_calendars_month_counts_in_utc(app: APIFlask, caller: MakeCaller, month: str) -> None:
    ada = caller()
    clock.shift(at(month) - timedelta(minutes=1) - now())
    for _ in range(5):
        reserve(app, ada)
    with pytest.raises(PlanLimitMonth, match="Your next month starts on 1 "):
        reserve(app, ada)
    clock.shift(at(month) + timedelta(seconds=1) - now())
    assert used(app, ada) == 0
    reserve(app, ada)


@pytest.mark.parametrize("peer", [at("2027-01-31 12:00")], indirect=True)
def test_an_upgrade_begins_a_period(till: Till, caller: MakeCaller) -> None:
    ada = caller()
    till.buy(ada, kind="subscription", plan="pro")
    reserve(till.app, ada)
    go_to(till, at("2027-02-10 12:00"))
    ada.refresh()
    assert changed(ada, "enterprise").status_code == 200
    till.tell()
    assert used(till.app, ada) == 0
    with till.app.app_context():
        period_end = subscription_of(ada.user_id).period_end
        db.session.commit()
    assert period_end
    assert period_end.strftime("%Y-%m-%d") == "2027-03-10"


def test_what_was_used_on_free_does_not_count_on_a_paid_plan(till: Till, caller: MakeCaller) -> None:
    ada = caller()
    for _ in range(5):
        reserve(till.app, ada)
    till.buy(ada, kind="subscription", plan="pro")
    assert used(till.app, ada) == 0
    with till.app.app_context(), writing() as session:
        session.execute(delete(RenderRight))
