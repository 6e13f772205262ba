"""The audit trail: a line in the transaction of each act, and never a change."""

import html
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import DBAPIError
from tests.functional.admin.staff import Operator, trail

from oriel.admin.models import AdminAction, TrailIsAppendOnly
from oriel.admin.trail import KEPT_FOR, Actor, in_trail, tidy
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.rendering.models import Worker

ADA = Actor("a" * 26, "ada@example.com", "admin", "192.0.2.7")


def _work(name: str) -> None:
    with writing() as session:
        session.add(Worker(name=name, seen_at=now()))


def _fail() -> None:
    with writing() as session:
        session.add(Worker(name="one", seen_at=now()))
        session.flush()
        raise LookupError


def _line(**values: object) -> dict[str, object]:
    line = {"actor": "ada@example.com", "role": "admin", "action": "panel.login", "kind": "user", "object_id": "x"}
    return {**line, "detail": {}, "address": "", **values}


def test_a_line_says_who_did_what_to_whom(app: APIFlask) -> None:
    with app.app_context(), in_trail(ADA, "panel.login", "user", "b" * 26, method="code") as detail:
        detail["late"] = True
        _work("one")
    [line] = trail(app)
    assert (line.actor_id, line.actor, line.role, line.address) == (ADA.id, ADA.name, "admin", "192.0.2.7")
    assert (line.action, line.kind, line.object_id) == ("panel.login", "user", "b" * 26)
    assert line.detail == {"method": "code", "late": True}


def test_a_line_is_in_the_first_transaction_of_its_act(app: APIFlask) -> None:
    with app.app_context(), in_trail(ADA, "panel.login", "user", "x"):
        db.session.get(Worker, "one")
        _work("one")
        with db.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM admin_actions")) == 1
        _work("two")
    assert len(trail(app)) == 1


def test_an_act_that_fails_leaves_no_line(app: APIFlask) -> None:
    with app.app_context(), pytest.raises(LookupError), in_trail(ADA, "panel.login", "user", "x"):
        _fail()
    assert trail(app) == []


def test_an_act_that_fails_first_and_then_succeeds_leaves_one(app: APIFlask) -> None:
    with app.app_context(), in_trail(ADA, "panel.login", "user", "x"):
        with pytest.raises(LookupError):
            _fail()
        _work("one")
    assert len(trail(app)) == 1


def test_an_act_with_a_savepoint_leaves_one(app: APIFlask) -> None:
    with app.app_context(), in_trail(ADA, "panel.login", "user", "x"), writing() as session:
        with session.begin_nested():
            session.add(Worker(name="one", seen_at=now()))
        session.add(Worker(name="two", seen_at=now()))
    assert len(trail(app)) == 1


def test_an_act_that_had_nothing_to_write_leaves_its_line(app: APIFlask) -> None:
    with app.app_context(), in_trail(ADA, "panel.login", "user", "x"):
        db.session.get(Worker, "one")
    assert len(trail(app)) == 1


def test_what_is_no_act_leaves_no_line(app: APIFlask) -> None:
    with app.app_context():
        _work("one")
    assert trail(app) == []


def test_the_models_refuse_changes(app: APIFlask) -> None:
    with app.app_context():
        with writing() as session:
            session.add(AdminAction(**_line()))
        with pytest.raises(TrailIsAppendOnly), writing() as session:
            session.query(AdminAction).one().actor = "eve@example.com"
        with pytest.raises(TrailIsAppendOnly), writing() as session:
            session.delete(session.query(AdminAction).one())
        for statement in (update(AdminAction).values(actor="eve"), delete(AdminAction)):
            with pytest.raises(TrailIsAppendOnly), writing() as session:
                session.execute(statement)
    assert [line.actor for line in trail(app)] == ["ada@example.com"]


def test_sqlite_replaces_no_line(app: APIFlask) -> None:
    with app.app_context():
        with writing() as session:
            session.add(AdminAction(**_line()))
        if db.engine.dialect.name != "sqlite":
            # PostgreSQL has no such statement.
            return
        columns = [column.name for column in AdminAction.__table__.columns]
        for by, new in (("id", {"actor": "'eve'"}), ("rowid", {"actor": "'eve'", "id": "'another'"})):
            names = dict.fromkeys([by, *columns])
            values = ", ".join(new.get(name, name) for name in names)
            replace = f"REPLACE INTO admin_actions ({', '.join(names)}) SELECT {values} FROM admin_actions"  # noqa: S608
            with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
                connection.execute(text(replace))
    assert [line.actor for line in trail(app)] == ["ada@example.com"]


@pytest.mark.parametrize("statement", ["UPDATE admin_actions SET actor = 'eve'", "DELETE FROM admin_actions"])
def test_the_database_refuses_changes(app: APIFlask, statement: str) -> None:
    with app.app_context():
        with writing() as session:
            session.add(AdminAction(**_line()))
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(statement))
    assert [line.actor for line in trail(app)] == ["ada@example.com"]


def test_lines_go_when_their_time_is_over(app: APIFlask) -> None:
    with app.app_context():
        with writing() as session:
            session.execute(insert(AdminAction).values(id="old", **_line(at=now() - KEPT_FOR - timedelta(days=1))))
            session.execute(insert(AdminAction).values(id="new", **_line(at=now() - KEPT_FOR + timedelta(days=1))))
        assert tidy() == 1
        assert tidy() == 0
    assert [line.id for line in trail(app)] == ["new"]


def test_the_list_shows_the_reason_that_was_typed(app: APIFlask, admin: Operator) -> None:
    reason = "It was <our> fault."
    with app.app_context(), in_trail(ADA, "user.disable", "user", "b" * 26, reason=reason):
        pass
    assert f'<span class="prose">{html.escape(reason)}</span>' in admin.get("/admin/trail/").text


def test_the_panel_shows_the_lines(app: APIFlask, admin: Operator) -> None:
    with app.app_context(), in_trail(ADA, "panel.login", "user", "b" * 26, method="code"):
        pass
    [line] = trail(app)
    assert ADA.name in admin.get("/admin/trail/").text
    assert ADA.name in admin.get(f"/admin/trail/?search={'b' * 26}").text
    assert ADA.name in admin.get(f"/admin/trail/?search={ADA.id}").text
    assert "Nothing matches." in admin.get("/admin/trail/?search=nothing").text
    # The operator's own login is a line of theirs, whatever the case of the address.
    found = admin.get(f"/admin/trail/?search={admin.email.upper()}").text
    assert admin.email in found
    assert ADA.name not in found
    assert "Nothing matches." in admin.get("/admin/trail/?search=nobody@example.com").text
    page = admin.get(f"/admin/trail/{line.id}").text
    assert all(word in page for word in (ADA.name, ADA.address, "b" * 26, "method"))
    assert admin.get("/admin/trail/nothing").status_code == 404
