"""The outbox: a letter enters it in the commit that causes it, so neither happens without the other."""

import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import JSON, Index, String, Text, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from oriel.errors import InvalidEmail
from oriel.infra.clock import now
from oriel.infra.database import Base, db
from oriel.infra.ids import new_id
from oriel.infra.mail.letter import Inline, Letter

WAITING = "waiting"
SENDING = "sending"
SENT = "sent"
FAILED = "failed"

_LONGEST_SUBJECT = 200


class OutboxMail(Base):
    """A letter on its way to one address, and what became of it."""

    __tablename__ = "outbox_mails"

    id: Mapped[str] = mapped_column(String(26), primary_key=True, default=new_id)
    # Digest of whom it is for, its kind and what it is about: one mail for each, and the name in its Message-ID.
    key: Mapped[str] = mapped_column(String(64), unique=True)
    # No foreign key: a mail may be for somebody without an account, and accounts lie above this package.
    user_id: Mapped[str | None] = mapped_column(String(26), index=True)
    to: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(40))
    subject_key: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(_LONGEST_SUBJECT))
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    # For the headers of RFC 8058; none for mails that must arrive.
    unsubscribe: Mapped[str | None] = mapped_column(String(300))
    inline: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    state: Mapped[str] = mapped_column(String(16), default=WAITING)
    # Counted when the mail is taken up, so that an attempt whose process died counts as well.
    attempts: Mapped[int] = mapped_column(default=0)
    # While `sending`: when whoever took it up must have died.
    run_after: Mapped[datetime] = mapped_column(default=now)
    # Who took it up; somebody who comes back too late finds another name here and writes nothing.
    claim: Mapped[str | None] = mapped_column(String(26))
    # Providers that will never take it.
    refused_by: Mapped[list[str]] = mapped_column(JSON, default=list)
    provider: Mapped[str | None] = mapped_column(String(20))
    last_error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]

    __table_args__ = (
        Index(None, "state", "run_after", "id"),
        Index(None, "state", "failed_at"),
        Index(None, "state", "sent_at"),
        Index(None, "created_at", "id"),
    )

    @property
    def pictures(self) -> tuple[Inline, ...]:
        """The pictures of the HTML."""
        return tuple(Inline(**picture) for picture in self.inline)


def enqueue(session: Session, letter: Letter, *, to: str, user_id: str | None, kind: str, subject_key: str) -> bool:
    """Put a letter into the outbox, once for each (user or address, kind, subject_key); return whether it is new.

    To be called inside `writing()`. Raises InvalidEmail for an address to which nothing can be sent.
    """
    address = mailable(to)
    insert = postgresql.insert if session.connection().dialect.name == "postgresql" else sqlite.insert
    added = insert(OutboxMail).values(
        key=_key(user_id or address.lower(), kind, subject_key),
        user_id=user_id,
        to=address,
        kind=kind,
        subject_key=subject_key,
        subject=_one_line(letter.subject),
        html=letter.html,
        text=letter.text,
        unsubscribe=letter.unsubscribe or None,
        inline=[asdict(picture) for picture in letter.inline],
    )
    # Two transactions may write the same letter at once: the database decides, and neither of them fails.
    statement = added.on_conflict_do_nothing(index_elements=["key"]).returning(OutboxMail.id)
    return session.execute(statement).scalar_one_or_none() is not None


def mailable(address: str) -> str:
    """Return the address as it is written on the wire; raise InvalidEmail where there is none.

    Nobody is asked (no DNS): whether somebody reads mail there is what the confirmation finds out.
    """
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        sentence = "This is not a valid email address. Please check it."
        # Under the field's name, so that a form shows it there.
        raise InvalidEmail(sentence, email=sentence) from error
    assert found.ascii_email
    return found.ascii_email


def failures(limit: int = 50) -> Sequence[OutboxMail]:
    """Return the mails that could not be handed over, the latest first, for a person to look at."""
    query = select(OutboxMail).where(OutboxMail.state == FAILED)
    return db.session.scalars(query.order_by(OutboxMail.failed_at.desc()).limit(limit)).all()


def send_again(session: Session, mail_id: str) -> bool:
    """Queue a failed mail again once its cause is fixed; return whether there was one. Inside `writing()`."""
    mail = session.get(OutboxMail, mail_id, with_for_update=True)
    if mail is None or mail.state != FAILED:
        return False
    mail.state, mail.attempts, mail.refused_by = WAITING, 0, []
    mail.run_after, mail.failed_at = now(), None
    return True


def erase(session: Session, *, user_id: str) -> None:
    """Delete every mail of a user, sent or not. Inside `writing()`."""
    session.execute(delete(OutboxMail).where(OutboxMail.user_id == user_id))


def _key(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _one_line(subject: str) -> str:
    """Return the subject without what could begin another header: line breaks and control characters."""
    line = " ".join(subject.split())
    return "".join(char for char in line if unicodedata.category(char) not in ("Cc", "Cs"))[:_LONGEST_SUBJECT]
