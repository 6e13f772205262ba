"""Signed Stripe events, read and written; the offline service signs the same way."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import stripe
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oriel import json_text
from oriel.billing.gateway import Event
from oriel.errors import InvalidEvent, InvalidSignature
from oriel.validation import ONE_LINE

# Stripe signs the time of sending. An older body may be a replay. (0 would switch the check off.)
_TOLERANCE_S = 300
_WRONG = "The signature does not match the body, or is older than 5 minutes."
_ID = r"^[A-Za-z0-9_]{1,255}$"
# Coupons, products and report types have ids such as "SUMMER-25" or "balance.summary.1", of up to 5,000 characters.
_LONGEST_OBJECT_ID = 5000
# The last second of the year 9998: the database takes no later one.
_LAST_SECOND = 253_370_764_799


class _Data(BaseModel):
    object: dict[str, Any]


class _Envelope(BaseModel):
    """The fields of an event that we read. Stripe adds others, and so do its newer versions."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(pattern=_ID)]
    type: Annotated[str, Field(min_length=1, max_length=255, pattern=ONE_LINE)]
    created: Annotated[int, Field(ge=0, le=_LAST_SECOND)]
    data: _Data


class _About(BaseModel):
    """The fields of an event's object that we keep, whatever kind of object it is. It may lack any of them."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str | None, Field(min_length=1, max_length=_LONGEST_OBJECT_ID, pattern=ONE_LINE)] = None
    object: Annotated[str | None, Field(pattern=ONE_LINE, max_length=255)] = None
    payment_intent: Annotated[str | None, Field(pattern=_ID)] = None


def read_signed(body: bytes, signature: str, secret: str) -> Event:
    """Return the event in a body that was signed with our secret.

    Raises InvalidSignature, and InvalidEvent for a signed body that is no event.
    """
    if not signature.isascii():
        # compare_digest takes only bytes or ASCII text.
        raise InvalidSignature(_WRONG)
    try:
        stripe.WebhookSignature.verify_header(body.decode(), signature, secret, _TOLERANCE_S)
    except (stripe.SignatureVerificationError, ValueError) as error:
        raise InvalidSignature(_WRONG) from error
    try:
        values = json_text.loads(body)
    except ValueError as error:
        raise InvalidEvent("The body is not JSON that we can read.") from error
    return event_of(values)


def signed(body: dict[str, Any], secret: str, sent_at: datetime) -> tuple[bytes, str]:
    """Return an event's bytes and their signature."""
    text = json.dumps(body, separators=(",", ":"))
    header = stripe.WebhookSignature.generate_signature_header(text, secret, int(sent_at.timestamp()))
    return text.encode(), header


def event_of(values: object) -> Event:
    """Return an event with its object's ids, and nothing about the customer; raise InvalidEvent."""
    try:
        event = _Envelope.model_validate(values)
        about = _About.model_validate(event.data.object)
    except ValidationError as error:
        raise InvalidEvent("The body is not an event with an id, a type, a time and an object.") from error
    body: dict[str, object] = {"data": {"object": about.model_dump(exclude_none=True)}}
    return Event(event.id, event.type, datetime.fromtimestamp(event.created, UTC), body)
