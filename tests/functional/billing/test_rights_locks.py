"""A reservation waits for the other transactions that decide about its customer, its right or its credit."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text, update
from tests.functional.billing.rights import DEMAND, reserved, reserved_again, used
from tests.functional.caller import Caller
from tests.functional.locks import Apart

from oriel.billing.current_plan import current_period, hold_plan, lock_customer
from oriel.billing.models import REFUNDED, RETURNED, Credit, PlanHolding, RenderRight
from oriel.billing.rights import reserve
from oriel.errors import PaymentRequired
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id

# SQLite locks no rows: whoever writes there waits for the whole database.
pytestmark = [pytest.mark.parametrize("database", ["postgresql"], indirect=True), pytest.mark.usefixtures("in_app")]


def test_two_reservations_of_a_customer_take_turns(customer: Caller, apart: Apart) -> None:
    with writing() as session:
        lock_customer(session, customer.user_id)
        result = apart(lambda: reserved(customer))
        for _ in range(5):
            reserve(session, customer.user_id, new_id(), replace(DEMAND, video_bytes_estimate=0))
    with pytest.raises(PaymentRequired):
        result()
    assert used(customer) == 5


def test_what_refers_to_a_customer_is_written_meanwhile(customer: Caller) -> None:
    # As PostgreSQL locks the user of a row that is being written, but without waiting.
    reference = text("SELECT id FROM users WHERE id = :id FOR KEY SHARE NOWAIT")
    with writing() as session:
        lock_customer(session, customer.user_id)
        with db.engine.begin() as connection:
            assert connection.scalar(reference, {"id": customer.user_id}) == customer.user_id


def test_a_right_that_is_being_returned_is_reserved_anew(customer: Caller, apart: Apart) -> None:
    render = new_id()
    reserved(customer, render=render)
    with db.engine.begin() as connection:
        connection.execute(update(RenderRight).where(RenderRight.render_id == render).values(state=RETURNED))
        result = apart(lambda: reserved_again(customer, render))
    result()
    assert used(customer) == 1


def test_a_credit_that_is_being_refunded_pays_for_nothing(customer: Caller, apart: Apart) -> None:
    with writing() as session:
        session.add(Credit(user_id=customer.user_id))
    with db.engine.begin() as connection:
        connection.execute(update(Credit).values(state=REFUNDED))
        result = apart(lambda: reserved(customer, pay_with="credit"))
    with pytest.raises(PaymentRequired):
        result()


def test_a_reservation_holds_no_other_credit(customer: Caller) -> None:
    for _ in range(2):
        with writing() as session:
            session.add(Credit(user_id=customer.user_id))
    with writing() as session:
        reserve(session, customer.user_id, new_id(), DEMAND, "credit")
        free = select(Credit.id).with_for_update(skip_locked=True)
        with db.engine.begin() as connection:
            assert len(connection.scalars(free).all()) == 1


def test_a_plan_that_somebody_changed_meanwhile_is_read_anew(customer: Caller) -> None:
    with writing() as session:
        hold_plan(session, customer.user_id, "pro")
    with writing() as session:
        assert current_period(session, customer.user_id).plan.name == "pro"
        held = session.get_one(PlanHolding, customer.user_id)
        with db.engine.begin() as connection:
            connection.execute(update(PlanHolding).values(plan="enterprise"))
        assert current_period(session, customer.user_id).plan.name == held.plan == "enterprise"
