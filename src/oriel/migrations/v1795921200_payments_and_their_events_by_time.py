"""Indexes by which the figures of an hour find its payments and events.

Revision 1795921200, after 1795917600.
"""

from oriel.infra.migrations import create_index_online, drop_index_online

revision = "1795921200"
down_revision: str | None = "1795917600"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    create_index_online("ix_payments_completed_at", "payments", ["completed_at"])
    create_index_online("ix_payment_events_received_at", "payment_events", ["received_at"])


def downgrade() -> None:
    """Go back."""
    drop_index_online("ix_payment_events_received_at", "payment_events")
    drop_index_online("ix_payments_completed_at", "payments")
