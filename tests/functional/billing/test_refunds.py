"""Money that goes back: by us, by the operator at Stripe, by a bank; and what becomes of what it had bought."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.billing import fulfilment, history, journal, subscription_sync
from oriel.billing.models import Credit, Payment, PlanHolding
from oriel.errors import PaymentsUnavailable, StageCrashed, WrongState
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.infra.mail.outbox import OutboxMail
from oriel.infra.paging import PageQuery
from oriel.rendering import attempts
from oriel.rendering.expiry import delete_expired_videos
from oriel.rendering.models import RenderJob

MakeCaller = Callable[..., Caller]
BIG = {"output": {"width": 1920, "height": 1080}}
# Longer than any month, and than the hour after which a renewal is collected.
MONTH = timedelta(days=31, hours=3)


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def bought_render(till: Till, customer: Caller) -> Payment:
    """Buy a render, which waits for a worker then."""
    till.buy(customer, render={"upload_id": uploaded(customer), "settings": BIG})
    return payment(till)


def payment(till: Till) -> Payment:
    """The latest payment."""
    with till.app.app_context():
        return db.session.scalars(select(Payment).order_by(Payment.created_at.desc())).all()[0]


def job(till: Till) -> RenderJob:
    with till.app.app_context():
        return db.session.scalars(select(RenderJob)).one()


def video_url(till: Till, customer: Caller) -> str | None:
    told = customer.get(f"/api/render/status/{job(till).id}").json
    assert told
    url: str | None = told["video_url"]
    return url


def credit(till: Till) -> str:
    with till.app.app_context():
        return db.session.scalars(select(Credit.state)).one()


def taken(till: Till) -> attempts.Attempt:
    """Let a worker take the render."""
    with till.app.app_context():
        attempt = attempts.claim("a worker")
    assert attempt
    return attempt


def done(till: Till, attempt: attempts.Attempt) -> bool:
    with till.app.app_context():
        return attempts.complete(attempt, attempts.Video("video.mp4", 1000, "0" * 64, 10.0, None))


def letters(till: Till, kind: str) -> list[str]:
    with till.app.app_context():
        return list(db.session.scalars(select(OutboxMail.text).where(OutboxMail.kind == kind)))


def given_back(till: Till, how: str) -> None:
    """Have the latest payment given back in a way, and all of it heard."""
    paid_as = str(payment(till).paid_as)
    if how == "by us":
        with till.app.app_context():
            fulfilment.refund_payment(payment(till).id)
    elif how == "at Stripe":
        till.peer.refund_from_dashboard(paid_as)
    else:
        till.peer.close_dispute(till.peer.dispute(paid_as)["id"], won=False)
    till.tell()


@pytest.mark.parametrize("how", ["by us", "at Stripe", "by a bank"])
def test_what_was_paid_back_is_not_rendered(till: Till, ada: Caller, how: str) -> None:
    bought_render(till, ada)
    given_back(till, how)
    assert (job(till).status, credit(till)) == ("cancelled", "refunded")
    with till.app.app_context():
        assert attempts.claim("a worker") is None
    assert len(letters(till, "payment_refunded")) == 1


def test_neither_is_another_render_that_the_credit_pays(till: Till, ada: Caller) -> None:
    till.buy(ada)
    order = {"upload_id": uploaded(ada), "settings": BIG, "pay_with": "credit"}
    assert ada.post("/api/render/submit", json=order).status_code == 202
    given_back(till, "at Stripe")
    assert (job(till).status, credit(till)) == ("cancelled", "refunded")


def test_a_render_under_way_is_stopped_when_its_payment_is_gone(till: Till, ada: Caller) -> None:
    bought_render(till, ada)
    attempt = taken(till)
    given_back(till, "at Stripe")
    assert (job(till).status, credit(till)) == ("processing", "refunded")
    with till.app.app_context():
        assert attempts.beat(attempt, attempts.Pulse("drawing", 0.5, 1.0, 10, 1)) == "cancel"
        attempts.end_cancelled(attempt)
    assert (job(till).status, credit(till)) == ("cancelled", "refunded")


def test_what_is_being_made_is_given_back_by_force_alone(till: Till, ada: Caller) -> None:
    payment_id = bought_render(till, ada).id
    attempt = taken(till)
    with till.app.app_context():
        with pytest.raises(WrongState, match=r"is in progress\.$"):
            fulfilment.refund_payment(payment_id)
        db.session.rollback()
        assert till.peer.everything("refund") == []
        fulfilment.refund_payment(payment_id, force=True)
        assert attempts.beat(attempt, attempts.Pulse("drawing", 0.5, 1.0, 0, 1)) == "cancel"
    assert credit(till) == "refunded"


def test_what_has_been_made_as_well(till: Till, ada: Caller) -> None:
    payment_id = bought_render(till, ada).id
    assert done(till, taken(till))
    with till.app.app_context():
        with pytest.raises(WrongState, match=r"is finished\.$"):
            fulfilment.refund_payment(payment_id)
        db.session.rollback()
        fulfilment.refund_payment(payment_id, force=True)
    assert (job(till).status, credit(till), payment(till).refunded) == ("completed", "refunded", 499)


@pytest.mark.parametrize("how", ["by us", "at Stripe", "by a bank"])
def test_the_video_of_a_payment_that_went_back_is_withdrawn(till: Till, ada: Caller, how: str) -> None:
    paid_as = str(bought_render(till, ada).paid_as)
    assert done(till, taken(till))
    link = "/d/" + str(video_url(till, ada)).rpartition("/")[2]
    if how == "by us":
        with till.app.app_context():
            fulfilment.refund_payment(payment(till).id, force=True)
    elif how == "at Stripe":
        till.peer.refund_from_dashboard(paid_as)
    else:
        dispute = till.peer.dispute(paid_as)
        till.tell()
        assert video_url(till, ada)
        till.peer.close_dispute(dispute["id"], won=False)
    till.tell()
    assert (job(till).status, video_url(till, ada), credit(till)) == ("completed", None, "refunded")
    assert ada.client.get(link).status_code == 410
    with till.app.app_context():
        assert delete_expired_videos(limit=10) == 1


def test_the_video_stays_when_a_part_is_given_back(till: Till, ada: Caller) -> None:
    paid_as = str(bought_render(till, ada).paid_as)
    assert done(till, taken(till))
    till.peer.refund_from_dashboard(paid_as, 100)
    till.tell()
    assert payment(till).refunded == 100
    assert video_url(till, ada)


@pytest.mark.parametrize(("won", "becomes"), [(True, "held"), (False, "refunded")])
def test_a_render_that_waits_is_withdrawn_while_a_bank_decides(
    till: Till, ada: Caller, won: bool, becomes: str
) -> None:
    dispute = till.peer.dispute(str(bought_render(till, ada).paid_as))
    till.tell()
    assert (job(till).status, credit(till)) == ("cancelled", "frozen")
    till.peer.close_dispute(dispute["id"], won=won)
    till.tell()
    assert credit(till) == becomes


def between_two_attempts(till: Till) -> None:
    """Leave the render with a frame drawn and no worker, as a worker that is replaced does."""
    attempt = taken(till)
    with till.app.app_context():
        assert attempts.beat(attempt, attempts.Pulse("drawing", 0.5, 1.0, 10, 1))
        attempts.give_back(attempt)
    assert job(till).first_frame_at


def test_a_render_between_two_attempts_uses_nothing_up_while_a_bank_decides(till: Till, ada: Caller) -> None:
    dispute = till.peer.dispute(str(bought_render(till, ada).paid_as))
    between_two_attempts(till)
    till.tell()
    assert (job(till).status, credit(till)) == ("cancelled", "frozen")
    till.peer.close_dispute(dispute["id"], won=True)
    till.tell()
    assert credit(till) == "held"


def test_a_render_between_two_attempts_is_paid_back_without_force(till: Till, ada: Caller) -> None:
    bought_render(till, ada)
    between_two_attempts(till)
    given_back(till, "by us")
    assert (job(till).status, credit(till), payment(till).refunded) == ("cancelled", "refunded", 499)


def test_a_render_under_way_goes_on_while_a_bank_decides(till: Till, ada: Caller) -> None:
    paid_as = str(bought_render(till, ada).paid_as)
    attempt = taken(till)
    till.peer.dispute(paid_as)
    till.tell()
    assert job(till).cancel_asked_at is None
    assert done(till, attempt)
    assert credit(till) == "used"


def test_one_that_must_be_tried_again_waits_no_more_once_its_payment_is_gone(till: Till, ada: Caller) -> None:
    bought_render(till, ada)
    attempt = taken(till)
    given_back(till, "at Stripe")
    with till.app.app_context():
        attempts.fail(attempt, StageCrashed("The browser crashed."))
    assert (job(till).status, credit(till)) == ("cancelled", "refunded")


def test_a_part_that_is_given_back_takes_nothing_away(till: Till, ada: Caller) -> None:
    paid_as = str(bought_render(till, ada).paid_as)
    till.peer.refund_from_dashboard(paid_as, 100)
    till.tell()
    assert (job(till).status, credit(till), payment(till).refunded) == ("queued", "reserved", 100)


# --- bills of subscriptions


def test_a_second_subscription_is_seen_to_be_paid_back(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    with till.app.app_context(), writing() as session:
        held = session.scalars(select(PlanHolding)).one().subscription_id
        session.execute(delete(PlanHolding))
    second = till.open(ada, kind="subscription", plan="enterprise")
    with till.app.app_context():
        subscription_sync.sync_subscription(str(held))
    till.peer.pay(second)
    till.tell()
    till.tell()
    [latest, first] = (ada.get("/api/user/history").json or {})["payments"]["items"]
    assert (latest["amount"], latest["refunded"], first["refunded"]) == (2999, 2999, 0)
    assert latest["error"].startswith("You already had a subscription")
    assert len(letters(till, "payment_refunded")) == 1
    with till.app.app_context():
        assert db.session.scalars(select(PlanHolding.plan)).one() == "pro"


def latest_bill(till: Till, customer: Caller) -> str:
    """Subscribe, let a month pass, and return what the renewal was paid with."""
    till.buy(customer, kind="subscription", plan="pro")
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.tell()
    return till.peer.payment_of(till.peer.everything("invoice")[-1]["id"])


@pytest.mark.parametrize("cents", [999, 300])
def test_a_bill_that_is_given_back_at_stripe_says_so(till: Till, ada: Caller, cents: int) -> None:
    till.peer.refund_from_dashboard(latest_bill(till, ada), cents)
    till.tell()
    found = payment(till)
    assert (found.kind, found.amount, found.refunded, found.status) == ("subscription", 999, cents, "completed")
    assert len(letters(till, "payment_refunded")) == (cents == 999)


def told(till: Till, customer: Caller) -> tuple[bool, str | None]:
    """What the history says of the latest payment: whether it is disputed, and what went wrong."""
    with till.app.app_context():
        latest = history.payments_of(customer.user_id, PageQuery()).items[0]
    return latest.disputed, latest.error


@pytest.mark.parametrize("bought", ["a single payment", "a bill"])
@pytest.mark.parametrize(("won", "why"), [(True, None), (False, "Your bank reversed this payment.")])
def test_the_history_says_that_a_bank_asks_for_it_back(
    till: Till, ada: Caller, bought: str, won: bool, why: str | None
) -> None:
    if bought == "a bill":
        paid_as = latest_bill(till, ada)
    else:
        till.buy(ada)
        paid_as = str(payment(till).paid_as)
    dispute = till.peer.dispute(paid_as)
    till.tell()
    assert told(till, ada) == (True, None)
    till.peer.close_dispute(dispute["id"], won=won)
    till.tell()
    assert told(till, ada) == (False, why)


def test_a_bill_that_was_lost_before_anything_was_heard_says_so_too(till: Till, ada: Caller) -> None:
    dispute = till.peer.dispute(latest_bill(till, ada))
    till.peer.close_dispute(dispute["id"], won=False)
    till.tell()
    assert told(till, ada) == (False, "Your bank reversed this payment.")


def test_a_refund_that_a_bank_returns_is_heard_of(till: Till, ada: Caller) -> None:
    till.buy(ada)
    given_back(till, "by us")
    [refund] = till.peer.everything("refund")
    till.peer.fail_refund(refund["id"])
    till.tell()
    assert (payment(till).refunded, credit(till)) == (0, "refunded")
    with till.app.app_context():
        assert journal.reconcile().waiting == [f"{payment(till).paid_as}: its bank returned our refund"]
    till.peer.refund_from_dashboard(str(payment(till).paid_as))
    till.tell()
    with till.app.app_context():
        assert journal.reconcile().waiting == []


def test_a_bill_whose_refund_a_bank_returns_is_not_said_to_be_given_back(till: Till, ada: Caller) -> None:
    paid_as = latest_bill(till, ada)
    refund = till.peer.refund_from_dashboard(paid_as)
    till.tell()
    assert told(till, ada) == (False, "The payment was refunded.")
    till.peer.fail_refund(refund["id"])
    till.tell()
    assert (payment(till).refunded, told(till, ada)) == (0, (False, None))
    with till.app.app_context():
        assert journal.reconcile().waiting == [f"{paid_as}: its bank returned our refund"]


def test_what_was_given_back_before_the_bill_was_heard_of_is_noted_with_it(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    for side in (clock.shift, till.peer.advance):
        side(MONTH)
    till.peer.refund_from_dashboard(till.peer.payment_of(till.peer.everything("invoice")[-1]["id"]))
    till.deliveries.in_this_order(range(len(till.deliveries.pending))[::-1])
    till.settle()
    assert (payment(till).amount, payment(till).refunded) == (999, 999)


# --- what is wanted of a service that refuses


def test_what_is_asked_for_in_vain_is_asked_for_less_and_less_often(till: Till, ada: Caller) -> None:
    till.buy(ada)
    asked = refusing(till)
    with till.app.app_context():
        fulfilment.refund_payment(payment(till).id)
        for _ in range(60):
            clock.shift(timedelta(seconds=5))
            fulfilment.settle_wanted()
        assert len(asked) == 4
        del till.app.extensions["oriel.payments"].refund
        clock.shift(timedelta(hours=1))
        assert fulfilment.settle_wanted() == 1
    assert (payment(till).refunded, payment(till).settle_at, payment(till).settle_tries) == (499, None, 0)


def test_what_always_fails_does_not_stand_before_all_the_others(till: Till, ada: Caller, caller: MakeCaller) -> None:
    till.buy(ada)
    stuck = payment(till)
    till.buy(caller())
    fine = payment(till)
    refusing(till, stuck.paid_as)
    with till.app.app_context():
        with writing() as session:
            for row in session.scalars(select(Payment)):
                fulfilment.want(row, refund=True)
        assert [fulfilment.settle_wanted(limit=1) for _ in range(3)].count(1) == 1
        found = {row.id: row.refunded for row in db.session.scalars(select(Payment))}
    assert found == {stuck.id: 0, fine.id: 499}


def test_a_refund_that_breaks_does_not_keep_the_others_waiting(till: Till, ada: Caller, caller: MakeCaller) -> None:
    till.buy(ada)
    till.buy(caller())
    first, second = till.peer.everything("payment_intent")
    refusing(till, first["id"], ZeroDivisionError())
    with till.app.app_context():
        with writing() as session:
            for row in session.scalars(select(Payment)):
                fulfilment.want(row, refund=True)
        assert fulfilment.settle_wanted() == 1
        refunded = {row.paid_as: row.refunded for row in db.session.scalars(select(Payment))}
    assert refunded == {first["id"]: 0, second["id"]: 499}


def test_a_page_that_was_to_be_closed_is_closed_though_a_bank_decides_about_its_money(till: Till, ada: Caller) -> None:
    order = {"upload_id": uploaded(ada), "settings": BIG}
    page = till.open(ada, render=order)
    till.buy(ada, kind="subscription", plan="pro")
    till.peer.go_down()
    assert ada.post("/api/render/submit", json=order).status_code == 202
    till.peer.come_back()
    till.app.extensions["oriel.payments"]._rest._until = 0.0
    till.peer.pay(page)
    with till.app.app_context():
        paid_as = till.peer.look(page)["payment_intent"]
        till.peer.dispute(paid_as)
        till.tell()
        clock.shift(timedelta(hours=1))
        fulfilment.settle_wanted()
        found = db.session.scalars(select(Payment).where(Payment.stripe_session_id == page)).one()
    assert (found.status, found.is_disputed, found.expire_wanted) == ("completed", True, False)


def test_a_refund_that_a_dispute_has_overtaken_waits_no_more(till: Till, ada: Caller) -> None:
    till.buy(ada)
    dispute = till.peer.dispute(str(payment(till).paid_as))
    with till.app.app_context():
        fulfilment.refund_payment(payment(till).id)
        assert "failed attempts" in journal.reconcile().waiting[0]
    till.peer.close_dispute(dispute["id"], won=False)
    till.tell()
    with till.app.app_context():
        assert journal.reconcile().waiting == []
    assert payment(till).settle_at is None


def refusing(till: Till, one: str | None = None, error: Exception | None = None) -> list[str]:
    """Let Stripe refuse refunds, of `one` or of all; returns what it was asked for."""
    gateway = till.app.extensions["oriel.payments"]
    real: Callable[[str], None] = gateway.refund
    asked: list[str] = []

    def refund(paid_as: str) -> None:
        asked.append(paid_as)
        if one in (None, paid_as):
            raise error or PaymentsUnavailable("Stripe gives nothing back.")
        real(paid_as)

    gateway.refund = refund
    return asked
