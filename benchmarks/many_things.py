"""Gives a customer very many projects and renders, as rows: over the API that would take minutes."""

from datetime import timedelta

from apiflask import APIFlask
from sqlalchemy import insert, select

from oriel.accounts.models import User
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.media import uploads
from oriel.media.models import Upload
from oriel.projects.models import Project, ProjectUpload
from oriel.rendering.models import CANCELLED, COMPLETED, FAILED, RenderJob

LOOKS = ("prism", "halo", "horizon")
_STATES = (COMPLETED, COMPLETED, COMPLETED, FAILED, CANCELLED)
_PLACES = ("Harbour", "Orchard", "Rooftop", "Motorway", "Lighthouse", "Meadow", "Platform 9")


def add_projects(app: APIFlask, email: str, count: int, picture_id: str) -> None:
    """Add projects, each with a thumbnail of its own: a copy of a picture that the customer has uploaded."""
    with app.app_context():
        user_id = _user_id(email)
        picture = db.session.get_one(Upload, picture_id)
        pictures = [uploads.copy_for(user_id, picture).id for _ in range(count)]
        projects = [_project(user_id, number, picture) for number, picture in enumerate(pictures)]
        kept = [{"project_id": each["id"], "upload_id": each["thumbnail_id"]} for each in projects]
        with writing() as session:
            session.execute(insert(Project), projects)
            session.execute(insert(ProjectUpload), kept)


def add_renders(app: APIFlask, email: str, count: int, render_id: str) -> None:
    """Add renders in every state in which they end; the finished ones have the poster and the video of a real one."""
    with app.app_context():
        real = db.session.get_one(RenderJob, render_id)
        assert real.user_id == _user_id(email)
        row = {column.key: getattr(real, column.key) for column in RenderJob.__mapper__.column_attrs}
        # The columns of lists follow from the others.
        own = {key: value for key, value in row.items() if key not in ("look", "searched", "idempotency_key")}
        with writing() as session:
            session.execute(insert(RenderJob), [{**own, **_render(number)} for number in range(count)])


def _user_id(email: str) -> str:
    return db.session.scalars(select(User.id).where(User.email == email)).one()


def _project(user_id: str, number: int, picture: str) -> dict[str, object]:
    look, name = LOOKS[number % len(LOOKS)], _name(number)
    moment = now() - timedelta(hours=number)
    return {
        "id": new_id(),
        "user_id": user_id,
        "name": name,
        "settings": {"look": look},
        "look": look,
        "thumbnail_id": picture,
        "searched": f"{name} {look}".casefold(),
        "created_at": moment,
        "changed_at": moment,
        "opened_at": moment,
    }


def _render(number: int) -> dict[str, object]:
    state = _STATES[number % len(_STATES)]
    return {
        "id": new_id(),
        "title": _name(number),
        "status": state,
        "created_at": now() - timedelta(minutes=number),
        "error_code": "INTERNAL_ERROR" if state == FAILED else None,
        "error_message": "The worker ran out of memory." if state == FAILED else None,
    }


def _name(number: int) -> str:
    return f"{_PLACES[number % len(_PLACES)]}, take {number + 1}"
