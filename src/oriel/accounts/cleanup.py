"""Deletes rows of accounts that are no longer needed."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, delete, func, inspect, or_, select

from oriel.accounts.delays import FORGOTTEN_AFTER
from oriel.accounts.models import (
    AuthenticatorApp,
    EmailToken,
    LoginDelay,
    PasskeyChallenge,
    PasswordResetToken,
    PendingLogin,
    UserSession,
)
from oriel.accounts.second_factors.totp import SETUP_LIFE
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import Base, db, writing
from oriel.infra.retention import UNTIL_DELETION

# A week, so that support can still explain why a link did not work.
_TOKENS_KEPT = retention.keep(
    "links", "Links in our emails, hashed", retention.DATABASE, timedelta(days=7), "after they expire"
)
_SESSIONS_KEPT = retention.keep(
    "sessions", "Sign-ins, with device and network address", retention.DATABASE, timedelta(days=30), "after they end"
)
retention.keep_with("profile", "Profile: name, email address, hashed password", retention.DATABASE, UNTIL_DELETION)
retention.keep_with(
    "second-factors",
    "Second factors: the app’s key, encrypted; public keys of passkeys; recovery codes, hashed",  # noqa: RUF001
    retention.DATABASE,
    "until you remove them",
)
retention.keep_with("keys", "API keys, hashed", retention.DATABASE, UNTIL_DELETION)
retention.keep_with("activity", "Account activity, with network addresses", retention.DATABASE, UNTIL_DELETION)


def cleanup_accounts() -> int:
    """Delete links a week after they expire, sessions a month after their end, and old failures; return how many.

    What was begun with a second factor and not finished goes too. Run it daily.
    """
    deleted = 0
    with writing() as session:
        for model, is_old in _old_rows().items():
            key = inspect(model).primary_key[0]
            deleted += len(session.scalars(delete(model).where(is_old).returning(key)).all())
    return deleted


def count_old() -> int:
    """Return how many rows `cleanup_accounts` would delete."""
    queries = (select(func.count()).select_from(model).where(is_old) for model, is_old in _old_rows().items())
    counts = [db.session.scalar(query) or 0 for query in queries]
    db.session.commit()
    return sum(counts)


def _old_rows() -> dict[type[Base], ColumnElement[bool]]:
    moment = now()
    never_confirmed = AuthenticatorApp.confirmed_at.is_(None)
    return {
        PasswordResetToken: PasswordResetToken.expires_at < moment - _TOKENS_KEPT,
        EmailToken: EmailToken.expires_at < moment - _TOKENS_KEPT,
        LoginDelay: LoginDelay.last_failure_at < moment - FORGOTTEN_AFTER,
        UserSession: or_(
            UserSession.ended_at < moment - _SESSIONS_KEPT, UserSession.expires_at < moment - _SESSIONS_KEPT
        ),
        PendingLogin: PendingLogin.expires_at < moment,
        PasskeyChallenge: PasskeyChallenge.expires_at < moment,
        AuthenticatorApp: and_(never_confirmed, AuthenticatorApp.created_at < moment - SETUP_LIFE),
    }
