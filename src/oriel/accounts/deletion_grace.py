"""The end of a deletion's grace period: an account that its owner keeps."""

from sqlalchemy.orm import Session

from oriel.accounts import activity, letters
from oriel.accounts.activity import Did
from oriel.accounts.models import User
from oriel.accounts.origin import Origin


def keep_account(session: Session, user: User, origin: Origin) -> bool:
    """Withdraw a deletion that has been asked for, in the caller's transaction; return whether there was one."""
    if user.deletion_due_at is None:
        return False
    user.deletion_due_at = None
    activity.record(session, user.id, Did.DELETION_WITHDRAWN, origin)
    letters.tell_account_kept(session, user)
    return True
