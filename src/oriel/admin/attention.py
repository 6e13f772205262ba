"""What an operator looks at first: what waits, what has failed, each with the way to its list. Counted by indexes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.admin.cells import age_of
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.infra.mail import OutboxMail
from oriel.infra.mail.outbox import FAILED as MAIL_FAILED
from oriel.infra.mail.outbox import WAITING as MAIL_WAITING
from oriel.monitoring.conditions import PANEL_PAGES
from oriel.quantities import quantity
from oriel.rendering.models import COMPLETED, FAILED, PROCESSING, RenderJob
from oriel.rendering.queue_figures import HELD_UP, WAITING, live_workers

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Figure:
    """A number with its title, a note below it, and where it leads; `is_bad` where somebody should look at it."""

    title: str
    value: int
    note: str
    link: str
    is_bad: bool = False


def figures() -> list[Figure]:
    """Return how things stand now. No render is in two of these figures."""
    return [*_queue(), *_ended(), *_mails()]


def place_of(condition: str) -> str | None:
    """Return the page on which operators see or mend what an alert is about; None where there is none."""
    place = PANEL_PAGES.get(condition)
    return f"{url_for('admin.index')}{place}" if place else None


def _queue() -> list[Figure]:
    waiting, since = _number_and_first(RenderJob.run_after, WAITING)
    held, held_since = _number_and_first(RenderJob.held_since, HELD_UP)
    running, workers = _counts(RenderJob.status, (PROCESSING,))[PROCESSING], len(live_workers())
    renders = url_for("panel_renders.index")
    return [
        Figure("Waiting", waiting, _wait(since), f"{renders}?state=queued"),
        Figure(
            "Running",
            running,
            quantity(workers, "worker"),
            f"{renders}?state=processing",
            not workers,
        ),
        Figure(
            "Held up",
            held,
            f"the first for {age_of(held_since)}" if held else "by the storage or a machine",
            f"{renders}?state=held",
            held > 0,
        ),
    ]


def _ended() -> list[Figure]:
    ended = _counts(RenderJob.status, (FAILED, COMPLETED), RenderJob.completed_at > now() - _DAY)
    renders, failed = url_for("panel_renders.index"), ended[FAILED]
    return [
        Figure("Done", ended[COMPLETED], "in the last 24 hours", f"{renders}?state=completed"),
        Figure("Failed", failed, "in the last 24 hours", f"{renders}?state=failed", failed > 0),
    ]


def _mails() -> list[Figure]:
    letters = _counts(OutboxMail.state, (MAIL_WAITING, MAIL_FAILED))
    mails, unsent = url_for("panel_mails.index"), letters[MAIL_FAILED]
    return [
        Figure("Mails to send", letters[MAIL_WAITING], "in the outbox", f"{mails}?state=waiting"),
        Figure("Mails failed", unsent, "and not sent again", f"{mails}?state=failed", unsent > 0),
    ]


def _wait(since: datetime | None) -> str:
    """Return how long the oldest has waited: since its submit, the end of its pause, or its retry by an operator."""
    if since is None:
        return "nothing waits"
    return f"the oldest for {age_of(since)}" if since <= now() else "for the next attempt"


def _number_and_first(since: InstrumentedAttribute[Any], condition: ColumnElement[bool]) -> tuple[int, datetime | None]:
    """Return how many renders there are of a kind, and since when the first of them is of it."""
    number, first = db.session.execute(select(func.count(), func.min(since)).where(condition)).one()
    return number, first


def _counts(state: InstrumentedAttribute[str], of: Sequence[str], *conditions: ColumnElement[bool]) -> Counter[str]:
    """Return how many rows are in each of these states, in one query."""
    query = select(state, func.count()).where(state.in_(of), *conditions).group_by(state)
    return Counter(dict(db.session.execute(query).all()))
