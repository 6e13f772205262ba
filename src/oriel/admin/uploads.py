"""Uploads: songs and pictures of customers, how long they are kept, and what keeps them."""

from collections.abc import Sequence

from flask import request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from oriel.admin.cells import Badge, Two
from oriel.admin.customers import address_of, customer_link, is_of_customer, load_addresses
from oriel.admin.lists import BaseModelView, Button, Cell, Column, Condition, Filter, Section
from oriel.admin.many import act_on
from oriel.admin.views import act
from oriel.errors import NotFound
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.mails.wording import size
from oriel.media import uploads
from oriel.media.models import AVATAR, PICTURE, SONG, Upload
from oriel.projects.models import Project, ProjectUpload

_KINDS = {SONG: "Songs", PICTURE: "Pictures", AVATAR: "Avatars"}
_THERE = Upload.stored_at.is_not(None) & Upload.purged_at.is_(None)
_STATES = {"kept": "Kept", "leaving": "Until a date", "gone": "Gone"}
_MOST_PROJECTS = 50


class UploadView(BaseModelView[Upload]):
    """The uploads of all customers."""

    menu_name = "Uploads"
    part = "uploads"
    group = "Work"
    model = Upload
    description = "Songs and pictures that customers sent. What no project uses goes after a day."
    search_hint = "a part of the file's name, the beginning of the customer's address, or an id"
    empty_sentence = "Nobody has uploaded anything yet."
    tabs = "kind"
    columns = (
        Column("File", lambda each: Two(each.filename, each.artist), lambda each: f"/admin/uploads/{each.id}"),
        Column("State", lambda each: _state(each)),
        Column("Customer", lambda each: address_of(each.user_id), lambda each: customer_link(each.user_id)),
        Column("Format", lambda each: each.format.upper()),
        Column("Size", lambda each: size(each.size_bytes)),
        Column("Length", lambda each: f"{each.duration_s:.1f} s" if each.duration_s else None),
        Column("Uploaded", lambda each: each.created_at),
    )
    filters = (
        Filter("kind", "Kind", {kind: Upload.kind == kind for kind in _KINDS}, words=_KINDS),
        Filter(
            "state",
            "State",
            {
                "kept": _THERE & Upload.expires_at.is_(None),
                "leaving": _THERE & Upload.expires_at.is_not(None),
                "gone": Upload.purged_at.is_not(None) | Upload.deleted_at.is_not(None),
            },
            words=_STATES,
        ),
    )

    def searched(self, text: str) -> Condition:
        """Find by id, by the beginning of the customer's address, or by a part of the file's name."""
        owned = is_of_customer(Upload.user_id, text)
        return owned | (Upload.id == text) | Upload.filename.contains(text, autoescape=True)

    def prepare(self, rows: Sequence[Upload]) -> None:
        """Load the customers' addresses."""
        load_addresses(each.user_id for each in rows)

    def title_of(self, row: Upload) -> str:
        """Return the name of the file."""
        return row.filename

    def badges(self, row: Upload) -> Sequence[Badge]:
        """Return whether it is there."""
        return [_state(row)]

    def buttons(self, row: Upload) -> Sequence[Button]:
        """Return what can be done with this upload as it is."""
        if row.deleted_at or row.purged_at or row.stored_at is None or row.kind == AVATAR:
            return ()
        confirm = "It is gone for its customer at once. One that a project or a render needs is not deleted."
        return (Button("upload.delete", url_for(".delete", key=row.id), confirm=confirm, is_dangerous=True),)

    def sections(self, row: Upload) -> Sequence[Section]:
        """Return everything about an upload, and the projects that keep it."""
        load_addresses([row.user_id])
        facts = {
            "Customer": Cell(address_of(row.user_id), customer_link(row.user_id)),
            "Kind": row.kind,
            "Format": row.format.upper(),
            "Size": size(row.size_bytes),
            "Length": f"{row.duration_s:.1f} s" if row.duration_s else None,
            "Title": row.title or None,
            "Artist": row.artist or None,
            "Cover": row.has_cover,
            "Loudness": f"{row.loudness_lufs:.1f} LUFS" if row.loudness_lufs is not None else None,
        }
        stay = {
            "Uploaded": row.created_at,
            "Stored": row.stored_at,
            "Kept until": row.expires_at or ("a project needs it no longer" if row.stored_at else None),
            "Deleted": row.deleted_at,
            "Out of the storage": row.purged_at,
            "In the storage": row.object_name,
            "SHA-256": row.sha256,
        }
        return [
            Section("File", {name: value for name, value in facts.items() if value is not None}),
            Section("Storage", {name: value for name, value in stay.items() if value is not None}),
            Section("Projects that use it", header=("Project", "Changed"), rows=_projects(row)),
        ]

    @act("/delete", "upload.delete")
    def delete(self) -> Response:
        """Delete an upload that nothing needs."""
        key = request.args.get("key", "")
        return act_on([key], "upload.delete", "upload", _delete, "is deleted", self.url_of(key))


def _delete(upload_id: str) -> None:
    upload = db.session.get(Upload, upload_id)
    if upload is None:
        raise NotFound("There is no such upload.")
    uploads.delete_upload(upload.user_id, upload_id)


def _projects(upload: Upload) -> list[tuple[Cell, object]]:
    query = (
        select(Project)
        .join(ProjectUpload, ProjectUpload.project_id == Project.id)
        .where(ProjectUpload.upload_id == upload.id)
        .order_by(Project.id)
        .limit(_MOST_PROJECTS)
    )
    return [(Cell(each.name, f"/admin/projects/{each.id}"), each.changed_at) for each in db.session.scalars(query)]


def _state(upload: Upload) -> Badge:
    if upload.purged_at or upload.deleted_at:
        return Badge("Gone")
    if upload.stored_at is None:
        return Badge("Not stored", "bad")
    if upload.expires_at is None:
        return Badge("Kept", "good")
    return Badge("Expired" if upload.expires_at <= now() else "Until a date", "new")
