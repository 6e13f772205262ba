"""Email addresses: normalised to one spelling, and checked."""

from oriel.errors import InvalidEmail
from oriel.infra.mail.outbox import mailable


def checked_email(text: str) -> str:
    """Return an address as it is stored, in lower case; raise InvalidEmail."""
    return mailable(text.strip()).lower()


def spelled_email(text: str) -> str:
    """Return an address as it would be stored, for a lookup; invalid ones pass too."""
    try:
        return checked_email(text)
    except InvalidEmail:
        return text.strip().lower()
