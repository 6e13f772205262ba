"""A payment and the render that it paid in the panel: each leads to the other, and a refund is worded by its state."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from tests.functional.admin.staff import Operator
from tests.functional.admin.test_users import said
from tests.functional.billing.conftest import Till, peer, till
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening
from tests.functional.media.files import uploaded

from oriel.billing.models import Payment
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.rendering import attempts, operator_actions
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import RenderJob

__all__ = ["peer", "till"]

BIG = {"output": {"width": 1920, "height": 1080}}
FORCE = re.compile(r'<option value="yes">([^<]+)</option>')


@pytest.fixture
def ada(caller: Callable[..., Caller]) -> Caller:
    return caller()


class Bought:
    """A render that was paid for by itself, in the pages of an operator."""

    def __init__(self, till: Till, customer: Caller, admin: Operator) -> None:
        self.till, self.customer, self.admin = till, customer, admin
        till.buy(customer, render={"upload_id": uploaded(customer), "settings": BIG})
        with till.app.app_context():
            self.payment_id = db.session.scalars(select(Payment.id)).one()
            self.render_id = db.session.scalars(select(RenderJob.id)).one()
        self.payment_page, self.render_page = f"/admin/payments/{self.payment_id}", f"/admin/renders/{self.render_id}"

    def begin(self) -> None:
        with self.till.app.app_context():
            attempt = attempts.claim("a worker")
            assert attempt
            self.attempt = attempt

    def finish(self) -> None:
        self.begin()
        with self.till.app.app_context():
            assert attempts.complete(self.attempt, attempts.Video("video.mp4", 1000, "0" * 64, 10.0, None))

    def lose_video(self) -> None:
        self.finish()
        with self.till.app.app_context(), writing() as session:
            session.get_one(RenderJob, self.render_id).expires_at = now()

    def stop_after_first_frame(self) -> None:
        self.begin()
        with self.till.app.app_context():
            with writing() as session:
                session.get_one(RenderJob, self.render_id).first_frame_at = now()
            cancel_render(self.customer.user_id, self.render_id)
            attempts.end_cancelled(self.attempt)

    def see(self, path: str) -> str:
        with self.till.app.app_context(), listening() as sent:
            page = self.admin.get(path).text
        assert len(sent) <= 12, path
        return page


@pytest.fixture
def bought(till: Till, ada: Caller, admin: Operator) -> Bought:
    return Bought(till, ada, admin)


def fact(page: str, name: str) -> str:
    facts: dict[str, str] = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    return facts.get(name, "")


def test_a_render_leads_to_its_payment_and_back(bought: Bought) -> None:
    page = bought.see(bought.render_page)
    assert fact(page, "Payment").startswith(f'<a href="{bought.payment_page}">$4.99, ')
    assert ">Paid</span>" in fact(page, "State")
    row = bought.see(bought.payment_page).partition("Renders</h2>")[2].partition("</section>")[0]
    assert f'<a href="{bought.render_page}">' in row
    assert all(text in row for text in (">Waiting</span>", "Not yet"))


def test_a_render_of_a_plan_has_no_payment(admin: Operator, ada: Caller) -> None:
    answer = ada.post("/api/render/submit", json={"upload_id": uploaded(ada)})
    page = admin.get(f"/admin/renders/{(answer.json or {})['id']}").text
    assert fact(page, "Paid with") == "The plan"
    assert "/admin/payments/01" not in page


def test_a_video_that_went_with_its_refund_is_told_as_that(bought: Bought) -> None:
    bought.finish()
    answer = said(bought.admin, f"{bought.payment_page}/refund", reason="Wrong song", force="yes")
    assert "$4.99 refunded." in answer
    bought.till.tell()
    page = bought.see(bought.render_page)
    assert ">Refunded</span>" in fact(page, "State")
    assert fact(page, "Why") == "Taken away: its payment was refunded"
    assert ">Payment went back</span>" in page.partition("</h1>")[0]
    assert "video taken away, payment went back" in bought.see("/admin/renders/")


def test_a_video_that_went_with_a_lost_dispute_is_told_as_that(bought: Bought) -> None:
    bought.finish()
    with bought.till.app.app_context():
        paid_as = str(db.session.get_one(Payment, bought.payment_id).paid_as)
    bought.till.peer.close_dispute(bought.till.peer.dispute(paid_as)["id"], won=False)
    bought.till.tell()
    assert fact(bought.see(bought.render_page), "Why") == "Taken away: its payment went back to the customer"


def test_a_video_that_its_customer_deleted_is_told_as_that(bought: Bought) -> None:
    bought.finish()
    assert bought.customer.delete(f"/api/render/video/{bought.render_id}").status_code == 200
    page = bought.see(bought.render_page)
    assert fact(page, "Why") == "Deleted by its customer"
    assert "Payment went back" not in page


@pytest.mark.parametrize(
    ("happens", "sentence", "choice"),
    [
        (lambda _bought: None, "Its render waits, and is cancelled.", []),
        (Bought.begin, "Its render has begun.", ["Stop the render and refund"]),
        (Bought.finish, "Its render is done, and the customer has the video.", ["Delete the video and refund"]),
        (Bought.lose_video, "Its render is done, and its video is gone already.", ["Refund all the same"]),
        (Bought.stop_after_first_frame, "was stopped after it had begun, and counts.", ["Refund all the same"]),
    ],
)
def test_a_refund_is_worded_by_the_state_of_the_render(
    bought: Bought, happens: Callable[[Bought], None], sentence: str, choice: list[str]
) -> None:
    happens(bought)
    page = bought.see(bought.payment_page)
    assert sentence in page
    assert FORCE.findall(page) == choice
    refused = "What to do” to refund" in said(bought.admin, f"{bought.payment_page}/refund", reason="Ours", force="no")
    assert refused == bool(choice)
    if refused:
        assert "$4.99 refunded." in said(bought.admin, f"{bought.payment_page}/refund", reason="Ours", force="yes")


def test_a_credit_that_is_free_again_is_taken_back(bought: Bought) -> None:
    with bought.till.app.app_context():
        operator_actions.cancel(bought.render_id)
    page = bought.see(bought.payment_page)
    assert "The credit that it bought is taken back." in page
    assert FORCE.findall(page) == []


def test_a_refused_form_is_open_again_with_what_was_typed_once(bought: Bought) -> None:
    bought.finish()
    dialog = re.compile(r"<dialog[^>]* data-open>.*?</dialog>", re.DOTALL)
    page = said(bought.admin, f"{bought.payment_page}/refund", reason='It was "our" fault', force="no")
    [form] = dialog.findall(page)
    assert 'value="It was &#34;our&#34; fault"' in form
    assert "The render that it paid for is finished. Choose under “What to do” to refund it anyway." in form
    assert '<option value="no" selected>' in form
    assert dialog.findall(bought.see(bought.payment_page)) == []


def test_what_was_typed_stays_in_its_own_form(bought: Bought) -> None:
    user = f"/admin/users/{bought.customer.user_id}"
    page = said(bought.admin, f"{user}/grant-credits", count="0", reason="A gift")
    assert page.count("data-open") == 1
    assert page.count('value="A gift"') == 1
    assert 'value="0"' in page
    page = said(bought.admin, f"{user}/grant-credits", count="1", reason="A gift")
    assert "data-open" not in page
