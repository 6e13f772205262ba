"""The artist that a render's video names, beside its title.

Revision 1795861200, after 1795857600.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795861200"
down_revision: str | None = "1795857600"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward; renders from before have no artist in lists, and their videos are as they were."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("artist", sa.String(300), nullable=False, server_default=""))
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.alter_column("artist", existing_type=sa.String(300), server_default=None)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_column("artist")
