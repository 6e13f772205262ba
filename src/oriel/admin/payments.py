"""Payments: found by id, customer or Stripe's ids, and refunded with a reason."""

from collections.abc import Sequence

from flask import g
from sqlalchemy import or_
from werkzeug.wrappers import Response

from oriel.admin.customers import address_of, customer_link, is_of_customer, load_addresses
from oriel.admin.lists import REASON, BaseModelView, Button, Cell, Column, Condition, Entry, Filter, Section
from oriel.admin.models import AdminAction
from oriel.admin.render_facts import COUNTS, name_of
from oriel.admin.staff import staff
from oriel.admin.state_badges import PAYMENT_STATES, payment_badge, render_badge
from oriel.admin.trail import in_trail, lines_about
from oriel.admin.trail_view import reason_of
from oriel.admin.views import act, field, finish, reason
from oriel.billing.fulfilment import refund_payment
from oriel.billing.letters import what_of
from oriel.billing.models import COMPLETED, RENDER, RETURNED, SUBSCRIPTION, Payment
from oriel.errors import WrongState
from oriel.infra.database import db
from oriel.mails.wording import money
from oriel.rendering.models import COMPLETED as COMPLETED_RENDER
from oriel.rendering.models import PROCESSING, QUEUED, RenderJob
from oriel.rendering.operator_actions import rendered_with

_KINDS = {RENDER: "A single render", SUBSCRIPTION: "A plan"}


class PaymentView(BaseModelView[Payment]):
    """The payments."""

    menu_name = "Payments"
    part = "payments"
    group = "Customers"
    model = Payment
    search_hint = "the beginning of the customer's address, or the id of a payment, a customer or anything at Stripe"
    columns = (
        Column("Created", lambda payment: payment.created_at, lambda payment: f"/admin/payments/{payment.id}"),
        Column("Status", lambda payment: payment_badge(payment)),
        Column("Amount", lambda payment: money(payment.amount, payment.currency)),
        Column("For", lambda payment: what_of(payment)),
        Column("Customer", lambda payment: address_of(payment.user_id), lambda payment: customer_link(payment.user_id)),
        Column("Notes", lambda payment: _notes(payment)),
    )
    filters = (
        Filter(
            "status", "Status", {status: Payment.status == status for status in PAYMENT_STATES}, words=PAYMENT_STATES
        ),
        Filter("kind", "For", {kind: Payment.kind == kind for kind in _KINDS}, words=_KINDS),
        Filter(
            "notes",
            "Notes",
            {"disputed": Payment.is_disputed.is_(True), "refunded": Payment.refunded > 0},
            words={"disputed": "Disputed", "refunded": "Refunded"},
        ),
    )

    def searched(self, text: str) -> Condition:
        """Find by any id, or all payments of the customers whose address begins so."""
        its_own = (Payment.id, Payment.stripe_session_id, Payment.paid_as, Payment.invoice_id)
        return or_(is_of_customer(Payment.user_id, text), *(column == text for column in its_own))

    def prepare(self, rows: Sequence[Payment]) -> None:
        """Load the customers' addresses."""
        load_addresses(payment.user_id for payment in rows)

    def title_of(self, row: Payment) -> str:
        """Return what was paid."""
        return f"{money(row.amount, row.currency)} for {what_of(row)}"

    def sections(self, row: Payment) -> Sequence[Section]:
        """Return all of a payment, and the renders that it paid."""
        load_addresses([row.user_id])
        facts = {
            "Customer": Cell(address_of(row.user_id), customer_link(row.user_id)),
            "For": what_of(row),
            "Status": payment_badge(row),
            "Amount": money(row.amount, row.currency),
            "Refunded": money(row.refunded, row.currency) if row.refunded else None,
            "Refund pending": row.refund_wanted,
            "Disputed": row.is_disputed,
            "Begun": row.created_at,
            "Completed": row.completed_at,
            "Error": row.error,
            "Id": row.id,
        }
        at_stripe = {
            "Checkout": row.stripe_session_id,
            "Payment": row.paid_as,
            "Invoice": row.invoice_id,
            "Checkout is open": row.open_thing is not None,
            "Checkout is to be closed": row.expire_wanted,
            "Paid another way by": row.settled_by,
            "Next attempt to settle it": row.settle_at,
            "Failed attempts": row.settle_tries,
            "Updates from Stripe": row.version,
            "Webhooks": Cell("Show", f"/admin/events/?search={row.id}"),
        }
        note = "Invoices of a plan are refunded at Stripe." if row.kind == SUBSCRIPTION else ""
        sections = [Section("Payment", facts, note=note), Section("At Stripe", at_stripe), *_refunds(row)]
        return sections if row.kind == SUBSCRIPTION else [*sections, _renders(row)]

    def buttons(self, row: Payment) -> Sequence[Button]:
        """Return the refund, of a payment that can be refunded here."""
        if row.status != COMPLETED or row.paid_as is None or _is_refunded(row):
            return ()
        fate, choice = _fate_of_render(row)
        confirm = f"{money(row.amount - row.refunded, row.currency)} will go back to the customer. {fate}"
        fields = (REASON, choice) if choice else (REASON,)
        return (Button("payment.refund", f"/admin/payments/{row.id}/refund", fields, True, confirm),)

    @act("/<id:payment_id>/refund", "payment.refund")
    def refund(self, payment_id: str) -> Response:
        """Refund a payment, once however often it is asked for."""

        def do() -> str:
            payment = self.row(payment_id)
            if _is_refunded(payment):
                raise WrongState("This payment was refunded already.")
            amount, force = payment.amount - payment.refunded, field("force") == "yes"
            detail = {"amount": amount, "currency": payment.currency, "force": force, "reason": reason()}
            db.session.commit()
            try:
                with in_trail(staff().actor, "payment.refund", "payment", payment_id, **detail):
                    refunded = refund_payment(payment_id, force=force)
            except WrongState as error:
                if not error.details.get("needs_force"):
                    raise
                raise WrongState(f"{error.message} Choose under “What to do” to refund it anyway.") from error
            done = "will be refunded as soon as Stripe answers" if refunded.refund_wanted else "refunded"
            return f"{money(amount, payment.currency)} {done}."

        return finish(do, self.url_of(payment_id))


def _refunds(payment: Payment) -> Sequence[Section]:
    """Return who refunded a payment here, when and why; nothing for one that nobody refunded."""
    lines = lines_about("payment", payment.id, "payment.refund")
    if not lines:
        is_refunded = payment.refunded or payment.refund_wanted
        return (Section("Refunds", {"By": "No operator: at Stripe, or by the service itself"}),) if is_refunded else ()
    rows = [
        (Cell(line.at, f"/admin/trail/{line.id}"), line.actor, _amount(line, payment), reason_of(line))
        for line in lines
    ]
    return (Section("Refunds", header=("When", "By", "Amount", "Reason"), rows=rows),)


def _amount(line: AdminAction, payment: Payment) -> str | None:
    # The command line refunds all that is left, and notes no amount.
    amount = line.detail.get("amount")
    return money(amount, payment.currency) if amount is not None else None


def _is_refunded(payment: Payment) -> bool:
    return payment.refund_wanted or 0 < payment.amount <= payment.refunded


def _renders_of(payment: Payment) -> Sequence[tuple[RenderJob, str | None]]:
    """Return the renders that a payment pays; read once for a page: facts and buttons need them."""
    known: dict[str, Sequence[tuple[RenderJob, str | None]]] = g.setdefault("panel_rendered_with", {})
    if payment.id not in known:
        known[payment.id] = rendered_with(payment)
    return known[payment.id]


def _renders(payment: Payment) -> Section:
    rows = [
        (Cell(name_of(job), f"/admin/renders/{job.id}"), render_badge(job), job.created_at, COUNTS.get(state or ""))
        for job, state in _renders_of(payment)
    ]
    note = "" if rows or payment.status != COMPLETED else "The credit that it bought has paid no render yet."
    return Section("Renders", header=("Song", "State", "Asked for", "Counts"), rows=rows, note=note)


def _fate_of_render(payment: Payment) -> tuple[str, Entry | None]:
    """Return what a refund does to the render that a payment pays, and the choice where that needs one."""
    job, state = next(iter(_renders_of(payment)), (None, None))
    if job is None or state in (None, RETURNED):
        return "The credit that it bought is taken back.", None
    if job.status == QUEUED:
        return "Its render waits, and is cancelled.", None
    if job.status == PROCESSING:
        return "Its render has begun.", _choice("Stop the render and refund")
    if job.status == COMPLETED_RENDER and not job.is_over:
        return "Its render is done, and the customer has the video.", _choice("Delete the video and refund")
    if job.status == COMPLETED_RENDER:
        return "Its render is done, and its video is gone already.", _choice("Refund all the same")
    return "Its render was stopped after it had begun, and counts.", _choice("Refund all the same")


def _choice(anyway: str) -> Entry:
    return Entry("force", "What to do", {"no": "Do not refund", "yes": anyway})


def _notes(payment: Payment) -> str:
    notes = [f"{money(payment.refunded, payment.currency)} refunded"] if payment.refunded else []
    notes += ["refund pending"] if payment.refund_wanted else []
    notes += ["disputed"] if payment.is_disputed else []
    return ", ".join(notes)
