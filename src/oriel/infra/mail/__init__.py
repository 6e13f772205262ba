"""Mail: an outbox in the database, and the providers that it is handed over to."""

from oriel.infra.mail.dispatch import dispatch_due, tidy
from oriel.infra.mail.outbox import OutboxMail, enqueue, erase, failures, mailable, send_again
from oriel.infra.mail.providers import init_mail, providers

__all__ = [
    "OutboxMail",
    "dispatch_due",
    "enqueue",
    "erase",
    "failures",
    "init_mail",
    "mailable",
    "providers",
    "send_again",
    "tidy",
]
