"""What accounts hold of a customer, with the mails that we sent: its export and its erasure."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, delete, or_, select

from oriel.accounts import delays
from oriel.accounts.models import (
    Activity,
    ApiKey,
    AuthenticatorApp,
    EmailToken,
    LoginDelay,
    MutedNotification,
    Passkey,
    PasskeyChallenge,
    PasswordResetRequest,
    PasswordResetToken,
    PendingLogin,
    RecoveryCode,
    User,
    UserSession,
)
from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.infra.database import db, writing
from oriel.infra.mail import OutboxMail
from oriel.infra.redis import forget


def listings(user_id: str) -> Iterator[Listing]:
    """Yield the profile, sessions, keys, the activity log and the mails; no hash and no token is among them."""
    yield Listing("account/profile.json", _profile(user_id))
    yield Listing("account/sessions.json", _sessions(user_id))
    yield Listing("account/api-keys.json", _keys(user_id))
    yield Listing("account/passkeys.json", _passkeys(user_id))
    yield Listing("account/activity.json", _activity(user_id))
    yield Listing("account/mails.json", _mails(user_id))
    yield Listing("account/switched-off-emails.json", _muted(user_id))


def erase(user_id: str) -> None:
    """Delete the user with every row that refers to it, their mails, and their counters in Redis."""
    with writing() as session:
        if user := session.get(User, user_id):
            addresses = [address for address in (user.email, user.pending_email) if address]
            keys = [key(address) for address in addresses for key in (delays.account_key, delays.recipient_key)]
            session.execute(delete(LoginDelay).where(LoginDelay.key.in_(keys)))
            session.execute(delete(PasswordResetRequest).where(PasswordResetRequest.email.in_(addresses)))
            session.execute(delete(OutboxMail).where(OutboxMail.to.in_(addresses)))
        session.execute(delete(OutboxMail).where(or_(OutboxMail.user_id == user_id, OutboxMail.subject_key == user_id)))
        # Sessions, keys, tokens and the activity log go with it.
        session.execute(delete(User).where(User.id == user_id))
    forget(user_id)


ACCOUNT_DATA = PersonalData(
    domain="accounts",
    tables=(
        User,
        UserSession,
        ApiKey,
        Activity,
        MutedNotification,
        AuthenticatorApp,
        Passkey,
        PasskeyChallenge,
        RecoveryCode,
        PendingLogin,
        PasswordResetToken,
        EmailToken,
        PasswordResetRequest,
        LoginDelay,
        OutboxMail,
    ),
    listings=listings,
    erase=erase,
)


def _profile(user_id: str) -> Iterator[Row]:
    user = db.session.get(User, user_id)
    db.session.commit()
    if user:
        yield fields(
            user,
            "id",
            "email",
            "pending_email",
            "name",
            "role",
            "email_verified_at",
            "created_at",
            "last_login_at",
            "avatar_id",
            "analytics_since",
        )


def _sessions(user_id: str) -> Iterator[Row]:
    names = ("id", "created_at", "last_used_at", "expires_at", "ended_at", "ended_because", "address", "user_agent")
    query = select(UserSession).where(UserSession.user_id == user_id)
    return in_batches(query, UserSession.id, lambda row: fields(row, *names))


def _keys(user_id: str) -> Iterator[Row]:
    names = ("id", "name", "prefix", "scopes", "created_at", "last_used_at", "revoked_at")
    return in_batches(select(ApiKey).where(ApiKey.user_id == user_id), ApiKey.id, lambda row: fields(row, *names))


def _passkeys(user_id: str) -> Iterator[Row]:
    query = select(Passkey).where(Passkey.user_id == user_id)
    return in_batches(query, Passkey.id, lambda row: fields(row, "id", "name", "created_at", "last_used_at"))


def _activity(user_id: str) -> Iterator[Row]:
    names = ("id", "at", "kind", "address", "user_agent", "details")
    return in_batches(select(Activity).where(Activity.user_id == user_id), Activity.id, lambda row: fields(row, *names))


def _mails(user_id: str) -> Iterator[Row]:
    names = ("to", "kind", "subject", "created_at", "sent_at")
    query = select(OutboxMail).where(or_(OutboxMail.user_id == user_id, _to_address_of(user_id)))
    return in_batches(query, OutboxMail.id, lambda row: fields(row, *names))


def _to_address_of(user_id: str) -> ColumnElement[bool]:
    """Return the condition for mails of nobody's account to a user's address, such as invitations to projects.

    The address must be confirmed: otherwise anybody could register it to read what is sent to it.
    """
    address = select(User.email).where(User.id == user_id, User.email_verified_at.is_not(None)).scalar_subquery()
    return and_(OutboxMail.user_id.is_(None), OutboxMail.to == address)


def _muted(user_id: str) -> Iterator[Row]:
    query = select(MutedNotification).where(MutedNotification.user_id == user_id)
    return in_batches(query, MutedNotification.topic, lambda row: fields(row, "topic"))
