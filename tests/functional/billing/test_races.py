"""One render and two ways to pay for it, in many interleavings; and events that are not Stripe's."""

import contextlib
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, select
from tests.functional.billing.books import Books, balanced
from tests.functional.billing.conftest import Till
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded
from tests.peers.stripe import NotOpen, sign

from oriel.accounts.models import User
from oriel.billing import fulfilment, journal
from oriel.billing.checkout import Wanted, open_checkout
from oriel.billing.current_plan import set_plan
from oriel.billing.models import COMPLETED, Credit, Payment, PaymentEvent, RenderRight
from oriel.infra.database import db, writing
from oriel.rendering import submit
from oriel.rendering.models import RenderJob

MakeCaller = Callable[..., Caller]
SMALL = {"output": {"width": 1280, "height": 720}}
TAMPERED = 200


class Race:
    """A page for a render is open; now it is paid there and from the plan, and the news comes by every way."""

    def __init__(self, till: Till, customer: Caller, upload: str) -> None:
        self.till, self.customer = till, customer
        self.order: dict[str, Any] = {"upload_id": upload, "settings": SMALL}
        with till.app.app_context():
            user = db.session.get_one(User, customer.user_id)
            self.page = str(open_checkout(user, Wanted("render", order=dict(self.order))).stripe_session_id)
        self.steps: dict[str, Callable[[], object]] = {
            "submit": self.submit,
            "pay": self.pay,
            "webhook": self.webhook,
            "success page": self.follow,
            "poll": self.follow,
            "expire": self.expire,
            "settle": fulfilment.settle_wanted,
            "submit again": self.submit,
        }

    def run(self, names: list[str]) -> None:
        """Take these steps, each as a request of its own."""
        for name in names:
            with self.till.app.app_context():
                self.steps[name]()

    def submit(self) -> None:
        looks = self.till.app.extensions["oriel.looks"]
        key = f"one click {self.page}"
        submit.submit_render(
            self.customer.user_id, submit.Order(**self.order, pay_with="plan", idempotency_key=key), looks
        )

    def pay(self) -> None:
        with contextlib.suppress(NotOpen):
            self.till.peer.pay(self.page)

    def webhook(self) -> None:
        self.till.deliveries.in_order()
        journal.process_due_events()

    def follow(self) -> None:
        fulfilment.sync_payment(self.page)

    def expire(self) -> None:
        with contextlib.suppress(NotOpen):
            self.till.peer.abandon(self.page)


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    customer = caller()
    # Renders without watermark, as the one that is paid.
    with customer.client.application.app_context():
        set_plan(customer.user_id, "pro")
    return customer


@pytest.mark.parametrize("on_threads", [False, True])
@pytest.mark.parametrize("rounds", [15, pytest.param(100, marks=pytest.mark.long)])
def test_an_open_page_and_the_same_render_paid_from_the_plan(
    till: Till, ada: Caller, rounds: int, on_threads: bool
) -> None:
    """Never charged twice: what is paid late goes back once, and there is one render."""
    upload = uploaded(ada)
    seen: set[tuple[str, bool]] = set()
    for seed in range(rounds):
        chance = random.Random(seed)
        _forget(till)
        race = Race(till, ada, upload)
        names = chance.sample(list(race.steps), len(race.steps))
        if on_threads:
            with ThreadPoolExecutor(3) as pool:
                list(pool.map(race.run, [names[at::3] for at in range(3)]))
        else:
            race.run(names)
        race.run(["webhook", "settle", "success page", "settle", "webhook"])
        seen.add(_ended_well(race))
    # Each end was met: paid and given back, never paid, and bought before the plan was asked. Threads may miss one.
    assert on_threads or {("plan", True), ("plan", False), ("credit", False)} <= seen


def _ended_well(race: Race) -> tuple[str, bool]:
    with race.till.app.app_context():
        books = Books.read()
    balanced(books, race.till.peer)
    assert len(books.jobs) == 1, [job.plan for job in books.jobs]
    session = race.till.peer.look(race.page)
    refunds = [one for one in race.till.peer.everything("refund") if one["payment_intent"] == session["payment_intent"]]
    [payment] = books.payments
    [job] = books.jobs
    is_paid = session["payment_status"] == "paid"
    by_plan = job.plan != "credit"
    assert (payment.status == COMPLETED) == is_paid
    # The plan or the money, and not both.
    assert len(refunds) == (1 if is_paid and by_plan else 0)
    assert payment.refunded == (499 if refunds else 0)
    assert is_paid or by_plan
    assert len(books.rights) == 1
    assert not payment.expire_wanted
    assert not payment.refund_wanted
    return job.plan if not by_plan else "plan", bool(refunds)


def _forget(till: Till) -> None:
    """Begin anew, with the same customer and the same song."""
    till.deliveries.drop()
    till.deliveries.done.clear()
    with till.app.app_context(), writing() as session:
        for table in (RenderRight, Credit, RenderJob, Payment, PaymentEvent):
            session.execute(delete(table))


def test_what_is_tampered_with_is_not_believed(till: Till, ada: Caller) -> None:
    """Mutations of the header and of the body, drawn by a seed: none is taken, and nothing is written down."""
    till.peer.pay(till.open(ada))
    delivery = till.deliveries.one("checkout.session.completed")
    body, signature = till.deliveries.signed(delivery)
    answers = []
    for seed in range(TAMPERED):
        chance = random.Random(seed)
        tampered = _tampered(chance, body, signature)
        assert tampered != (body, signature)
        answers.append(till.webhook(*tampered))
    assert answers == [400] * TAMPERED
    assert _written_down(till) == 0
    # Such as it was sent, it is taken.
    assert till.webhook(body, signature) == 200
    assert _written_down(till) == 1


@pytest.mark.parametrize("age_s", [301, 3600, 86_400 * 30])
def test_what_is_old_is_not_believed(till: Till, ada: Caller, age_s: int) -> None:
    till.peer.pay(till.open(ada))
    delivery = till.deliveries.one("checkout.session.completed")
    assert till.webhook(*till.deliveries.signed(delivery, age_s=age_s)) == 400
    # A new time over an old signature is no better.
    body, old = till.deliveries.signed(delivery, age_s=age_s)
    _, new = till.deliveries.signed(delivery)
    assert till.webhook(body, f"{new.partition(',')[0]},{old.partition(',')[2]}") == 400
    assert _written_down(till) == 0


def _written_down(till: Till) -> int:
    with till.app.app_context():
        return len(db.session.scalars(select(PaymentEvent.id)).all())


def _tampered(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    mutate: Callable[[random.Random, bytes, str], tuple[bytes, str]] = chance.choice(MUTATIONS)
    return mutate(chance, body, signature)


def _another_byte(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    at = chance.randrange(len(body))
    return body[:at] + bytes([body[at] ^ chance.randint(1, 127)]) + body[at + 1 :], signature


def _a_byte_less(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    at = chance.randrange(len(body))
    return body[:at] + body[at + 1 :], signature


def _a_byte_more(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    at = chance.randrange(len(body) + 1)
    return body[:at] + bytes([chance.randrange(256)]) + body[at:], signature


def _another_amount(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    return body.replace(b"499", str(chance.randint(0, 498)).encode()), signature


def _another_object(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    return body.replace(b'"cs_test_', f'"cs_test_{chance.randrange(9999)}'.encode()), signature


def _another_digit(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    """In the time or in the signature."""
    at = chance.choice([place for place, char in enumerate(signature) if char in "0123456789abcdef" and place > 1])
    if signature[at - 1 : at + 1] == "v1":
        at += 3
    other = chance.choice([char for char in "0123456789" if char != signature[at]])
    return body, signature[:at] + other + signature[at + 1 :]


def _a_part_less(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    return body, chance.choice(signature.split(","))


def _another_scheme(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    return body, signature.replace("v1=", chance.choice(["v0=", "v2=", "V1=", "v1:", " v=", "v1"]))


def _no_header(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    return body, chance.choice(["", ",", "=", "t=,v1=", "null", "t=0", "v1=" + "0" * 64, "t=x,v1=y", "\u00fc=1"])


def _signed_by_another(chance: random.Random, body: bytes, signature: str) -> tuple[bytes, str]:
    at = int(signature.partition("t=")[2].partition(",")[0])
    secret = chance.choice(["whsec_", "whsec_" + "0" * 32, "secret", str(chance.random())])
    return body, sign(body.decode(), [secret], at)


MUTATIONS: tuple[Any, ...] = (
    _another_byte,
    _a_byte_less,
    _a_byte_more,
    _another_amount,
    _another_object,
    _another_digit,
    _a_part_less,
    _another_scheme,
    _no_header,
    _signed_by_another,
)
