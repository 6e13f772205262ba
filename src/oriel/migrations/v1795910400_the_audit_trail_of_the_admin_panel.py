"""The audit trail of the admin panel, which the database itself keeps append-only.

Revision 1795910400, after 1795897200.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795910400"
down_revision: str | None = "1795897200"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None

# A line may go once its time is over (oriel.admin.trail): then the sweeper deletes it.
_KEPT_DAYS = 730
_REFUSAL = "the audit trail is append-only"
_SQLITE = (
    f"""CREATE TRIGGER admin_actions_no_update BEFORE UPDATE ON admin_actions
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
    f"""CREATE TRIGGER admin_actions_no_delete BEFORE DELETE ON admin_actions
    WHEN OLD.at > datetime('now', '-{_KEPT_DAYS} days')
    BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END""",
)
_POSTGRESQL = (
    f"""CREATE FUNCTION refuse_to_change_admin_actions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '{_KEPT_DAYS} days' THEN RETURN OLD; END IF;
      RAISE EXCEPTION '{_REFUSAL}';
    END $$""",
    """CREATE TRIGGER admin_actions_append_only BEFORE UPDATE OR DELETE ON admin_actions
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_admin_actions()""",
)


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "admin_actions",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(26), nullable=True),
        sa.Column("actor", sa.String(320), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("object_id", sa.String(255), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(45), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin_actions")),
    )
    op.create_index(op.f("ix_admin_actions_at"), "admin_actions", ["at"])
    op.create_index(op.f("ix_admin_actions_actor_id_id"), "admin_actions", ["actor_id", "id"])
    op.create_index(op.f("ix_admin_actions_kind_object_id_id"), "admin_actions", ["kind", "object_id", "id"])
    for statement in _SQLITE if _is_sqlite() else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """Go back."""
    op.drop_table("admin_actions")
    if not _is_sqlite():
        op.execute("DROP FUNCTION refuse_to_change_admin_actions()")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"
