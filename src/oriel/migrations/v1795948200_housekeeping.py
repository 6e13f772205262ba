"""The runs of housekeeping's jobs, and files that belong to nothing.

Revision 1795948200, after 1795946400.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795948200"
down_revision: str | None = "1795946400"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "housekeeping_runs",
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("items", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.String(length=500), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_housekeeping_runs")),
    )
    op.create_table(
        "stray_files",
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stray_files")),
    )
    with op.batch_alter_table("stray_files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stray_files_found_at"), ["found_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_table("stray_files")
    op.drop_table("housekeeping_runs")
