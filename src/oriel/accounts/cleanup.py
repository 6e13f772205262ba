"""Deletes rows of accounts that are no longer needed."""

from datetime import timedelta

from sqlalchemy import delete, or_

from oriel.accounts.delays import FORGOTTEN_AFTER
from oriel.accounts.models import EmailToken, LoginDelay, PasswordResetToken, UserSession
from oriel.infra.clock import now
from oriel.infra.database import writing

# A week, so that support can still explain why a link did not work.
_TOKENS_KEPT = timedelta(days=7)
_SESSIONS_KEPT = timedelta(days=30)


def cleanup_accounts() -> None:
    """Delete links a week after they expire, sessions a month after their end, and old failures; run it daily."""
    moment = now()
    ended = or_(UserSession.ended_at < moment - _SESSIONS_KEPT, UserSession.expires_at < moment - _SESSIONS_KEPT)
    with writing() as session:
        session.execute(delete(PasswordResetToken).where(PasswordResetToken.expires_at < moment - _TOKENS_KEPT))
        session.execute(delete(EmailToken).where(EmailToken.expires_at < moment - _TOKENS_KEPT))
        session.execute(delete(LoginDelay).where(LoginDelay.last_failure_at < moment - FORGOTTEN_AFTER))
        session.execute(delete(UserSession).where(ended))
