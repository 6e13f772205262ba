"""Product analytics: how often those who have agreed use each look and feature in a day. Nothing else is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import db, insert_missing, writing
from oriel.infra.ids import new_id
from oriel.privacy.models import FeatureUse

KEPT_FOR = retention.keep(
    "feature-uses",
    "Daily counts of the looks and features you use, only if you agree",
    retention.DATABASE,
    timedelta(days=90),
    "after that day, or when you switch it off",
)


@dataclass(frozen=True)
class FeatureTotal:
    """How often a feature was used in the last 90 days, and by how many customers."""

    feature: str
    customers: int
    uses: int


def record(session: Session, user_id: str, *features: str) -> None:
    """Count what a customer uses today, such as "look:prism"; do nothing without consent."""
    # Locked, so that whoever switches it off at the same time leaves nothing behind.
    consent = select(User.analytics_since).where(User.id == user_id).with_for_update(key_share=True)
    if session.scalar(consent) is None:
        return
    day = now().date()
    rows = [{"id": new_id(), "user_id": user_id, "day": day, "feature": each, "uses": 0} for each in features]
    insert_missing(session, FeatureUse, rows)
    today = (FeatureUse.user_id == user_id, FeatureUse.day == day, FeatureUse.feature.in_(features))
    session.execute(update(FeatureUse).where(*today).values(uses=FeatureUse.uses + 1))


def set_consent(user_id: str, *, is_on: bool) -> datetime | None:
    """Agree to product analytics, or end it and delete what was counted; return since when it is on."""
    with writing() as session:
        user = session.get_one(User, user_id, with_for_update={"key_share": True}, populate_existing=True)
        if is_on:
            user.analytics_since = user.analytics_since or now()
        else:
            user.analytics_since = None
            session.execute(delete(FeatureUse).where(FeatureUse.user_id == user_id))
        return user.analytics_since


def totals() -> Sequence[FeatureTotal]:
    """Return what is used, the most used first."""
    customers, uses = func.count(FeatureUse.user_id.distinct()), func.sum(FeatureUse.uses)
    query = select(FeatureUse.feature, customers, uses).group_by(FeatureUse.feature)
    rows = db.session.execute(query.order_by(uses.desc(), FeatureUse.feature))
    return [FeatureTotal(feature, customers, uses) for feature, customers, uses in rows]


def tidy() -> int:
    """Delete the counts whose time is over; return how many."""
    with writing() as session:
        return len(session.scalars(delete(FeatureUse).where(_is_old()).returning(FeatureUse.id)).all())


def old_counts() -> Select[str]:
    """Return the select of the ids of counts that `tidy` deletes."""
    return select(FeatureUse.id).where(_is_old())


def _is_old() -> ColumnElement[bool]:
    return FeatureUse.day < (now() - KEPT_FOR).date()
