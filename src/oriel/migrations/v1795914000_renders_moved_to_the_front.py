"""Renders that operators move to the front of the queue, and when they were tried again.

Revision 1795914000, after 1795910400.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795914000"
down_revision: str | None = "1795910400"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None

_IS_MOVED = sa.text("moved_ahead_at IS NOT NULL")


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("moved_ahead_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("retried_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_render_jobs_moved_ahead_at"),
            ["moved_ahead_at"],
            sqlite_where=_IS_MOVED,
            postgresql_where=_IS_MOVED,
        )


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_render_jobs_moved_ahead_at"))
        batch_op.drop_column("retried_at")
        batch_op.drop_column("moved_ahead_at")
