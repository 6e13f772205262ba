"""A customer who has used everything, with a Stripe of the tests behind the service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from apiflask import APIFlask
from tests.functional.accounts.conftest import cheap_hashes, mailbox, person
from tests.functional.accounts.person import Person, bearer, json_of
from tests.functional.billing.conftest import peer, till
from tests.functional.caller import Caller
from tests.functional.media.files import png, send, wav_with_tags
from tests.functional.rendering.conftest import MakeJob, make_job

from oriel.accounts.models import User
from oriel.infra.database import db
from oriel.infra.ids import new_id
from oriel.infra.storage import storage
from oriel.rendering.models import RenderJob

__all__ = ["cheap_hashes", "mailbox", "make_job", "peer", "person", "till"]

EMAIL = "zoe.quillfeather@example.com"
NAME = "Zoe Quillfeather"
VIDEO = b"a video " * 1000


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> Iterator[None]:
    """Tests of this folder call the domain itself as well."""
    with app.app_context():
        yield


@dataclass
class Zoe:
    """A customer with a password, songs, a project, a video and payments."""

    person: Person
    caller: Caller
    song_id: str
    project_id: str
    job: RenderJob

    @property
    def user_id(self) -> str:
        """Her id."""
        return self.caller.user_id

    @property
    def traces(self) -> tuple[str, ...]:
        """What would give her away: address, name, and the ids of what was hers."""
        return (EMAIL, NAME, "Quillfeather", self.user_id, self.song_id, self.project_id, self.job.id)


@pytest.fixture
def zoe(person: Callable[..., Person], app: APIFlask, make_job: MakeJob, tmp_path: Path) -> Zoe:
    """Somebody who has a bit of everything."""
    someone = person(EMAIL)
    assert someone.log_in().status_code == 200
    claims = json_of(someone.call("GET", "/api/user/sessions"))["items"][0]
    user_id = json_of(someone.call("GET", "/api/user/profile"))["id"]
    caller = Caller(someone.client, user_id, EMAIL, claims["id"], bearer(someone.access))
    assert caller.put("/api/user/profile", json={"name": NAME}).status_code == 200
    assert someone.make_key().status_code == 201
    song_id = json_of(send(caller, wav_with_tags("Quillfeather", NAME), "quill.wav"))["id"]
    thumbnail_id = json_of(send(caller, png(), "thumb.png", field="picture"))["id"]
    project = {"upload_id": song_id, "thumbnail_id": thumbnail_id, "settings": {"text": {"artist": NAME}}}
    project_id = json_of(caller.post("/api/projects", json=project))["id"]
    headers = {"Upload-Length": "1000", "Upload-Metadata": "filename c29uZy53YXY="}
    assert caller.post("/api/uploads/resumable", headers=headers).status_code == 201
    return Zoe(someone, caller, song_id, project_id, _rendered(make_job, user_id, tmp_path))


def _rendered(make_job: MakeJob, user_id: str, tmp_path: Path) -> RenderJob:
    """Make a finished render whose video lies in the storage, with a chunk that was left behind."""
    name = f"videos/{user_id}/{new_id()}/v.mp4"
    (tmp_path / "v").write_bytes(VIDEO)
    storage().put(name, tmp_path / "v", content_type="video/mp4")
    job = make_job(user_id, status="completed", video_object=name, video_bytes=len(VIDEO), title="Night Quillfeather")
    storage().put(f"chunks/{job.id}/0.mp4", tmp_path / "v", content_type="video/mp4")
    return job


def user_of(zoe: Zoe) -> User | None:
    """Return her row as it is now."""
    db.session.rollback()
    return db.session.get(User, zoe.user_id, populate_existing=True)
