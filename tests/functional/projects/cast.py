"""A shared project with everybody who has to do with it."""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.media.files import part, png, send, uploaded

from oriel.accounts.models import User
from oriel.infra.database import db, writing
from oriel.infra.mail.outbox import OutboxMail

MakeCaller = Callable[..., Caller]


@dataclass(frozen=True)
class Shared:
    """A project of an owner, with its song and its cover."""

    owner: Caller
    id: str
    song: str
    cover: str

    @property
    def path(self) -> str:
        return f"/api/projects/{self.id}"

    def invite(self, email: str, role: str = "editor") -> dict[str, Any]:
        answer = self.owner.post(f"{self.path}/people", json={"email": email, "role": role})
        assert answer.status_code == 201, answer.json
        return dict(answer.get_json())

    def share(self, **switches: bool) -> str:
        """Switch the link on, and return its token."""
        answer = self.owner.patch(f"{self.path}/sharing", json={"link": True, **switches})
        assert answer.status_code == 200, answer.json
        return str(answer.get_json()["link"]).rpartition("/")[2]


def shared_project(owner: Caller, name: str = "Night Drive", look: str = "halo") -> Shared:
    """Make a project with a song and a cover."""
    song, cover = uploaded(owner), pictured(owner)
    settings = {"look": look, "cover": {"source": "file", "file": cover}}
    answer = owner.post("/api/projects", json={"name": name, "upload_id": song, "settings": settings})
    assert answer.status_code == 201, answer.json
    return Shared(owner, answer.get_json()["id"], song, cover)


def pictured(owner: Caller) -> str:
    """Upload a picture and return its id."""
    return str(send(owner, png(), "cover.png", field="picture").get_json()["id"])


def name_user(app: APIFlask, user: Caller, name: str) -> None:
    """Give a user a name."""
    with app.app_context(), writing() as session:
        session.get_one(User, user.user_id).name = name


def gets(user: Caller, path: str) -> bytes | None:
    """Return a file as a user gets it; None where they are refused."""
    with user.get(path) as answer:
        return answer.data if answer.status_code == 200 else None


def a_picture(field: str = "picture", name: str = "cover.png", data: bytes | None = None) -> dict[str, Any]:
    """Return a form with a picture, as a request takes it."""
    body = part(f'name="{field}"; filename="{name}"', png() if data is None else data) + b"--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    return {"input_stream": io.BytesIO(body), "content_type": kind, "content_length": len(body)}


def mails_to(app: APIFlask, email: str) -> list[OutboxMail]:
    """Return the mails to an address, the oldest first."""
    with app.app_context():
        query = select(OutboxMail).where(OutboxMail.to == email).order_by(OutboxMail.id)
        return list(db.session.scalars(query))


def link_in(mail: OutboxMail) -> str:
    """Return the path that a mail links to."""
    found = re.search(r"https?://[^/\s]+(/\S+)", mail.text)
    assert found
    return found[1]
