"""Rights and credits count for their own customer and their own state."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session
from tests.functional.billing.rights import DEMAND, LARGE, bought, paid, reserved, reserved_again, settled, states, used
from tests.functional.caller import Caller

from oriel.billing import storage_use
from oriel.billing.models import FROZEN, HELD, REFUNDED, RESERVED, USED, Credit
from oriel.billing.rights import credits_held, give_back, reserve, spend
from oriel.billing.storage_use import storage_used
from oriel.errors import PaymentRequired, PlanLimitSize
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id

pytestmark = pytest.mark.usefixtures("in_app")


def test_a_spent_render_still_counts_in_its_month(customer: Caller) -> None:
    render = new_id()
    reserved(customer, render=render)
    settled(spend, render)
    assert used(customer) == 1


def test_the_renders_of_others_do_not_count(customer: Caller, caller: Callable[..., Caller]) -> None:
    reserved(caller())
    assert used(customer) == 0


def test_credits_left_are_ones_own_that_are_held(customer: Caller, caller: Callable[..., Caller]) -> None:
    bought(caller())
    assert credits_held(db.session, customer.user_id) == 0
    for state in (HELD, HELD, RESERVED, USED, REFUNDED, FROZEN):
        bought(customer, state)
    assert credits_held(db.session, customer.user_id) == 2


def test_the_storage_set_aside_is_for_ones_own_videos_that_the_plan_pays(
    customer: Caller, caller: Callable[..., Caller]
) -> None:
    reserved(caller())
    bought(customer)
    reserved(customer, LARGE)
    assert storage_used(db.session, customer.user_id) == 0
    reserved(customer)
    assert storage_used(db.session, customer.user_id) == DEMAND.video_bytes_estimate


def test_what_counts_as_storage_counts_once(customer: Caller) -> None:
    def seven(_session: Session, _user_id: str) -> int:
        return 7

    try:
        assert [storage_use.register(seven), storage_use.register(seven)] == [seven, seven]
        assert storage_used(db.session, customer.user_id) == 7
    finally:
        storage_use._uses.remove(seven)


def test_the_credit_that_was_bought_first_goes_first(customer: Caller) -> None:
    """Whichever row is older: the moment of the purchase counts, and of two at once the lower id."""
    at = now()
    second, first, third = "b" * 26, "a" * 26, "0" * 26
    for credit_id, created_at in ((third, at + timedelta(seconds=1)), (second, at), (first, at)):
        with writing() as session:
            session.add(Credit(id=credit_id, user_id=customer.user_id, created_at=created_at))
    for spent in (1, 2, 3):
        reserved(customer, LARGE)
        assert states(first, second, third) == [RESERVED] * spent + [HELD] * (3 - spent)


def test_the_credit_of_its_own_payment_goes_before_older_ones(customer: Caller) -> None:
    payment = paid(customer)
    others = [bought(customer), bought(customer, payment_id=paid(customer))]
    own = bought(customer, payment_id=payment)
    with writing() as session:
        reserve(session, customer.user_id, new_id(), DEMAND, "credit", payment_id=payment)
    assert states(*others, own) == [HELD, HELD, RESERVED]


@pytest.mark.parametrize(
    ("settle", "is_disputed", "becomes"), [(give_back, True, FROZEN), (give_back, False, HELD), (spend, True, USED)]
)
def test_a_credit_that_comes_back_is_frozen_while_its_own_payment_is_disputed(
    customer: Caller, settle: Callable[..., bool], is_disputed: bool, becomes: str
) -> None:
    """A dispute about another payment changes nothing, nor does it touch another credit."""
    render = new_id()
    credit = bought(customer, payment_id=paid(customer, is_disputed=is_disputed))
    reserved(customer, pay_with="credit", render=render)
    other, disputed = bought(customer), bought(customer, payment_id=paid(customer, is_disputed=True))
    settled(settle, render)
    assert states(credit, other, disputed) == [becomes, HELD, HELD]


def test_of_several_refusals_the_most_telling_one_is_raised(customer: Caller) -> None:
    with pytest.raises(PlanLimitSize):
        reserved(customer, replace(LARGE, duration_s=400, video_bytes_estimate=2_000_000_000))


def test_settling_one_render_leaves_all_others(customer: Caller) -> None:
    bought_credits, renders = [bought(customer), bought(customer)], [new_id(), new_id()]
    for render in renders:
        reserved(customer, LARGE, render=render)
    settled(spend, renders[0])
    assert sorted(states(*bought_credits)) == [RESERVED, USED]
    settled(give_back, renders[1])
    assert sorted(states(*bought_credits)) == [HELD, USED]


def test_a_credit_that_was_refunded_meanwhile_is_not_held_again(customer: Caller) -> None:
    credit, render = bought(customer), new_id()
    reserved(customer, LARGE, render=render)
    with writing() as session:
        session.get_one(Credit, credit).state = REFUNDED
    settled(give_back, render)
    assert states(credit) == [REFUNDED]


def test_a_render_tried_again_is_paid_as_it_was(customer: Caller) -> None:
    credit, render = bought(customer), new_id()
    reserved(customer, pay_with="credit", render=render)
    settled(give_back, render)
    with writing() as session:
        session.get_one(Credit, credit).state = REFUNDED
    # The plan would pay for it, with a watermark that was not ordered.
    with pytest.raises(PaymentRequired, match="no render credits left"):
        reserved_again(customer, render)
    other = bought(customer)
    reserved_again(customer, render)
    settled(spend, render)
    assert states(credit, other) == [REFUNDED, USED]


def test_a_credit_asked_for_again_answers_as_before(customer: Caller) -> None:
    bought(customer)
    render = new_id()
    grant = reserved(customer, pay_with="credit", render=render)
    assert (grant.kind, grant.watermark) == ("credit", False)
    assert reserved(customer, pay_with="credit", render=render) == grant


def test_without_a_credit_the_refusal_offers_one(customer: Caller) -> None:
    with pytest.raises(PaymentRequired, match=r"buy one for \$\d+\.\d\d\.") as caught:
        reserved(customer, pay_with="credit")
    details = caught.value.details
    assert {name: details[name] for name in ("limit", "value", "plan", "lifted_by")} == {
        "limit": 0,
        "value": 1,
        "plan": "credit",
        "lifted_by": "credit",
    }
