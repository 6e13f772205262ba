"""Collects the figures of one hour from the rows that the other domains write."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from oriel.accounts.models import User
from oriel.billing.models import COMPLETED, SUBSCRIPTION, Payment, PaymentEvent
from oriel.infra.ids import first_id
from oriel.monitoring.activity import IS_CUSTOMER, active_accounts
from oriel.monitoring.histogram import Histogram
from oriel.monitoring.models import JobMetrics, QueueSample, StockSample, SystemHealth
from oriel.monitoring.period_figures import PeriodFigures
from oriel.monitoring.worker_time import add_worker_time
from oriel.rendering import attempt_ends
from oriel.rendering.models import CANCELLED, RenderJob

# A customer has come back who is active in the week that begins 30 days after the registration.
_AWAY, _BACK_WITHIN = timedelta(days=30), timedelta(days=7)
# Stripe tells of each declined attempt by one event of this kind, also of those that renew a subscription.
_DECLINED = "payment_intent.payment_failed"


@dataclass(frozen=True)
class Span:
    """From `start` until before `end`."""

    start: datetime
    end: datetime


def collect(session: Session, span: Span) -> PeriodFigures:
    """Return the figures of an hour. The same rows always give the same figures."""
    figures = PeriodFigures()
    for part in _PARTS:
        part(session, span, figures)
    return figures


def _submitted(session: Session, span: Span, figures: PeriodFigures) -> None:
    # Ids begin with the time: a range of the primary key.
    made = (RenderJob.id >= first_id(span.start), RenderJob.id < first_id(span.end))
    for look, number in session.execute(select(RenderJob.look, func.count()).where(*made).group_by(RenderJob.look)):
        figures.counts[f"looks.{look or 'unknown'}"] += number
        figures.counts["renders.submitted"] += number


def _cancelled(session: Session, span: Span, figures: PeriodFigures) -> None:
    """Count cancelled renders, also those that no worker had begun."""
    ended = (RenderJob.completed_at >= span.start, RenderJob.completed_at < span.end)
    query = select(func.count()).select_from(RenderJob).where(RenderJob.status == CANCELLED, *ended)
    _count(figures, "renders.cancelled", session.scalar(query))


def _attempts(session: Session, span: Span, figures: PeriodFigures) -> None:
    columns = (JobMetrics.attempt, JobMetrics.outcome, JobMetrics.error_code, JobMetrics.wait_s, JobMetrics.run_s)
    drawing = (JobMetrics.backend, JobMetrics.frames, JobMetrics.frames_per_s)
    ended = (JobMetrics.ended_at >= span.start, JobMetrics.ended_at < span.end)
    rows = session.execute(select(*columns, *drawing).where(*ended)).all()
    for row in rows:
        figures.counts[f"attempts.{row.outcome}"] += 1
        if row.error_code:
            figures.counts[f"errors.{row.error_code}"] += 1
        # A worker keeps its browser open: an attempt that fails before its first frame has a backend, and used none.
        if row.backend and row.frames:
            figures.counts[f"backends.{row.backend}"] += 1
    completed = [row for row in rows if row.outcome == attempt_ends.COMPLETED]
    _count(figures, "renders.completed", len(completed))
    _count(figures, "renders.failed", sum(row.outcome == attempt_ends.FAILED for row in rows))
    _spread(figures, "wait_s", [row.wait_s for row in rows if row.attempt == 1 and row.wait_s is not None])
    _spread(figures, "render_s", [row.run_s for row in completed if row.run_s is not None])
    _spread(figures, "frames_per_s", [row.frames_per_s for row in completed if row.frames_per_s is not None])


def _payments(session: Session, span: Span, figures: PeriodFigures) -> None:
    paid = (Payment.status == COMPLETED, Payment.completed_at >= span.start, Payment.completed_at < span.end)
    query = select(Payment.currency, func.count(), func.sum(Payment.amount)).where(*paid, Payment.amount > 0)
    for currency, number, amount in session.execute(query.group_by(Payment.currency)):
        figures.counts["payments.completed"] += number
        figures.counts[f"revenue.{currency}"] += int(amount)
    came = (PaymentEvent.received_at >= span.start, PaymentEvent.received_at < span.end)
    declined = select(func.count()).select_from(PaymentEvent).where(PaymentEvent.kind == _DECLINED, *came)
    _count(figures, "payments.declined", session.scalar(declined))


def _conversions(session: Session, span: Span, figures: PeriodFigures) -> None:
    """Count the customers whose first payment for a subscription this hour has."""
    earlier = aliased(Payment)
    had_paid = select(earlier.id).where(
        earlier.user_id == Payment.user_id,
        earlier.kind == SUBSCRIPTION,
        earlier.status == COMPLETED,
        earlier.amount > 0,
        earlier.completed_at < span.start,
    )
    payers = select(func.count(Payment.user_id.distinct())).join(User, User.id == Payment.user_id).where(IS_CUSTOMER)
    query = payers.where(
        Payment.kind == SUBSCRIPTION,
        Payment.status == COMPLETED,
        Payment.amount > 0,
        Payment.completed_at >= span.start,
        Payment.completed_at < span.end,
        ~had_paid.exists(),
    )
    _count(figures, "conversions", session.scalar(query))


def _accounts(session: Session, span: Span, figures: PeriodFigures) -> None:
    created = (User.created_at >= span.start, User.created_at < span.end)
    new = select(func.count()).select_from(User).where(IS_CUSTOMER, *created)
    _count(figures, "accounts.new", session.scalar(new))
    _count(figures, "accounts.active_in_hour", active_accounts(session, span.start, span.end))
    # Whoever is active for the first time on this day: a day's hours add up to the accounts of the day.
    day = span.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    until_now, before = active_accounts(session, day, span.end), active_accounts(session, day, span.start)
    _count(figures, "accounts.active_in_day", until_now - before)


def _returned(session: Session, span: Span, figures: PeriodFigures) -> None:
    age = _AWAY + _BACK_WITHIN
    registered = (User.created_at >= span.start - age, User.created_at < span.end - age)
    group = list(session.scalars(select(User.id).where(IS_CUSTOMER, *registered)))
    _count(figures, "returned.of", len(group))
    _count(figures, "returned.back", active_accounts(session, span.start - _BACK_WITHIN, span.end, group))


def _queue(session: Session, span: Span, figures: PeriodFigures) -> None:
    taken = (QueueSample.at >= span.start, QueueSample.at < span.end)
    for row in session.scalars(select(QueueSample).where(*taken).order_by(QueueSample.at)):
        figures.sample("queue.waiting", row.waiting)
        figures.sample("queue.rendering", row.rendering)
        figures.sample("queue.oldest_wait_s", row.oldest_wait_s)
        figures.sample("workers.busy", row.busy_workers)
        figures.sample("workers.idle", row.idle_workers)


def _worker_time(session: Session, span: Span, figures: PeriodFigures) -> None:
    add_worker_time(session, span.start, span.end, figures)


def _stock(session: Session, span: Span, figures: PeriodFigures) -> None:
    taken = (StockSample.at >= span.start, StockSample.at < span.end)
    for row in session.scalars(select(StockSample).where(*taken).order_by(StockSample.at)):
        figures.sample("accounts.all", row.accounts)
        figures.sample("accounts.active_in_month", row.active_accounts)
        figures.sample("storage.videos", row.video_bytes)
        figures.sample("storage.uploads", row.upload_bytes)
        for plan, number in row.plans.items():
            figures.sample(f"plans.{plan}", number)


def _health(session: Session, span: Span, figures: PeriodFigures) -> None:
    checked = (SystemHealth.checked_at >= span.start, SystemHealth.checked_at < span.end)
    query = select(SystemHealth.check, SystemHealth.state, func.count()).where(*checked)
    for check, state, number in session.execute(query.group_by(SystemHealth.check, SystemHealth.state)):
        figures.counts[f"health.{check}.{state}"] += number


_PARTS: tuple[Callable[[Session, Span, PeriodFigures], None], ...] = (
    _submitted,
    _cancelled,
    _attempts,
    _payments,
    _conversions,
    _accounts,
    _returned,
    _queue,
    _worker_time,
    _stock,
    _health,
)


def _count(figures: PeriodFigures, name: str, number: int | None) -> None:
    if number:
        figures.counts[name] += number


def _spread(figures: PeriodFigures, name: str, values: list[float]) -> None:
    if values:
        figures.histograms[name] = Histogram.of(values)
