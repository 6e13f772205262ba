"""Credits that an operator gives and takes back: renders for nothing, such as after a failure of ours."""

from sqlalchemy import select

from oriel.billing.current_plan import lock_customer
from oriel.billing.models import HELD, TAKEN, Credit
from oriel.errors import WrongState
from oriel.infra.database import writing

MOST_AT_ONCE = 50


def grant_credits(user_id: str, count: int, *, first_id: str) -> int:
    """Give a customer credits; return how many. Raise NotFound, and WrongState for a `first_id` of an earlier call."""
    with writing() as session:
        lock_customer(session, user_id)
        if session.get(Credit, first_id):
            raise WrongState("These credits were given already.")
        session.add(Credit(id=first_id, user_id=user_id))
        session.add_all(Credit(user_id=user_id) for _ in range(count - 1))
    return count


def take_credits(user_id: str, count: int) -> int:
    """Take back credits that were given and not used, the newest first; return how many. Raise NotFound, WrongState.

    With fewer than `count` none is taken. Bought ones are the customer's: refund their payment instead.
    """
    with writing() as session:
        lock_customer(session, user_id)
        given = select(Credit).where(Credit.user_id == user_id, Credit.state == HELD, Credit.payment_id.is_(None))
        unused = session.scalars(given.order_by(Credit.id.desc()).limit(count).with_for_update()).all()
        if not unused:
            raise WrongState("This customer holds no credit that was given. Refund the payment of a bought one.")
        if len(unused) < count:
            held = f"{len(unused)} such credit{'s' if len(unused) > 1 else ''}"
            raise WrongState(f"This customer holds only {held}. Nothing was taken back.", held=len(unused))
        for credit in unused:
            credit.state = TAKEN
    return len(unused)
