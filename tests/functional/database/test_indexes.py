"""What lists, claims and sweeps reads no table as a whole: asked of the database for each statement that is sent."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import event, text
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.infra.database import db
from oriel.infra.mail import dispatch
from oriel.media import loudness, sweep
from oriel.rendering import attempts, expiry, holdups

MakeCaller = Callable[..., Caller]


@dataclass(frozen=True)
class Sent:
    """A statement as the database got it."""

    statement: str
    parameters: Any


@contextlib.contextmanager
def listening() -> Iterator[list[Sent]]:
    """Collect what is sent to the database meanwhile."""
    sent: list[Sent] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_others: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            sent.append(Sent(statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def plan_of(sent: Sent) -> str:
    """Return how the database finds what a statement asks for."""
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            # Tables as small as these are read as a whole otherwise, whatever indexes they have.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{explain} {sent.statement}", sent.parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def whole_tables(plan: str) -> list[str]:
    """Return the lines of a plan that read a table from one end to the other."""
    lines = [line.strip() for line in plan.splitlines()]
    whole = [line for line in lines if "Seq Scan" in line or (line.startswith("SCAN ") and "INDEX" not in line)]
    # A subquery's result has no index, and needs none.
    return [line for line in whole if not line.startswith(("SCAN anon", "SCAN (", "SCAN CONSTANT"))]


def assert_indexed(sent: list[Sent], index: str) -> None:
    plans = {each.statement: plan_of(each) for each in sent}
    assert [(statement, plan) for statement, plan in plans.items() if whole_tables(plan)] == []
    if db.engine.dialect.name == "sqlite":
        assert any(index in plan for plan in plans.values()), plans
    else:
        # Which of several indexes PostgreSQL takes follows from what it last learned about these small tables.
        assert any("Index" in plan for plan in plans.values()), plans


@pytest.fixture
def customer(caller: MakeCaller) -> Caller:
    """Somebody with a song and a render that waits."""
    somebody = caller()
    answer = somebody.post("/api/render/submit", json={"upload_id": uploaded(somebody)})
    assert answer.status_code == 202
    return somebody


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("/api/renders", "ix_render_jobs_user_id_created_at_id"),
        ("/api/renders?look=halo&search=night&sort=name", "ix_render_jobs_user_id_"),
        ("/api/renders?state=available&sort=expires", "ix_render_jobs_user_id_"),
        ("/api/user/history", "ix_render_jobs_user_id_created_at_id"),
        ("/api/payments/history?kind=render", "ix_payments_user_id_created_at_id"),
        ("/api/uploads", "ix_uploads_user_id_created_at_id"),
        ("/api/uploads?kind=song", "ix_uploads_user_id_created_at_id"),
        ("/api/user/sessions", "ix_user_sessions_user_id_created_at"),
        ("/api/user/activity", "ix_activities_user_id_at"),
        ("/api/user/keys", "ix_api_keys_user_id_created_at"),
        ("/api/user/profile", "pk_users"),
        ("/dev/mail.json", "ix_outbox_mails_created_at_id"),
    ],
)
def test_a_list_is_read_from_an_index(app: APIFlask, customer: Caller, path: str, index: str) -> None:
    with app.app_context(), listening() as sent:
        assert customer.get(path).status_code == 200
        assert sent
    with app.app_context():
        assert_indexed(sent, index if db.engine.dialect.name != "sqlite" or "pk_" not in index else "autoindex_users")


@pytest.mark.parametrize(
    ("task", "index"),
    [
        (lambda: attempts.claim("a worker"), "ix_render_jobs_status_plan_created_at"),
        (attempts.reap, "ix_render_jobs_status_"),
        (lambda: attempts.release("a worker"), "ix_render_jobs_status_"),
        (lambda: expiry.delete_expired_videos(10), "ix_render_jobs_purged_at_"),
        (lambda: expiry.warn_of_expiry(10), "ix_render_jobs_"),
        (holdups.tell, "ix_render_jobs_status_"),
        (lambda: sweep.delete_expired(10), "ix_uploads_purged_at_expires_at"),
        (lambda: dispatch.dispatch_due(10), "ix_outbox_mails_state_run_after_id"),
        (dispatch.tidy, "ix_outbox_mails_state_"),
        (lambda: loudness.unmeasured(5), "ix_uploads_measured_at_created_at"),
    ],
    ids=[
        "claim",
        "reap",
        "release",
        "expired videos",
        "expiring videos",
        "held-up renders",
        "expired uploads",
        "due mails",
        "old mails",
        "unmeasured songs",
    ],
)
def test_what_is_due_is_found_by_an_index(
    app: APIFlask, customer: Caller, task: Callable[[], object], index: str
) -> None:
    with app.app_context(), listening() as sent:
        task()
    with app.app_context():
        assert_indexed(sent, index)


def test_a_search_without_an_index_would_be_seen(app: APIFlask) -> None:
    with app.app_context():
        assert whole_tables(plan_of(Sent("SELECT * FROM uploads WHERE filename = 'night.mp3'", ())))
