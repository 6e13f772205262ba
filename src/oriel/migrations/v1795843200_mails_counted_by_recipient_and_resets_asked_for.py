"""Mails counted by recipient, and password resets asked for.

Revision 1795843200, after 1795259400.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795843200"
down_revision: str | None = "1795259400"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "password_reset_requests",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_password_reset_requests")),
    )
    op.create_index(op.f("ix_email_tokens_email_created_at"), "email_tokens", ["email", "created_at"], unique=False)


def downgrade() -> None:
    """Go back."""
    op.drop_index(op.f("ix_email_tokens_email_created_at"), table_name="email_tokens")
    op.drop_table("password_reset_requests")
