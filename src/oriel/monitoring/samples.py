"""Samples of what no row remembers: the length of the queue each minute, accounts and storage each hour."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.billing.current_plan import period_at
from oriel.billing.models import PlanHolding
from oriel.billing.plans import FREE, PLANS
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.media.models import Upload
from oriel.monitoring.activity import IS_CUSTOMER, active_accounts
from oriel.monitoring.models import QueueSample, StockSample
from oriel.rendering.models import COMPLETED, PROCESSING, RenderJob
from oriel.rendering.queue_figures import queue_figures

_ACTIVE_WITHIN = timedelta(days=30)


def sample_queue() -> None:
    """Note how the queue stands in this minute; once, however many clocks run."""
    at = now().replace(second=0, microsecond=0)
    queue = queue_figures()
    rendering = db.session.scalar(select(func.count()).select_from(RenderJob).where(RenderJob.status == PROCESSING))
    db.session.commit()
    row = {
        "at": at,
        "waiting": sum(queue.waiting.values()),
        "rendering": rendering or 0,
        "oldest_wait_s": max(0.0, queue.oldest_waiting_s or 0.0),
        "busy_workers": len(queue.workers),
        "idle_workers": len(queue.idle_workers),
    }
    with writing() as session:
        insert_missing(session, QueueSample, [row])


def sample_stock() -> None:
    """Note what there is in this hour; once, however many clocks run, because it reads whole tables."""
    at = now().replace(minute=0, second=0, microsecond=0)
    is_there = db.session.get(StockSample, at) is not None
    row = None if is_there else _stock(db.session, at)
    db.session.commit()
    if row:
        with writing() as session:
            insert_missing(session, StockSample, [row])


def latest_stock(start: datetime, end: datetime) -> datetime | None:
    """Return of which hour the latest sample of a time is; None where there is none, or none any more."""
    return db.session.scalar(select(func.max(StockSample.at)).where(StockSample.at >= start, StockSample.at < end))


def _stock(session: Session, at: datetime) -> dict[str, object]:
    accounts = session.scalar(select(func.count()).select_from(User).where(IS_CUSTOMER)) or 0
    there = (RenderJob.status == COMPLETED, RenderJob.deleted_at.is_(None))
    return {
        "at": at,
        "accounts": accounts,
        "active_accounts": active_accounts(session, at - _ACTIVE_WITHIN, at),
        "plans": _plans(session, accounts, at),
        "video_bytes": int(session.scalar(select(func.sum(RenderJob.video_bytes)).where(*there)) or 0),
        "upload_bytes": int(session.scalar(select(func.sum(Upload.size_bytes)).where(Upload.purged_at.is_(None))) or 0),
    }


def _plans(session: Session, accounts: int, at: datetime) -> dict[str, int]:
    """Return how many customers are on each plan, 0 as well: a plan that is missing would keep its latest number."""
    plans = Counter(dict.fromkeys(PLANS, 0))
    holdings = select(PlanHolding).join(User, User.id == PlanHolding.user_id).where(IS_CUSTOMER)
    plans.update(period_at(holding, at).plan.name for holding in session.scalars(holdings))
    plans[FREE.name] = accounts - sum(number for name, number in plans.items() if name != FREE.name)
    return dict(plans)
