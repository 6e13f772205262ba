"""Events as Stripe signs them, read and written; the offline service signs the same way."""

import json
from datetime import UTC, datetime
from typing import Any

import stripe

from oriel.billing.gateway import Event
from oriel.errors import InvalidSignature

# Stripe signs the moment of sending; a body that is older was kept back by somebody. (0 would switch the check off.)
_TOLERANCE_S = 300
_WRONG = "The signature does not fit the body, or is too old."


def read_signed(body: bytes, signature: str, secret: str) -> Event:
    """Return an event whose signature was made with our secret over exactly this body; raise InvalidSignature."""
    if not signature.isascii():
        # What compares it without telling how long that took wants bytes, or ASCII.
        raise InvalidSignature(_WRONG)
    try:
        event = stripe.Webhook.construct_event(body, signature, secret, _TOLERANCE_S)
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise InvalidSignature(_WRONG) from error
    return event_of(event)


def signed(body: dict[str, Any], secret: str, sent_at: datetime) -> tuple[bytes, str]:
    """Return an event's bytes and their signature."""
    text = json.dumps(body, separators=(",", ":"))
    header = stripe.WebhookSignature.generate_signature_header(text, secret, int(sent_at.timestamp()))
    return text.encode(), header


def event_of(event: stripe.Event) -> Event:
    """Return what we keep of an event: which object it is about, and nothing of the customer."""
    about = event.to_dict()["data"]["object"]
    kept = {name: about[name] for name in ("id", "object", "payment_intent") if isinstance(about.get(name), str)}
    return Event(event.id, event.type, datetime.fromtimestamp(event.created, UTC), {"data": {"object": kept}})
