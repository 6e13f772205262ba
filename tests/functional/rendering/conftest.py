"""Renders in the database, in any state."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller

from oriel.billing import rights
from oriel.billing.plans import PLANS
from oriel.billing.refusals import Demand
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings

MakeJob = Callable[..., RenderJob]
SMALL = Demand(width=1280, height=720, fps=30, format="mp4", duration_s=10.0, song_bytes=1000, video_bytes_estimate=0)


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> Iterator[None]:
    """Tests of this folder call the domain itself as well."""
    with app.app_context():
        yield


@pytest.fixture
def make_job(caller: Callable[..., Caller]) -> MakeJob:
    """Write a render of a new customer (or of `user_id`) with its right reserved; any column may be given."""

    def make(user_id: str | None = None, plan: str = "free", **columns: Any) -> RenderJob:  # noqa: ANN401
        owner = user_id or caller().user_id
        created_at = columns.pop("created_at", now())
        terms = PLANS[plan]
        with writing() as session:
            job = RenderJob(
                id=new_id(),
                user_id=owner,
                title="Night",
                audio_filename="night.mp3",
                audio_object="uploads/night.mp3",
                render_config=parse_settings({"output": {"width": 1280, "height": 720}}).model_dump(mode="json"),
                song_s=10.0,
                max_song_s=terms.song_seconds,
                watermark=terms.watermark,
                plan=terms.name,
                weight=terms.weight,
                at_once=columns.pop("at_once", terms.at_once),
                kept_for_s=30 * 86400,
                created_at=created_at,
                run_after=min(created_at, now()),
            )
            for name, value in columns.items():
                setattr(job, name, value)
            rights.reserve(session, owner, job.id, SMALL)
            session.add(job)
        return job

    return make


def fresh(job: RenderJob) -> RenderJob:
    """Return the row as it is now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(RenderJob, job.id)
