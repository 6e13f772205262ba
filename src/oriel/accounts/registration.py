"""Registration and email confirmation."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from oriel.accounts import activity, confirmations, delays, letters, passwords
from oriel.accounts.activity import Did
from oriel.accounts.addresses import checked_email
from oriel.accounts.confirmation_links import replaces_confirmed
from oriel.accounts.models import EmailToken, User
from oriel.accounts.origin import Origin
from oriel.errors import Conflict, EmailTaken, InvalidToken, TooManyRequests
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_secret, secret_hash

CONFIRMATION_LIFE = timedelta(hours=48)

# More mails, for one account or to one address, would only fill somebody's mailbox.
_MOST_MAILS = 5
_MAILS_COUNT_FOR = timedelta(hours=1)

_TAKEN = "An account with this email address already exists. Sign in, or reset your password if you forgot it."


def register_user(email: str, password: str, name: str, origin: Origin) -> User:
    """Create an account and send the email that confirms its address.

    Raise InvalidEmail, WeakPassword, EmailTaken, and TooManyRequests after many attempts with taken addresses.
    """
    address = checked_email(email)
    name = name.strip()
    passwords.refuse_weak(password, known=(address, name))
    probe = delays.probe_key(origin.address)
    delays.claim(probe)
    if user_by_email(address):
        raise EmailTaken(_TAKEN, email=_TAKEN)
    # A hash may wait many seconds for its turn; it must not hold a database connection meanwhile.
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
        raise EmailTaken(_TAKEN, email=_TAKEN) from error
    return user


def user_by_email(email: str) -> User | None:
    """Return the account with this address, which must be spelled as stored; None without one."""
    return db.session.scalar(select(User).where(User.email == email))


def send_confirmation(session: Session, user: User, email: str) -> None:
    """Send a link that confirms an address, in the caller's transaction; links for other addresses end.

    Earlier links for this one stay: whoever asks for a second email may open the first.

    If the address already has an account, its owner gets another email instead, and the caller cannot tell. An address
    gets at most five such emails an hour from other accounts; then nothing is sent. Raise TooManyRequests if this
    account has caused five. The caller has locked the user's row, or just added it.
    """
    _refuse_many(session, user.id)
    is_change = email != user.email
    if is_change and _has_had_enough(session, email):
        return
    others = (EmailToken.user_id == user.id, EmailToken.email != email, EmailToken.used_at.is_(None))
    session.execute(update(EmailToken).where(*others).values(used_at=now()))
    secret = new_secret()
    token = EmailToken(
        user_id=user.id, email=email, token_hash=secret_hash(secret), expires_at=now() + CONFIRMATION_LIFE
    )
    session.add(token)
    session.flush()
    owner = user_by_email(email)
    if is_change and owner:
        letters.tell_address_wanted(session, owner, token.id)
    else:
        letters.ask_for_confirmation(session, user, email, secret, token.id)


def send_confirmation_again(user_id: str) -> None:
    """Send the link to the unconfirmed address again.

    Raise Conflict if the address is confirmed, and TooManyRequests after five emails in an hour.
    """
    with writing() as session:
        user = session.get(User, user_id, with_for_update={"key_share": True})
        assert user
        waiting = user.pending_email or (None if user.email_verified else user.email)
        if waiting is None:
            raise Conflict("Your email address is already confirmed.")
        send_confirmation(session, user, waiting)


@dataclass(frozen=True)
class Confirmed:
    """An address that was confirmed: its account, whether it replaces another one, and what waited for it.

    `path` is of our pages, such as a project that was shared with the address; "" where nothing waited.
    """

    user: User
    is_change: bool = False
    path: str = ""


def confirm_email(token: str, origin: Origin) -> Confirmed:
    """Confirm the address of this link.

    A second call with the same link succeeds too. Raise InvalidToken, and EmailTaken if somebody else has registered
    with the new address meanwhile.
    """
    try:
        with writing() as session:
            return _confirm(session, token, origin)
    except IntegrityError as error:
        raise EmailTaken(_TAKEN, email=_TAKEN) from error


def _confirm(session: Session, token: str, origin: Origin) -> Confirmed:
    email_token = session.scalar(
        select(EmailToken).where(EmailToken.token_hash == secret_hash(token)).with_for_update()
    )
    user = session.get(User, email_token.user_id) if email_token else None
    if email_token is None or user is None or email_token.expires_at <= now() or user.disabled_at:
        raise _invalid()
    if user.email == email_token.email and user.email_verified:
        # Pressed twice: what waited is still where the user goes on.
        return Confirmed(user, replaces_confirmed(session, email_token), confirmations.announce(session, user))
    if email_token.used_at or email_token.email not in (user.email, user.pending_email):
        raise _invalid()
    email_token.used_at = now()
    # Before the first confirmation, another address is only the right one.
    is_change = email_token.email == user.pending_email and user.email_verified
    if email_token.email == user.pending_email:
        old, user.email, user.pending_email = user.email, email_token.email, None
        letters.tell_old_address(session, user, old, email_token.id)
        activity.record(session, user.id, Did.EMAIL_CHANGED, origin)
    user.email_verified_at = now()
    activity.record(session, user.id, Did.EMAIL_CONFIRMED, origin)
    session.flush()
    return Confirmed(user, is_change, confirmations.announce(session, user))


def _mails_of_late(session: Session, *whose: ColumnElement[bool]) -> tuple[int, datetime | None]:
    """Return the number of emails within the last hour, and the time of the first one."""
    late = EmailToken.created_at > now() - _MAILS_COUNT_FOR
    count, first = session.execute(select(func.count(), func.min(EmailToken.created_at)).where(*whose, late)).one()
    return count, first


def _refuse_many(session: Session, user_id: str) -> None:
    count, first = _mails_of_late(session, EmailToken.user_id == user_id)
    if first and count >= _MOST_MAILS:
        wait = math.ceil((first + _MAILS_COUNT_FOR - now()).total_seconds())
        raise TooManyRequests(
            f"We have sent you {_MOST_MAILS} emails within the last hour. Please check your spam folder too, or try"
            f" again in {delays.in_words(wait)}.",
            retry_after_s=wait,
        )


def _has_had_enough(session: Session, email: str) -> bool:
    """Return whether an address has reached its limit; concurrent changes to the same address wait here."""
    delays.hold(session, delays.recipient_key(email))
    # The owner's account has its own limit, so that others cannot use it up.
    of_others = (EmailToken.email == email, EmailToken.user_id.not_in(select(User.id).where(User.email == email)))
    return _mails_of_late(session, *of_others)[0] >= _MOST_MAILS


def _invalid() -> InvalidToken:
    return InvalidToken("This link is no longer valid. Sign in to get a new one.")
