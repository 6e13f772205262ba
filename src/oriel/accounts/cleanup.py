"""Deletes rows of accounts that are no longer needed."""

from datetime import timedelta

from sqlalchemy import delete, or_

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
from oriel.infra.database import writing
from oriel.infra.retention import UNTIL_DELETION

# A week, so that support can still explain why a link did not work.
_TOKENS_KEPT = retention.keep(
    "links", "Links of emails, as digests", retention.DATABASE, timedelta(days=7), "after they expire"
)
_SESSIONS_KEPT = retention.keep(
    "sessions", "Sign-ins, with device and network address", retention.DATABASE, timedelta(days=30), "after they end"
)
retention.keep_with("profile", "Profile: name, email address, password digest", retention.DATABASE, UNTIL_DELETION)
retention.keep_with(
    "second-factors",
    "Second factors: the app’s key, encrypted; public keys of passkeys; recovery codes, as digests",  # noqa: RUF001
    retention.DATABASE,
    "until you remove them",
)
retention.keep_with("keys", "API keys, as digests", retention.DATABASE, UNTIL_DELETION)
retention.keep_with("activity", "Account activity, with network addresses", retention.DATABASE, UNTIL_DELETION)


def cleanup_accounts() -> None:
    """Delete links a week after they expire, sessions a month after their end, and old failures; run it daily.

    What was begun with a second factor and not finished goes too.
    """
    moment = now()
    ended = or_(UserSession.ended_at < moment - _SESSIONS_KEPT, UserSession.expires_at < moment - _SESSIONS_KEPT)
    with writing() as session:
        session.execute(delete(PasswordResetToken).where(PasswordResetToken.expires_at < moment - _TOKENS_KEPT))
        session.execute(delete(EmailToken).where(EmailToken.expires_at < moment - _TOKENS_KEPT))
        session.execute(delete(LoginDelay).where(LoginDelay.last_failure_at < moment - FORGOTTEN_AFTER))
        session.execute(delete(UserSession).where(ended))
        session.execute(delete(PendingLogin).where(PendingLogin.expires_at < moment))
        session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < moment))
        unconfirmed = (AuthenticatorApp.confirmed_at.is_(None), AuthenticatorApp.created_at < moment - SETUP_LIFE)
        session.execute(delete(AuthenticatorApp).where(*unconfirmed))
