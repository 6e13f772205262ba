"""Rights, credits and payments of a test, written straight into the database."""

from collections.abc import Callable
from dataclasses import replace

from tests.functional.caller import Caller

from oriel.billing.models import HELD, Credit, Payment
from oriel.billing.rights import Demand, Grant, Payer, reserve, reserve_again, used_this_period
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id

# Free allows the first one, and a larger plan or a credit the second one.
DEMAND = Demand(1280, 720, 30, "mp4", 180, 5_000_000, 50_000_000)
LARGE = replace(DEMAND, width=1920, height=1080)


def reserved(customer: Caller, demand: Demand = DEMAND, pay_with: Payer | None = None, render: str = "") -> Grant:
    """Reserve a right, for a new render unless one is named."""
    with writing() as session:
        return reserve(session, customer.user_id, render or new_id(), demand, pay_with)


def reserved_again(customer: Caller, render: str, demand: Demand = DEMAND) -> None:
    """Reserve the right of a render once more, as when an operator tries it again."""
    with writing() as session:
        reserve_again(session, customer.user_id, render, demand)


def settled(settle: Callable[..., bool], render: str) -> None:
    """Spend a render's right or give it back."""
    with writing() as session:
        assert settle(session, render)


def used(customer: Caller) -> int:
    """Return how many renders of the period are used."""
    return used_this_period(db.session, customer.user_id)


def bought(customer: Caller, state: str = HELD, payment_id: str | None = None) -> str:
    """Add a credit and return its id."""
    with writing() as session:
        credit = Credit(user_id=customer.user_id, state=state, payment_id=payment_id)
        session.add(credit)
    return credit.id


def paid(customer: Caller, *, is_disputed: bool = False) -> str:
    """Add a payment for a single render and return its id."""
    with writing() as session:
        payment = Payment(user_id=customer.user_id, kind="render", amount=499, thing="render", is_disputed=is_disputed)
        session.add(payment)
    return payment.id


def states(*credit_ids: str) -> list[str]:
    """Return the states of credits, read again."""
    db.session.expire_all()
    return [db.session.get_one(Credit, credit_id).state for credit_id in credit_ids]


def state_of(credit_id: str) -> str:
    """Return the state of a credit, read again."""
    return states(credit_id)[0]
