"""What an operator looks at first: what waits, what has failed, each with the way to its list. Counted by indexes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import url_for
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from oriel.admin.cells import age_of
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.infra.mail import OutboxMail
from oriel.infra.mail.outbox import FAILED as MAIL_FAILED
from oriel.infra.mail.outbox import WAITING
from oriel.rendering.models import COMPLETED, FAILED, PROCESSING, QUEUED, RenderJob
from oriel.rendering.queue_figures import oldest_waiting_since, queue_figures

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
    """Return how things stand now."""
    queue = queue_figures()
    waiting, workers = sum(queue.waiting.values()), len(queue.workers) + len(queue.idle_workers)
    ended = _counts(RenderJob.status, (FAILED, COMPLETED), RenderJob.completed_at > now() - _DAY)
    running = _counts(RenderJob.status, (PROCESSING,))[PROCESSING]
    letters = _counts(OutboxMail.state, (WAITING, MAIL_FAILED))
    failed, unsent = ended[FAILED], letters[MAIL_FAILED]
    is_held = (RenderJob.status == QUEUED, RenderJob.held_since.is_not(None))
    held, held_since = db.session.execute(select(func.count(), func.min(RenderJob.held_since)).where(*is_held)).one()
    oldest = oldest_waiting_since()
    renders, mails = url_for("panel_renders.index"), url_for("panel_mails.index")
    return [
        Figure(
            "Waiting",
            waiting,
            f"the oldest for {age_of(oldest)}" if oldest else "nothing waits",
            f"{renders}?state=queued",
        ),
        Figure(
            "Running",
            running,
            f"{workers} worker{'' if workers == 1 else 's'}",
            f"{renders}?state=processing",
            not workers,
        ),
        Figure(
            "Held up",
            held,
            f"the first for {age_of(held_since)}" if held else "by the storage or a machine",
            f"{renders}?state=queued",
            held > 0,
        ),
        Figure("Done", ended[COMPLETED], "in the last 24 hours", f"{renders}?state=completed"),
        Figure("Failed", failed, "in the last 24 hours", f"{renders}?state=failed", failed > 0),
        Figure("Mails to send", letters[WAITING], "in the outbox", f"{mails}?state=waiting"),
        Figure("Mails failed", unsent, "and not sent again", f"{mails}?state=failed", unsent > 0),
    ]


def _counts(state: InstrumentedAttribute[str], of: Sequence[str], *conditions: ColumnElement[bool]) -> Counter[str]:
    """Return how many rows are in each of these states, in one query."""
    query = select(state, func.count()).where(state.in_(of), *conditions).group_by(state)
    return Counter(dict(db.session.execute(query).all()))
