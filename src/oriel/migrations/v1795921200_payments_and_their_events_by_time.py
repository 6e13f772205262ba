"""Indexes by which the figures of an hour find its payments and events.

Revision 1795921200, after 1795917600.
"""

from alembic import op

revision = "1795921200"
down_revision: str | None = "1795917600"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payments_completed_at"), ["completed_at"], unique=False)
    with op.batch_alter_table("payment_events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_payment_events_received_at"), ["received_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("payment_events", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payment_events_received_at"))
    with op.batch_alter_table("payments", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_payments_completed_at"))
