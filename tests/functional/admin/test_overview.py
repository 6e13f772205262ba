"""The first page of the panel: what waits, what is held up, and what is wrong now."""

import html
import re
from datetime import timedelta

from apiflask import APIFlask
from tests.functional.admin.staff import Operator
from tests.functional.rendering.conftest import MakeJob, make_job

from oriel.clock import ALERT_CONDITIONS
from oriel.errors import AppError, StageCrashed, StorageFailed
from oriel.infra.clock import clock, now
from oriel.infra.database import writing
from oriel.monitoring.incidents import Incident
from oriel.monitoring.models import DOWN, OK, SystemHealth
from oriel.rendering import attempts

__all__ = ["make_job"]


def test_where_all_is_well_it_says_so(admin: Operator) -> None:
    page = admin.get("/admin/").text
    assert "No alert is open" in page
    assert "by the storage or a machine" in page


def test_what_is_wrong_stands_there_until_it_is_over(app: APIFlask, admin: Operator) -> None:
    with app.app_context(), writing() as session:
        session.add(Incident(condition="dead_letters", message="2 renders failed for good.", opened_at=now()))
        # Nobody was told of the first one: it may be over at once.
        session.add(Incident(condition="worker_gone", message="One worker is gone."))
        session.add(Incident(condition="disk", message="It was full.", opened_at=now(), closed_at=now()))
        session.add(SystemHealth(check="mail", state=DOWN, message="The provider does not answer."))
        session.add(SystemHealth(check="redis", state=OK))
    page = admin.get("/admin/").text
    assert all(text in page for text in ("Alert: dead letters", "2 renders failed for good.", "Check: mail is down"))
    assert not any(text in page for text in ("worker gone", "It was full.", "redis", "No alert is open"))


def test_an_alert_whose_cause_is_gone_says_so(app: APIFlask, admin: Operator) -> None:
    with app.app_context(), writing() as session:
        session.add(Incident(condition="worker_gone", message="0 of at least 1 worker is alive.", opened_at=now()))
    assert "quiet minutes" not in admin.get("/admin/").text
    clock.shift(timedelta(minutes=5))
    assert "Over for 5 min. After 10 quiet minutes the alert closes." in admin.get("/admin/").text


def test_an_alert_leads_to_where_its_cause_is_seen_or_mended(app: APIFlask, admin: Operator) -> None:
    names = {condition.name for condition in ALERT_CONDITIONS}
    with app.app_context(), writing() as session:
        session.add_all(Incident(condition=name, message=f"{name}.", opened_at=now()) for name in names)
    rows = re.findall(r"<tr><td class=.title.*?</tr>", admin.get("/admin/").text)
    places = {name: re.search('href="(.*?)"', row) for row in rows for name in names if f"{name}." in row}
    assert {name for name, place in places.items() if place is None} == {"error_rate", "certificate"}
    assert set(places) == names
    for place in places.values():
        assert place is None or admin.get(html.unescape(place[1])).status_code == 200
    assert places["dead_letters"]
    assert places["dead_letters"][1] == "/admin/renders/?state=failed"


def figure(admin: Operator, title: str) -> str:
    """Return a figure's link, number and note."""
    page = admin.get("/admin/").text
    href, link = re.findall(rf'href="([^"]+)"><span>{title}</span>(.*?)</a>', page)[0]
    return " ".join([href, *re.sub("<.*?>", " ", link).split()])


def fail(error: AppError) -> None:
    attempt = attempts.claim("worker")
    assert attempt
    attempts.fail(attempt, error)


def test_a_render_that_is_held_up_is_counted_once(app: APIFlask, admin: Operator, make_job: MakeJob) -> None:
    with app.app_context():
        held = make_job().id
        fail(StorageFailed("The storage is away."))
        waiting = make_job().id
    clock.shift(timedelta(minutes=5))
    assert figure(admin, "Held up") == "/admin/renders/?state=held 1 the first for 5 min"
    assert figure(admin, "Waiting") == "/admin/renders/?state=queued 1 the oldest for 5 min"
    lists = {state: admin.get(f"/admin/renders/?state={state}").text for state in ("held", "queued")}
    assert (held in lists["held"], waiting in lists["held"]) == (True, False)
    assert (held in lists["queued"], waiting in lists["queued"]) == (False, True)
    assert 'aria-current="page">Held up</a>' in lists["held"]


def test_a_render_that_pauses_before_its_next_attempt_has_not_waited_yet(
    app: APIFlask, admin: Operator, make_job: MakeJob
) -> None:
    assert " 0 nothing waits" in figure(admin, "Waiting")
    with app.app_context():
        make_job()
        fail(StageCrashed("Crashed."))
    assert " 1 for the next attempt" in figure(admin, "Waiting")
