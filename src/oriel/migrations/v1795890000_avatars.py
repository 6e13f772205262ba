"""Avatars.

Revision 1795890000, after 1795886400.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795890000"
down_revision: str | None = "1795886400"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("avatar_id", sa.String(length=26), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("avatar_id")
