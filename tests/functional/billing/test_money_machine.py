"""The books balance whatever customers, their banks, the network and our own crashes do, in any order."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar

import pytest
import stripe
from apiflask import APIFlask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import select
from tests.functional.billing.books import Books, balanced, settled
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller
from tests.functional.waiting import PATIENCE_S
from tests.peers.stripe import Obj, stripe_peer

from oriel.accounts.models import User
from oriel.billing import fulfilment, journal, plan_change, subscription_sync
from oriel.billing.checkout import Wanted, open_checkout
from oriel.billing.gateway import init_payments
from oriel.billing.models import RENDER, Payment
from oriel.billing.stripe_account import prepare_account
from oriel.billing.stripe_gateway import StripeGateway
from oriel.errors import CallerError, DuplicatePaymentSession, PaymentsUnavailable, UndecodableSong
from oriel.infra.clock import clock, now
from oriel.infra.database import Base, db, writing
from oriel.infra.redis import redis
from oriel.infra.storage import storage
from oriel.media.models import Upload
from oriel.media.uploads import delete_upload
from oriel.rendering import attempts, submit
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import QUEUED, RenderJob

Answer = TypeVar("Answer")

SIZES = ({"width": 1280, "height": 720}, {"width": 1920, "height": 1080})
SONGS = 2
# Where the process may die. The first ones are within a transaction, the others right behind a commit.
SEAMS = (
    "fulfilment._submit",
    "fulfilment._take_back",
    "subscription_sync._write",
    "fulfilment.publish",
    "fulfilment.sync_subscription",
    "fulfilment.settle_wanted",
    "subscription_sync.publish",
    "journal._done",
    "submit.announce",
)
BEGIN = datetime(2026, 1, 31, 12, tzinfo=UTC)
MOST_SLOW = 3
CHANGES = ["pro", "enterprise", "cancel", "resume", "portal", "on a day", "end", "card fails", "card works"]
few = st.integers(min_value=0, max_value=5)
things = st.sampled_from(["credit", "render", "render", "pro", "enterprise"])
seeds = st.integers(min_value=0, max_value=999)
# For a thread that goes on only when the machine comes to it, several steps later.
_STEPS_LATER_S = 600


class Ticking:
    """A clock that is a little later each time, and goes by nothing else: an example can be run again."""

    def __init__(self) -> None:
        self.time = BEGIN

    def now(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def shift(self, by: timedelta) -> None:
        self.time += by


class Crash(BaseException):
    """The process is killed: nothing of ours catches that."""


class Chaos:
    """Kills the process once: at a seam, or when Stripe has done so many calls and before anybody hears of it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.seam: str | None = None
        self.calls: int | None = None
        modules = {
            "fulfilment": fulfilment,
            "subscription_sync": subscription_sync,
            "journal": journal,
            "submit": submit,
        }
        for seam in SEAMS:
            module, name = seam.split(".")
            patch.setattr(modules[module], name, self._seam(seam, getattr(modules[module], name)))

    def forget(self) -> None:
        self.seam = self.calls = None

    def _seam(self, seam: str, real: Callable[..., Answer]) -> Callable[..., Answer]:
        def called(*args: Any, **kwargs: Any) -> Answer:  # noqa: ANN401
            if self.seam == seam:
                self.seam = None
                raise Crash(seam)
            return real(*args, **kwargs)

        return called

    def over(self, gateway: StripeGateway) -> None:
        """Watch the calls of a gateway."""
        rest: Any = gateway._rest
        guard = rest.guard

        def guarded(call: Callable[[], Answer]) -> Answer:
            answer: Answer = guard(call)
            if self.calls == 0:
                self.calls = None
                raise Crash("after a call")
            if self.calls:
                self.calls -= 1
            return answer

        rest.guard = guarded


class Slow(threading.Thread):
    """A request that has asked Stripe, and waits with the answer in its hand until it may go on."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._act = act
        self._has_asked, self._may_go_on = threading.Event(), threading.Event()

    def run(self) -> None:
        self._act()
        self._has_asked.set()

    def begin(self) -> bool:
        """Start and ask; return whether it waits now."""
        self.start()
        assert self._has_asked.wait(PATIENCE_S)
        return self.is_alive()

    def pause(self) -> None:
        """Wait, once."""
        if not self._has_asked.is_set():
            self._has_asked.set()
            assert self._may_go_on.wait(_STEPS_LATER_S)

    def go_on(self) -> None:
        """Do the rest."""
        self._may_go_on.set()
        self.join(PATIENCE_S)
        assert not self.is_alive()


def slowly(ask: Callable[[str], Answer]) -> Callable[[str], Answer]:
    """Let a slow request wait behind what it asks first."""

    def asked(object_id: str) -> Answer:
        answer = ask(object_id)
        thread = threading.current_thread()
        if isinstance(thread, Slow):
            thread.pause()
        return answer

    return asked


class Money(RuleBasedStateMachine):
    """One customer, one Stripe, and all that may happen between them and us."""

    app: ClassVar[APIFlask]
    chaos: ClassVar[Chaos]
    patch: ClassVar[pytest.MonkeyPatch]

    def __init__(self) -> None:
        super().__init__()
        emptied(self.app)
        self.time = Ticking()
        self.patch.setattr(clock, "now", self.time.now)
        self.chaos.forget()
        self._open = contextlib.ExitStack()
        self.peer = self._open.enter_context(stripe_peer(start=BEGIN))
        client = stripe.StripeClient(self.peer.key, base_addresses={"api": self.peer.url})
        made = prepare_account(client, None).settings
        self.prices = {name.removeprefix("STRIPE_PRICE_").lower(): price for name, price in made.items()}
        self.till = Till(self.app, self.peer)
        self.gateway = StripeGateway(self.peer.key, self.till.deliveries.secret, self.prices, base_url=self.peer.url)
        self.chaos.over(self.gateway)
        init_payments(self.app, self.gateway)
        self.customer = Caller.registered(self.app)
        self.songs = self._songs()
        # The pages that the customer has seen.
        self.pages: list[str] = []
        self.has_submitted = False
        # Requests that still hold an answer of Stripe.
        self.late: list[Slow] = []
        for what in ("checkout", "subscription", "given_back"):
            setattr(self.gateway, what, slowly(getattr(self.gateway, what)))
        # Whose money somebody has given back on purpose, which subscriptions once held, and which were ended by hand.
        self.refunded: set[str] = set()
        self.in_part: Counter[str] = Counter()
        self.held: dict[str, None] = {}
        self.ended: set[str] = set()

    def teardown(self) -> None:
        try:
            self.quiescence()
        finally:
            for slow in self.late:
                slow.go_on()
            self._open.close()

    # Few rules with many ways each: among many rules the ones that matter would come too seldom.

    # --- what the customer does

    @rule(what=things, song=few)
    def opens_a_page(self, what: str, song: int) -> None:
        self._opens(what, song)

    @rule(what=things, song=few, heard=st.booleans())
    def buys(self, what: str, song: int, heard: bool) -> None:
        """The way that most of them take."""
        page = self._opens(what, song)
        if page and self.peer.look(page)["status"] == "open":
            self.peer.pay(page)
        if heard:
            self.till.deliveries.in_order()
            self._do(journal.process_due_events)

    @precondition(lambda self: self._pages("open"))
    @rule(pick=few, how=st.sampled_from(["pay", "pay", "pay_later", "decline", "abandon"]))
    def uses_a_page(self, pick: int, how: str) -> None:
        getattr(self.peer, how)(chosen(self._pages("open"), pick))

    @precondition(lambda self: self.pages)
    @rule(pick=few)
    def comes_back_from_a_page(self, pick: int) -> None:
        """The success page and each poll."""
        self._do(lambda: fulfilment.sync_payment(chosen(self.pages, pick)))

    @rule(song=few, pay_with=st.sampled_from([None, "plan", "credit", "credit"]))
    def submits(self, song: int, pay_with: Any) -> None:  # noqa: ANN401
        self.has_submitted = True
        order = submit.Order(**self._order(song), pay_with=pay_with)
        looks = self.app.extensions["oriel.looks"]
        self._do(lambda: submit.submit_render(self.customer.user_id, order, looks))

    @precondition(lambda self: self._living() or self.held)
    @rule(how=st.sampled_from(CHANGES))
    def changes_the_subscription(self, how: str) -> None:
        user_id = self.customer.user_id
        if how in ("pro", "enterprise"):
            self._do(lambda: self._changes_plan(how))
        elif how in ("cancel", "resume"):
            self._do(lambda: subscription_sync.set_cancellation(user_id, "cancel" if how == "cancel" else "resume"))
        elif how in ("card fails", "card works"):
            self.peer.card_fails(self.peer.everything("customer")[-1]["id"], how == "card fails")
        else:
            self._at_stripe(how)

    # --- what banks and operators do

    @precondition(lambda self: self._refundable())
    @rule(pick=few, how=st.sampled_from(["by hand", "in part", "by the operator", "with force", "by the bank"]))
    def money_goes_back(self, pick: int, how: str) -> None:
        paid_as = chosen(self._refundable(), pick)
        if how == "by the bank":
            charge = self.peer.look(self.peer.look(paid_as)["latest_charge"])
            # The peer knows no disputes of bank debits.
            if charge["payment_method_details"]["type"] == "card":
                self.peer.dispute(paid_as)
            return
        if how == "in part":
            charge = self.peer.look(self.peer.look(paid_as)["latest_charge"])
            if charge["amount"] - charge["amount_refunded"] > 1:
                self.peer.refund_from_dashboard(paid_as, 1)
                self.in_part[paid_as] += 1
            return
        self.refunded.add(paid_as)
        if how == "by hand":
            self.peer.refund_from_dashboard(paid_as)
            return

        def refund() -> None:
            payment_id = db.session.scalar(select(Payment.id).where(Payment.paid_as == paid_as))
            if payment_id:
                fulfilment.refund_payment(payment_id, force=how == "with force")

        self._do(refund)

    @precondition(lambda self: self._slow() or self._disputes())
    @rule(pick=few, well=st.booleans())
    def a_bank_decides(self, pick: int, well: bool) -> None:
        slow, disputes = self._slow(), self._disputes()
        about = chosen(slow + disputes, pick)
        if about in slow:
            self._bank_decides(about, well)
        else:
            self.peer.close_dispute(about, won=well)

    # --- what the workers do

    @precondition(lambda self: self.has_submitted)
    @rule(
        end=st.sampled_from(["done", "failed", "cancelled", "cancelled early", "cancelled late", "song deleted"]),
        song=few,
    )
    def a_render_ends(self, end: str, song: int) -> None:
        self._do(lambda: self._ends(end, song))

    # --- what the network and the clock do

    @precondition(lambda self: self.till.deliveries.pending or self.till.deliveries.held)
    @rule(
        how=st.sampled_from(["in order", "shuffled", "twice", "one", "delay", "let go", "drop", "again"]),
        seed=seeds,
        heard=st.booleans(),
    )
    def events_come(self, how: str, seed: int, heard: bool) -> None:
        deliveries = self.till.deliveries
        acts: dict[str, Callable[[], object]] = {
            "in order": deliveries.in_order,
            "shuffled": lambda: deliveries.shuffled(seed),
            "twice": lambda: deliveries.duplicated(seed, shuffle=True),
            "one": lambda: deliveries.pending and deliveries.in_this_order([seed % len(deliveries.pending)]),
            "delay": deliveries.delay,
            "let go": deliveries.let_go,
            "drop": deliveries.drop,
            "again": deliveries.again,
        }
        acts[how]()
        if heard:
            self._do(journal.process_due_events)

    @rule(task=st.sampled_from(["events", "refunds", "reconcile", "replay"]), pick=seeds)
    def the_clock_ticks(self, task: str, pick: int) -> None:
        def replay() -> None:
            events = [event.id for event in journal.listed(100)]
            if events:
                journal.replay(chosen(events, pick))

        tasks: dict[str, Callable[[], object]] = {
            "events": journal.process_due_events,
            "refunds": fulfilment.settle_wanted,
            "reconcile": journal.reconcile,
            "replay": replay,
        }
        self._do(tasks[task])

    @rule(hours=st.sampled_from([0.02, 0.1, 0.5, 2, 24, 24 * 31]))
    def time_passes(self, hours: float) -> None:
        """Stripe is not away for days, and the clock's reconciliation runs each hour."""
        if hours < 24:
            self._passes(timedelta(hours=hours))
            return
        self._comes_back()
        for _ in range(0, round(hours), 62):
            self._do(journal.reconcile)
            self._passes(timedelta(hours=min(hours, 62)))
            self._do(journal.reconcile)

    @rule(what=st.sampled_from(["seam", "seam", "call", "call", "answer", "down", "up"]), seam=few, after=few)
    def something_breaks(self, what: str, seam: int, after: int) -> None:
        """Now, or a little later."""
        if what == "seam":
            self.chaos.seam = chosen(SEAMS, seam + after)
        elif what == "call":
            self.chaos.calls = after
        elif what == "answer":
            self.peer.fail_after(after)
        elif what == "down":
            self.peer.go_down()
        else:
            self._comes_back()

    @precondition(lambda self: (self.pages or self.held) and len(self.late) < MOST_SLOW)
    @rule(pick=few)
    def a_slow_request_asks(self, pick: int) -> None:
        about: list[tuple[Callable[[str], object], str]] = [(fulfilment.sync_payment, page) for page in self.pages]
        about += [(subscription_sync.sync_subscription, subscription) for subscription in self.held]
        follow, object_id = chosen(about, pick)
        slow = Slow(lambda: self._do(lambda: follow(object_id)))
        if slow.begin():
            self.late.append(slow)

    @precondition(lambda self: self.late)
    @rule(pick=few)
    def the_slow_request_goes_on(self, pick: int) -> None:
        self.late.pop(pick % len(self.late)).go_on()

    # --- what must hold

    @invariant()
    def the_books_balance(self) -> None:
        with self.app.app_context():
            books = Books.read()
        if books.holding and books.holding.subscription_id:
            self.held[books.holding.subscription_id] = None
        balanced(books, self.peer)
        self._refunds_have_reasons(books)

    def quiescence(self) -> None:
        """Everything comes, is dealt with, and nothing happens any more: now the books agree with Stripe's."""
        self.chaos.forget()
        self._comes_back()
        while self.late:
            self.late.pop().go_on()
        self.peer.server.troubles.calls_before_loss = None
        self.till.deliveries.let_go()
        self.till.deliveries.in_order()
        self._passes(timedelta(minutes=62))
        with self.app.app_context():
            for _ in range(3):
                journal.reconcile()
                self.till.deliveries.in_order()
            books = Books.read()
        balanced(books, self.peer)
        settled(books, self.peer, {price: plan for plan, price in self.prices.items()})
        self._refunds_have_reasons(books)
        self._second_subscriptions_are_paid_back(books)

    def _refunds_have_reasons(self, books: Books) -> None:
        refunds = Counter(refund["payment_intent"] for refund in self.peer.everything("refund"))
        assert all(refunds[paid_as] <= 1 + self.in_part[paid_as] for paid_as in refunds), refunds
        ours = {payment.paid_as: payment for payment in books.payments if payment.kind == RENDER and payment.paid_as}
        held = {self._paid_first(subscription) for subscription in self.held}
        for paid_as in refunds:
            assert paid_as not in held, f"a subscription that was wanted was refunded: {paid_as}"
            if paid_as in ours:
                reason = paid_as in self.refunded or paid_as in self.in_part or ours[paid_as].settled_by
                assert reason, f"{paid_as} was refunded for no reason"

    def _second_subscriptions_are_paid_back(self, books: Books) -> None:
        refunds = {refund["payment_intent"] for refund in self.peer.everything("refund")}
        with self.app.app_context():
            held = {books.holding.subscription_id} if books.holding else set()
        for subscription in self.peer.everything("subscription"):
            paid_as = self._paid_first(subscription["id"])
            is_paid = paid_as and self.peer.look(paid_as)["status"] == "succeeded"
            if is_paid and subscription["id"] not in {*self.held, *held, *self.ended}:
                assert paid_as in refunds, "a second subscription's money was kept"

    def _paid_first(self, subscription_id: str) -> str:
        """What the first bill of a subscription was paid with."""
        invoices = [one for one in self.peer.everything("invoice") if subscription_id in str(one["parent"])]
        return str(self.peer.account.payment_of.get(invoices[0]["id"])) if invoices else ""

    # --- helpers

    def _do(self, act: Callable[[], Answer]) -> Answer | None:
        """Do something as a request or the clock does; the process may die of it."""
        with self.app.app_context():
            try:
                return act()
            except (Crash, CallerError, PaymentsUnavailable):
                return None

    def _order(self, song: int) -> dict[str, Any]:
        return {"upload_id": self.songs[song % SONGS], "settings": {"output": SIZES[song // SONGS % 2]}}

    def _opens(self, what: str, song: int) -> str | None:
        """Ask for a page; one that is open already is seen as well."""
        if what in ("pro", "enterprise"):
            wanted = Wanted("subscription", what)
        else:
            wanted = Wanted("render", order=self._order(song) if what == "render" else None)
        self.has_submitted = self.has_submitted or what == "render"

        def opened() -> str | None:
            user = db.session.get_one(User, self.customer.user_id)
            try:
                return open_checkout(user, wanted).stripe_session_id
            except DuplicatePaymentSession as error:
                return str(error.details["session_id"])

        page = self._do(opened)
        if page and page not in self.pages:
            self.pages.append(page)
        return page

    def _changes_plan(self, plan: str) -> None:
        """Look at the price and agree to it; what is charged now is what the preview has said, or nothing."""
        preview = plan_change.preview_change(self.customer.user_id, plan)
        before = {bill["id"] for bill in self.peer.everything("invoice")}
        plan_change.change_plan(self.customer.user_id, plan, preview.token)
        made = [bill for bill in self.peer.everything("invoice") if bill["id"] not in before]
        assert [bill["amount_due"] for bill in made] == ([preview.quote.amount_now] if made else [])
        assert bool(made) == bool(preview.quote.amount_now), "a larger plan for nothing"

    def _at_stripe(self, how: str) -> None:
        for subscription in self._living():
            self.ended.add(subscription["id"])
            if how == "on a day":
                # Before its period's end or after it, as that comes.
                self.peer.ends_on(subscription["id"], self.peer.now + timedelta(days=20))
            elif how == "end":
                self.peer.cancel_from_dashboard(subscription["id"])
            elif subscription["cancel_at"] is None:
                self.peer.portal_cancel(subscription["id"])
            else:
                self.peer.portal_resume(subscription["id"])

    def _ends(self, end: str, song: int) -> None:
        if end == "song deleted":
            delete_upload(self.customer.user_id, self.songs[song % SONGS])
            return
        if end == "cancelled":
            waits = select(RenderJob.id).where(RenderJob.status == QUEUED).order_by(RenderJob.created_at, RenderJob.id)
            if waiting := db.session.scalars(waits).all():
                cancel_render(self.customer.user_id, chosen(waiting, song))
            return
        attempt = attempts.claim("a worker")
        if attempt is None:
            return
        if end == "done":
            attempts.complete(attempt, attempts.Video("video.mp4", 1000, "0" * 64, 10.0, None))
        elif end == "failed":
            attempts.fail(attempt, UndecodableSong("This song cannot be read."))
        else:
            if end == "cancelled late":
                attempts.beat(attempt, attempts.Pulse("drawing", 0.5, 1.0, 10, 1))
            cancel_render(self.customer.user_id, attempt.job_id)
            attempts.end_cancelled(attempt)

    def _passes(self, time: timedelta) -> None:
        self.time.shift(time)
        self.peer.advance(time)

    def _comes_back(self) -> None:
        self.peer.come_back()
        self.gateway._rest._until = 0.0

    def _songs(self) -> list[str]:
        with self.app.app_context(), writing() as session:
            songs = [
                Upload(
                    user_id=self.customer.user_id,
                    kind="song",
                    filename=f"{number}.wav",
                    format="wav",
                    object_name=f"uploads/{self.customer.user_id}/{number}.wav",
                    size_bytes=1000,
                    sha256="0" * 64,
                    duration_s=10.0,
                    stored_at=now(),
                )
                for number in range(SONGS)
            ]
            session.add_all(songs)
            for song in songs:
                with storage().write(song.object_name, content_type="audio/wav") as sink:
                    sink.write(b"x" * song.size_bytes)
        return [song.id for song in songs]

    def _sessions(self) -> Iterator[Obj]:
        return (self.peer.look(page) for page in self.pages)

    def _pages(self, status: str, mode: str | None = None) -> list[str]:
        return [one["id"] for one in self._sessions() if one["status"] == status and mode in (None, one["mode"])]

    def _slow(self) -> list[str]:
        """The payments that a bank has to decide about."""
        return [one["id"] for one in self.peer.everything("payment_intent") if one["status"] == "processing"]

    def _bank_decides(self, paid_as: str, well: bool) -> None:
        bills = {self.peer.account.payment_of.get(one["id"]): one["id"] for one in self.peer.everything("invoice")}
        bill = bills.get(paid_as)
        paid = [
            one for one in self._sessions() if one["payment_intent"] == paid_as or (bill and one["invoice"] == bill)
        ]
        # Once a bill has failed, its next debit has nothing to do with the page any more.
        is_first = bill not in self.peer.account.first_failure
        if paid and paid[0]["payment_status"] == "unpaid" and is_first:
            self.peer.settle(paid[0]["id"], succeeds=well)
        elif bill:
            self.peer.settle_bill(bill, succeeds=well)

    def _living(self) -> list[Obj]:
        return [one for one in self.peer.everything("subscription") if one["status"] in ("active", "past_due")]

    def _refundable(self) -> list[str]:
        ours = {one["payment_intent"] for one in self._sessions() if one["payment_intent"]}
        charges = self.peer.everything("charge")
        good = [one for one in charges if one["paid"] and not one["refunded"] and not one["disputed"]]
        return [one["payment_intent"] for one in good if one["payment_intent"] in ours]

    def _disputes(self) -> list[str]:
        return [one["id"] for one in self.peer.everything("dispute") if one["status"] == "needs_response"]


def chosen(among: Sequence[Answer], pick: int) -> Answer:
    return among[pick % len(among)]


def emptied(app: APIFlask) -> None:
    """Forget all that the example before has written."""
    with app.app_context():
        redis().flushall()
        with db.engine.begin() as connection:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())


def run(app: APIFlask, monkeypatch: pytest.MonkeyPatch, examples: int, steps: int, *, derandomize: bool = True) -> None:
    before = app.extensions["oriel.payments"]
    # The library would wait before it asks again.
    monkeypatch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *_: 0.0)
    monkeypatch.setattr("oriel.billing.stripe_breaker._REST_S", float("inf"))
    machine = type("Money", (Money,), {"app": app, "chaos": Chaos(monkeypatch), "patch": monkeypatch})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=derandomize,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    try:
        run_state_machine_as_test(machine, settings=how)
    finally:
        app.extensions["oriel.payments"] = before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_books_balance(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    run(app, monkeypatch, 10, 30)


@pytest.mark.long
def test_the_books_balance_in_the_long_run(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    run(app, monkeypatch, 400, 50, derandomize=False)
