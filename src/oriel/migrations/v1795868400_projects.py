"""Projects.

Revision 1795868400, after 1795864800.
"""

import sqlalchemy as sa
from alembic import op

revision = "1795868400"
down_revision: str | None = "1795864800"
branch_labels: tuple[str, ...] = ()
depends_on: str | None = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("user_id", sa.String(length=26), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("look", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("song_id", sa.String(length=26), nullable=True),
        sa.Column("thumbnail_id", sa.String(length=26), nullable=True),
        sa.Column("searched", sa.String(length=1000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["song_id"], ["uploads.id"], name=op.f("fk_projects_song_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["thumbnail_id"], ["uploads.id"], name=op.f("fk_projects_thumbnail_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_projects_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
    )
    with op.batch_alter_table("projects", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_projects_deleted_at"), ["deleted_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_song_id"), ["song_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_projects_thumbnail_id"), ["thumbnail_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_projects_user_id_deleted_at_changed_at_id"),
            ["user_id", "deleted_at", "changed_at", "id"],
            unique=False,
        )
    op.create_table(
        "project_uploads",
        sa.Column("project_id", sa.String(length=26), nullable=False),
        sa.Column("upload_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_project_uploads_project_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["uploads.id"], name=op.f("fk_project_uploads_upload_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "upload_id", name=op.f("pk_project_uploads")),
    )
    with op.batch_alter_table("project_uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_project_uploads_upload_id"), ["upload_id"], unique=False)
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("project_id", sa.String(length=26), nullable=True))
        batch_op.create_index(batch_op.f("ix_render_jobs_project_id"), ["project_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("render_jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_render_jobs_project_id"))
        batch_op.drop_column("project_id")
    op.drop_table("project_uploads")
    op.drop_table("projects")
