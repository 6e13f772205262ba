"""Our emails, as HTML and as text."""

from oriel.infra.mail.outbox import OutboxMail, enqueue
from oriel.mails.account_letters import (
    address_wanted,
    confirmation,
    email_change,
    email_changed,
    new_recovery_codes,
    password_changed,
    password_reset,
    recovery_code_used,
    second_factor_added,
    second_factor_removed,
    second_factors_reset,
)
from oriel.mails.letter import Inline, Letter
from oriel.mails.operator_letters import render_lost, renders_go_on, renders_wait
from oriel.mails.payment_letters import (
    credit_held,
    credit_returned,
    payment_failed,
    payment_refunded,
    plan_changed,
    plan_stays,
    plan_will_change,
    receipt,
)
from oriel.mails.project_letters import invitation
from oriel.mails.render_letters import (
    RenderDetails,
    expires_soon,
    render_failed,
    render_goes_on,
    render_held_up,
    render_ready,
)

__all__ = [
    "Inline",
    "Letter",
    "OutboxMail",
    "RenderDetails",
    "address_wanted",
    "confirmation",
    "credit_held",
    "credit_returned",
    "email_change",
    "email_changed",
    "enqueue",
    "expires_soon",
    "invitation",
    "new_recovery_codes",
    "password_changed",
    "password_reset",
    "payment_failed",
    "payment_refunded",
    "plan_changed",
    "plan_stays",
    "plan_will_change",
    "receipt",
    "recovery_code_used",
    "render_failed",
    "render_goes_on",
    "render_held_up",
    "render_lost",
    "render_ready",
    "renders_go_on",
    "renders_wait",
    "second_factor_added",
    "second_factor_removed",
    "second_factors_reset",
]
