"""The files of a project: handed out by role, and pictures taken in for its owner."""

from flask import Response

from oriel.errors import NotFound
from oriel.infra.database import db, insert_missing, writing
from oriel.media import uploads
from oriel.media.models import PICTURE, Upload
from oriel.projects import versions
from oriel.projects.access import OpenedProject, Right
from oriel.projects.kept_uploads import pictures_in
from oriel.projects.models import Project, ProjectUpload


def hand_out(opened: OpenedProject, upload_id: str) -> Response:
    """Return a file that a project shows; raise NotAllowed for a song that the caller may not hear, and NotFound."""
    project = opened.project
    if upload_id == project.song_id:
        opened.require(Right.HEAR)
    elif upload_id not in _pictures(opened):
        raise NotFound("This project has no such file.")
    return uploads.hand_out(uploads.own_upload(db.session, project.user_id, upload_id))


def add_picture(project: Project) -> Upload:
    """Take the picture of the current request for a project, in its owner's name."""
    upload, _ = uploads.receive(project.user_id, (PICTURE,))
    with writing() as session:
        # From now on an editor may name it. It expires within a day, unless a change of the project does.
        insert_missing(session, ProjectUpload, [{"project_id": project.id, "upload_id": upload.id}])
    return upload


def _pictures(opened: OpenedProject) -> set[str]:
    pictures = set(pictures_in(opened.project.settings))
    if opened.may(Right.EDIT):
        for version in versions.listed(db.session, opened.project):
            pictures.update(pictures_in(version.settings))
    return pictures
