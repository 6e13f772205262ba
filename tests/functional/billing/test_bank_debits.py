"""Subscriptions that are paid by a bank, which takes days to say yes or no."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller

from oriel.billing.journal import reconcile
from oriel.billing.models import Payment, PlanHolding
from oriel.infra.clock import clock
from oriel.infra.database import db, writing

MakeCaller = Callable[..., Caller]


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


@pytest.fixture
def page(till: Till, ada: Caller) -> str:
    """A page on which a bank account was named, which we have heard of."""
    page = till.open(ada, kind="subscription", plan="pro")
    till.peer.pay_later(page)
    till.tell()
    return page


def found(till: Till) -> tuple[str, str, str]:
    """Status of the payment, plan and its status."""
    with till.app.app_context():
        holding = db.session.scalars(select(PlanHolding)).one()
        return db.session.scalars(select(Payment.status)).one(), holding.plan, holding.status


@pytest.mark.usefixtures("page")
def test_the_plan_holds_meanwhile_as_at_stripe(till: Till) -> None:
    assert found(till) == ("pending", "pro", "active")


def second_page(till: Till, customer: Caller) -> str:
    """A second subscription, which is ended at once while its bank still decides."""
    first = till.open(customer, kind="subscription", plan="pro")
    with till.app.app_context(), writing() as session:
        # As two requests in the same moment leave it.
        session.scalars(select(Payment)).one().open_thing = None
    second = till.open(customer, kind="subscription", plan="pro")
    till.peer.pay(first)
    till.tell()
    till.peer.pay_later(second)
    till.tell()
    return second


@pytest.mark.parametrize(
    ("succeeds", "refunded", "told"), [(True, 1, "already had a subscription"), (False, 0, "declined")]
)
def test_a_second_subscription_is_not_said_to_be_refused_before_its_bank_has_decided(
    till: Till, ada: Caller, succeeds: bool, refunded: int, told: str
) -> None:
    second = second_page(till, ada)
    status = ada.get(f"/api/payments/status/{second}").json or {}
    assert (status["status"], status["error"]) == ("pending", None)
    till.peer.settle(second, succeeds=succeeds)
    # Though no event comes.
    with till.app.app_context():
        clock.shift(timedelta(minutes=2))
        reconcile()
    assert len(till.peer.everything("refund")) == refunded
    assert told in (ada.get(f"/api/payments/status/{second}").json or {})["error"]


def test_a_bank_that_says_yes(till: Till, page: str) -> None:
    till.peer.settle(page, succeeds=True)
    till.tell()
    assert found(till) == ("completed", "pro", "active")


def test_a_bank_that_says_no(till: Till, ada: Caller, page: str) -> None:
    till.peer.settle(page, succeeds=False)
    till.tell()
    assert found(till) == ("failed", "pro", "past_due")
    told = ada.get(f"/api/payments/status/{page}").json or {}
    assert (told["status"], told["error"]) == ("failed", "Your bank declined the payment. Nothing was charged.")


def test_a_bill_that_is_paid_after_all(till: Till, page: str) -> None:
    till.peer.settle(page, succeeds=False)
    till.tell()
    [bill] = till.peer.everything("invoice")
    till.peer.pay_invoice(bill["id"])
    till.tell()
    assert found(till) == ("completed", "pro", "active")
    with till.app.app_context():
        payment = db.session.scalars(select(Payment)).one()
    assert (payment.amount, payment.error, payment.invoice_id) == (999, None, bill["id"])
