"""The operators' figures and the state of the service as JSON."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import json_of
from tests.functional.caller import Caller

from oriel.accounts.models import ROLE_ADMIN, UserSession
from oriel.infra.clock import in_iso, now
from oriel.infra.database import db, writing
from oriel.monitoring.incidents import Incident
from oriel.monitoring.models import DailyRollup, HourlyRollup, SystemHealth
from oriel.monitoring.rollups import DAY, HOUR, start_of_day, start_of_hour

MakeCaller = Callable[..., Caller]
PATHS = ("/admin/api/metrics", "/admin/api/system-status")


@pytest.fixture
def admin(caller: MakeCaller) -> Caller:
    return caller(role=ROLE_ADMIN)


def rolled_up(app: APIFlask) -> None:
    """Write a rollup of this hour and this day: two renders."""
    figures = {"counts": {"renders.completed": 2, "errors.STAGE_HUNG": 1}}
    with app.app_context(), writing() as session:
        session.add(HourlyRollup(starts_at=start_of_hour(now()), figures=figures))
        session.add(DailyRollup(starts_at=start_of_day(now()), figures=figures))


@pytest.mark.parametrize("path", PATHS)
def test_only_an_admin_sees_them(client: FlaskClient, caller: MakeCaller, admin: Caller, path: str) -> None:
    assert client.get(path).status_code == 401
    assert caller().get(path).status_code == 403
    assert client.get(path, headers={"X-API-Key": admin.key()[1]}).status_code == 401
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_password_alone_is_not_enough(app: APIFlask, admin: Caller, path: str) -> None:
    with app.app_context(), writing() as session:
        session.get_one(UserSession, admin.session_id).second_factor_at = None
    answer = admin.get(path)
    assert answer.status_code == 403
    assert "second factor" in json_of(answer)["error"]["message"]


def test_without_a_range_it_is_the_last_day_by_the_hour(app: APIFlask, admin: Caller) -> None:
    rolled_up(app)
    found = json_of(admin.get("/admin/api/metrics"))
    assert (found["step"], len(found["periods"])) == ("hour", 24)
    assert found["end"] == in_iso(start_of_hour(now()) + HOUR)
    lines = {line["name"]: line for line in found["series"]}
    assert lines["renders_completed"]["values"] == [None] * 23 + [2]
    assert (lines["renders_completed"]["total"], lines["renders_completed"]["total_before"]) == (2, None)
    assert lines["errors_STAGE_HUNG"]["total"] == 1


def test_a_range_is_widened_to_whole_days(app: APIFlask, admin: Caller) -> None:
    rolled_up(app)
    query = {"start": in_iso(now() - timedelta(days=29, minutes=1)), "end": in_iso(now()), "step": "day"}
    found = json_of(admin.get("/admin/api/metrics", query_string=query))
    assert found["end"] == in_iso(start_of_day(now()) + DAY)
    assert len(found["periods"]) in (30, 31)
    assert len(found["series"][0]["values"]) == len(found["series"][0]["values_before"]) == len(found["periods"])


@pytest.mark.parametrize(
    "query",
    [
        {"start": "yesterday"},
        {"start": "2026-01-01T00:00:00"},
        {"start": "1999-01-01T00:00:00Z"},
        {"step": "minute"},
        {"limit": "5"},
        {"start": "2026-11-02T00:00:00Z", "end": "2026-11-01T00:00:00Z"},
        {"start": "2026-01-01T00:00:00Z", "end": "2026-11-01T00:00:00Z", "step": "hour"},
        {"start": "2016-01-01T00:00:00Z", "end": "2026-11-01T00:00:00Z", "step": "day"},
    ],
)
def test_a_query_that_makes_no_sense_is_refused(admin: Caller, query: dict[str, str]) -> None:
    assert admin.get("/admin/api/metrics", query_string=query).status_code == 422


def test_figures_cost_one_query_beside_the_token(app: APIFlask, admin: Caller) -> None:
    from tests.functional.database.test_indexes import listening

    with app.app_context(), listening() as sent:
        assert admin.get("/admin/api/metrics").status_code == 200
    rollups = [each.statement for each in sent if "rollups" in each.statement]
    assert len(rollups) == 1
    assert len(sent) <= 2


def test_the_latest_result_of_each_check_is_told(app: APIFlask, admin: Caller) -> None:
    with app.app_context(), writing() as session:
        session.add(SystemHealth(check="database", state="ok", latency_ms=2.5))
        session.add(SystemHealth(check="redis", state="down", checked_at=now() - timedelta(minutes=2)))
        session.add(SystemHealth(check="redis", state="degraded", message="It answers slowly."))
        session.add(SystemHealth(check="sendgrid", state="down", checked_at=now() - timedelta(hours=2)))
    found = json_of(admin.get("/admin/api/system-status"))
    assert found["status"] == "degraded"
    told = [(check["check"], check["state"], check["message"]) for check in found["checks"]]
    assert told == [("database", "ok", ""), ("redis", "degraded", "It answers slowly.")]
    assert found["queue"]["waiting"] == {}
    assert found["workers"] == []


def test_the_open_alerts_are_told(app: APIFlask, admin: Caller) -> None:
    with app.app_context(), writing() as session:
        session.add(Incident(condition="disk", message="The disk is nearly full.", opened_at=now()))
        session.add(Incident(condition="worker", message="A worker may be gone."))
        session.add(Incident(condition="mail", message="Mails failed.", opened_at=now(), closed_at=now()))
    alerts = json_of(admin.get("/admin/api/system-status"))["alerts"]
    assert [(alert["condition"], alert["message"]) for alert in alerts] == [("disk", "The disk is nearly full.")]


@pytest.mark.parametrize(("state", "status"), [("ok", "ok"), ("degraded", "degraded"), ("down", "down")])
def test_without_the_database_the_service_is_down(app: APIFlask, admin: Caller, state: str, status: str) -> None:
    with app.app_context(), writing() as session:
        session.add(SystemHealth(check="database", state=state))
        session.add(SystemHealth(check="redis", state="ok"))
    assert json_of(admin.get("/admin/api/system-status"))["status"] == status
    with app.app_context():
        db.session.rollback()
