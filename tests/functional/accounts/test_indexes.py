"""Each list of accounts is read from an index, in its order."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from sqlalchemy import Select, text

from oriel.accounts.activity import activity_of
from oriel.accounts.keys import keys_of
from oriel.accounts.sessions import live_sessions
from oriel.infra.database import db


@pytest.mark.parametrize("query", [activity_of, keys_of, live_sessions])
def test_a_list_is_read_from_its_index(app: APIFlask, query: Callable[[str], Select[object]]) -> None:
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
        if not is_sqlite:
            # Empty tables are read as a whole otherwise, whatever indexes they have.
            db.session.execute(text("SET LOCAL enable_seqscan = off"))
        literal = {"literal_binds": True, "render_postcompile": True}
        statement = query("0" * 26).limit(20).compile(db.engine, compile_kwargs=literal)
        explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plan = " ".join(str(row) for row in db.session.execute(text(f"{explain} {statement}")).all())
    assert "_user_id_" in plan
