"""The look of renders and the words that a search finds them by, for their list.

Revision 1795893600, after 1795891800.
"""

import sqlalchemy as sa
from alembic import op

from oriel.names import folded

revision = "1795893600"
down_revision: str | None = "1795891800"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None

_LONGEST_SEARCHED = 1000
_AT_ONCE = 500
_renders = sa.table(
    "render_jobs",
    sa.column("id", sa.String),
    sa.column("title", sa.String),
    sa.column("artist", sa.String),
    sa.column("audio_filename", sa.String),
    sa.column("render_config", sa.JSON),
    sa.column("look", sa.String),
    sa.column("searched", sa.String),
)


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("look", sa.String(40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("searched", sa.String(_LONGEST_SEARCHED), nullable=False, server_default=""))
    _fill()
    # Only the rows that were there needed a default.
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.alter_column("look", existing_type=sa.String(40), server_default=None)
        batch_op.alter_column("searched", existing_type=sa.String(_LONGEST_SEARCHED), server_default=None)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_column("searched")
        batch_op.drop_column("look")


def _fill() -> None:
    """Fill both columns of the renders that are there, some at a time: their settings may not fit into memory."""
    connection, last = op.get_bind(), ""
    columns = [_renders.c[name] for name in ("id", "title", "artist", "audio_filename", "render_config")]
    query = sa.select(*columns).order_by(_renders.c.id).limit(_AT_ONCE)
    change = sa.update(_renders).where(_renders.c.id == sa.bindparam("render"))
    while rows := connection.execute(query.where(_renders.c.id > last)).mappings().all():
        connection.execute(
            change.values(look=sa.bindparam("look"), searched=sa.bindparam("searched")), [_listed(row) for row in rows]
        )
        last = rows[-1]["id"]


def _listed(row: sa.RowMapping) -> dict[str, str]:
    look = row["render_config"].get("look", "")
    words = " ".join(text for text in (row["title"], row["artist"], row["audio_filename"], look) if text)
    return {"render": row["id"], "look": look, "searched": folded(words)[:_LONGEST_SEARCHED]}
