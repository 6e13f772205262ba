"""Every list finds a customer's rows by the beginning of the address, and says what may be typed."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.admin.staff import Operator
from tests.functional.admin.test_files import made_project
from tests.functional.billing.conftest import Till, peer, till
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening
from tests.functional.media.files import uploaded

from oriel.accounts.models import User
from oriel.admin.lists import BaseModelView
from oriel.billing.models import PayingCustomer, Payment, PaymentEvent, PlanHolding
from oriel.infra.database import db, writing

__all__ = ["peer", "till"]

LISTS = ("users", "payments", "events", "renders", "mails", "uploads", "projects", "trail")


def customer_with_rows(till: Till, customer: Caller, admin: Operator, email: str) -> Caller:
    """Give a customer an address, and a row in every list."""
    with till.app.app_context(), writing() as session:
        session.get_one(User, customer.user_id).email = email
    till.buy(customer)
    song = uploaded(customer)
    made_project(customer, song)
    assert customer.post("/api/render/submit", json={"upload_id": song}).status_code == 202
    admin.post(f"/admin/users/{customer.user_id}/end-sessions")
    return customer


@pytest.fixture
def zoe(till: Till, caller: Callable[..., Caller], admin: Operator) -> Caller:
    """Somebody whose rows are in every list, as are those of somebody else."""
    customer_with_rows(till, caller(), admin, "max.moor@example.com")
    return customer_with_rows(till, caller(), admin, "zoe.lark@example.com")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_finds_rows_by_the_beginning_of_the_address(till: Till, admin: Operator, zoe: Caller, name: str) -> None:
    def rows_of(text: str) -> str:
        with till.app.app_context(), listening() as sent:
            page = admin.get(f"/admin/{name}/", query_string={"search": text}).text
        assert len(sent) <= 12
        return page.partition("<tbody>")[2].partition("</tbody>")[0]

    found = rows_of(zoe.user_id)
    assert found.count("<tr>") >= 1
    for text in ("zoe.lark@example.com", "zoe.l", "ZOE.Lark", "Zoe.Lark@EX", "zoe.lark@"):
        assert rows_of(text) == found, text
    for text in ("oe.lark", "zoe.lark@example.org", "zoe%", "zoe_"):
        assert rows_of(text) == "", text


def test_each_list_says_what_may_be_typed(app: APIFlask, admin: Operator) -> None:
    views = [view for view in app.extensions["admin"][0]._views if isinstance(view, BaseModelView)]
    assert {view.part for view in views} == set(LISTS)
    for view in views:
        page = admin.get(f"{view.url}/").text
        assert 'aria-describedby="search-hint"' in page
        assert "address" in page.partition('id="search-hint">')[2].partition("</p>")[0], view.part


def kinds_found(admin: Operator, text: str) -> set[str]:
    """Return the kinds of the webhooks that a search finds."""
    page = admin.get("/admin/events/", query_string={"search": text}).text
    rows = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return {row.partition("</td>")[0].partition(">")[2] for row in rows.split('data-label="Kind"')[1:]}


def test_webhooks_are_found_by_the_ids_of_their_payment(till: Till, admin: Operator, zoe: Caller) -> None:
    with till.app.app_context():
        paid = db.session.scalars(select(Payment).where(Payment.user_id == zoe.user_id)).one()
        ids = [paid.id, str(paid.stripe_session_id), str(paid.paid_as)]
        query = select(PayingCustomer.customer_id).where(PayingCustomer.user_id == zoe.user_id)
        ids.append(db.session.scalars(query).one())
    till.peer.refund_from_dashboard(ids[2])
    till.tell()
    for text in ids:
        assert kinds_found(admin, text) == {"checkout.session.completed", "charge.refunded"}, text
    assert kinds_found(admin, "pi_unknown") == set()
    assert f'<a href="/admin/events/?search={ids[0]}">' in admin.get(f"/admin/payments/{ids[0]}").text
    with till.app.app_context():
        about = PaymentEvent.body["data"]["object"]["payment_intent"].as_string() == ids[2]
        event_id = db.session.scalars(select(PaymentEvent.id).where(about).limit(1)).one()
    assert f'<a href="/admin/payments/{ids[0]}">' in admin.get(f"/admin/events/{event_id}").text


def test_webhooks_are_found_by_the_id_of_their_subscription(
    till: Till, admin: Operator, caller: Callable[..., Caller]
) -> None:
    ada = caller()
    till.buy(ada, kind="subscription", plan="pro")
    with till.app.app_context():
        subscription_id = str(db.session.get_one(PlanHolding, ada.user_id).subscription_id)
    assert "customer.subscription.created" in kinds_found(admin, subscription_id)
    assert {"customer.subscription.created", "invoice.paid"} <= kinds_found(admin, ada.email)
