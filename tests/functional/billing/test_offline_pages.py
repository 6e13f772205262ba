"""The development pages of the offline payment service, as a browser without scripts uses them."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import func, select
from tests.functional.billing.conftest import asked, changed
from tests.functional.caller import Caller
from tests.functional.conftest import service_settings
from tests.functional.media.files import uploaded
from werkzeug.test import TestResponse

from oriel.app import create_app
from oriel.billing.gateway import PaymentGateway, init_payments
from oriel.billing.journal import process_due_events
from oriel.billing.models import Credit, Payment, PaymentEvent
from oriel.billing.offline import OfflineGateway
from oriel.billing.webhook_counts import TAKEN, WEBHOOKS
from oriel.infra.clock import clock
from oriel.infra.counters import forget_counts, totals, write_counts
from oriel.infra.database import db
from oriel.infra.mail.outbox import OutboxMail
from oriel.rendering.models import RenderJob

MakeCaller = Callable[..., Caller]
BIG = {"output": {"width": 1920, "height": 1080}}
SIGNED = {"Content-Type": "application/json"}


class Desk:
    """The offline service, its letters on their way to us, and somebody at its pages."""

    def __init__(self, app: APIFlask, folder: Path) -> None:
        self.app = app
        self.browser = app.test_client()
        self.letters: list[tuple[bytes, str]] = []
        deliver = lambda body, signature: self.letters.append((body, signature))  # noqa: E731
        self.gateway = OfflineGateway(folder, "http://localhost", "whsec_desk", deliver)

    def open(self, customer: Caller, **wanted: Any) -> str:  # noqa: ANN401
        """Open a payment page and return its id."""
        opened = asked(customer, **wanted)
        assert opened.status_code == 201, opened.text
        return str((opened.json or {})["session_id"])

    def press(self, session_id: str, button: str) -> TestResponse:
        """Press a button of the payment page."""
        return self.browser.post("/dev/checkout", data={"session": session_id, "do": button})

    def portal(self, customer: Caller) -> str:
        """Return the portal as a customer sees it."""
        answer = self.browser.get(self._portal_of(customer))
        assert answer.status_code == 200
        return answer.text

    def press_in_portal(self, customer: Caller, button: str) -> None:
        """Press a button that the portal shows, and hear what came of it."""
        shown = self.portal(customer)
        forms = [form for form in re.findall(r"<form.*?</form>", shown, re.DOTALL) if f'value="{button}"' in form]
        assert forms, shown
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', forms[0]))
        answer = self.browser.post("/dev/portal", data={**fields, "do": button})
        assert answer.status_code == 303, answer.text
        self.hear()

    def _portal_of(self, customer: Caller) -> str:
        url = str((customer.post("/api/billing/portal").json or {})["url"])
        return url.removeprefix("http://localhost")

    def hear(self) -> None:
        """Let the letters arrive, and the service deal with them."""
        for body, signature in self.letters:
            headers = {**SIGNED, "Stripe-Signature": signature}
            assert self.browser.post("/api/payments/webhook", data=body, headers=headers).status_code == 200
        self.letters.clear()
        with self.app.app_context():
            process_due_events()


@pytest.fixture
def desk(app: APIFlask, tmp_path: Path) -> Iterator[Desk]:
    before: PaymentGateway = app.extensions["oriel.payments"]
    desk = Desk(app, tmp_path)
    init_payments(app, desk.gateway)
    yield desk
    init_payments(app, before)
    clock.reset()


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def count(app: APIFlask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def mails_of(app: APIFlask) -> list[str]:
    with app.app_context():
        return sorted(db.session.scalars(select(OutboxMail.kind)))


def status_of(customer: Caller, session_id: str) -> dict[str, Any]:
    return dict(customer.get(f"/api/payments/status/{session_id}").json or {})


def plan_of(customer: Caller) -> tuple[str, str, bool]:
    told = customer.get("/api/billing/subscription").json or {}
    return told["plan"], told["status"], told["cancel_at_period_end"]


# --- the page to pay on


def test_the_page_says_what_is_paid_for_whom_and_that_nothing_is_charged(desk: Desk, ada: Caller) -> None:
    page = desk.browser.get(f"/dev/checkout?session={desk.open(ada)}")
    assert page.status_code == 200
    for part in ("One render", "$4.99", ada.email, "never charges anything"):
        assert part in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "form-action 'self' http://127.0.0.1:" in page.headers["Content-Security-Policy"]


def test_who_pays_goes_on_to_us_and_has_one_credit(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    paid = desk.press(session_id, "pay")
    assert paid.status_code == 303
    assert paid.headers["Location"].endswith(f"/payment/done?session_id={session_id}")
    ids = [json.loads(body)["id"] for body, _ in desk.letters]
    assert sorted(ids) == sorted([*set(ids), *set(ids)])
    desk.hear()
    assert status_of(ada, session_id)["status"] == "completed"
    assert count(desk.app, Credit) == 1
    # The page's is kept; that of the payment behind it says nothing more.
    assert len(set(ids)) == 2
    assert count(desk.app, PaymentEvent) == 1
    assert mails_of(desk.app) == ["receipt"]


def test_a_trial_is_begun_for_nothing(desk: Desk, ada: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    with_trials = desk.app.config["ORIEL"].model_copy(update={"trial_days": 14})
    monkeypatch.setitem(desk.app.config, "ORIEL", with_trials)
    session_id = desk.open(ada, kind="subscription", plan="pro")
    shown = desk.browser.get(f"/dev/checkout?session={session_id}").text
    assert "for 14 days, then $9.99 a month" in shown
    assert "Start the free trial" in shown


def test_a_trial_is_free_to_its_end_also_for_another_plan(
    desk: Desk, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_trials = desk.app.config["ORIEL"].model_copy(update={"trial_days": 14})
    monkeypatch.setitem(desk.app.config, "ORIEL", with_trials)
    desk.press(desk.open(ada, kind="subscription", plan="pro"), "pay")
    desk.hear()
    assert "<dt>Trial</dt><dd>free until" in desk.portal(ada)
    assert changed(ada, "enterprise").status_code == 200
    desk.hear()
    assert "$29.99</span>" not in desk.portal(ada)
    assert "$20" not in desk.portal(ada)
    desk.press_in_portal(ada, "renew")
    assert plan_of(ada) == ("enterprise", "active", False)
    assert "$29.99</span>" in desk.portal(ada)
    assert "<dt>Trial</dt><dd>free until" not in desk.portal(ada)


def test_the_events_come_in_no_order(desk: Desk, ada: Caller) -> None:
    orders = set()
    for _ in range(8):
        desk.press(desk.open(ada), "pay")
        orders.add(tuple(json.loads(body)["type"] for body, _ in desk.letters))
        desk.hear()
    assert len(orders) > 1
    assert count(desk.app, Credit) == 8


def test_a_payment_brings_no_event_that_operators_are_alerted_about(desk: Desk, ada: Caller) -> None:
    forget_counts()
    desk.press(desk.open(ada), "pay")
    desk.hear()
    with desk.app.app_context():
        write_counts()
        counted = {labels[0]: count for (name, labels), count in totals().items() if name == WEBHOOKS.name}
    assert list(counted) == [TAKEN]


def test_what_was_ordered_is_rendered_without_anybody_coming_back(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada, render={"upload_id": uploaded(ada), "settings": BIG})
    desk.press(session_id, "pay")
    desk.hear()
    told = status_of(ada, session_id)
    assert (ada.get(f"/api/render/status/{told['job_id']}").json or {})["status"] == "queued"
    assert count(desk.app, RenderJob) == 1


def test_a_declined_card_leaves_the_page_open(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    declined = desk.press(session_id, "decline")
    assert declined.status_code == 402
    assert "The card was declined." in declined.text
    assert 'value="pay"' in declined.text
    desk.hear()
    assert status_of(ada, session_id)["status"] == "pending"
    desk.press(session_id, "pay")
    desk.hear()
    assert count(desk.app, Credit) == 1


def test_whoever_leaves_after_a_declined_card_reads_once_that_nothing_was_charged(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    desk.press(session_id, "decline")
    desk.hear()
    status_of(ada, session_id)
    left = desk.press(session_id, "leave")
    page = desk.browser.get(left.headers["Location"].removeprefix("http://localhost")).text
    assert ("Your card was declined." in page, page.count("Nothing was charged")) == (True, 1)


def test_who_leaves_may_come_back(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    left = desk.press(session_id, "leave")
    assert (left.status_code, "/payment/left?payment=" in left.headers["Location"]) == (303, True)
    desk.hear()
    assert status_of(ada, session_id)["status"] == "pending"
    page = desk.browser.get(left.headers["Location"].removeprefix("http://localhost")).text
    assert f'href="http://localhost/dev/checkout?session={session_id}"' in page
    assert '<a class="button " href="/billing">' in page
    for done in (desk.browser.get(f"/payment/done?session_id={session_id}").text, page):
        assert "stays open for one hour" in done
        assert done.count("Nothing was charged") == 1
    assert desk.press(session_id, "pay").status_code == 303
    assert "You have one more render" in desk.browser.get(f"/payment/done?session_id={session_id}").text
    assert "payment page is closed" in desk.browser.get(left.headers["Location"].removeprefix("http://localhost")).text
    assert "payment page is closed" in desk.browser.get("/payment/left").text


def test_a_page_that_is_abandoned_cannot_be_paid_any_more(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    assert desk.press(session_id, "expire").status_code == 303
    desk.hear()
    assert status_of(ada, session_id)["status"] == "failed"
    late = desk.press(session_id, "pay")
    assert late.status_code == 409
    assert "This payment page has expired" in late.text
    assert (count(desk.app, Credit), mails_of(desk.app)) == (0, [])


def test_a_page_whose_hour_is_over_has_expired(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    clock.shift(timedelta(hours=1, minutes=1))
    assert desk.press(session_id, "pay").status_code == 409
    assert "This payment page has expired" in desk.browser.get(f"/dev/checkout?session={session_id}").text
    desk.hear()
    ada.refresh()
    assert status_of(ada, session_id)["status"] == "failed"


def test_a_page_is_paid_once(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    desk.press(session_id, "pay")
    again = desk.press(session_id, "pay")
    assert again.status_code == 409
    assert "You have paid, and you will not be charged again." in again.text
    desk.hear()
    assert count(desk.app, Credit) == 1


@pytest.mark.parametrize(("kind", "amount"), [("render", "$4.99"), ("subscription", "$9.99")])
def test_the_receipt_of_a_refunded_payment_says_so(desk: Desk, ada: Caller, kind: str, amount: str) -> None:
    session_id = desk.open(ada, kind=kind, **({"plan": "pro"} if kind == "subscription" else {}))
    desk.press(session_id, "pay")
    desk.hear()
    with desk.app.app_context():
        payment = db.session.scalars(select(Payment)).one()
        paid_as = payment.paid_as or f"pi_{payment.invoice_id}"
    desk.gateway.refund(paid_as)
    desk.hear()
    shown = desk.browser.get(f"/dev/checkout?session={session_id}").text
    assert f"{amount} went back to the card that paid." in shown
    assert "Already paid" not in shown
    bills = (ada.get("/api/billing/invoices").json or {})["items"]
    assert [(bill["status"], bill["refunded"]) for bill in bills] == ([("paid", 999)] if kind == "subscription" else [])


def test_an_invoice_is_a_document_of_one_page(desk: Desk, ada: Caller) -> None:
    desk.press(desk.open(ada, kind="subscription", plan="pro"), "pay")
    desk.hear()
    [bill] = (ada.get("/api/billing/invoices").json or {})["items"]
    answer = desk.browser.get(bill["pdf_url"])
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-1.4\n")
    assert answer.data.endswith(b"%%EOF\n")
    assert b"$9.99" in answer.data
    assert b"Nothing was charged" in answer.data
    # The table at the end says where each object begins.
    start = int(answer.data.split(b"startxref\n")[1].split()[0])
    offsets = [int(line[:10]) for line in answer.data[start:].splitlines() if line.endswith(b"00000 n ")]
    assert [answer.data[at : at + 7] for at in offsets] == [b"%d 0 obj" % number for number in range(1, 6)]


UNKNOWN = (
    "/dev/checkout?session=cs_none",
    "/dev/checkout",
    "/dev/portal?customer=cus_none",
    "/dev/invoice/in_none.pdf",
)


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_unknown_has_a_page_that_says_so(desk: Desk, path: str) -> None:
    page = desk.browser.get(path)
    assert (page.status_code, "There is no such" in page.text) == (404, True)


def test_a_customer_is_no_payment_page(desk: Desk, ada: Caller) -> None:
    desk.open(ada)
    assert desk.press(f"cus_{ada.user_id}", "pay").status_code == 404


def test_a_button_that_there_is_not(desk: Desk, ada: Caller) -> None:
    session_id = desk.open(ada)
    assert desk.press(session_id, "nonsense").status_code == 422
    wrong = desk.browser.post("/dev/portal", data={"customer": f"cus_{ada.user_id}", "do": "renew"})
    assert wrong.status_code == 422
    assert "no such subscription" in wrong.text


# --- the portal


@pytest.fixture
def subscriber(desk: Desk, ada: Caller) -> Caller:
    """Somebody on Pro."""
    desk.press(desk.open(ada, kind="subscription", plan="pro"), "pay")
    desk.hear()
    assert plan_of(ada) == ("pro", "active", False)
    return ada


def test_the_portal_shows_the_subscription_and_its_bill(desk: Desk, subscriber: Caller) -> None:
    shown = desk.portal(subscriber)
    for part in (subscriber.email, "Pro", "$9.99", "active", "paid", "never charges anything"):
        assert part in shown


def test_a_card_that_fails_and_pays_again(desk: Desk, subscriber: Caller) -> None:
    desk.press_in_portal(subscriber, "card_fails")
    desk.press_in_portal(subscriber, "renew")
    assert plan_of(subscriber) == ("pro", "past_due", False)
    assert mails_of(desk.app).count("payment_failed") == 1
    assert "past due" in desk.portal(subscriber)
    desk.press_in_portal(subscriber, "card_pays")
    assert plan_of(subscriber) == ("pro", "active", False)
    assert mails_of(desk.app).count("receipt") == 2


def test_the_last_try_fails(desk: Desk, subscriber: Caller) -> None:
    assert 'value="last_try"' not in desk.portal(subscriber)
    desk.press_in_portal(subscriber, "card_fails")
    desk.press_in_portal(subscriber, "renew")
    desk.press_in_portal(subscriber, "last_try")
    assert plan_of(subscriber) == ("free", "active", False)


def test_a_card_that_fails_pays_no_page_either(desk: Desk, subscriber: Caller) -> None:
    desk.press_in_portal(subscriber, "card_fails")
    declined = desk.press(desk.open(subscriber), "pay")
    assert (declined.status_code, "Your card was declined." in declined.text) == (402, True)


def test_a_cancellation_is_taken_back_or_comes_true(desk: Desk, subscriber: Caller) -> None:
    desk.press_in_portal(subscriber, "cancel")
    assert plan_of(subscriber) == ("pro", "active", True)
    desk.press_in_portal(subscriber, "go_on")
    assert plan_of(subscriber) == ("pro", "active", False)
    desk.press_in_portal(subscriber, "cancel")
    desk.press_in_portal(subscriber, "renew")
    assert plan_of(subscriber) == ("free", "active", False)
    assert 'value="renew"' not in desk.portal(subscriber)


def test_a_renewal_ends_what_was_kept_until_then(desk: Desk, subscriber: Caller) -> None:
    assert changed(subscriber, "enterprise").status_code == 200
    assert changed(subscriber, "pro").status_code == 200
    desk.hear()
    assert plan_of(subscriber)[0] == "enterprise"
    assert "Enterprise, already paid" in desk.portal(subscriber)
    desk.press_in_portal(subscriber, "renew")
    assert plan_of(subscriber)[0] == "pro"


def test_a_subscription_that_is_over_does_not_come_back(desk: Desk, subscriber: Caller) -> None:
    [found] = desk.gateway.overview(f"cus_{subscriber.user_id}").subscriptions
    desk.gateway.end_subscription(found.subscription_id)
    fields = {"customer": f"cus_{subscriber.user_id}", "subscription": found.subscription_id}
    for button in ("renew", "cancel", "go_on"):
        assert desk.browser.post("/dev/portal", data={**fields, "do": button}).status_code == 409
    desk.hear()
    assert plan_of(subscriber)[0] == "free"


def test_a_month_that_has_passed_tells_of_itself_when_somebody_looks(desk: Desk, subscriber: Caller) -> None:
    clock.shift(timedelta(days=32))
    assert desk.browser.get(f"/dev/portal?customer=cus_{subscriber.user_id}").status_code == 200
    assert desk.letters
    desk.hear()
    assert mails_of(desk.app).count("receipt") == 2


# --- who may come


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Real-IP": "192.0.2.7"},
    ],
)
@pytest.mark.parametrize("path", ["/dev/checkout", "/dev/portal"])
def test_a_form_of_another_page_is_not_taken(desk: Desk, ada: Caller, path: str, headers: dict[str, str]) -> None:
    session_id = desk.open(ada)
    sent = {"session": session_id, "customer": f"cus_{ada.user_id}", "do": "pay"}
    assert desk.browser.post(path, data=sent, headers=headers).status_code in (403, 404)
    assert desk.gateway.page(session_id)["state"] == "open"


def test_a_form_of_the_page_itself_is_taken(desk: Desk, ada: Caller) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    sent = {"session": desk.open(ada), "do": "pay"}
    assert desk.browser.post("/dev/checkout", data=sent, headers=headers).status_code == 303


@pytest.mark.parametrize("path", ["/dev/checkout?session=x", "/dev/portal?customer=x"])
def test_another_machine_sees_nothing(client: FlaskClient, path: str) -> None:
    assert "no such" not in client.get(path, environ_base={"REMOTE_ADDR": "192.0.2.7"}).text


def test_with_another_service_the_pages_have_nothing_to_show(app: APIFlask, client: FlaskClient, ada: Caller) -> None:
    before = app.extensions["oriel.payments"]
    app.extensions["oriel.payments"] = None
    assert client.get("/dev/checkout?session=x").status_code == 503
    app.extensions["oriel.payments"] = before


@pytest.mark.parametrize(
    "others",
    [
        {
            "oriel_env": "production",
            "public_url": "https://oriel.example.com",
            "sendgrid_api_key": SecretStr("SG.key"),
        },
        {
            "stripe_secret_key": SecretStr("sk_test_1"),
            "stripe_webhook_secret": SecretStr("whsec_1"),
            "stripe_price_pro": "price_1",
            "stripe_price_enterprise": "price_2",
            "stripe_price_render": "price_3",
        },
    ],
    ids=["production", "Stripe"],
)
def test_where_money_is_real_the_pages_do_not_exist(tmp_path: Path, valkey: str, others: dict[str, Any]) -> None:
    app = create_app(service_settings(f"sqlite:///{tmp_path / 'oriel.sqlite3'}", valkey, tmp_path, **others))
    paths = {rule.rule for rule in app.url_map.iter_rules()}
    assert not paths & {"/dev/checkout", "/dev/portal"}
