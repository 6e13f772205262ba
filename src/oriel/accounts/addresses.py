"""Mail addresses: one spelling for each, and none to which no mail can be sent."""

from oriel.errors import InvalidEmail
from oriel.infra.mail.outbox import mailable


def checked_email(text: str) -> str:
    """Return an address in the one spelling under which it is stored; raise InvalidEmail where it is none."""
    return mailable(text.strip()).lower()


def spelled_email(text: str) -> str:
    """Return an address as it would be stored, whether or not it is one: for looking it up."""
    try:
        return checked_email(text)
    except InvalidEmail:
        return text.strip().lower()
