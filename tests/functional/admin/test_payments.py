"""Payments and webhooks in the panel: found, refunded once, processed again."""

import re
import threading
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.admin.staff import Operator, trail
from tests.functional.admin.test_users import said
from tests.functional.billing.conftest import Till, peer, till
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening

from oriel.billing.models import Credit, Payment, PaymentEvent, PlanHolding
from oriel.infra.database import db, writing
from oriel.mails.wording import date

__all__ = ["peer", "till"]


@pytest.fixture
def ada(caller: Callable[..., Caller]) -> Caller:
    return caller()


def bought(till: Till, customer: Caller) -> Payment:
    """Buy a credit."""
    till.buy(customer)
    return payment(till.app)


def payment(app: APIFlask) -> Payment:
    with app.app_context():
        return db.session.scalars(select(Payment)).one()


def holding_of(customer: Caller, app: APIFlask) -> PlanHolding:
    with app.app_context():
        return db.session.get_one(PlanHolding, customer.user_id)


def event(app: APIFlask) -> PaymentEvent:
    with app.app_context():
        query = select(PaymentEvent).where(PaymentEvent.kind == "checkout.session.completed")
        return db.session.scalars(query).one()


def test_a_payment_is_found_by_its_customer_and_by_every_id(till: Till, support: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    for text in (paid.id, ada.user_id, ada.email.upper(), str(paid.stripe_session_id), str(paid.paid_as)):
        page = support.get("/admin/payments/", query_string={"search": text}).text
        assert f"/admin/payments/{paid.id}" in page, text
        assert f'<a href="/admin/users/{ada.user_id}">{ada.email}</a>' in page
    assert "Nothing matches." in support.get("/admin/payments/?search=pi_unknown").text
    assert "Nothing matches." in support.get("/admin/payments/?notes=refunded").text
    with till.app.app_context(), listening() as sent:
        page = support.get(f"/admin/payments/{paid.id}").text
    assert len(sent) <= 12
    assert all(text in page for text in ("$4.99", "Paid"))
    assert f'<a href="/admin/users/{ada.user_id}">{ada.email}</a>' in page
    assert "/refund" not in page


def test_pages_name_things_in_words(till: Till, support: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    pages = {
        f"/admin/payments/{paid.id}": ("Amount", "$4.99"),
        f"/admin/users/{ada.user_id}": ("Email", ada.email),
        f"/admin/events/{event(till.app).id}": ("Kind", "checkout.session.completed"),
    }
    for path, (name, value) in pages.items():
        facts = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", support.get(path).text))
        assert facts[name] == value, path
        assert [each for each in facts if each != each[0].upper() + each[1:].replace("_", " ")] == [], path


def test_a_refund_is_one_refund_however_often_it_is_pressed(till: Till, admin: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    path, form = f"/admin/payments/{paid.id}", {"reason": "It was our fault"}
    assert "$4.99 refunded." in said(admin, f"{path}/refund", **form)
    assert "was refunded already" in said(admin, f"{path}/refund", **form)
    till.tell()
    assert "was refunded already" in said(admin, f"{path}/refund", **form)
    assert [refund["amount"] for refund in till.peer.everything("refund")] == [499]
    with till.app.app_context():
        assert db.session.scalars(select(Credit.state)).all() == ["refunded"]
    [line] = trail(till.app)
    assert (line.action, line.kind, line.object_id, line.actor) == ("payment.refund", "payment", paid.id, admin.email)
    assert line.detail == {"amount": 499, "currency": "usd", "force": False, "reason": "It was our fault"}
    page = admin.get(path).text
    assert "/refund" not in page
    assert "Refunded</span>" in page
    row = page.partition("Refunds</h2>")[2].partition("</section>")[0]
    assert all(text in row for text in (f"/admin/trail/{line.id}", admin.email, "$4.99", "It was our fault"))


def test_a_refund_that_no_operator_made_says_so(till: Till, admin: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    assert "Refunds</h2>" not in admin.get(f"/admin/payments/{paid.id}").text
    with till.app.app_context(), writing() as session:
        session.get_one(Payment, paid.id).refunded = 499
    assert "No operator: at Stripe" in admin.get(f"/admin/payments/{paid.id}").text


def test_two_tabs_at_once_refund_once(till: Till, operator: Callable[..., Operator], ada: Caller) -> None:
    paid = bought(till, ada)
    operators = [operator(), operator()]
    tokens = [each.token() for each in operators]
    together = threading.Barrier(2)
    answers: list[int] = []

    def press(each: Operator, token: str) -> None:
        together.wait(60)
        form = {"csrf_token": token, "reason": "Twice"}
        answers.append(each.client.post(f"/admin/payments/{paid.id}/refund", data=form).status_code)

    threads = [threading.Thread(target=press, args=pair) for pair in zip(operators, tokens, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert answers == [303, 303]
    assert [refund["amount"] for refund in till.peer.everything("refund")] == [499]
    till.tell()
    assert payment(till.app).refunded == 499


def test_a_refund_needs_a_reason(till: Till, admin: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    assert "Please give a reason." in said(admin, f"/admin/payments/{paid.id}/refund", reason="")
    assert till.peer.everything("refund") == []
    assert trail(till.app) == []


def test_support_refunds_nothing(till: Till, support: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    assert support.post(f"/admin/payments/{paid.id}/refund", {"reason": "x"}).status_code == 403
    assert till.peer.everything("refund") == []


def test_an_unpaid_payment_is_not_refunded(till: Till, admin: Operator, ada: Caller) -> None:
    till.open(ada)
    answer = said(admin, f"/admin/payments/{payment(till.app).id}/refund", reason="x")
    assert "Only a completed payment" in answer
    assert trail(till.app) == []


def test_an_account_that_is_disabled_says_in_words_when_its_subscription_ends(
    till: Till, admin: Operator, ada: Caller
) -> None:
    assert "subscription to" not in admin.get(f"/admin/users/{ada.user_id}").text
    till.buy(ada, kind="subscription", plan="pro")
    holding = holding_of(ada, till.app)
    assert holding.period_start
    assert holding.period_end
    path = f"/admin/users/{ada.user_id}"
    page = admin.get(path).text
    began = f"{holding.period_start.day} {holding.period_start:%b %Y, %H:%M:%S} UTC</time></dd>"
    assert began in page.partition("<dt>Period began</dt>")[2].partition("<dt>")[0]
    ends = date(holding.period_end)
    assert f"Its paid subscription to Pro is cancelled too: it ends on {ends}," in page
    assert "Renders already waiting or running still finish." in page
    after = said(admin, f"{path}/disable", reason="Fraud")
    assert f"Its subscription ends on {ends}." in after
    # Whoever undoes it learns that the plan is not back.
    assert f"Its paid subscription to Pro stays cancelled and ends on {ends}." in after


def test_an_event_is_processed_again_by_support_too(till: Till, support: Operator, ada: Caller) -> None:
    paid = bought(till, ada)
    told = event(till.app)
    with till.app.app_context(), writing() as session:
        session.get_one(PaymentEvent, told.id).error = "It failed."
        session.get_one(Payment, paid.id).refunded = 7
    page = support.get("/admin/events/?state=failed").text
    assert told.id in page
    assert "It failed." in page
    assert "The event was processed." in said(support, f"/admin/events/{told.id}/replay")
    assert (event(till.app).error, payment(till.app).refunded) == (None, 0)
    with till.app.app_context():
        assert len(db.session.scalars(select(Credit)).all()) == 1
    [line] = trail(till.app)
    assert (line.action, line.kind, line.object_id, line.role) == ("event.replay", "event", told.id, "support")


def test_an_unknown_event_is_not_processed(till: Till, admin: Operator) -> None:
    answer = admin.post("/admin/events/evt_unknown/replay")
    assert answer.status_code == 303
    assert admin.get("/admin/events/evt_unknown").status_code == 404
    assert trail(till.app) == []
