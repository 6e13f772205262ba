"""Exports of customers' data, erasures of accounts, and notifications that are switched off.

Revision 1795879200, after 1795875600.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795879200"
down_revision: str | None = "1795875600"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "data_exports",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False),
        sa.Column("bytes_done", sa.BigInteger(), nullable=False),
        sa.Column("object_name", sa.String(length=100), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_data_exports_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_exports")),
    )
    with op.batch_alter_table("data_exports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_data_exports_state_run_after"), ["state", "run_after"], unique=False)
        batch_op.create_index(batch_op.f("ix_data_exports_user_id_asked_at"), ["user_id", "asked_at"], unique=False)
    op.create_table(
        "account_erasures",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_erasures")),
        sa.UniqueConstraint("user_id", name=op.f("uq_account_erasures_user_id")),
    )
    with op.batch_alter_table("account_erasures", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_account_erasures_finished_at_run_after"), ["finished_at", "run_after"], unique=False
        )
    op.create_table(
        "muted_notifications",
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_muted_notifications_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "topic", name=op.f("pk_muted_notifications")),
    )
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unsubscribe", sa.String(length=300), nullable=True))
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("deletion_due_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_users_deletion_due_at"), ["deletion_due_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_deletion_due_at"))
        batch_op.drop_column("deletion_due_at")
    with op.batch_alter_table("outbox_mails", schema=None) as batch_op:
        batch_op.drop_column("unsubscribe")
    op.drop_table("muted_notifications")
    op.drop_table("account_erasures")
    op.drop_table("data_exports")
