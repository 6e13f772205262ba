"""Videos that go before their time.

Revision 1795846800, after 1795843200.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795846800"
down_revision: str | None = "1795843200"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.add_column("render_jobs", sa.Column("deleted_because", sa.String(length=12), nullable=True))
    name = op.f("ix_render_jobs_purged_at_deleted_at")
    op.create_index(name, "render_jobs", ["purged_at", "deleted_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_render_jobs_purged_at_deleted_at"), table_name="render_jobs")
    op.drop_column("render_jobs", "deleted_because")
