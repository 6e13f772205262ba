"""Erases accounts whose grace period is over: everything within a day, and nothing twice that is done.

Each domain erases its own part and may be asked again, so a killed process or a payment service that does not answer
only delays the rest. Hours later everything is erased once more, for what a request stored in the meantime; then the
row forgets whose account it was.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.accounts.personal_data import registered
from oriel.accounts.sessions import end_sessions
from oriel.errors import AppError
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.logs import facts
from oriel.privacy.models import AccountErasure

_log = logging.getLogger("oriel.privacy")

# Longer than the slowest upload may take, and short enough for everything to be gone within a day.
_VERIFIED_AFTER = timedelta(hours=13)
_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=20), timedelta(hours=1))
_LONGEST_ERROR = 300


def erase_due(limit: int = 20) -> int:
    """Begin the erasures that are due and go on with those under way; return how many were finished or erased."""
    for user_id in _due_users(limit):
        begin_erasure(user_id)
    return sum(_went_on(erasure_id) for erasure_id in _waiting(limit))


def begin_erasure(user_id: str, *, at_once: bool = False) -> AccountErasure | None:
    """Close an account for good and record its erasure; None if its owner has kept it meanwhile, unless `at_once`."""
    with writing() as session:
        user = session.get(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
        if user is None or not (at_once or _is_due(user)):
            return None
        user.disabled_at = user.disabled_at or now()
        # From now on it is this row's business.
        user.deletion_due_at = None
        end_sessions(session, user_id, because="account deleted")
        return _recorded(session, user_id)


def erasures(limit: int) -> Sequence[AccountErasure]:
    """Return erasures, the latest first."""
    return db.session.scalars(select(AccountErasure).order_by(AccountErasure.began_at.desc()).limit(limit)).all()


def coming_deletions(limit: int) -> Sequence[User]:
    """Return the accounts in their grace period, the first to go first."""
    query = select(User).where(User.deletion_due_at.is_not(None)).order_by(User.deletion_due_at).limit(limit)
    return db.session.scalars(query).all()


def _recorded(session: Session, user_id: str) -> AccountErasure:
    erasure = session.scalar(select(AccountErasure).where(AccountErasure.user_id == user_id))
    if erasure is None:
        erasure = AccountErasure(user_id=user_id)
        session.add(erasure)
    return erasure


def _is_due(user: User) -> bool:
    return user.deletion_due_at is not None and user.deletion_due_at <= now()


def _due_users(limit: int) -> list[str]:
    query = select(User.id).where(User.deletion_due_at <= now()).order_by(User.deletion_due_at).limit(limit)
    ids = list(db.session.scalars(query))
    db.session.commit()
    return ids


def _waiting(limit: int) -> list[str]:
    due = (AccountErasure.finished_at.is_(None), AccountErasure.run_after <= now())
    ids = list(
        db.session.scalars(select(AccountErasure.id).where(*due).order_by(AccountErasure.run_after).limit(limit))
    )
    db.session.commit()
    return ids


def _went_on(erasure_id: str) -> bool:
    # As it is now: an operator's command may work on the same row as the clock.
    columns = select(AccountErasure.user_id, AccountErasure.erased_at).where(AccountErasure.id == erasure_id)
    user_id, erased_at = db.session.execute(columns).one()
    db.session.commit()
    if user_id is None:
        return False
    # From the top down: what refers goes before what is referred to, and the user goes last.
    for data in reversed(registered()):
        try:
            data.erase(user_id)
        except Exception as error:  # noqa: BLE001  (whatever keeps one account must not keep the others)
            db.session.rollback()
            _put_off(erasure_id, data.domain, error)
            return False
    _note_progress(erasure_id, is_verified=erased_at is not None)
    return True


def _note_progress(erasure_id: str, *, is_verified: bool) -> None:
    with writing() as session:
        erasure = session.get_one(AccountErasure, erasure_id, with_for_update=True)
        erasure.error = None
        if not is_verified:
            erasure.erased_at = erasure.erased_at or now()
            erasure.run_after = erasure.erased_at + _VERIFIED_AFTER
            return
        erasure.finished_at, erasure.user_id = erasure.finished_at or now(), None
    _log.info("An account was erased.", extra=facts(erasure=erasure_id))


def _put_off(erasure_id: str, domain: str, error: Exception) -> None:
    reason = error.message if isinstance(error, AppError) else type(error).__name__
    with writing() as session:
        erasure = session.get_one(AccountErasure, erasure_id)
        erasure.tries += 1
        erasure.error = f"{domain}: {reason}"[:_LONGEST_ERROR]
        erasure.run_after = now() + _PAUSES[min(erasure.tries, len(_PAUSES)) - 1]
        is_stuck = erasure.tries >= len(_PAUSES)
    told = facts(erasure=erasure_id, domain=domain, tries=erasure.tries)
    # Named by its class alone: the words of an error may name the account's files.
    _log.log(logging.ERROR if is_stuck else logging.INFO, "An erasure waits: %s", type(error).__name__, extra=told)
