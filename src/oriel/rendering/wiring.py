"""Registers the rendering domain with the application. Not in `__init__`, because the pipeline must not import it."""

from apiflask import APIFlask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oriel.accounts import personal_data, statistics
from oriel.billing import orders, storage_use
from oriel.billing.models import PENDING, Payment
from oriel.billing.plans import CREDIT
from oriel.infra.database import db
from oriel.media import references
from oriel.media.models import Upload
from oriel.projects import settings_check
from oriel.projects.kept_uploads import pictures_in
from oriel.rendering import (
    attempt_ends,
    attempt_trace,
    cancellation,
    estimate_routes,
    events,
    list_routes,
    look_routes,
    routes,
    submit,
)
from oriel.rendering.announcement import announce
from oriel.rendering.look_routes import register_looks
from oriel.rendering.models import COMPLETED, UNDER_WAY, RenderJob, pictures_of
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.render_data import RENDER_DATA


def register(app: APIFlask) -> None:
    """Add the routes, the looks, and what videos take of a customer's storage."""
    looks = load_looks()
    register_looks(app, looks)
    orders.register(
        orders.Orders(
            check=lambda user_id, order: submit.check_order(user_id, order, looks),
            accept=lambda session, user_id, order, payment_id: submit.accept_paid(
                session, user_id, order, payment_id, looks
            ),
            begin=submit.begin,
            withdraw=cancellation.withdraw,
            announce=announce,
        )
    )
    settings_check.set_check(app, lambda document: submit.look_of(document, looks))
    app.register_blueprint(routes.routes)
    app.register_blueprint(list_routes.routes)
    app.register_blueprint(look_routes.routes)
    app.register_blueprint(estimate_routes.routes)
    app.register_blueprint(events.routes)
    attempt_ends.register(attempt_trace.note_end)
    statistics.register("renders_total", renders_total)
    personal_data.register(RENDER_DATA)


def renders_total(user_id: str) -> int:
    """Return how many renders a customer has ever asked for."""
    query = select(func.count()).select_from(RenderJob).where(RenderJob.user_id == user_id)
    return db.session.scalar(query) or 0


@references.register
def is_rendered(session: Session, upload_id: str) -> bool:
    """Return whether a render under way needs this song or picture."""
    upload = session.get_one(Upload, upload_id)
    query = select(RenderJob).where(RenderJob.user_id == upload.user_id, RenderJob.status.in_(UNDER_WAY))
    return any(upload.object_name in (job.audio_object, *pictures_of(job)) for job in session.scalars(query))


@references.register
def is_ordered(session: Session, upload_id: str) -> bool:
    """Return whether somebody is about to pay for a render of this song, or with this picture."""
    upload = session.get_one(Upload, upload_id)
    open_pages = (Payment.user_id == upload.user_id, Payment.status == PENDING, Payment.render_order.is_not(None))
    orders = session.scalars(select(Payment.render_order).where(*open_pages))
    return any(order and upload_id in (order["upload_id"], *pictures_in(order["settings"])) for order in orders)


@storage_use.register
def video_bytes_kept(session: Session, user_id: str) -> int:
    """Return the size of all videos of a customer that are still there."""
    query = select(func.sum(RenderJob.video_bytes)).where(
        RenderJob.user_id == user_id,
        RenderJob.status == COMPLETED,
        RenderJob.deleted_at.is_(None),
        # What a credit has paid counts towards no plan.
        RenderJob.plan != CREDIT.name,
    )
    return int(session.scalar(query) or 0)
