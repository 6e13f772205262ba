"""Trials, and patience with the payment service.

Revision 1795259400, after 1795200623.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795259400"
down_revision: str | None = "1795200623"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward; what was wanted of the payment service before is asked for at once."""
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.add_column(sa.Column("trial_days", sa.Integer(), nullable=False, server_default="0"))
        batch_op.alter_column("settled_by", existing_type=sa.String(length=26), type_=sa.String(length=255))
        batch_op.add_column(sa.Column("settle_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("settle_tries", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index(batch_op.f("ix_payments_settle_at"), ["settle_at"], unique=False)
    with op.batch_alter_table("plan_holdings", schema=None) as batch_op:
        batch_op.drop_column("asked_at")
        batch_op.add_column(sa.Column("trial_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    # Only the rows that were there needed a default.
    for table, column in (
        *(("payments", name) for name in ("trial_days", "settle_tries", "version")),
        ("plan_holdings", "version"),
    ):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=sa.Integer(), server_default=None)
    times = [sa.column(name, sa.DateTime(timezone=True)) for name in ("settle_at", "created_at")]
    wanted = [sa.column(name, sa.Boolean()) for name in ("expire_wanted", "refund_wanted")]
    payments = sa.table("payments", *times, *wanted)
    op.execute(payments.update().where(sa.or_(*wanted)).values(settle_at=payments.c.created_at))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("plan_holdings", schema=None) as batch_op:
        batch_op.drop_column("version")
        batch_op.drop_column("trial_until")
        batch_op.add_column(sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_settle_at"))
        batch_op.drop_column("version")
        batch_op.drop_column("settle_tries")
        batch_op.drop_column("settle_at")
        batch_op.alter_column("settled_by", existing_type=sa.String(length=255), type_=sa.String(length=26))
        batch_op.drop_column("trial_days")
