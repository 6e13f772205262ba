"""Rolls up each hour, and each day from its hours. Doing it again gives the same; after a stop it catches up.

An hour is closed five minutes after its end, when every transaction of it has long been committed. Until then its
row is provisional and replaced at each run, so that the dashboard shows what has just happened.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.monitoring.collect import Span, collect
from oriel.monitoring.models import DailyRollup, HourlyRollup, RollupProgress
from oriel.monitoring.period_figures import PeriodFigures, merged

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CLOSED_AFTER = timedelta(minutes=5)
_STEP = "hour"
# A run after a long stop leaves the rest to the next one, a few minutes later.
_MOST_HOURS = 200


def roll_up() -> int:
    """Bring all rollups up to date; return how many hours were closed."""
    closed_until = _closed_until()
    closed = 0
    while closed < _MOST_HOURS and closed_until + HOUR + CLOSED_AFTER <= now():
        roll_up_hour(closed_until)
        closed_until = _close(closed_until)
        closed += 1
    for hour in _open_hours(closed_until):
        roll_up_hour(hour)
    return closed


def roll_up_hour(hour: datetime) -> None:
    """Write the rollup of one hour, and of its day."""
    figures = collect(db.session, Span(hour, hour + HOUR))
    db.session.commit()
    with writing() as session:
        session.merge(HourlyRollup(starts_at=hour, figures=figures.as_json()))
        session.flush()
        _roll_up_day(session, start_of_day(hour))


def start_of_hour(moment: datetime) -> datetime:
    """Return the beginning of a moment's hour in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def start_of_day(moment: datetime) -> datetime:
    """Return the beginning of a moment's day in UTC."""
    return start_of_hour(moment).replace(hour=0)


def _roll_up_day(session: Session, day: datetime) -> None:
    hours = (HourlyRollup.starts_at >= day, HourlyRollup.starts_at < day + DAY)
    rows = session.scalars(select(HourlyRollup.figures).where(*hours).order_by(HourlyRollup.starts_at))
    whole = merged(PeriodFigures.from_json(row) for row in rows)
    session.merge(DailyRollup(starts_at=day, figures=whole.as_json()))


def _closed_until() -> datetime:
    """Return the first hour that is not closed; figures begin with the hour in which this is asked for first."""
    with writing() as session:
        first = {"step": _STEP, "closed_until": start_of_hour(now())}
        insert_missing(session, RollupProgress, [first])
        return session.get_one(RollupProgress, _STEP).closed_until


def _close(hour: datetime) -> datetime:
    """Move on by one hour, unless another clock has done so meanwhile; return the first hour that is not closed."""
    mine = (RollupProgress.step == _STEP, RollupProgress.closed_until == hour)
    with writing() as session:
        session.execute(
            update(RollupProgress).where(*mine).values(closed_until=hour + HOUR),
            execution_options={"synchronize_session": False},
        )
        return session.get_one(RollupProgress, _STEP, populate_existing=True).closed_until


def _open_hours(closed_until: datetime) -> Iterator[datetime]:
    """Yield the present hour, and the one before it while that is not closed."""
    present = start_of_hour(now())
    if closed_until < present - HOUR:
        # Still catching up.
        return
    if closed_until < present:
        yield closed_until
    yield present
