"""Deletion of an account at its owner's request: after a week, which a login ends."""

from datetime import datetime, timedelta

from oriel.accounts import activity
from oriel.accounts.activity import Did
from oriel.accounts.deletion_grace import keep_account
from oriel.accounts.login import prove, refuse_other_password
from oriel.accounts.models import User
from oriel.accounts.origin import Origin
from oriel.accounts.personal_data import registered
from oriel.accounts.second_factors.step_up import refuse_stale
from oriel.accounts.sessions import end_sessions
from oriel.errors import WrongState
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.privacy import letters

GRACE = timedelta(days=7)


def ask_for_deletion(user: User, password: str, session_id: str, origin: Origin) -> datetime:
    """Let an account be deleted in a week; return when. All other sessions end, so that a login means "keep it".

    What costs money is cancelled first. Raise SecondFactorNeeded, WrongLogin, TooManyRequests, PaymentsUnavailable,
    and WrongState for an operator.
    """
    if user.is_admin:
        raise WrongState("An operator's account cannot be deleted here. Ask another operator to do it.")
    proven = prove_owner(user, password, session_id, origin)
    for data in registered():
        data.wind_down(user.id)
    with writing() as session:
        refuse_other_password(session, user, proven)
        if user.deletion_due_at is None:
            user.deletion_due_at = now() + GRACE
            end_sessions(session, user.id, because="deletion asked for", but=session_id)
            activity.record(session, user.id, Did.DELETION_ASKED, origin)
            letters.deletion_asked(session, user, user.deletion_due_at)
        return user.deletion_due_at


def withdraw_deletion(user_id: str, origin: Origin) -> None:
    """Keep an account whose week is not over; one that is not to be deleted stays as it is."""
    with writing() as session:
        user = session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
        keep_account(session, user, origin)


def prove_owner(user: User, password: str, session_id: str, origin: Origin) -> str:
    """Check the password and, where the account has one, that a second factor was checked of late.

    Raise SecondFactorNeeded, WrongLogin or TooManyRequests.
    """
    refuse_stale(user.id, session_id)
    return prove(user, password, origin)


def due_at(user_id: str) -> datetime | None:
    """Return when an account will be deleted, None for one that stays."""
    user = db.session.get(User, user_id)
    return user.deletion_due_at if user else None
