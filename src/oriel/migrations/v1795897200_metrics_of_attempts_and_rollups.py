"""Metrics of attempts, results of health checks, samples, hourly and daily rollups.

Revision 1795897200, after 1795893600.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795897200"
down_revision: str | None = "1795893600"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True))
    _create_job_metrics()
    _create_system_health()
    _create_samples()
    _create_rollups()


def downgrade() -> None:
    """Go back."""
    for table in ("rollup_progress", "daily_rollups", "hourly_rollups", "stock_samples", "queue_samples"):
        op.drop_table(table)
    op.drop_table("system_health")
    op.drop_table("job_metrics")
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_column("claimed_at")


def _create_job_metrics() -> None:
    op.create_table(
        "job_metrics",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("render_id", sa.String(length=26), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=True),
        sa.Column("backend", sa.String(length=20), nullable=True),
        sa.Column("plan", sa.String(length=16), nullable=False),
        sa.Column("look", sa.String(length=40), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wait_s", sa.Double(), nullable=True),
        sa.Column("run_s", sa.Double(), nullable=True),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("frames_per_s", sa.Double(), nullable=True),
        sa.Column("peak_memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("error_code", sa.String(length=60), nullable=True),
        sa.ForeignKeyConstraint(
            ["render_id"], ["render_jobs.id"], name=op.f("fk_job_metrics_render_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_metrics")),
        sa.UniqueConstraint("render_id", "attempt", name=op.f("uq_job_metrics_render_id_attempt")),
    )
    with op.batch_alter_table("job_metrics", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_metrics_ended_at"), ["ended_at"], unique=False)


def _create_system_health() -> None:
    op.create_table(
        "system_health",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("check", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        sa.Column("message", sa.String(length=300), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_health")),
    )
    with op.batch_alter_table("system_health", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_system_health_check_checked_at"), ["check", "checked_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_system_health_checked_at"), ["checked_at"], unique=False)


def _create_samples() -> None:
    op.create_table(
        "queue_samples",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("rendering", sa.Integer(), nullable=False),
        sa.Column("oldest_wait_s", sa.Double(), nullable=False),
        sa.Column("busy_workers", sa.Integer(), nullable=False),
        sa.Column("idle_workers", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_queue_samples")),
    )
    op.create_table(
        "stock_samples",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("active_accounts", sa.Integer(), nullable=False),
        sa.Column("plans", sa.JSON(), nullable=False),
        sa.Column("video_bytes", sa.BigInteger(), nullable=False),
        sa.Column("upload_bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_stock_samples")),
    )


def _create_rollups() -> None:
    for table in ("hourly_rollups", "daily_rollups"):
        op.create_table(
            table,
            sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
            sa.Column("figures", sa.JSON(), nullable=False),
            sa.PrimaryKeyConstraint("starts_at", name=op.f(f"pk_{table}")),
        )
    op.create_table(
        "rollup_progress",
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("step", name=op.f("pk_rollup_progress")),
    )
