"""An index for the songs that wait to be measured, which the clock asks for every few seconds.

Revision 1795946400, after 1795921200.
"""

from oriel.infra.migrations import create_index_online, drop_index_online

revision = "1795946400"
down_revision: str | None = "1795921200"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None

_INDEX = "ix_uploads_measured_at_created_at"


def upgrade() -> None:
    """Go forward."""
    create_index_online(_INDEX, "uploads", ["measured_at", "created_at"])


def downgrade() -> None:
    """Go back."""
    drop_index_online(_INDEX, "uploads")
