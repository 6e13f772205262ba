"""Upload limits: the plan's, or those of an unused credit.

The domain of uploads may not know this one; the application hands it these functions.
"""

from sqlalchemy.orm import Session

from oriel.billing.current_plan import current_period, lock_customer, plan_of
from oriel.billing.plans import CREDIT, Plan
from oriel.billing.refusals import refused_song, refused_storage
from oriel.billing.rights import credits_held
from oriel.billing.storage_use import storage_used
from oriel.errors import TooLarge
from oriel.infra.database import db


def writes_a_minute(user_id: str) -> int:
    """Return how often a customer may submit, upload or change something."""
    return plan_of(user_id).writes_a_minute


def largest_song(user_id: str) -> int:
    """Return how many bytes a customer's song may have."""
    return _songs_of(db.session, user_id).song_bytes


def too_large(user_id: str, size_bytes: int) -> TooLarge:
    """Return what to say about a song of more bytes than that, as far as they have been counted."""
    for refusal in refused_song(_songs_of(db.session, user_id), size_bytes, 0.0):
        error = refusal.as_error()
        return TooLarge(error.message, **error.details)
    return TooLarge("This file is larger than your plan allows.")


def refuse_upload(session: Session, user_id: str, size_bytes: int, duration_s: float) -> None:
    """Raise PaymentRequired where a song is too long, or an upload does not fit into the storage any more."""
    lock_customer(session, user_id)
    plan = current_period(session, user_id).plan
    needed = storage_used(session, user_id) + size_bytes
    refusals = [*refused_song(_songs_of(session, user_id), size_bytes, duration_s), *refused_storage(plan, needed)]
    for refusal in refusals:
        raise refusal.as_error()


def _songs_of(session: Session, user_id: str) -> Plan:
    """Return the column whose songs count."""
    plan = current_period(session, user_id).plan
    return CREDIT if plan.song_bytes < CREDIT.song_bytes and credits_held(session, user_id) else plan
