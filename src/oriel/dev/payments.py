"""The offline payment service's pages: checkout and portal, with buttons for every failure.

They work without scripts. The buttons call the OfflineGateway, whose events then reach our webhook.
"""

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from oriel.accounts.access import Who, allow
from oriel.billing.gateway import payments
from oriel.billing.offline import OfflineGateway, Overview
from oriel.billing.offline_books import Body
from oriel.billing.plans import CREDIT, PLANS
from oriel.dev.invoice_pdf import invoice_pdf
from oriel.dev.loopback import refuse_foreign_forms, refuse_others
from oriel.dev.pages import page
from oriel.errors import CallerError, CardDeclined, NotFound, WrongState
from oriel.infra.clock import now
from oriel.mails.wording import money
from oriel.settings import Settings

routes = APIBlueprint(
    "dev_payments", __name__, url_prefix="/dev", template_folder="templates", enable_openapi=False, tag="dev"
)
routes.before_request(refuse_others)
routes.before_request(refuse_foreign_forms)

_STATES = {"live": "active", "past_due": "past due", "over": "over", "not_yet": "not begun"}


@routes.get("/checkout")
@allow(Who.ANYONE)
def checkout() -> Response:
    """Show a payment page, open or closed."""
    return _checkout(request.args.get("session", ""))


@routes.post("/checkout")
@allow(Who.ANYONE)
def do_at_checkout() -> ResponseReturnValue:
    """Handle a button: pay, decline, leave or expire."""
    session_id, action = request.form.get("session", ""), _AT_CHECKOUT.get(request.form.get("do", ""))
    if action is None:
        return _checkout(session_id, CallerError("This page has no such button."))
    try:
        return action(session_id)
    except (CardDeclined, WrongState) as refused:
        return _checkout(session_id, refused)
    except NotFound:
        return _unknown("payment page")


@routes.get("/portal")
@allow(Who.ANYONE)
def portal() -> Response:
    """Show a customer's card, subscriptions and invoices."""
    return _portal(request.args.get("customer", ""))


@routes.get("/invoice/<invoice_id>.pdf")
@allow(Who.ANYONE)
def invoice(invoice_id: str) -> ResponseReturnValue:
    """Send an invoice as a PDF."""
    try:
        document = invoice_pdf(_offline().invoice(invoice_id))
    except NotFound:
        return _unknown("invoice")
    response = Response(document, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename="invoice.pdf")
    return response


@routes.post("/portal")
@allow(Who.ANYONE)
def do_in_portal() -> ResponseReturnValue:
    """Handle a button for the card or a subscription."""
    customer_id = request.form.get("customer", "")
    try:
        _do_in_portal(_offline().overview(customer_id), request.form.get("do", ""))
    except NotFound:
        return _unknown("customer")
    except CallerError as refused:
        return _portal(customer_id, refused)
    return redirect(url_for("dev_payments.portal", customer=customer_id), 303)


# --- the payment page


def _checkout(session_id: str, refused: CallerError | None = None) -> Response:
    try:
        shown = _offline().page(session_id)
    except NotFound:
        return _unknown("payment page")
    plan = CREDIT if shown["product"] == "render" else PLANS[shown["product"]]
    status = refused.http_status if refused else 200
    values = {
        "page": shown,
        "what": plan.title,
        "is_monthly": plan is not CREDIT,
        "price": money(shown["amount"], "usd"),
        "refunded": money(shown["refunded"], "usd"),
        "trial_days": shown.get("trial_days", 0),
        "price_later": money(plan.price_cents, "usd"),
        "minutes_left": max(1, round((shown["expires_at"] - now().timestamp()) / 60)),
        "after": _after(shown),
        "problem": refused.message if refused else None,
    }
    return page("dev_checkout.html", status, form_action=_own_addresses(), **values)


def _pay(session_id: str) -> ResponseReturnValue:
    return redirect(_after(_offline().pay(session_id)), 303)


def _decline(session_id: str) -> ResponseReturnValue:
    _offline().decline(session_id)
    raise CardDeclined("The card was declined. Nothing was charged, and you can try again on this page.")


def _leave(session_id: str) -> ResponseReturnValue:
    """Go back to our site; as at Stripe, the page stays open."""
    return redirect(_offline().page(session_id)["cancel_url"], 303)


def _expire(session_id: str) -> ResponseReturnValue:
    _offline().abandon(session_id)
    return redirect(url_for("dev_payments.checkout", session=session_id), 303)


_AT_CHECKOUT: dict[str, Callable[[str], ResponseReturnValue]] = {
    "pay": _pay,
    "decline": _decline,
    "leave": _leave,
    "expire": _expire,
}


def _after(shown: Body) -> str:
    """Return the URL after the payment."""
    return str(shown["success_url"]).replace("{CHECKOUT_SESSION_ID}", shown["id"])


# --- the portal


def _portal(customer_id: str, refused: CallerError | None = None) -> Response:
    try:
        overview = _offline().overview(customer_id)
    except NotFound:
        return _unknown("customer")
    status, problem = (refused.http_status, refused.message) if refused else (200, None)
    values = {"overview": overview, "problem": problem, "plans": PLANS, "states": _STATES, "money": money}
    return page("dev_portal.html", status, form_action=_own_addresses(), home=f"{_settings().base_url}/", **values)


def _do_in_portal(overview: Overview, what: str) -> None:
    if what in ("card_fails", "card_pays"):
        _offline().let_card_fail(overview.customer_id, fails=what == "card_fails")
        return
    subscription_id = request.form.get("subscription", "")
    if subscription_id not in [one.subscription_id for one in overview.subscriptions]:
        raise CallerError("This customer has no such subscription.")
    if what not in _IN_PORTAL:
        raise CallerError("This page has no such button.")
    _IN_PORTAL[what](subscription_id)


_IN_PORTAL: dict[str, Callable[[str], None]] = {
    "renew": lambda subscription_id: _offline().renew(subscription_id),
    "last_try": lambda subscription_id: _offline().let_last_try_fail(subscription_id),
    "cancel": lambda subscription_id: _offline().cancel_at_period_end(subscription_id, cancel=True),
    "go_on": lambda subscription_id: _offline().cancel_at_period_end(subscription_id, cancel=False),
}


# --- both


def _unknown(what: str) -> Response:
    return page("dev_unknown.html", NotFound.http_status, what=what)


def _own_addresses() -> str:
    """Return the allowed targets of forms: this service under its own and its public address."""
    return f"'self' {_settings().base_url}"


def _settings() -> Settings:
    settings: Settings = current_app.config["ORIEL"]
    return settings


def _offline() -> OfflineGateway:
    gateway = payments()
    if not isinstance(gateway, OfflineGateway):
        raise NotFound("This server uses another payment service.")
    return gateway
