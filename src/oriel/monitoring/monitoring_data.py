"""What monitoring holds of a customer: the measurements of their renders. Rollups hold sums, of nobody."""

from collections.abc import Iterator

from sqlalchemy import delete, select

from oriel.accounts.personal_data import Listing, PersonalData, Row, fields, in_batches
from oriel.infra.database import writing
from oriel.monitoring.models import JobMetrics
from oriel.rendering.models import RenderJob

_FIELDS = ("render_id", "attempt", "claimed_at", "ended_at", "wait_s", "run_s", "stages", "frames", "outcome")


def listings(user_id: str) -> Iterator[Listing]:
    """Yield what each attempt at a render took."""
    query = select(JobMetrics).join(RenderJob).where(RenderJob.user_id == user_id)
    yield Listing("renders/attempts.json", in_batches(query, JobMetrics.id, _attempt))


def erase(user_id: str) -> None:
    """Delete the measurements; the database also deletes them with their renders."""
    renders = select(RenderJob.id).where(RenderJob.user_id == user_id)
    with writing() as session:
        session.execute(
            delete(JobMetrics).where(JobMetrics.render_id.in_(renders)),
            execution_options={"synchronize_session": False},
        )


MONITORING_DATA = PersonalData(domain="monitoring", tables=(JobMetrics,), listings=listings, erase=erase)


def _attempt(row: JobMetrics) -> Row:
    return fields(row, *_FIELDS)
