"""No replaced lines in the audit trail: SQLite's REPLACE calls neither of the triggers for updates and deletes.

Revision 1796040000, after 1795986000.
"""

from alembic import op

revision = "1796040000"
down_revision: str | None = "1795986000"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None

_TRIGGER = """CREATE TRIGGER admin_actions_no_replace BEFORE INSERT ON admin_actions
    WHEN EXISTS (SELECT 1 FROM admin_actions WHERE id = NEW.id OR rowid = NEW.rowid)
    BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"""


def upgrade() -> None:
    """Go forward."""
    if _is_sqlite():
        op.execute(_TRIGGER)


def downgrade() -> None:
    """Go back."""
    if _is_sqlite():
        op.execute("DROP TRIGGER admin_actions_no_replace")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
