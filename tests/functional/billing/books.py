"""What must hold of the books of billing: always, and once everything has been heard of."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from tests.peers.stripe import Obj, StripePeer

from oriel.billing.models import (
    COMPLETED,
    FAILED,
    FROZEN,
    HELD,
    PENDING,
    REFUNDED,
    RENDER,
    RESERVED,
    RETURNED,
    SPENT,
    USED,
    Credit,
    Payment,
    PaymentEvent,
    PlanHolding,
    RenderRight,
)
from oriel.billing.plans import CREDIT
from oriel.infra.database import db
from oriel.rendering.models import CANCELLED, UNDER_WAY, RenderJob
from oriel.rendering.models import COMPLETED as RENDERED
from oriel.rendering.models import FAILED as RENDER_FAILED


@dataclass(frozen=True)
class Books:
    """All rows that money has to do with; of one customer, if there is a holding."""

    payments: list[Payment]
    credits: list[Credit]
    rights: list[RenderRight]
    jobs: list[RenderJob]
    events: list[PaymentEvent]
    holding: PlanHolding | None

    @classmethod
    def read(cls) -> "Books":
        """Read them all anew."""
        db.session.rollback()
        db.session.expire_all()
        books = cls(
            list(db.session.scalars(select(Payment).order_by(Payment.created_at))),
            list(db.session.scalars(select(Credit))),
            list(db.session.scalars(select(RenderRight))),
            list(db.session.scalars(select(RenderJob))),
            list(db.session.scalars(select(PaymentEvent))),
            db.session.scalar(select(PlanHolding)),
        )
        db.session.expunge_all()
        return books

    @property
    def single(self) -> list[Payment]:
        """The payments for single renders."""
        return [payment for payment in self.payments if payment.kind == RENDER]

    def credit_of(self, payment: Payment) -> Credit | None:
        """The credit that a payment gave."""
        found = [credit for credit in self.credits if credit.payment_id == payment.id]
        assert len(found) <= 1, "two credits for one payment"
        return found[0] if found else None


def balanced(books: Books, peer: StripePeer) -> None:
    """Check what holds at every moment, however little we have heard."""
    _payments(books, peer)
    _money(books, peer)
    _renders(books)
    _credits(books)
    _periods(peer)


def _periods(peer: StripePeer) -> None:
    """No period of a plan is opened for less than its price, but for what was paid for another one."""
    for bill in peer.everything("invoice"):
        for line in bill["lines"]["data"]:
            price = peer.look(line["pricing"]["price_details"]["price"])["unit_amount"]
            assert line["amount"] <= 0 or line["amount"] == price, (line["description"], line["amount"])
            assert -line["amount"] <= price, (line["description"], line["amount"])


def _payments(books: Books, peer: StripePeer) -> None:
    open_things = [payment.open_thing for payment in books.payments if payment.open_thing]
    assert len(open_things) == len(set(open_things)), open_things
    for payment in books.payments:
        # While a bank decides about one credit another may be bought.
        waits = payment.thing == RENDER and payment.stripe_session_id and payment.checkout_url is None
        is_open = payment.status == PENDING and not waits
        assert (payment.open_thing is not None) == is_open, (payment.status, payment.open_thing)
        if payment.stripe_session_id is None:
            assert payment.status != COMPLETED or payment.invoice_id
            continue
        session = peer.look(payment.stripe_session_id)
        # What is written down as paid is, and what is written down as failed was not paid on its page.
        if payment.status == COMPLETED:
            assert is_paid(peer, session), session["payment_status"]
        if payment.status == FAILED:
            assert session["payment_status"] != "paid", session["payment_status"]
        assert payment.settle_at or not (payment.expire_wanted or payment.refund_wanted), "wanted, and never asked for"


def _money(books: Books, peer: StripePeer) -> None:
    """One-off money in = credits in whatever state + what goes back or has gone back without one."""
    paid = [payment for payment in books.single if payment.status == COMPLETED]
    with_credit = [payment for payment in paid if books.credit_of(payment)]
    without = [payment for payment in paid if not books.credit_of(payment)]
    assert len(books.credits) == len(with_credit), "a credit that nobody has paid"
    assert all(credit.state in (HELD, FROZEN, RESERVED, USED, REFUNDED) for credit in books.credits)
    assert sum(payment.amount for payment in paid) == CREDIT.price_cents * (len(books.credits) + len(without))
    for payment in without:
        assert payment.settled_by, "paid, and nothing came of it"
        assert payment.job_id is None
        assert payment.refund_wanted or is_back(peer, payment), "paid, and lost"


def is_paid(peer: StripePeer, session: Obj) -> bool:
    """Whether a page was paid, or its bill later."""
    return session["payment_status"] == "paid" or bool(
        session["invoice"] and peer.look(session["invoice"])["status"] == "paid"
    )


def is_back(peer: StripePeer, payment: Payment) -> bool:
    """Whether the customer has all of it again, from us or from the bank."""
    charge = peer.look(peer.look(str(payment.paid_as))["latest_charge"])
    disputes = [one["status"] for one in peer.everything("dispute") if one["payment_intent"] == payment.paid_as]
    return bool(charge["refunded"]) or "lost" in disputes


def _renders(books: Books) -> None:
    rights: Counter[str] = Counter(right.render_id for right in books.rights)
    assert set(rights) == {job.id for job in books.jobs}
    assert not rights or max(rights.values()) == 1
    states = {right.render_id: right for right in books.rights}
    bought = Counter(job.payment_id for job in books.jobs if job.payment_id)
    assert not bought or max(bought.values()) == 1, "two renders for one payment"
    for job in books.jobs:
        right = states[job.id]
        assert (job.plan == CREDIT.name) == (right.kind == "credit"), (job.plan, right.kind)
        if job.status in UNDER_WAY:
            assert right.state == RESERVED, (job.status, right.state)
        elif job.status == RENDERED:
            assert right.state == SPENT, (job.status, right.state)
        elif job.status == RENDER_FAILED:
            assert right.state == RETURNED, (job.status, right.state)
        else:
            assert job.status == CANCELLED
            assert right.state == (SPENT if job.first_frame_at else RETURNED)


def _credits(books: Books) -> None:
    paid_by = {payment.id: payment for payment in books.payments}
    jobs = {job.id: job for job in books.jobs}
    for credit in books.credits:
        rights = [right for right in books.rights if right.credit_id == credit.id and right.state != RETURNED]
        assert len(rights) <= 1, "one credit has paid for two renders"
        wanted = {HELD: set(), FROZEN: set(), RESERVED: {RESERVED}, USED: {SPENT}, REFUNDED: None}[credit.state]
        assert wanted is None or {right.state for right in rights} == wanted, (credit.state, rights)
        if credit.state == FROZEN:
            assert credit.payment_id
            assert paid_by[credit.payment_id].is_disputed
        for right in rights:
            # A render that was bought is paid with what was paid for it.
            assert jobs[right.render_id].payment_id in (None, credit.payment_id)


def settled(books: Books, peer: StripePeer, plans: dict[str, str]) -> None:
    """Check what holds as soon as everything has been heard of and dealt with."""
    left = [event.kind for event in books.events if event.due_at]
    assert not left, left
    by_session = {payment.stripe_session_id: payment for payment in books.payments}
    for session in peer.everything("checkout.session"):
        payment = by_session.get(session["id"])
        if is_paid(peer, session):
            assert payment
            assert payment.status == COMPLETED, (payment.status, session["mode"])
            assert not payment.expire_wanted
            if session["mode"] == "payment":
                _paid_once(books, peer, payment)
        elif payment:
            waits = _may_still_be_paid(peer, session)
            # One that a bank has refused stays so while the bill is tried again.
            stands = {PENDING, FAILED} if waits and _was_refused(peer, session) else {PENDING} if waits else {FAILED}
            assert payment.status in stands, payment.status
    _subscribed_once(books, peer, plans)


def _was_refused(peer: StripePeer, session: Obj) -> bool:
    paid_as = session["payment_intent"] or peer.account.payment_of.get(session["invoice"])
    charges = [one for one in peer.everything("charge") if one["payment_intent"] == paid_as]
    return any(charge["status"] == "failed" for charge in charges)


def _may_still_be_paid(peer: StripePeer, session: Obj) -> bool:
    if session["status"] == "open":
        return True
    paid_as = session["payment_intent"] or peer.account.payment_of.get(session["invoice"])
    return bool(session["status"] == "complete" and paid_as and peer.look(paid_as)["status"] == "processing")


def _paid_once(books: Books, peer: StripePeer, payment: Payment) -> None:
    """A payment was fulfilled, is held, or is back."""
    assert payment.paid_as
    charge = peer.look(peer.look(payment.paid_as)["latest_charge"])
    disputes = [one["status"] for one in peer.everything("dispute") if one["payment_intent"] == payment.paid_as]
    assert payment.refunded == charge["amount_refunded"]
    is_disputed = "needs_response" in disputes
    assert payment.is_disputed == is_disputed
    assert not payment.refund_wanted or is_disputed, "still to be given back"
    credit = books.credit_of(payment)
    if credit is None:
        assert is_back(peer, payment) or (payment.refund_wanted and is_disputed), "paid, and lost"
        return
    # What the bank decides about is given back as soon as it has; the credit is gone before.
    goes_back = is_back(peer, payment) or payment.refund_wanted
    assert (credit.state == REFUNDED) == goes_back, (credit.state, charge["amount_refunded"], disputes)
    assert credit.state != HELD or not is_disputed
    assert credit.state != FROZEN or is_disputed


def _subscribed_once(books: Books, peer: StripePeer, plans: dict[str, str]) -> None:
    """Our plan is the one that is paid at Stripe, of which there is one at most."""
    living = [one for one in peer.everything("subscription") if one["status"] in ("active", "past_due")]
    assert len(living) <= 1, "two subscriptions"
    held = books.holding
    if not living:
        told = (held.plan, held.status, held.subscription_id) if held else ("free", "active", None)
        assert told == ("free", "active", None), told
        return
    [there] = living
    [item] = there["items"]["data"]
    price, kept, until = (
        plans[item["price"]["id"]],
        there["metadata"].get("kept_plan"),
        there["metadata"].get("kept_until"),
    )
    is_kept = kept and until and item["current_period_start"] < int(until)
    assert held
    assert held.subscription_id == there["id"]
    assert (held.plan, held.pending_plan) == ((kept, price) if is_kept else (price, None))
    assert held.status == there["status"]
    assert held.period_end
    assert held.period_end.timestamp() == item["current_period_end"]
    assert (held.ends_at and held.ends_at.timestamp()) == there["cancel_at"]
