"""The panel's page of housekeeping."""

from collections.abc import Callable
from datetime import timedelta

from apiflask import APIFlask
from tests.functional.admin.staff import Operator
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening
from tests.functional.media.files import uploaded
from tests.functional.rendering.conftest import MakeJob, make_job

from oriel.clock import alert_tasks
from oriel.housekeeping.models import MISSING, HousekeepingRun, StrayFile
from oriel.housekeeping.runs import run_now
from oriel.housekeeping.table import JOBS, job_named
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.storage import storage
from oriel.media.models import Upload
from oriel.rendering.models import COMPLETED, RenderJob

__all__ = ["make_job"]

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


def test_a_lost_file_is_on_the_overview_which_leads_to_whose_it_is(
    app: APIFlask, support: Operator, caller: Callable[..., Caller], make_job: MakeJob
) -> None:
    ada = caller()
    song_id = uploaded(ada)
    with app.app_context():
        render_id = make_job(title="Night Drive", status=COMPLETED).id
        with writing() as session:
            row = session.get_one(RenderJob, render_id)
            row.video_object, row.poster_object = (
                f"videos/{row.user_id}/{row.id}/{each}" for each in ("v.mp4", "p.jpg")
            )
        song = db.session.get_one(Upload, song_id).object_name
        storage().delete(song)
        run_now(job_named("storage-check"))
        next(task for task in alert_tasks(app, app.config["ORIEL"]) if task.name == "alerts").do()
    assert '<a href="/admin/housekeeping/missing-files/">Alert: missing files</a>' in support.get("/admin/").text
    assert "The storage lacks 3 files of customers." in support.get(PAGE).text
    with app.app_context(), listening() as sent:
        page = support.get(f"{PAGE}missing-files/").text
    assert len(sent) <= 12
    for text in (song, ada.email, f"/admin/uploads/{song_id}", f"/admin/users/{ada.user_id}"):
        assert text in page
    for text in (f'<a href="/admin/renders/{render_id}">Night Drive</a>', ">Video<", ">Poster<"):
        assert text in page


def test_a_missing_file_whose_row_is_gone_is_still_listed(app: APIFlask, support: Operator) -> None:
    with app.app_context(), writing() as session:
        session.add(StrayFile(name="exports/a/b/data.zip", kind=MISSING))
        session.add(StrayFile(name="odd", kind=MISSING))
    page = support.get(f"{PAGE}missing-files/").text
    assert "exports/a/b/data.zip" in page
    assert "No row any more" in page


def test_without_a_missing_file_nothing_is_said(support: Operator) -> None:
    assert "The storage lacks" not in support.get(PAGE).text
    assert "No file was missing" in support.get(f"{PAGE}missing-files/").text
