"""The panel's page of housekeeping."""

from datetime import timedelta

from apiflask import APIFlask
from tests.functional.admin.staff import Operator

from oriel.housekeeping.models import HousekeepingRun
from oriel.housekeeping.runs import run_now
from oriel.housekeeping.table import JOBS, job_named
from oriel.infra.clock import now
from oriel.infra.database import writing

PAGE = "/admin/housekeeping/"


def test_every_job_is_listed_though_none_has_run(support: Operator) -> None:
    page = support.get(PAGE).text
    assert all(job.name in page for job in JOBS)
    assert page.count("Has not run") == len(JOBS)
    assert "It is tried again" not in page


def test_what_came_of_a_run_is_told(app: APIFlask, support: Operator) -> None:
    with app.app_context():
        run_now(job_named("old-mails"))
    page = support.get(PAGE).text
    assert page.count("Has not run") == len(JOBS) - 1
    assert "Done" in page


def test_a_job_that_fails_comes_first_with_its_reason(app: APIFlask, support: Operator) -> None:
    at = now() - timedelta(minutes=5)
    with app.app_context(), writing() as session:
        session.add(HousekeepingRun(job=JOBS[-1].name, started_at=at, failures=2, error="<The disk> is full."))
    page = support.get(PAGE).text
    assert "One job fails" in page
    assert "Failed 2 times" in page
    assert "&lt;The disk&gt; is full." in page
    assert page.index(JOBS[-1].name) < page.index(JOBS[0].name)
