"""Links that confirm an address: what they would do, without using them."""

from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from oriel.accounts.activity import Did
from oriel.accounts.models import Activity, EmailToken, User
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.infra.ids import secret_hash


@dataclass(frozen=True)
class ConfirmationLink:
    """A link that confirms an address.

    `is_change`: the address replaces a confirmed one. `is_done`: it is the account's already. `is_over`: the link does
    nothing any more.
    """

    email: str
    is_change: bool
    is_done: bool
    is_over: bool


def link_behind(token: str) -> ConfirmationLink | None:
    """Return the link with this token; None for one that was never sent, or long ago."""
    row = db.session.scalar(select(EmailToken).where(EmailToken.token_hash == secret_hash(token)))
    user = db.session.get(User, row.user_id) if row else None
    if row is None or user is None:
        return None
    is_done = row.email == user.email and user.email_verified
    is_over = not is_done and (row.used_at is not None or row.expires_at <= now())
    return ConfirmationLink(row.email, replaces_confirmed(db.session, row), is_done, is_over)


def replaces_confirmed(session: Session, token: EmailToken) -> bool:
    """Return whether the account had a confirmed address when this link was sent."""
    before = (Activity.kind == str(Did.EMAIL_CONFIRMED), Activity.at < token.created_at)
    return bool(session.scalar(select(exists().where(Activity.user_id == token.user_id, *before))))
