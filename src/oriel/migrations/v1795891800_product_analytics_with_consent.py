"""Product analytics of customers who agree to it.

Revision 1795891800, after 1795890000.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795891800"
down_revision: str | None = "1795890000"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "feature_uses",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("feature", sa.String(length=100), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_feature_uses_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feature_uses")),
        sa.UniqueConstraint("user_id", "day", "feature", name=op.f("uq_feature_uses_user_id_day_feature")),
    )
    with op.batch_alter_table("feature_uses", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feature_uses_day"), ["day"], unique=False)
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.add_column(sa.Column("analytics_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_column("analytics_since")
    op.drop_table("feature_uses")
