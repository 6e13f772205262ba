"""What lists or sweeps is served by an index, whatever the number of rows."""

from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import Select, select, text

from oriel.billing.models import HELD, Credit, RenderRight
from oriel.infra.database import db
from oriel.media.sweep import overdue
from oriel.media.uploads import own_uploads

QUERIES: dict[str, Callable[[], Select[Any]]] = {
    "ix_uploads_user_id_created_at_id": lambda: own_uploads("somebody").limit(20),
    "ix_uploads_purged_at_expires_at": lambda: overdue(100),
    "ix_credits_user_id_state_created_at": lambda: (
        select(Credit).where(Credit.user_id == "somebody", Credit.state == HELD).order_by(Credit.created_at).limit(1)
    ),
    "ix_render_rights_user_id_kind_state_period": lambda: select(RenderRight).where(
        RenderRight.user_id == "somebody",
        RenderRight.kind == "plan",
        RenderRight.state == "reserved",
        RenderRight.period == "2026-11",
    ),
}


@pytest.mark.parametrize("index", QUERIES)
def test_an_index_serves_it(app: APIFlask, index: str) -> None:
    with app.app_context():
        plan = explained(QUERIES[index]())
    assert index in plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan


def explained(query: Select[Any]) -> str:
    """Return the database's plan for a query over many rows."""
    on_postgresql = db.engine.dialect.name == "postgresql"
    statement = query.compile(db.engine, compile_kwargs={"literal_binds": True})
    if on_postgresql:
        # With empty tables it would read all of them.
        db.session.execute(text("SET LOCAL enable_seqscan = off"))
        db.session.execute(text("SET LOCAL enable_bitmapscan = off"))
    prefix = "EXPLAIN" if on_postgresql else "EXPLAIN QUERY PLAN"
    # Colons in a time would be taken for parameters.
    asked = text(f"{prefix} {statement}".replace(":", "\\:"))
    return "\n".join(str(row) for row in db.session.execute(asked))
