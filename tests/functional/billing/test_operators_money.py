"""What operators do about money, on the command line."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from sqlalchemy import select
from tests.functional.billing.conftest import Till
from tests.functional.billing.test_single_payments import BIG, credits_of, mails_of, payment_of
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel import app as application
from oriel import cli, cli_billing, cli_service
from oriel.billing.journal import EVENT_KINDS
from oriel.billing.models import PaymentEvent
from oriel.billing.stripe_account import looks_ready, prepare_account
from oriel.errors import PaymentsUnavailable
from oriel.infra.database import db
from oriel.rendering import attempts
from oriel.settings import Settings

MakeCaller = Callable[..., Caller]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


@pytest.fixture(autouse=True)
def of_this_application(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands act on the database of the tests."""
    monkeypatch.setattr(application, "create_app", lambda _settings: till.app)
    monkeypatch.setattr(cli_service, "_service", lambda _process: till.app.config["ORIEL"])


def test_a_payment_is_given_back_with_its_credit(till: Till, ada: Caller, capsys: Output) -> None:
    payment = payment_of(till.app, till.buy(ada))
    assert cli.run(["billing", "refund", payment.id]) == 0
    assert capsys.readouterr().out == "$4.99 will be refunded.\n"
    assert credits_of(till.app) == ["refunded"]
    assert payment_of(till.app, str(payment.stripe_session_id)).refunded == 499
    # Again, and told by Stripe as well: still once.
    assert cli.run(["billing", "refund", payment.id]) == 0
    assert capsys.readouterr().out == "$4.99 was already refunded.\n"
    till.tell()
    assert len(till.peer.everything("refund")) == 1
    assert mails_of(till.app) == ["payment_refunded", "receipt"]


def test_a_credit_that_is_used_needs_force(till: Till, ada: Caller, capsys: Output) -> None:
    payment = payment_of(till.app, till.buy(ada, render={"upload_id": uploaded(ada), "settings": BIG}))
    with till.app.app_context():
        attempt = attempts.claim("a worker")
        assert attempt
        assert attempts.complete(attempt, attempts.Video("video.mp4", 1000, "0" * 64, 10.0, None))
    assert cli.run(["billing", "refund", payment.id]) == 2
    assert "--force" in capsys.readouterr().err
    assert till.peer.everything("refund") == []
    assert cli.run(["billing", "refund", payment.id, "--force"]) == 0
    assert len(till.peer.everything("refund")) == 1


def test_with_stripe_down_a_refund_is_kept_and_made_later(till: Till, ada: Caller, capsys: Output) -> None:
    payment = payment_of(till.app, till.buy(ada))
    till.peer.go_down()
    assert cli.run(["billing", "refund", payment.id]) == 0
    assert "as soon as Stripe answers" in capsys.readouterr().out
    assert credits_of(till.app) == ["refunded"]
    till.peer.come_back()
    till.app.extensions["oriel.payments"]._rest._until = 0.0
    assert cli.run(["billing", "reconcile"]) == 0
    assert payment_of(till.app, str(payment.stripe_session_id)).refunded == 499


def test_a_reconciliation_names_what_stripe_does_not_do(
    till: Till, ada: Caller, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = payment_of(till.app, till.buy(ada))
    gateway = till.app.extensions["oriel.payments"]

    def refuses(_paid_as: str) -> None:
        raise PaymentsUnavailable("Stripe gives nothing back.")

    monkeypatch.setattr(gateway, "refund", refuses)
    assert cli.run(["billing", "refund", payment.id]) == 0
    assert cli.run(["billing", "reconcile"]) == 0
    assert f"payment {payment.id}: refund pending, 2 failed attempts." in capsys.readouterr().out


def test_what_was_not_paid_is_not_given_back(till: Till, ada: Caller, capsys: Output) -> None:
    payment = payment_of(till.app, till.open(ada))
    assert cli.run(["billing", "refund", payment.id]) == 2
    assert cli.run(["billing", "refund", "nothing"]) == 2
    assert "There is no payment nothing." in capsys.readouterr().err


def test_events_are_listed_and_replayed(till: Till, ada: Caller, capsys: Output) -> None:
    till.buy(ada)
    assert cli.run(["billing", "events"]) == 0
    assert "checkout.session.completed" in capsys.readouterr().out
    with till.app.app_context():
        event_id = db.session.scalars(select(PaymentEvent.id)).first()
    assert cli.run(["billing", "replay", str(event_id)]) == 0
    assert cli.run(["billing", "replay", "evt_none"]) == 2
    assert cli.run(["billing", "events", "--failed"]) == 0
    assert "There are none." in capsys.readouterr().err
    assert credits_of(till.app) == ["held"]


def test_a_reconciliation_says_what_it_did(till: Till, ada: Caller, capsys: Output) -> None:
    session_id = till.open(ada)
    till.peer.pay(session_id)
    till.deliveries.drop()
    assert cli.run(["billing", "reconcile"]) == 0
    told = capsys.readouterr().out
    assert "(checkout.session.completed) was missing" in told
    payment_id = payment_of(till.app, session_id).id
    assert f"payment {payment_id}: completed, $0 refunded (before: pending, $0 refunded)" in told
    assert credits_of(till.app) == ["held"]
    assert cli.run(["billing", "reconcile"]) == 0
    again = capsys.readouterr()
    assert (again.out, "nothing had to be fixed" in again.err) == ("", True)


def test_an_account_that_is_closed_is_not_charged_again(till: Till, ada: Caller, capsys: Output) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    assert cli.run(["admin", "disable", ada.email]) == 0
    assert "will not be charged again" in capsys.readouterr().out
    [subscription] = till.peer.everything("subscription")
    assert subscription["cancel_at_period_end"]


def test_a_subscription_that_is_still_charged_is_named(till: Till, ada: Caller, capsys: Output) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    till.peer.go_down()
    assert cli.run(["admin", "disable", ada.email]) == 0
    said = capsys.readouterr()
    assert ("is disabled" in said.out, "is still charged" in said.err) == (True, True)
    assert ada.get("/api/user/profile").status_code == 401


def test_an_account_is_prepared_once(till: Till) -> None:
    client = stripe.StripeClient(till.peer.key, base_addresses={"api": till.peer.url})
    first = prepare_account(client, "https://oriel.example/api/payments/webhook")
    assert set(first.settings) == {
        *("STRIPE_PRICE_PRO", "STRIPE_PRICE_ENTERPRISE", "STRIPE_PRICE_RENDER", "STRIPE_WEBHOOK_SECRET")
    }
    again = prepare_account(client, "https://oriel.example/api/payments/webhook")
    assert again.made == []
    assert {name: first.settings[name] for name in again.settings} == again.settings


def test_a_webhook_of_an_older_version_is_sent_what_this_one_listens_to(till: Till) -> None:
    client = stripe.StripeClient(till.peer.key, base_addresses={"api": till.peer.url})
    url = "https://oriel.example/api/payments/webhook"
    older = client.v1.webhook_endpoints.create({"url": url, "enabled_events": ["invoice.paid", "customer.created"]})
    assert "refund.failed" in prepare_account(client, url).made[-1]
    sent = client.v1.webhook_endpoints.retrieve(older.id).enabled_events
    assert set(sent) == {*EVENT_KINDS, "customer.created"}
    client.v1.webhook_endpoints.update(older.id, {"enabled_events": ["*"]})
    assert prepare_account(client, url).made == []


def test_the_doctor_looks_at_the_account(till: Till) -> None:
    prices = till.app.extensions["oriel.payments"]._prices
    assert looks_ready(till.peer.key, prices, till.peer.url) is None
    assert "is $4.99, and the plan costs $9.99" in str(
        looks_ready(till.peer.key, {**prices, "pro": prices["render"]}, till.peer.url)
    )
    client = stripe.StripeClient(till.peer.key, base_addresses={"api": till.peer.url}).v1
    yen: Any = {"product": "oriel_pro", "currency": "jpy", "unit_amount": 999, "recurring": {"interval": "month"}}
    in_yen = {**prices, "pro": client.prices.create(yen).id}
    assert "is ¥999, and the plan costs $9.99" in str(looks_ready(till.peer.key, in_yen, till.peer.url))
    assert "Stripe refuses" in str(looks_ready(till.peer.key, {**prices, "pro": "price_none"}, till.peer.url))
    assert "Stripe refuses" in str(looks_ready("sk_test_wrong", prices, till.peer.url))


def test_the_commands_for_stripe_want_a_key(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_billing, "load_settings", lambda: Settings(_env_file=None))
    for command in ("setup", "selftest"):
        assert cli.run(["billing", command]) == 2
        assert "STRIPE_SECRET_KEY" in capsys.readouterr().err


def test_the_selftest_takes_no_live_key(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(_env_file=None, stripe_secret_key="sk_live_0")  # noqa: S106
    monkeypatch.setattr(cli_billing, "load_settings", lambda: settings)
    assert cli.run(["billing", "selftest"]) == 2
    assert "test-mode key" in capsys.readouterr().err


def test_payments_are_listed_with_what_a_refund_wants_to_know(
    till: Till, ada: Caller, caller: MakeCaller, capsys: Output
) -> None:
    assert cli.run(["billing", "payments"]) == 0
    assert capsys.readouterr() == ("", "There are none.\n")
    first = payment_of(till.app, till.buy(ada, render={"upload_id": uploaded(ada), "settings": BIG}))
    bob = caller()
    second = payment_of(till.app, till.buy(bob))
    assert cli.run(["billing", "payments"]) == 0
    header, later, earlier = capsys.readouterr().out.splitlines()
    when = f"{second.created_at:%Y-%m-%d %H:%M}"
    assert header.split() == ["ID", "CREATED", "STATUS", "AMOUNT", "CUSTOMER", "FOR", "RENDER", "NOTES"]
    assert later.split() == [second.id, *when.split(), "completed", "$4.99", bob.email, "One", "render", "-", "-"]
    assert first.job_id
    assert earlier[header.index("RENDER") :].split() == [first.job_id, "-"]
    assert cli.run(["billing", "refund", second.id]) == 0
    capsys.readouterr()
    assert cli.run(["billing", "payments", "--email", bob.email.upper(), "--limit", "1"]) == 0
    _, only = capsys.readouterr().out.splitlines()
    assert only.endswith("$4.99 refunded")
    assert cli.run(["billing", "payments", "--email", "nobody@example.com"]) == 2
    assert "No account has the address nobody@example.com." in capsys.readouterr().err


def test_a_render_that_a_held_credit_paid_names_its_payment_and_the_payment_the_render(
    till: Till, ada: Caller, capsys: Output
) -> None:
    payment = payment_of(till.app, till.buy(ada))
    order = {"upload_id": uploaded(ada), "settings": BIG, "pay_with": "credit"}
    job_id = (ada.post("/api/render/submit", json=order).json or {})["id"]
    assert cli.run(["jobs", "show", job_id]) == 0
    assert json.loads(capsys.readouterr().out)["payment_id"] == payment.id
    assert cli.run(["billing", "payments"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert line[header.index("RENDER") :].split() == [job_id, "-"]


def test_an_event_names_the_object_that_it_is_about(till: Till, ada: Caller, capsys: Output) -> None:
    session_id = till.buy(ada)
    assert cli.run(["billing", "events"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "checkout.session.completed" in line]
    assert session_id in line.split()
