"""Payment routes: payment pages, payment status, and the webhook."""

import contextlib
from typing import Annotated, Any, Literal, cast

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, request
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.pages import message_page
from oriel.accounts.scopes import Scope
from oriel.billing import journal
from oriel.billing.checkout import Wanted, open_checkout
from oriel.billing.fulfilment import sync_payment
from oriel.billing.gateway import payments
from oriel.billing.history import PaymentList, PaymentQuery, own_payment, payment_on, payments_of
from oriel.billing.models import FAILED, PENDING, RENDER, SUBSCRIPTION, Payment
from oriel.billing.plans import PAID_PLANS, PLANS
from oriel.billing.rates import writes
from oriel.billing.webhook_counts import BAD_SIGNATURE, TAKEN, UNKNOWN_KIND, UNREADABLE, WEBHOOKS
from oriel.errors import InvalidEvent, InvalidPaymentRequest, InvalidSignature, PaymentsUnavailable
from oriel.infra.cache import remembered
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.validation import ONE_LINE

routes = APIBlueprint("payments", "payments", tag="payments")
pages = APIBlueprint("payment_pages", "payment_pages", enable_openapi=False)

_SIGNATURE = "Stripe-Signature"
# Clients poll twice a second; we ask the payment service less often.
_ASKED_EVERY_S = 3
_KINDS = (RENDER, SUBSCRIPTION)
_PLAN_SCHEMA = {"anyOf": [{"type": "string", "enum": list(PAID_PLANS)}, {"type": "null"}]}


class OrderIn(BaseModel):
    """The render that is submitted as soon as it is paid."""

    model_config = ConfigDict(extra="forbid")

    upload_id: str = Field(min_length=1, max_length=40)
    settings: dict[str, Any] = Field(default_factory=dict, description="A settings document, as `submit` takes it")
    project_id: str | None = Field(
        default=None,
        max_length=40,
        pattern=ONE_LINE,
        description="The project, yours or one that you may edit, that lists the render",
    )


class CreateSessionIn(BaseModel):
    """The purchase: one render (with its order, or as a credit for later), or a subscription."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"required": ["kind"], "example": {"kind": "subscription", "plan": "pro"}}
    )

    # Any type is accepted here, so that a wrong one gets a 400 with a sentence of ours.
    kind: Annotated[Any, WithJsonSchema({"type": "string", "enum": list(_KINDS)})] = None
    plan: Annotated[Any, WithJsonSchema(_PLAN_SCHEMA)] = Field(
        default=None, description="The plan to subscribe to; only with `kind: subscription`"
    )
    render: OrderIn | None = None


class CheckoutOut(BaseModel):
    """An open payment page."""

    session_id: str
    checkout_url: str


class PaymentStatusOut(BaseModel):
    """A payment's state."""

    session_id: str
    kind: Literal["render", "subscription"]
    plan: str | None = Field(description="The plan that was subscribed to; null for a single render")
    status: Literal["pending", "completed", "failed"]
    amount: int = Field(description="In the currency's smallest unit: 499 USD are $4.99, 499 JPY are ¥499")
    currency: str
    job_id: str | None = Field(description="The render that this payment started; null without one")
    error: str | None = Field(
        description="Why the payment failed, in one sentence; while it is `pending`, why the bank declined the last"
        " card: another can be tried at `checkout_url`"
    )
    checkout_url: str | None = Field(description="The page to pay on, while it is open")

    @classmethod
    def of(cls, payment: Payment) -> "PaymentStatusOut":
        """Return the answer for a payment with a page."""
        return cls(
            session_id=payment.stripe_session_id or "",
            kind=cast("Any", payment.kind),
            plan=payment.plan,
            status=cast("Any", payment.status),
            amount=payment.amount,
            currency=payment.currency,
            job_id=payment.job_id,
            error=payment.error,
            checkout_url=payment.checkout_url if payment.status == PENDING else None,
        )


class WrittenOut(BaseModel):
    """The event is saved."""

    new: bool = Field(description="False when this event was received before")


@routes.post("/api/payments/create-session")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.input(CreateSessionIn)
@routes.output(CheckoutOut, status_code=201)
@routes.doc(
    summary="Open a payment page",
    responses=[400, 402, 404, 409, 410, 503],
    description="While a payment page for the same thing is open, the answer is 409 `DUPLICATE_PAYMENT_SESSION`,"
    " and `details.checkout_url` leads to that page.",
)
def create_session(json_data: CreateSessionIn) -> CheckoutOut:
    """Open a payment page."""
    if json_data.kind not in _KINDS:
        sentence = f"Set “kind” to what you want to pay for: {' or '.join(_KINDS)}."
        raise InvalidPaymentRequest(sentence, field="kind", kinds=list(_KINDS))
    order = json_data.render.model_dump() if json_data.render else None
    payment = open_checkout(current_user(), Wanted(json_data.kind, json_data.plan, order))
    return CheckoutOut(session_id=payment.stripe_session_id or "", checkout_url=payment.checkout_url or "")


@routes.get("/api/payments/history")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.input(PaymentQuery, location="query")
@routes.output(PaymentList)
@routes.doc(summary="List your payments, newest first")
def list_payments(query_data: PaymentQuery) -> PaymentList:
    """List the caller's payments, all or those of a kind."""
    return payments_of(current_user().id, query_data, kind=query_data.kind)


@routes.get("/api/payments/status/<checkout_session_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.output(PaymentStatusOut)
@routes.doc(summary="Show the status of a payment", responses=[404])
def status(checkout_session_id: str) -> PaymentStatusOut:
    """Return a payment's state; while it is pending, ask the payment service, so that no event is needed."""
    payment = own_payment(current_user().id, checkout_session_id)
    if payment.status == PENDING:
        remembered(f"payment:{payment.id}", _ASKED_EVERY_S, lambda: _sync(checkout_session_id))
        payment = own_payment(current_user().id, checkout_session_id)
    return PaymentStatusOut.of(payment)


@routes.post("/api/payments/webhook")
@allow(Who.ANYONE)
@routes.output(WrittenOut)
@routes.doc(
    summary="Receive events from the payment service",
    responses=[400, 413, 503],
    description="For the payment service only: it signs the raw body in `Stripe-Signature`.",
)
def webhook() -> WrittenOut:
    """Check the signature and save the event; it is processed afterwards."""
    try:
        event = payments().read_event(request.get_data(cache=False), request.headers.get(_SIGNATURE, ""))
    except (InvalidSignature, InvalidEvent) as error:
        WEBHOOKS.add(BAD_SIGNATURE if isinstance(error, InvalidSignature) else UNREADABLE)
        raise
    is_known = event.kind in (*journal.EVENT_KINDS, *journal.NEEDLESS_KINDS)
    WEBHOOKS.add(TAKEN if is_known else UNKNOWN_KIND)
    return WrittenOut(new=journal.save_event(event))


@pages.get("/payment/done")
@allow(Who.ANYONE)
@rate("30/minute", by=address_key)
def done() -> Response:
    """Lead a customer who has paid for a render to it; show the state of any other payment.

    Its event may not be here yet, so we ask the payment service.
    """
    session_id = request.args.get("session_id", "")[:255]
    with contextlib.suppress(PaymentsUnavailable):
        sync_payment(session_id)
    payment = payment_on(session_id)
    if payment is None:
        return _message("We cannot find this payment", "Your invoices and your plan are on the billing page.", 404)
    if payment.status == PENDING and payment.checkout_url:
        return _still_open(payment)
    if payment.status == PENDING:
        return _message("Thank you", "Your payment is being processed. We will email you when it arrives.")
    if payment.status == FAILED:
        return _message("Your payment failed", payment.error or "The payment did not succeed.")
    if payment.job_id:
        return make_response(redirect(f"/render/{payment.job_id}", 303))
    return message_page(
        "Thank you",
        payment.error or _given(payment),
        links=[("/studio", "Continue in the studio"), ("/billing", "Plan and billing")],
    )


@pages.get("/payment/left")
@allow(Who.ANYONE)
@rate("30/minute", by=address_key)
def left() -> Response:
    """Show customers who left the payment page how to return to it."""
    payment = db.session.get(Payment, request.args.get("payment", "")[:26])
    db.session.commit()
    if payment and payment.status == PENDING and payment.checkout_url:
        return _still_open(payment)
    why = payment.error if payment and payment.status == FAILED else None
    return _message("This payment page is closed", why or "Your payments and your plan are on the billing page.")


def _message(title: str, sentence: str, status: int = 200) -> Response:
    return message_page(
        title, sentence, status, links=[("/billing", "Plan and billing"), ("/studio", "Open the studio")]
    )


def _still_open(payment: Payment) -> Response:
    # After a declined card the error says both already.
    state = payment.error or "Nothing was charged. You can still pay."
    links = [
        (payment.checkout_url or "/billing", "Back to the payment page"),
        ("/billing", "Plan and billing"),
        ("/studio", "Open the studio"),
    ]
    return message_page("You have not paid yet", f"{state} The payment page stays open for one hour.", links=links)


def _given(payment: Payment) -> str:
    if payment.kind == SUBSCRIPTION:
        title = PLANS[payment.plan or ""].title
        trial = f" The first {payment.trial_days} days are free." if payment.trial_days else ""
        return f"You are now on {title}.{trial}"
    if payment.refunded >= payment.amount:
        return "This payment was refunded."
    return "Your payment has arrived. You have one more render, without a watermark."


def _sync(session_id: str) -> str:
    try:
        sync_payment(session_id)
    except PaymentsUnavailable:
        return "away"
    return "asked"
