"""Opens an incident when a condition holds, and closes it when that is over: one letter and one call for each."""

import json
import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from oriel import mails
from oriel.errors import InvalidEmail
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.logs import facts
from oriel.infra.mail import outbox
from oriel.monitoring.conditions import PANEL_PAGES, Condition, Observer, Unknown
from oriel.monitoring.incidents import CLOSED, OPENED, AlertCall, Incident
from oriel.settings import Settings

_log = logging.getLogger("oriel.alerts")

# The all-clear waits, so that a condition at its threshold does not open one incident after another.
QUIET_FOR = timedelta(minutes=10)
# Closed incidents are history for the next one.
KEPT_FOR = timedelta(days=90)


def evaluate(observer: Observer, conditions: Sequence[Condition]) -> None:
    """Look at every condition once. One that cannot be looked at does not keep the others from it."""
    # A transaction that is still open would show an old picture.
    db.session.rollback()
    observer.sample()
    for condition in conditions:
        try:
            message = condition.look(observer)
        except Unknown:
            continue
        except Exception:  # noqa: BLE001  (whatever one condition does, the others are still looked at)
            _log.exception("A condition cannot be evaluated.", extra=facts(condition=condition.name))
            db.session.rollback()
            continue
        finally:
            db.session.rollback()
        _note(observer.settings, condition, message)


def open_incidents() -> Sequence[Incident]:
    """Return what operators have been told of and is not over, the oldest first."""
    query = select(Incident).where(Incident.closed_at.is_(None), Incident.opened_at.is_not(None))
    return db.session.scalars(query.order_by(Incident.opened_at)).all()


def tidy() -> int:
    """Delete incidents that were closed long ago, with their calls; return how many."""
    with writing() as session:
        old = delete(Incident).where(Incident.id.in_(old_incidents())).returning(Incident.id)
        return len(session.scalars(old).all())


def old_incidents() -> Select[str]:
    """Return the select of the ids of incidents that `tidy` deletes."""
    return select(Incident.id).where(Incident.closed_at < now() - KEPT_FOR)


def _note(settings: Settings, condition: Condition, message: str | None) -> None:
    query = select(Incident).where(Incident.condition == condition.name, Incident.closed_at.is_(None))
    known = db.session.scalar(query)
    db.session.commit()
    if known is None and message is None:
        return
    with writing() as session:
        if message is not None and known is None:
            insert_missing(session, Incident, [{"condition": condition.name, "message": message[:300]}])
        incident = session.scalar(query.with_for_update())
        if incident is None:
            return
        if message is None:
            _end(session, settings, condition, incident)
        else:
            _go_on(session, settings, condition, incident, message[:300])


def _go_on(session: Session, settings: Settings, condition: Condition, incident: Incident, message: str) -> None:
    incident.message, incident.last_seen_at = message, now()
    if incident.opened_at is None and now() - incident.first_seen_at >= condition.holds_for:
        incident.opened_at = now()
        _log.error("Alert: %s", message, extra=facts(condition=condition.name, incident=incident.id))
        _tell(session, settings, condition, incident, OPENED)


def _end(session: Session, settings: Settings, condition: Condition, incident: Incident) -> None:
    if incident.opened_at is None:
        # Over before anybody was told.
        session.delete(incident)
    elif now() - incident.last_seen_at >= QUIET_FOR:
        incident.closed_at = now()
        _log.warning("All clear: %s", condition.title, extra=facts(condition=condition.name, incident=incident.id))
        _tell(session, settings, condition, incident, CLOSED)


def _tell(session: Session, settings: Settings, condition: Condition, incident: Incident, event: str) -> None:
    assert incident.opened_at
    page = _page(settings, condition)
    if settings.alert_email:
        compose = {
            OPENED: lambda at: mails.alert_opened(condition.title, incident.message, at, condition.commands, page),
            CLOSED: lambda at: mails.alert_closed(condition.title, incident.message, at, page),
        }
        try:
            outbox.enqueue(
                session,
                compose[event](incident.opened_at),
                to=settings.alert_email,
                user_id=None,
                kind=f"alert_{event}",
                subject_key=incident.id,
            )
        except InvalidEmail:
            _log.warning("ALERT_EMAIL is no address: nobody gets alerts by email.")
    if settings.alert_webhook_url:
        body = _body(settings, condition, incident, event)
        session.add(AlertCall(incident_id=incident.id, event=event, body=json.dumps(body)))


def _body(settings: Settings, condition: Condition, incident: Incident, event: str) -> dict[str, str | None]:
    assert incident.opened_at
    return {
        "id": f"{incident.id}-{event}",
        "type": f"alert.{event}",
        "incident": incident.id,
        "condition": condition.name,
        "title": condition.title,
        "message": incident.message,
        "opened_at": incident.opened_at.isoformat(),
        "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
        "service": settings.base_url,
        "page": _page(settings, condition),
    }


def _page(settings: Settings, condition: Condition) -> str:
    """Return the panel's page about a condition, or its overview."""
    return f"{settings.base_url}/admin/{PANEL_PAGES.get(condition.name, '')}"
