"""The day on which a subscription ends: it need not be the period's end.

Revision 1795857600, after 1795854000.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795857600"
down_revision: str | None = "1795854000"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None

_times = [sa.column(name, sa.DateTime(timezone=True)) for name in ("ends_at", "period_end")]
_holdings = sa.table("plan_holdings", *_times, sa.column("cancel_at_period_end", sa.Boolean()))


def upgrade() -> None:
    """Go forward; a subscription that was cancelled ends with its period."""
    with op.batch_alter_table("plan_holdings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True))
    is_cancelled = _holdings.c.cancel_at_period_end
    op.execute(_holdings.update().where(is_cancelled).values(ends_at=_holdings.c.period_end))
    with op.batch_alter_table("plan_holdings", schema=None) as batch_op:
        batch_op.drop_column("cancel_at_period_end")


def downgrade() -> None:
    """Go back."""
    no = sa.false()
    with op.batch_alter_table("plan_holdings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False, server_default=no))
    op.execute(_holdings.update().where(_holdings.c.ends_at.is_not(None)).values(cancel_at_period_end=True))
    with op.batch_alter_table("plan_holdings", schema=None) as batch_op:
        batch_op.alter_column("cancel_at_period_end", existing_type=sa.Boolean(), server_default=None)
        batch_op.drop_column("ends_at")
