"""The checks of what the service needs: database, Redis, storage, mail providers, and Stripe where it is used."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial

from apiflask import APIFlask
from flask import current_app
from sqlalchemy import text

from oriel.billing.gateway import payments, takes_payments
from oriel.infra.database import db
from oriel.infra.mail.gateway import Gateway
from oriel.infra.mail.providers import providers
from oriel.infra.redis import redis
from oriel.infra.storage import storage
from oriel.monitoring.checks import Check, CheckResult, CheckRunner, Degraded, State, worst
from oriel.settings import Settings

DATABASE = "database"
REDIS = "redis"
STORAGE = "storage"
MAIL = "mail"
PAYMENTS = "payments"

_KEY = "oriel.checks"
# Others' services over the internet, which may count our questions.
_ABROAD_KEPT_S = 60.0
_ABROAD_DEADLINE_S = 8.0
_ABROAD_SLOW_S = 3.0
_PROBE = "health/probe"


def init_checks(app: APIFlask) -> None:
    """Keep a runner for this process."""
    with app.app_context():
        app.extensions[_KEY] = CheckRunner(checks(), app.app_context)


def runner() -> CheckRunner:
    """Return the runner of the current application."""
    kept: CheckRunner = current_app.extensions[_KEY]
    return kept


def by_dependency(results: Sequence[CheckResult]) -> dict[str, CheckResult]:
    """Return one result for each dependency; several mail providers count as one, which any of them keeps from down."""
    merged: dict[str, CheckResult] = {}
    for result in results:
        name = result.name.partition(":")[0]
        merged[name] = _merged(merged[name], result) if name in merged else result
    return merged


def overall(results: Sequence[CheckResult]) -> State:
    """Return the service's state: down without its database, degraded if anything is not well."""
    dependencies = by_dependency(results)
    if dependencies[DATABASE].state is State.DOWN:
        return State.DOWN
    return State.OK if all(result.state is State.OK for result in dependencies.values()) else State.DEGRADED


def _merged(one: CheckResult, other: CheckResult) -> CheckResult:
    states = (one.state, other.state)
    state = worst(states)
    if state is State.DOWN and set(states) != {State.DOWN}:
        state = State.DEGRADED
    return CheckResult(
        one.name, state, max(one.latency_ms, other.latency_ms), "", max(one.checked_at, other.checked_at)
    )


def checks(*, writes: bool = False) -> list[Check]:
    """Return the checks of the current application; with `writes`, also write to a bucket, which costs money."""
    asked = [
        Check(DATABASE, _ask_database, slow_s=0.5),
        Check(REDIS, lambda: redis().ping(), slow_s=0.25),
        Check(STORAGE, partial(_ask_storage, writes=writes), slow_s=2.0, deadline_s=_ABROAD_DEADLINE_S, kept_s=15.0),
        *(_mail_check(gateway) for gateway in providers().gateways),
    ]
    return [*asked, _abroad(PAYMENTS, lambda: payments().check())] if takes_payments() else asked


def _ask_database() -> None:
    db.session.scalar(text("SELECT 1"))


def _ask_storage(*, writes: bool) -> None:
    settings: Settings = current_app.config["ORIEL"]
    if settings.gcs_bucket_name and not writes:
        storage().stat(_PROBE)
        return
    with storage().write(_PROBE, content_type="text/plain") as sink:
        sink.write(b"ok")
    storage().delete(_PROBE)
    if (free := free_percent(settings)) < settings.alert_disk_free_percent:
        raise Degraded(f"Only {free:.1f} % of the disk with DATA_DIR is free.")


def free_percent(settings: Settings) -> float:
    """Return how much of the disk with the data folder is free."""
    usage = shutil.disk_usage(settings.data_root)
    return 100 * usage.free / usage.total


def _mail_check(gateway: Gateway) -> Check:
    return _abroad(f"{MAIL}:{gateway.name}", gateway.check)


def _abroad(name: str, ask: Callable[[], object]) -> Check:
    return Check(name, ask, slow_s=_ABROAD_SLOW_S, deadline_s=_ABROAD_DEADLINE_S, kept_s=_ABROAD_KEPT_S)
