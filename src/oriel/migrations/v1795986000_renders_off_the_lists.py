"""Renders that their customers took off the lists.

Revision 1795986000, after 1795951800.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795986000"
down_revision: str | None = "1795951800"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_column("removed_at")
