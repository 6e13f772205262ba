"""Upload limits: the plan's or a single render's, whichever are larger.

A customer uploads the song before paying for a single render. Only the submit checks what may be rendered. The plan's
storage limits every upload: a single render has none of its own.
The media domain must not import this one, so the application passes these functions to it.
"""

from sqlalchemy.orm import Session

from oriel.billing.current_plan import current_period, lock_customer, plan_of
from oriel.billing.plans import CREDIT, Plan
from oriel.billing.refusals import Refusal, refused_song, refused_storage
from oriel.billing.storage_use import storage_used
from oriel.billing.usage_warnings import warn_of_storage
from oriel.errors import TooLarge
from oriel.infra.database import db


def writes_a_minute(user_id: str) -> int:
    """Return how many submits, uploads and changes a customer may make in a minute."""
    return plan_of(user_id).writes_a_minute


def largest_song(user_id: str) -> int:
    """Return the size limit of a customer's song in bytes."""
    return _larger(current_period(db.session, user_id).plan).song_bytes


def too_large(user_id: str, size_bytes: int) -> TooLarge:
    """Return the error for a song that is larger than the limit; `size_bytes` is the size counted so far."""
    for refusal in _refused_song(current_period(db.session, user_id).plan, size_bytes, 0.0):
        error = refusal.as_error()
        return TooLarge(error.message, **error.details)
    return TooLarge("This file is larger than your plan allows.")


def refuse_upload(session: Session, user_id: str, size_bytes: int, duration_s: float) -> None:
    """Raise PaymentRequired if a song is too long or the upload does not fit into the storage."""
    lock_customer(session, user_id)
    current = current_period(session, user_id)
    needed = storage_used(session, user_id) + size_bytes
    songs = _refused_song(current.plan, size_bytes, duration_s)
    for refusal in [*songs, *refused_storage(current.plan, needed)]:
        raise refusal.as_error()
    warn_of_storage(session, user_id, current, needed)


def _refused_song(plan: Plan, size_bytes: int, duration_s: float) -> list[Refusal]:
    """Return the limits of the plan that a song exceeds, if it is too much for a single render as well."""
    if not any(refused_song(_larger(plan), size_bytes, duration_s)):
        return []
    return list(refused_song(plan, size_bytes, duration_s))


def _larger(plan: Plan) -> Plan:
    """Return the plan whose song limits apply."""
    return max(plan, CREDIT, key=lambda limits: limits.song_bytes)
