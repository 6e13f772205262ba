"""Sharing of projects.

Revision 1795886400, after 1795879200.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795886400"
down_revision: str | None = "1795879200"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.add_column(sa.Column("link_id", sa.String(length=26), nullable=True))
        batch_op.add_column(sa.Column("link_copies", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("plays_song", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.create_unique_constraint(batch_op.f("uq_projects_link_id"), ["link_id"])
    # Only the rows that were there needed a default.
    with op.batch_alter_table("projects", schema=None) as batch_op:
        for name in ("link_copies", "plays_song"):
            batch_op.alter_column(name, existing_type=sa.Boolean(), server_default=None)
    op.create_table(
        "project_people",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("project_id", sa.String(length=26), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_people_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_project_people_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_people")),
        sa.UniqueConstraint("project_id", "email", name=op.f("uq_project_people_project_id_email")),
    )
    with op.batch_alter_table("project_people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_people_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_people_user_id"), ["user_id"], unique=False)
    op.create_table(
        "project_versions",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("project_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("look", sa.String(length=40), nullable=False),
        sa.Column("thumbnail_id", sa.String(length=26), nullable=True),
        sa.Column("restored", sa.Integer(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_versions_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["thumbnail_id"], ["uploads.id"], name=op.f("fk_project_versions_thumbnail_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_project_versions_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project_versions")),
        sa.UniqueConstraint("project_id", "number", name=op.f("uq_project_versions_project_id_number")),
    )
    with op.batch_alter_table("project_versions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_versions_thumbnail_id"), ["thumbnail_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_project_versions_user_id"), ["user_id"], unique=False)
    # What projects are now is their first version, with the same id.
    op.execute(
        "INSERT INTO project_versions"
        " (id, project_id, number, user_id, name, settings, look, thumbnail_id, begun_at, changed_at)"
        " SELECT id, id, version, user_id, name, settings, look, thumbnail_id, changed_at, changed_at FROM projects"
    )


def downgrade() -> None:
    """Go back."""
    op.drop_table("project_versions")
    op.drop_table("project_people")
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_projects_link_id"), type_="unique")
        batch_op.drop_column("plays_song")
        batch_op.drop_column("link_copies")
        batch_op.drop_column("link_id")
