"""Health and status of the service."""

from typing import Any, Literal

from apiflask import APIBlueprint
from flask import current_app
from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from oriel import __version__
from oriel.accounts.access import Who, allow, is_operator
from oriel.infra.database import db
from oriel.infra.mail.outbox import FAILED, SENDING, WAITING, OutboxMail
from oriel.infra.openapi_extensions import text_answer
from oriel.infra.redis import redis
from oriel.rendering.queue_figures import QueueFigures, queue_figures
from oriel.settings import Settings

routes = APIBlueprint("health", "health", tag="health")

_HELLO = text_answer("Hello World")


class HealthOut(BaseModel):
    """This process answers."""

    status: Literal["ok"]


class PartsOut(BaseModel):
    """What the service needs."""

    database: bool
    queue: bool


class MailsOut(BaseModel):
    """What the outbox holds."""

    waiting: int
    failed: int = Field(description="`oriel mail failures` lists them")


class OperationOut(BaseModel):
    """The state of the service, for operators."""

    queue: QueueFigures
    mails: MailsOut
    storage: Literal["folder", "bucket"]


class StatusOfServiceOut(BaseModel):
    """How the service is."""

    status: Literal["ok", "degraded"]
    version: str
    parts: PartsOut
    operation: OperationOut | None = Field(default=None, description="Only for operators, while the database answers")

    @model_serializer(mode="wrap")
    def _without_what_others_may_not_see(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if value is not None}


@routes.get("/health")
@allow(Who.ANYONE)
@routes.output(HealthOut)
@routes.doc(summary="Check that the service responds")
def health() -> dict[str, str]:
    """Answer as long as this process can, whatever else is away."""
    return {"status": "ok"}


@routes.get("/hello")
@allow(Who.ANYONE)
@routes.doc(summary="Hello World", responses={200: _HELLO})
def hello() -> tuple[str, dict[str, str]]:
    """Answer what the first page of every program answers."""
    return "Hello World", {"Content-Type": "text/plain; charset=utf-8"}


@routes.get("/status")
@allow(Who.ANYONE)
@routes.output(StatusOfServiceOut)
@routes.doc(summary="Check the database, queue and storage; with an operator's token, show details")
def status() -> dict[str, object]:
    """Ask the database and the queue, shortly."""
    parts = {"database": _database(), "queue": _queue()}
    state = "ok" if all(parts.values()) else "degraded"
    brief: dict[str, object] = {"status": state, "version": __version__, "parts": parts}
    return {**brief, "operation": _operation()} if parts["database"] and is_operator() else brief


def _operation() -> OperationOut:
    settings: Settings = current_app.config["ORIEL"]
    storage: Literal["folder", "bucket"] = "bucket" if settings.gcs_bucket_name else "folder"
    return OperationOut(queue=queue_figures(), mails=_mails(), storage=storage)


def _mails() -> MailsOut:
    counted = select(OutboxMail.state, func.count()).group_by(OutboxMail.state)
    states = dict(db.session.execute(counted).all())
    return MailsOut(waiting=states.get(WAITING, 0) + states.get(SENDING, 0), failed=states.get(FAILED, 0))


def _database() -> bool:
    try:
        return bool(db.session.scalar(text("SELECT 1")) == 1)
    except SQLAlchemyError:
        db.session.rollback()
        return False


def _queue() -> bool:
    try:
        return bool(redis().ping())
    except RedisError:
        current_app.logger.warning("Redis does not answer.")
        return False
