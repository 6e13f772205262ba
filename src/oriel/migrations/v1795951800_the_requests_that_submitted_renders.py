"""The requests that submitted renders, for traces.

Revision 1795951800, after 1795948200.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795951800"
down_revision: str | None = "1795948200"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("traceparent", sa.String(length=55), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_column("traceparent")
