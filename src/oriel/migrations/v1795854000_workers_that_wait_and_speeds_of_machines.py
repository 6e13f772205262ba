"""Workers that wait, and speeds of machines.

Revision 1795854000, after 1795850400.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795854000"
down_revision: str | None = "1795850400"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
    op.create_index(op.f("ix_workers_seen_at"), "workers", ["seen_at"], unique=False)
    op.create_table(
        "machine_speeds",
        sa.Column("machine", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("pixels_per_s", sa.Double(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("machine", "kind", name=op.f("pk_machine_speeds")),
    )
    op.create_index(op.f("ix_machine_speeds_kind"), "machine_speeds", ["kind"], unique=False)
    op.create_index(op.f("ix_machine_speeds_measured_at"), "machine_speeds", ["measured_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("machine_speeds")
    op.drop_table("workers")
