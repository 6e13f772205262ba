"""Sends mails from the outbox: records the intent before the provider is called, the outcome after."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, or_, select
from sqlalchemy.orm import Session

from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.counters import Counter
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.logs import facts
from oriel.infra.mail.gateway import Message
from oriel.infra.mail.outbox import FAILED, SENDING, SENT, WAITING, OutboxMail
from oriel.infra.mail.pictures import illustrated
from oriel.infra.mail.providers import Outcome, Result, providers

_log = logging.getLogger("oriel.mail")

# How long each attempt waits after the one before.
WAITS = (
    timedelta(0),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
# A mail that may have arrived is not sent again before; longer than any attempt can take.
UNKNOWN_WAIT = timedelta(minutes=10)
KEPT_FOR = retention.keep(
    "mails",
    "Emails that we sent, without their text",
    retention.DATABASE,
    timedelta(days=60),
    "after they are sent",
)

HANDED_OVER = Counter("oriel_mail_deliveries", "Attempts to hand a mail over, by provider", ("provider", "result"))
_POSTPONED_WAIT = timedelta(seconds=30)


def dispatch_due(limit: int = 20) -> int:
    """Hand over mails whose time has come, the one that has waited longest first; return how many were taken.

    Any number of dispatchers may run at once: each mail is taken up by one of them. A call asks providers over the
    network, and may last as long as their time limits.
    """
    taken = 0
    for _ in range(limit):
        # One at a time, so that none waits, taken up, behind a provider that hangs.
        if providers().are_resting or not (mail := _take_up()):
            break
        outcome = _attempt(mail)
        HANDED_OVER.add(outcome.provider or "none", outcome.result.replace(" ", "_"))
        _write_down(mail.id, mail.claim, outcome)
        taken += outcome.result is Result.TAKEN
    return taken


def tidy() -> int:
    """Delete the mails that were settled two months ago; return how many.

    None of what they were about can be written about again by then: videos are kept for a month at most.
    """
    with writing() as session:
        return len(session.scalars(delete(OutboxMail).where(_is_old()).returning(OutboxMail.id)).all())


def old_mails() -> Select[str]:
    """Return the select of the ids of mails that `tidy` deletes."""
    return select(OutboxMail.id).where(_is_old())


def _is_old() -> ColumnElement[bool]:
    before = now() - KEPT_FOR
    return or_(
        (OutboxMail.state == SENT) & (OutboxMail.sent_at < before),
        (OutboxMail.state == FAILED) & (OutboxMail.failed_at < before),
    )


def _take_up() -> OutboxMail | None:
    """Return the next mail, marked as ours; one that was being sent ten minutes ago has lost its dispatcher."""
    # Most often there is none, and a look costs no commit.
    waits = db.session.scalar(_due(now()).with_only_columns(OutboxMail.id).limit(1))
    db.session.commit()
    if waits is None:
        return None
    with writing() as session:
        while mail := _next(session, now()):
            if mail.attempts < len(WAITS):
                mail.state, mail.claim = SENDING, new_id()
                mail.attempts += 1
                mail.run_after = now() + UNKNOWN_WAIT
                return mail
            _fail(mail, mail.last_error or "The process that was sending it has stopped.")
            session.flush()
    return None


def _next(session: Session, moment: datetime) -> OutboxMail | None:
    first = _due(moment).order_by(OutboxMail.run_after, OutboxMail.id).limit(1)
    # SQLite has one writer at a time anyway, and leaves the clause out.
    return session.scalar(first.with_for_update(skip_locked=True))


def _due(moment: datetime) -> Select[OutboxMail]:
    return select(OutboxMail).where(OutboxMail.state.in_((WAITING, SENDING)), OutboxMail.run_after <= moment)


def _attempt(mail: OutboxMail) -> Outcome:
    """Ask the providers; a letter that cannot be put on the wire is our mistake, and has failed."""
    try:
        return providers().hand_over(_written(mail), refused_by=mail.refused_by)
    except ValueError as error:
        # Raised while the message is written, so before anything was sent; again and again it would be the same.
        _log.exception("A mail cannot be written.", extra=facts(mail=mail.id, kind=mail.kind))
        return Outcome(
            Result.REFUSED, error=f"The email cannot be composed: {error}", refused_by=tuple(mail.refused_by)
        )


def _written(mail: OutboxMail) -> Message:
    html, pictures = illustrated(mail)
    sender = providers().sender
    return Message(
        message_id=f"<{mail.key[:32]}@{sender.domain}>",
        sender=sender,
        to=mail.to,
        subject=mail.subject,
        html=html,
        text=mail.text,
        pictures=pictures,
        unsubscribe=mail.unsubscribe or "",
    )


def _write_down(mail_id: str, claim: str | None, outcome: Outcome) -> None:
    with writing() as session:
        mail = session.get(OutboxMail, mail_id, with_for_update=True)
        # Erased meanwhile, or taken up by somebody else because we were too slow.
        if mail is None or mail.claim != claim:
            return
        mail.provider, mail.last_error = outcome.provider, (outcome.error or "")[:300] or None
        mail.refused_by = list(outcome.refused_by)
        _settle(mail, outcome)
        said = facts(mail=mail.id, kind=mail.kind, state=mail.state, provider=mail.provider, attempt=mail.attempts)
    level = logging.ERROR if said["facts"]["state"] == FAILED else logging.INFO
    _log.log(level, "A mail was %s.", outcome.result, extra=said)


def _settle(mail: OutboxMail, outcome: Outcome) -> None:
    match outcome.result:
        case Result.TAKEN:
            mail.state, mail.sent_at = SENT, now()
            if not outcome.keeps_words:
                # Its links are secrets, and nobody needs them here any more.
                mail.html = mail.text = ""
        case Result.REFUSED:
            _fail(mail, mail.last_error)
        case Result.POSTPONED:
            mail.attempts -= 1
            _wait(mail, _POSTPONED_WAIT)
        case Result.NOT_TAKEN | Result.UNKNOWN if mail.attempts >= len(WAITS):
            _fail(mail, mail.last_error)
        case Result.UNKNOWN:
            _wait(mail, max(UNKNOWN_WAIT, WAITS[mail.attempts]))
        case Result.NOT_TAKEN:
            _wait(mail, WAITS[mail.attempts])


def _wait(mail: OutboxMail, wait: timedelta) -> None:
    mail.state, mail.run_after = WAITING, now() + wait


def _fail(mail: OutboxMail, error: str | None) -> None:
    mail.state, mail.failed_at, mail.last_error = FAILED, now(), error
