"""One render, paid by itself: the page, the events, the credit and the render that it buys."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.collector import running_collector, traced
from tests.functional.billing.conftest import Till, asked
from tests.functional.caller import Caller
from tests.functional.media.files import send, uploaded, wav

from oriel.billing import fulfilment, journal
from oriel.billing.current_plan import set_plan
from oriel.billing.models import Credit, Payment, PaymentEvent
from oriel.billing.signatures import signed
from oriel.errors import StageCrashed, UndecodableSong
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.mail.outbox import OutboxMail
from oriel.infra.redis import redis
from oriel.media.models import Upload
from oriel.rendering import attempts
from oriel.rendering.models import RenderJob

MakeCaller = Callable[..., Caller]
BIG = {"output": {"width": 1920, "height": 1080}}


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


@pytest.fixture
def pro(app: APIFlask, ada: Caller) -> Caller:
    """Ada, on a plan whose renders have no watermark."""
    with app.app_context():
        set_plan(ada.user_id, "pro")
    return ada


def credits_of(app: APIFlask) -> list[str]:
    """The states of all credits."""
    with app.app_context():
        return sorted(db.session.scalars(select(Credit.state)))


def jobs_of(app: APIFlask) -> list[tuple[str, str, bool]]:
    """Status, plan and whether a payment bought it, of all renders."""
    with app.app_context():
        rows = db.session.execute(select(RenderJob.status, RenderJob.plan, RenderJob.payment_id))
        return [(status, plan, payment_id is not None) for status, plan, payment_id in rows]


def mails_of(app: APIFlask) -> list[str]:
    """The kinds of all mails."""
    with app.app_context():
        return sorted(db.session.scalars(select(OutboxMail.kind)))


def payment_of(app: APIFlask, session_id: str) -> Payment:
    with app.app_context():
        return db.session.scalars(select(Payment).where(Payment.stripe_session_id == session_id)).one()


def status_of(customer: Caller, session_id: str) -> dict[str, Any]:
    answer = customer.get(f"/api/payments/status/{session_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json or {})


def test_the_flat_settings_can_be_paid_for(till: Till, ada: Caller) -> None:
    session_id = till.open(ada, render={"upload_id": uploaded(ada), "settings": {"shape": "cube", "glowColor": 255}})
    till.peer.pay(session_id)
    till.tell()
    with till.app.app_context():
        job = db.session.scalars(select(RenderJob)).one()
    params = job.render_config["params"]
    assert (params["shape"], params["glowColor"]) == ("cube", "#0000ff")


def test_a_credit_is_bought_and_held(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    assert status_of(ada, session_id)["status"] == "pending"
    assert credits_of(till.app) == []
    till.peer.pay(session_id)
    till.tell()
    told = status_of(ada, session_id)
    assert (told["status"], told["amount"], told["currency"], told["error"]) == ("completed", 499, "usd", None)
    assert credits_of(till.app) == ["held"]
    assert mails_of(till.app) == ["receipt"]
    assert (ada.get("/api/user/profile").json or {})["statistics"]["credits"] == 1


def test_a_paid_order_becomes_a_render_without_watermark_by_itself(till: Till, ada: Caller) -> None:
    session_id = till.buy(ada, render={"upload_id": uploaded(ada), "settings": BIG})
    assert jobs_of(till.app) == [("queued", "credit", True)]
    assert credits_of(till.app) == ["reserved"]
    told = status_of(ada, session_id)
    render = ada.get(f"/api/render/status/{told['job_id']}").json or {}
    assert (render["status"], render["watermark"]) == ("queued", False)


def test_a_paid_render_is_listed_under_the_project_of_its_order(till: Till, ada: Caller) -> None:
    project = (ada.post("/api/projects", json={"name": "Night Drive"}).json or {})["id"]
    order = {"upload_id": uploaded(ada), "settings": BIG, "project_id": project}
    told = status_of(ada, till.buy(ada, render=order))
    assert (ada.get(f"/api/render/status/{told['job_id']}").json or {})["project_id"] == project
    assert asked(ada, render={**order, "project_id": "0" * 26}).status_code == 404


def test_a_song_that_is_too_long_for_the_plan_is_uploaded_bought_a_render_and_made(till: Till, ada: Caller) -> None:
    upload = (send(ada, wav(361)).json or {})["id"]
    assert ada.post("/api/render/submit", json={"upload_id": upload}).status_code == 402
    told = status_of(ada, till.buy(ada, render={"upload_id": upload, "settings": {}}))
    assert told["job_id"]
    assert jobs_of(till.app) == [("queued", "credit", True)]


def test_a_paid_render_belongs_to_the_trace_of_the_request_that_found_the_payment(till: Till, ada: Caller) -> None:
    session_id = till.open(ada, render={"upload_id": uploaded(ada), "settings": {}})
    till.peer.pay(session_id)
    with running_collector() as collector, traced(collector.url):
        status_of(ada, session_id)
    [poll] = [span for span in collector.spans if span.name.startswith("GET /api/payments/status/")]
    with till.app.app_context():
        remembered = db.session.scalars(select(RenderJob.traceparent)).one()
    assert remembered
    assert remembered.startswith(f"{poll.traceparent}-")


def test_the_page_that_follows_a_payment_needs_no_event(till: Till, ada: Caller) -> None:
    session_id = till.open(ada, render={"upload_id": uploaded(ada), "settings": BIG})
    till.peer.pay(session_id)
    page = till.app.test_client().get(f"/payment/done?session_id={session_id}")
    told = status_of(ada, session_id)
    assert (told["kind"], told["plan"], told["status"]) == ("render", None, "completed")
    assert (page.status_code, page.headers["Location"]) == (303, f"/render/{told['job_id']}")
    assert till.app.test_client().get(page.headers["Location"]).status_code == 200
    till.tell()
    assert len(jobs_of(till.app)) == 1
    assert credits_of(till.app) == ["reserved"]


def test_a_page_that_nobody_has_paid_is_thanked_for_nothing(till: Till) -> None:
    for query in ("", "?session_id=cs_of_somebody_else"):
        page = till.app.test_client().get(f"/payment/done{query}")
        assert (page.status_code, "Thank you" in page.get_data(as_text=True)) == (404, False)


def test_a_poll_needs_no_event_either(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.pay(session_id)
    assert status_of(ada, session_id)["status"] == "completed"


def test_history_lists_what_was_paid_with_its_receipt(till: Till, ada: Caller) -> None:
    till.buy(ada)
    listed = (ada.get("/api/user/history").json or {})["payments"]
    assert listed["total"] == 1
    [payment] = listed["items"]
    assert (payment["status"], payment["what"], payment["amount"]) == ("completed", "One render", 499)
    assert payment["receipt_url"].startswith("https://")


def test_the_payments_of_a_kind_are_listed_in_pages(till: Till, ada: Caller, caller: MakeCaller) -> None:
    for bought in ({}, {"kind": "subscription", "plan": "pro"}, {}):
        till.buy(ada, **bought)

    def listed(query: str = "", who: Caller = ada) -> tuple[int, list[str]]:
        answer = who.get(f"/api/payments/history{query}").json or {}
        return answer["total"], [each["kind"] for each in answer["items"]]

    assert listed() == (3, ["render", "subscription", "render"])
    assert listed("?kind=render&per_page=1&page=2") == (2, ["render"])
    assert listed("?kind=subscription") == (1, ["subscription"])
    assert listed(who=caller()) == (0, [])
    assert ada.get("/api/payments/history?kind=gift").status_code == 422


def test_an_unpaid_payment_is_listed_with_its_page_until_it_is_paid(till: Till, ada: Caller) -> None:
    def page() -> object:
        [payment] = (ada.get("/api/payments/history").json or {})["items"]
        return payment["checkout_url"]

    session_id = till.open(ada)
    assert page() == (asked(ada).json or {})["error"]["details"]["checkout_url"]
    till.peer.pay(session_id)
    till.tell()
    assert page() is None


def test_a_second_page_for_the_same_thing_is_refused_with_the_open_one(till: Till, ada: Caller) -> None:
    order = {"upload_id": uploaded(ada), "settings": BIG}
    opened = asked(ada, render=order).json or {}
    again = asked(ada, render=order)
    error = (again.json or {})["error"]
    assert (again.status_code, error["code"]) == (409, "DUPLICATE_PAYMENT_SESSION")
    assert error["details"]["checkout_url"] == opened["checkout_url"]
    # Another thing is no second one.
    assert asked(ada).status_code == 201


def test_two_clicks_at_once_open_one_page(till: Till, ada: Caller) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: asked(ada), range(6)))
    pages = {
        (answer.json or {}).get("checkout_url") or (answer.json or {})["error"]["details"].get("checkout_url")
        for answer in answers
    }
    assert len(pages) == 1
    assert len(till.peer.everything("checkout.session")) == 1


def test_an_expired_page_makes_room_for_another_one(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.abandon(session_id)
    till.tell()
    told = status_of(ada, session_id)
    assert (told["status"], told["error"]) == ("failed", "The payment page has expired. Nothing was charged.")
    assert till.open(ada) != session_id
    assert mails_of(till.app) == []


def test_an_expired_page_whose_event_was_lost_makes_room_as_well(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.abandon(session_id)
    clock.shift(timedelta(hours=2))
    ada.refresh()
    assert till.open(ada) != session_id


@pytest.mark.parametrize("wanted", [{"kind": "render"}, {"kind": "subscription", "plan": "pro"}])
def test_a_declined_card_is_told_while_another_can_be_tried(till: Till, ada: Caller, wanted: dict[str, str]) -> None:
    session_id = till.open(ada, **wanted)
    told = status_of(ada, session_id)
    assert (told["status"], told["error"]) == ("pending", None)
    page = told["checkout_url"]
    till.peer.decline(session_id)
    clock.shift(timedelta(seconds=5))
    with till.app.app_context():
        redis().flushall()
    told = status_of(ada, session_id)
    assert (told["status"], told["checkout_url"]) == ("pending", page)
    assert told["error"].startswith("Your card was declined. Nothing was charged. You can try again")
    shown = till.app.test_client().get(f"/payment/done?session_id={session_id}").text
    assert "Your card was declined." in shown
    till.peer.pay(session_id)
    till.tell()
    told = status_of(ada, session_id)
    assert (told["status"], told["error"], told["checkout_url"]) == ("completed", None, None)


def test_a_declined_card_is_heard_of_without_a_poll(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.decline(session_id)
    till.tell()
    assert (payment_of(till.app, session_id).error or "").startswith("Your card was declined.")
    assert credits_of(till.app) == []


@pytest.mark.parametrize("wanted", [{"kind": "render"}, {"kind": "subscription", "plan": "pro"}])
def test_a_bank_debit_after_a_declined_card_waits_without_an_error(
    till: Till, ada: Caller, wanted: dict[str, str]
) -> None:
    session_id = till.open(ada, **wanted)
    till.peer.decline(session_id)
    with till.app.app_context():
        fulfilment.sync_payment(session_id)
    assert payment_of(till.app, session_id).error
    till.peer.pay_later(session_id)
    till.tell()
    told = status_of(ada, session_id)
    assert (told["status"], told["error"], told["checkout_url"]) == ("pending", None, None)


def test_a_page_that_expires_after_a_declined_card_says_both(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.decline(session_id)
    till.peer.abandon(session_id)
    till.tell()
    told = status_of(ada, session_id)
    assert told["status"] == "failed"
    assert told["error"] == "Your card was declined. The payment page has expired. Nothing was charged."


@pytest.mark.parametrize(("succeeds", "held", "status"), [(True, ["held"], "completed"), (False, [], "failed")])
def test_a_bank_that_takes_days(till: Till, ada: Caller, succeeds: bool, held: list[str], status: str) -> None:
    session_id = till.open(ada)
    till.peer.pay_later(session_id)
    till.tell()
    assert status_of(ada, session_id)["status"] == "pending"
    assert credits_of(till.app) == []
    till.peer.settle(session_id, succeeds=succeeds)
    till.tell()
    assert (credits_of(till.app), status_of(ada, session_id)["status"]) == (held, status)


def test_the_same_event_on_twenty_threads_is_one_fulfilment(till: Till, ada: Caller) -> None:
    session_id = till.open(ada, render={"upload_id": uploaded(ada), "settings": BIG})
    till.peer.pay(session_id)
    delivery = till.deliveries.one("checkout.session.completed")
    body, signature = till.deliveries.signed(delivery)

    def taken(_: int) -> int:
        status = till.webhook(body, signature)
        with till.app.app_context():
            journal.process_due_events()
            fulfilment.sync_payment(session_id)
        return status

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(taken, range(20))) == {200}
    assert jobs_of(till.app) == [("queued", "credit", True)]
    assert credits_of(till.app) == ["reserved"]
    assert mails_of(till.app) == ["receipt"]
    with till.app.app_context():
        assert len(db.session.scalars(select(PaymentEvent.id)).all()) == 1


def test_an_order_that_cannot_be_rendered_is_refused_before_it_is_paid(till: Till, ada: Caller) -> None:
    too_large = {"output": {"width": 3840, "height": 2160}}
    upload = uploaded(ada)
    assert asked(ada, render={"upload_id": upload, "settings": too_large}).status_code == 402
    assert asked(ada, render={"upload_id": upload, "settings": {"look": "nonesuch"}}).status_code == 422
    assert asked(ada, render={"upload_id": "0" * 26, "settings": {}}).status_code == 404
    assert till.peer.everything("checkout.session") == []


def test_an_order_whose_song_is_gone_when_it_is_paid_leaves_a_credit(till: Till, ada: Caller) -> None:
    upload = uploaded(ada)
    session_id = till.open(ada, render={"upload_id": upload, "settings": BIG})
    with till.app.app_context(), writing() as session:
        session.get_one(Upload, upload).deleted_at = now()
    till.peer.pay(session_id)
    till.tell()
    told = status_of(ada, session_id)
    assert (told["status"], told["job_id"]) == ("completed", None)
    assert told["error"]
    assert credits_of(till.app) == ["held"]
    assert mails_of(till.app) == ["credit_held", "receipt"]


def test_a_song_stays_while_somebody_may_pay_for_it(till: Till, ada: Caller) -> None:
    upload = uploaded(ada)
    session_id = till.open(ada, render={"upload_id": upload, "settings": BIG})
    assert ada.delete(f"/api/uploads/{upload}").status_code == 409
    till.peer.abandon(session_id)
    till.tell()
    assert ada.delete(f"/api/uploads/{upload}").status_code == 204


def test_what_the_plan_paid_meanwhile_is_given_back_once(till: Till, pro: Caller) -> None:
    small = {"output": {"width": 1280, "height": 720}}
    order = {"upload_id": uploaded(pro), "settings": small}
    session_id = till.open(pro, render=order)
    till.peer.pay(session_id)
    assert pro.post("/api/render/submit", json=order).status_code == 202
    till.tell()
    till.tell()
    assert jobs_of(till.app) == [("queued", "pro", False)]
    assert credits_of(till.app) == []
    payment = payment_of(till.app, session_id)
    assert (payment.status, payment.refunded, payment.refund_wanted) == ("completed", 499, False)
    assert len(till.peer.everything("refund")) == 1
    assert mails_of(till.app) == ["payment_refunded"]


def test_the_plan_closes_the_open_page_of_the_same_render(till: Till, pro: Caller) -> None:
    order = {"upload_id": uploaded(pro), "settings": {"output": {"width": 1280, "height": 720}}}
    session_id = till.open(pro, render=order)
    assert pro.post("/api/render/submit", json=order).status_code == 202
    with till.app.app_context():
        assert fulfilment.settle_wanted() == 1
    assert till.peer.look(session_id)["status"] == "expired"
    assert status_of(pro, session_id)["status"] == "failed"


def test_a_render_that_was_just_bought_is_not_charged_to_the_plan_as_well(till: Till, pro: Caller) -> None:
    order = {"upload_id": uploaded(pro), "settings": {"output": {"width": 1280, "height": 720}}}
    session_id = till.buy(pro, render=order)
    submitted = pro.post("/api/render/submit", json=order)
    assert (submitted.json or {})["id"] == status_of(pro, session_id)["job_id"]
    assert len(jobs_of(till.app)) == 1


def test_a_render_with_watermark_is_not_the_one_that_is_being_paid(till: Till, ada: Caller) -> None:
    order = {"upload_id": uploaded(ada), "settings": {"output": {"width": 1280, "height": 720}}}
    session_id = till.open(ada, render=order)
    till.peer.pay(session_id)
    assert (ada.post("/api/render/submit", json=order).json or {})["watermark"] is True
    till.tell()
    assert sorted(jobs_of(till.app)) == [("queued", "credit", True), ("queued", "free", False)]
    assert till.peer.everything("refund") == []


def test_a_refund_takes_a_held_credit_back(till: Till, ada: Caller) -> None:
    session_id = till.buy(ada)
    paid_as = payment_of(till.app, session_id).paid_as
    assert paid_as
    till.peer.refund_from_dashboard(paid_as)
    till.tell()
    assert credits_of(till.app) == ["refunded"]
    assert payment_of(till.app, session_id).refunded == 499
    assert mails_of(till.app) == ["payment_refunded", "receipt"]


@pytest.mark.parametrize(("won", "becomes"), [(True, "held"), (False, "refunded")])
def test_a_dispute_freezes_the_credit_until_it_is_decided(till: Till, ada: Caller, won: bool, becomes: str) -> None:
    paid_as = payment_of(till.app, till.buy(ada)).paid_as
    assert paid_as
    dispute = till.peer.dispute(paid_as)
    till.tell()
    assert credits_of(till.app) == ["frozen"]
    order = {"upload_id": uploaded(ada), "settings": BIG, "pay_with": "credit"}
    assert ada.post("/api/render/submit", json=order).status_code == 402
    till.peer.close_dispute(dispute["id"], won=won)
    till.tell()
    assert credits_of(till.app) == [becomes]


def test_a_credit_that_comes_back_during_a_dispute_is_frozen(till: Till, ada: Caller) -> None:
    session_id = till.buy(ada, render={"upload_id": uploaded(ada), "settings": BIG})
    paid_as = payment_of(till.app, session_id).paid_as
    assert paid_as
    with till.app.app_context():
        attempt = attempts.claim("a worker")
    assert attempt
    till.peer.dispute(paid_as)
    till.tell()
    assert credits_of(till.app) == ["reserved"]
    with till.app.app_context():
        attempts.fail(attempt, UndecodableSong("This song cannot be read."))
    assert credits_of(till.app) == ["frozen"]


def test_with_stripe_down_the_site_works_and_says_so(till: Till, ada: Caller) -> None:
    till.peer.go_down()
    refused = asked(ada)
    assert (refused.status_code, (refused.json or {})["error"]["code"]) == (503, "PAYMENTS_UNAVAILABLE")
    assert ada.get("/api/user/profile").status_code == 200
    assert ada.post("/api/render/submit", json={"upload_id": uploaded(ada)}).status_code == 202
    till.peer.come_back()


def test_an_event_that_could_not_be_dealt_with_is_tried_again(till: Till, ada: Caller) -> None:
    session_id = till.open(ada)
    till.peer.pay(session_id)
    till.peer.go_down()
    till.tell()
    assert credits_of(till.app) == []
    with till.app.app_context():
        [event] = journal.listed(10, failed=True)
        assert event.error
    till.peer.come_back()
    clock.shift(timedelta(minutes=1))
    till.app.extensions["oriel.payments"]._rest._until = 0.0
    till.settle()
    assert credits_of(till.app) == ["held"]


def test_a_lost_answer_opens_no_second_page(till: Till, ada: Caller) -> None:
    till.open(ada, kind="subscription", plan="pro")
    # The page is made, and we never hear of it: the customer asks again.
    till.peer.fail_after(1)
    first = asked(ada)
    assert first.status_code in (201, 503)
    assert asked(ada).status_code in (201, 409)
    made = [each for each in till.peer.everything("checkout.session") if each["mode"] == "payment"]
    assert len(made) == 1


@pytest.mark.parametrize("how", ["tampered", "old", "other secret", "none"])
def test_what_is_not_signed_by_stripe_is_not_believed(till: Till, ada: Caller, how: str) -> None:
    session_id = till.open(ada)
    till.peer.pay(session_id)
    delivery = till.deliveries.one("checkout.session.completed")
    body, signature = till.deliveries.signed(delivery, age_s=301 if how == "old" else 0)
    if how == "tampered":
        body = body.replace(b"completed", b"c0mpleted")
    if how == "other secret":
        body, signature = till.deliveries.signed(delivery, secrets=["whsec_other"])
    answer = till.webhook(body, "" if how == "none" else signature)
    assert answer == 400
    with till.app.app_context():
        assert journal.listed(10) == []


@pytest.mark.parametrize("body", [[], {}, {"id": "evt_1", "type": "invoice.paid", "created": "now", "data": {}}])
def test_a_signed_body_that_is_no_event_is_the_senders_fault(till: Till, body: Any) -> None:  # noqa: ANN401
    assert till.webhook(*signed(body, till.deliveries.secret, datetime.now(UTC))) == 400
    with till.app.app_context():
        assert journal.listed(10) == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "nothing"},
        {"kind": "render", "plan": "pro"},
        {"kind": "subscription"},
        {"kind": "subscription", "plan": "free"},
        {"kind": "subscription", "plan": "pro", "render": {"upload_id": "x", "settings": {}}},
    ],
)
def test_what_cannot_be_paid_is_refused(till: Till, ada: Caller, wanted: dict[str, Any]) -> None:
    answer = asked(ada, **wanted)
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (400, "INVALID_PAYMENT_REQUEST")


def test_without_a_payment_service_paid_plans_are_off(app: APIFlask, ada: Caller, till: Till) -> None:
    app.extensions["oriel.payments"] = None
    answer = asked(ada)
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == (503, "PAYMENTS_UNAVAILABLE")
    assert till.webhook(b"{}", "") == 503


def test_a_bought_render_that_fails_for_good_gives_the_credit_back_and_says_so(till: Till, ada: Caller) -> None:
    till.buy(ada, render={"upload_id": uploaded(ada), "settings": BIG})
    with till.app.app_context():
        for _ in range(3):
            attempt = attempts.claim("worker")
            assert attempt
            attempts.fail(attempt, StageCrashed("The browser crashed."))
            clock.shift(timedelta(minutes=2))
    assert jobs_of(till.app) == [("failed", "credit", True)]
    assert credits_of(till.app) == ["held"]
    assert mails_of(till.app) == ["credit_returned", "receipt"]
