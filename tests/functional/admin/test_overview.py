"""The first page of the panel: what waits, what is held up, and what is wrong now."""

from apiflask import APIFlask
from tests.functional.admin.staff import Operator
from tests.functional.rendering.conftest import MakeJob, make_job

from oriel.errors import StorageFailed
from oriel.infra.clock import now
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


def test_a_render_that_is_held_up_is_counted(app: APIFlask, admin: Operator, make_job: MakeJob) -> None:
    with app.app_context():
        make_job()
        attempt = attempts.claim("worker")
        assert attempt
        attempts.fail(attempt, StorageFailed("The storage is away."))
    figure = admin.get("/admin/").text.partition("<span>Held up</span>")[2].partition("</a>")[0]
    assert "<strong>1</strong>" in figure
    assert "the first for" in figure
