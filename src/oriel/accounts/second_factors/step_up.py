"""Checks before a sensitive change: a second factor of late where the account has one, otherwise the password."""

from datetime import datetime, timedelta

from oriel.accounts.login import prove
from oriel.accounts.models import User, UserSession
from oriel.accounts.origin import Origin
from oriel.accounts.second_factors.factors import factors_of, has_second_factor
from oriel.accounts.second_factors.proof import Proof, check_proof
from oriel.errors import InvalidBody, SecondFactorNeeded
from oriel.infra.clock import now
from oriel.infra.database import db, writing

# For several changes in a row, and not for whoever finds the computer unlocked later.
FRESH_FOR = timedelta(minutes=10)


def prove_again(user: User, session_id: str, password: str | None, origin: Origin) -> None:
    """Check the second factor's time or, without one, the password.

    Raise SecondFactorNeeded, InvalidBody, WrongLogin, TooManyRequests.
    """
    if has_second_factor(user.id):
        refuse_stale(user.id, session_id)
    elif not password:
        raise InvalidBody("Please enter your current password.", current_password="is needed")  # noqa: S106
    else:
        prove(user, password, origin)


def refuse_stale(user_id: str, session_id: str) -> None:
    """Raise SecondFactorNeeded if the account has a second factor and this session did not check it of late."""
    if not has_second_factor(user_id):
        return
    checked_at = db.session.get_one(UserSession, session_id).second_factor_at
    if checked_at is None or checked_at <= now() - FRESH_FOR:
        raise SecondFactorNeeded(
            "Please confirm that it is you: enter a code, or use your passkey.",
            methods=factors_of(db.session, user_id).methods,
        )


def check_again(user: User, session_id: str, proof: Proof, origin: Origin) -> datetime:
    """Check a second factor in a session; return until when it counts. Raise WrongSecondFactor, TooManyRequests."""
    check_proof(user, proof, origin)
    with writing() as session:
        note_check(session.get_one(UserSession, session_id))
    return now() + FRESH_FOR


def note_check(user_session: UserSession) -> None:
    """Note that a second factor was checked in this session just now."""
    user_session.second_factor_at = now()
