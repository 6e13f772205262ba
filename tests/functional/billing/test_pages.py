"""Pages to pay on: what may be asked for, second thoughts, and customers whom Stripe has forgotten."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.functional.billing.conftest import Till, asked, changed
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.billing import checkout
from oriel.billing.models import Credit, PayingCustomer, Payment, PlanHolding
from oriel.infra.database import db, writing
from oriel.rendering import attempts

BIG = {"output": {"width": 1920, "height": 1080}}
MakeCaller = Callable[..., Caller]


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def refusal(customer: Caller, **wanted: Any) -> tuple[int, str]:  # noqa: ANN401
    answer = asked(customer, **wanted)
    return answer.status_code, str((answer.json or {})["error"]["code"])


def payments(till: Till) -> list[tuple[str | None, str]]:
    """Plan and status of all payments, the oldest first."""
    with till.app.app_context():
        rows = db.session.execute(select(Payment.plan, Payment.status).order_by(Payment.created_at))
        return [(plan, status) for plan, status in rows]


def credits_held(till: Till) -> int:
    with till.app.app_context():
        return db.session.scalar(select(func.count(Credit.id)).where(Credit.state == "held")) or 0


@pytest.mark.parametrize("wanted", [{"kind": 1}, {"kind": None}, {"kind": ["render"]}, {"plan": 7}, {"plan": {}}])
def test_what_is_to_be_paid_is_said_in_words(till: Till, ada: Caller, wanted: dict[str, Any]) -> None:
    assert refusal(ada, **wanted) == (400, "INVALID_PAYMENT_REQUEST")
    assert till.peer.everything("checkout.session") == []


def test_what_is_to_be_paid_is_said_at_all(till: Till, ada: Caller) -> None:
    answer = ada.post("/api/payments/create-session", json={})
    assert (answer.status_code, (answer.json or {})["error"]["details"]["kinds"]) == (400, ["render", "subscription"])
    assert till.peer.everything("checkout.session") == []


def test_who_would_rather_have_another_plan_gets_its_page(till: Till, ada: Caller) -> None:
    pro = till.open(ada, kind="subscription", plan="pro")
    enterprise = till.open(ada, kind="subscription", plan="enterprise")
    assert [till.peer.look(page)["status"] for page in (pro, enterprise)] == ["expired", "open"]
    till.peer.pay(enterprise)
    till.tell()
    assert payments(till) == [("pro", "failed"), ("enterprise", "completed")]


def test_a_page_of_another_plan_that_was_just_paid_is_not_followed_by_a_second_one(till: Till, ada: Caller) -> None:
    till.peer.pay(till.open(ada, kind="subscription", plan="pro"))
    assert refusal(ada, kind="subscription", plan="enterprise") == (409, "WRONG_STATE")
    assert payments(till) == [("pro", "completed")]


def test_neither_is_one_that_a_bank_still_decides_about(till: Till, ada: Caller) -> None:
    page = till.open(ada, kind="subscription", plan="pro")
    till.peer.pay_later(page)
    answer = asked(ada, kind="subscription", plan="enterprise")
    assert "can take a few days" in (answer.json or {})["error"]["message"]
    assert refusal(ada, kind="subscription", plan="pro") == (409, "WRONG_STATE")
    assert payments(till) == [("pro", "pending")]


def test_who_pays_a_render_by_a_bank_that_takes_days_is_not_sent_to_that_page_again(till: Till, ada: Caller) -> None:
    order = {"upload_id": uploaded(ada), "settings": BIG}
    till.peer.pay_later(till.open(ada, render=order))
    till.tell()
    assert refusal(ada, render=order) == (409, "WRONG_STATE")


def test_another_credit_can_be_bought_meanwhile(till: Till, ada: Caller) -> None:
    slow = till.open(ada)
    till.peer.pay_later(slow)
    till.tell()
    till.buy(ada)
    till.peer.settle(slow, succeeds=True)
    till.tell()
    assert payments(till) == [(None, "completed")] * 2
    assert credits_held(till) == 2


@pytest.mark.parametrize("paid_by", ["itself", "the plan"])
def test_what_is_being_made_is_not_paid_again(till: Till, ada: Caller, paid_by: str) -> None:
    order = {"upload_id": uploaded(ada), "settings": BIG}
    if paid_by == "itself":
        till.buy(ada, render=order)
    else:
        till.buy(ada, kind="subscription", plan="pro")
        assert ada.post("/api/render/submit", json=order).status_code == 202
    [job] = (ada.get("/api/renders").json or {})["items"]
    answer = asked(ada, render=order)
    assert (answer.status_code, (answer.json or {})["error"]["details"]["render"]) == (409, job["id"])
    # Another video of the same song, and the same one once it is made, may be bought.
    till.open(ada, render={**order, "settings": {**BIG, "seed": 2}})
    with till.app.app_context():
        attempt = attempts.claim("a worker")
        assert attempt
        assert attempts.complete(attempt, attempts.Video("video.mp4", 1000, "0" * 64, 10.0, None))
    till.open(ada, render=order)


def test_a_page_that_is_paid_when_its_video_is_being_made_already_becomes_a_credit(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {"upload_id": uploaded(ada), "settings": BIG}
    first = till.open(ada, render=order)
    with till.app.app_context(), writing() as session:
        # As two requests in the same moment leave it.
        session.scalars(select(Payment)).one().open_thing = None
    second = till.open(ada, render=order)
    for page in (first, second):
        till.peer.pay(page)
    till.tell()
    assert len((ada.get("/api/renders").json or {})["items"]) == 1
    assert credits_held(till) == 1


def test_a_customer_whom_somebody_has_deleted_at_stripe_can_pay_again(till: Till, ada: Caller) -> None:
    till.buy(ada)
    with till.app.app_context():
        gone = db.session.scalars(select(PayingCustomer.customer_id)).one()
    till.peer.delete_customer(gone)
    till.tell()
    assert ada.post("/api/billing/portal").status_code == 200
    with till.app.app_context():
        assert db.session.scalars(select(PayingCustomer.customer_id)).one() != gone
    till.buy(ada)
    assert payments(till) == [(None, "completed")] * 2
    assert len(till.peer.everything("customer")) == 2


def test_a_page_opens_for_such_a_customer(till: Till, ada: Caller) -> None:
    till.buy(ada)
    with till.app.app_context():
        till.peer.delete_customer(db.session.scalars(select(PayingCustomer.customer_id)).one())
    till.open(ada, render={"upload_id": uploaded(ada), "settings": {}})


def test_the_plan_of_a_customer_who_was_deleted_ends(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    with till.app.app_context():
        gone = db.session.scalars(select(PayingCustomer.customer_id)).one()
    till.peer.delete_customer(gone)
    assert ada.post("/api/billing/portal").status_code == 200
    till.tell()
    with till.app.app_context():
        holding = db.session.scalars(select(PlanHolding)).one()
    assert (holding.plan, holding.subscription_id) == ("free", None)


@pytest.mark.parametrize("what", ["price", "parameter"])
def test_what_stripe_takes_as_wrong_is_our_fault_and_said_so(
    till: Till, ada: Caller, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    gateway = till.app.extensions["oriel.payments"]
    if what == "price":
        monkeypatch.setitem(gateway._prices, "render", "price_of_another_account")
    else:
        # Stripe wants half an hour at least.
        monkeypatch.setattr(checkout, "PAGE_LIFE", timedelta(minutes=5))
    assert refusal(ada) == (503, "PAYMENTS_UNAVAILABLE")


def test_bills_come_in_pages(till: Till, ada: Caller) -> None:
    till.buy(ada, kind="subscription", plan="pro")
    assert changed(ada, "enterprise").status_code == 200
    both = ada.get("/api/billing/invoices").json or {}
    second = ada.get("/api/billing/invoices?page=2&per_page=1").json or {}
    assert (both["total"], both["page"], [bill["status"] for bill in both["items"]]) == (2, 1, ["paid", "paid"])
    assert (second["items"], second["total"]) == (both["items"][1:], 2)
    assert (ada.get("/api/billing/invoices?page=3").json or {})["total"] == 2
    assert ada.get("/api/billing/invoices?page=0").status_code == 422
