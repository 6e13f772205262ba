"""Renders that are held up.

Revision 1795850400, after 1795846800.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795850400"
down_revision: str | None = "1795846800"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("render_jobs", sa.Column("held_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("render_jobs", sa.Column("held_tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("render_jobs", sa.Column("held_notice", sa.String(length=26), nullable=True))
    # Only the rows that were there needed a default.
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.alter_column("held_tries", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    """Go back."""
    for name in ("held_notice", "held_tries", "held_since"):
        op.drop_column("render_jobs", name)
