"""New accounts, and the confirmation of their addresses."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from oriel.accounts import activity, delays, letters, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import checked_email
from oriel.accounts.models import EmailToken, User
from oriel.accounts.origin import Origin
from oriel.errors import Conflict, EmailTaken, InvalidToken
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_secret, secret_hash

CONFIRMATION_LIFE = timedelta(hours=48)

# More mails to one account would only fill somebody's mailbox.
_MOST_MAILS = 5
_MAILS_COUNT_FOR = timedelta(hours=1)

_TAKEN = "There is an account with this mail address already. Log in, or set a new password if you forgot yours."


def register_user(email: str, password: str, name: str, origin: Origin) -> User:
    """Open an account and send the mail that confirms its address.

    Raise InvalidEmail, WeakPassword, EmailTaken, and TooManyRequests for who asks too often for addresses of others.
    """
    address = checked_email(email)
    name = name.strip()
    passwords.refuse_weak(password, known=(address, name))
    probe = delays.probe_key(origin.address)
    delays.claim(probe)
    refuse_taken(address)
    # A hash may wait for its turn for many seconds, and must not hold one of the database's connections meanwhile.
    db.session.commit()
    stored = passwords.hash_password(password)
    try:
        with writing() as session:
            user = User(email=address, name=name, password_hash=stored)
            session.add(user)
            session.flush()
            delays.forgive(session, probe)
            send_confirmation(session, user, address)
            activity.record(session, user.id, Did.REGISTERED, origin)
    except IntegrityError as error:
        raise EmailTaken(_TAKEN) from error
    return user


def refuse_taken(email: str) -> None:
    """Raise EmailTaken where an account has this address."""
    if user_by_email(email):
        raise EmailTaken(_TAKEN)


def user_by_email(email: str) -> User | None:
    """Return the account with an address, spelled as it is stored."""
    return db.session.scalar(select(User).where(User.email == email))


def send_confirmation(session: Session, user: User, email: str) -> None:
    """Send a link that confirms an address, inside the caller's transaction; earlier links end."""
    session.execute(
        update(EmailToken).where(EmailToken.user_id == user.id, EmailToken.used_at.is_(None)).values(used_at=now())
    )
    secret = new_secret()
    token = EmailToken(
        user_id=user.id, email=email, token_hash=secret_hash(secret), expires_at=now() + CONFIRMATION_LIFE
    )
    session.add(token)
    session.flush()
    letters.ask_for_confirmation(session, user, email, secret, token.id)


def send_confirmation_again(user_id: str) -> None:
    """Send the link anew to an address that waits for it; after five in an hour nothing more is sent.

    Raise Conflict where nothing waits.
    """
    with writing() as session:
        user = session.get(User, user_id)
        assert user
        waiting = user.pending_email or (None if user.email_verified else user.email)
        if waiting is None:
            raise Conflict("Your mail address is confirmed already.")
        if _mails_of_late(session, user_id) < _MOST_MAILS:
            send_confirmation(session, user, waiting)


def confirm_email(token: str, origin: Origin) -> User:
    """Confirm the address to which this link was sent, and return its account.

    The same link may come twice from a page that was sent twice. Raise InvalidToken, or EmailTaken where somebody
    else has registered with the new address in the meantime.
    """
    try:
        with writing() as session:
            return _confirm(session, token, origin)
    except IntegrityError as error:
        raise EmailTaken(_TAKEN) from error


def _confirm(session: Session, token: str, origin: Origin) -> User:
    found = session.scalar(select(EmailToken).where(EmailToken.token_hash == secret_hash(token)).with_for_update())
    user = session.get(User, found.user_id) if found else None
    if found is None or user is None or found.expires_at <= now() or user.disabled_at:
        raise _invalid()
    if user.email == found.email and user.email_verified:
        return user
    if found.used_at or found.email not in (user.email, user.pending_email):
        raise _invalid()
    found.used_at = now()
    if found.email == user.pending_email:
        old, user.email, user.pending_email = user.email, found.email, None
        letters.tell_old_address(session, user, old, found.id)
        activity.record(session, user.id, Did.EMAIL_CHANGED, origin)
    user.email_verified_at = now()
    activity.record(session, user.id, Did.EMAIL_CONFIRMED, origin)
    session.flush()
    return user


def _mails_of_late(session: Session, user_id: str) -> int:
    since = now() - _MAILS_COUNT_FOR
    query = select(func.count()).where(EmailToken.user_id == user_id, EmailToken.created_at > since)
    return session.scalar(query) or 0


def _invalid() -> InvalidToken:
    return InvalidToken("This link is not valid any more. Log in and ask for a new one.")
