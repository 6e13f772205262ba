"""Health and status of the service."""

from datetime import datetime
from typing import Any, Literal

from apiflask import APIBlueprint, APIFlask
from flask import current_app
from pydantic import BaseModel, Field, SerializerFunctionWrapHandler, model_serializer
from sqlalchemy import func, select

from oriel import __version__
from oriel.accounts.access import Who, allow, is_operator
from oriel.infra.database import db
from oriel.infra.mail.outbox import FAILED, SENDING, WAITING, OutboxMail
from oriel.infra.openapi_extensions import text_answer
from oriel.infra.request_traces import untraced
from oriel.monitoring.checks import CheckResult, State
from oriel.monitoring.dependencies import DATABASE, by_dependency, init_checks, overall, runner
from oriel.rendering.queue_figures import LiveWorker, QueueFigures, live_workers, queue_figures
from oriel.settings import Settings

routes = APIBlueprint("health", "health", tag="health")

_HELLO = text_answer("Hello World")


class HealthOut(BaseModel):
    """This process answers."""

    status: Literal["ok"]


class DependencyOut(BaseModel):
    """How a dependency answers."""

    state: State
    latency_ms: int = Field(description="How long its answer took, or how long we waited for one")


class CheckOut(BaseModel):
    """The latest result of a check, for operators."""

    check: str
    state: State
    latency_ms: int
    message: str = Field(description="Why it is not ok; empty if it is")
    checked_at: datetime


class MailsOut(BaseModel):
    """What the outbox holds."""

    waiting: int
    failed: int = Field(description="`oriel mail failures` lists them")


class OperationOut(BaseModel):
    """The state of the service, for operators."""

    checks: list[CheckOut]
    queue: QueueFigures
    workers: list[LiveWorker]
    mails: MailsOut
    storage: Literal["folder", "bucket"]


class StatusOfServiceOut(BaseModel):
    """How the service is."""

    status: State = Field(description="`down` without the database, `degraded` if anything else is not ok")
    version: str
    dependencies: dict[str, DependencyOut] = Field(
        description="`database`, `redis`, `storage`, `mail`, and `payments` if this server takes any"
    )
    operation: OperationOut | None = Field(default=None, description="Only for operators, while the database answers")

    @model_serializer(mode="wrap")
    def _without_what_others_may_not_see(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if value is not None}


def register(app: APIFlask) -> None:
    """Add the routes, and the checks that they show."""
    init_checks(app)
    app.register_blueprint(routes)


@routes.get("/health")
@allow(Who.ANYONE)
@routes.output(HealthOut)
@routes.doc(summary="Check that the service responds")
@untraced
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
@routes.doc(summary="Check everything that the service needs; with an operator's token, show details")
def status() -> dict[str, object]:
    """Return how everything is that we need, as asked within the last seconds."""
    results = runner().results()
    dependencies = by_dependency(results)
    brief: dict[str, object] = {
        "status": overall(results),
        "version": __version__,
        "dependencies": {
            name: {"state": result.state, "latency_ms": result.latency_ms} for name, result in dependencies.items()
        },
    }
    if dependencies[DATABASE].state is State.DOWN or not is_operator():
        return brief
    return {**brief, "operation": _operation(results)}


def _operation(results: list[CheckResult]) -> OperationOut:
    settings: Settings = current_app.config["ORIEL"]
    return OperationOut(
        checks=[_check(result) for result in results],
        queue=queue_figures(),
        workers=live_workers(),
        mails=_mails(),
        storage="bucket" if settings.gcs_bucket_name else "folder",
    )


def _check(result: CheckResult) -> CheckOut:
    return CheckOut(
        check=result.name,
        state=result.state,
        latency_ms=result.latency_ms,
        message=result.message,
        checked_at=result.checked_at,
    )


def _mails() -> MailsOut:
    counted = select(OutboxMail.state, func.count()).group_by(OutboxMail.state)
    states = dict(db.session.execute(counted).all())
    return MailsOut(waiting=states.get(WAITING, 0) + states.get(SENDING, 0), failed=states.get(FAILED, 0))
