"""The states of renders and payments in words, as the lists and pages of the panel show them."""

from collections.abc import Mapping

from oriel.admin.cells import Badge, Tone, badge_in
from oriel.billing.models import COMPLETED as PAID
from oriel.billing.models import FAILED as UNPAID
from oriel.billing.models import PENDING, Payment
from oriel.rendering.models import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, RenderJob

RENDER_STATES = {
    QUEUED: "Waiting",
    PROCESSING: "Running",
    FAILED: "Failed",
    COMPLETED: "Done",
    CANCELLED: "Cancelled",
}
PAYMENT_STATES = {PENDING: "Not paid yet", PAID: "Paid", UNPAID: "Failed"}
HELD_UP = "Held up"
_RENDER_TONES: Mapping[str, Tone] = {QUEUED: "new", PROCESSING: "live", COMPLETED: "good", FAILED: "bad"}
_PAYMENT_TONES: Mapping[str, Tone] = {PENDING: "new", PAID: "good", UNPAID: "bad"}


def render_badge(job: RenderJob) -> Badge:
    """Return a render's state as the panel shows it."""
    if job.status == QUEUED and job.held_since:
        return Badge(HELD_UP, "bad")
    word = "Being cancelled" if job.status == PROCESSING and job.cancel_asked_at else RENDER_STATES[job.status]
    return badge_in(_RENDER_TONES, job.status, word)


def payment_badge(payment: Payment) -> Badge:
    """Return a payment's status as the panel shows it."""
    if payment.refunded:
        return Badge("Refunded" if payment.refunded >= payment.amount else "Partly refunded")
    return badge_in(_PAYMENT_TONES, payment.status, PAYMENT_STATES[payment.status])
