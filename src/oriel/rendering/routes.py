"""Renders over HTTP: submit, follow, cancel, download; the same under /api/render and /api/jobs."""

import logging
from typing import Annotated, Any, Literal

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask import Response, current_app, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from sqlalchemy.exc import SQLAlchemyError

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.pages import message_page
from oriel.accounts.scopes import Scope
from oriel.billing.rates import writes
from oriel.errors import CallerError, InvalidBody, NotFound
from oriel.infra.clock import in_iso
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.infra.logs import facts
from oriel.infra.openapi_extensions import VIDEO_ANSWERS, describe, picture_answers
from oriel.media import uploads
from oriel.media.models import Upload
from oriel.projects.projects import own_project
from oriel.rendering import delivery, video_access
from oriel.rendering.cancellation import cancel_render, own_job
from oriel.rendering.look_routes import looks_of
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.settings_document import document_schema, read_settings_json
from oriel.rendering.status import StatusOut, status_of
from oriel.rendering.submit import Order, submit_render
from oriel.validation import ONE_LINE, fields_of, refusal_of

_log = logging.getLogger("oriel.web")

routes = APIBlueprint("rendering", "rendering", tag="renders")

# Checked by the document's own rules, which name the key and know earlier versions.
SettingsBody = Annotated[dict[str, Any], WithJsonSchema(document_schema())]
_READS = f"{READS_A_MINUTE}/minute"
_KEY_HEADER = "Idempotency-Key"
_LONGEST_KEY = 200
Identifier = Annotated[str, Field(min_length=1, max_length=40, pattern=ONE_LINE)]


class SubmitIn(BaseModel):
    """A song, by its upload or its project, and the settings of its video."""

    model_config = ConfigDict(extra="forbid")

    upload_id: Identifier | None = None
    project_id: Identifier | None = Field(
        default=None,
        description="In place of `upload_id`: its song, and its settings where you send none. Beside an `upload_id`:"
        " the project, yours or one that you may edit, under which the render is listed",
    )
    settings: SettingsBody | None = None
    pay_with: Literal["plan", "credit"] | None = Field(
        default=None,
        description="`plan` uses your plan only, `credit` uses a render you bought. Without it, your plan pays if it"
        " allows the render, and a credit otherwise.",
    )


class SubmitForm(BaseModel):
    """A song and the settings of its video."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    audio: UploadFile = Field(description="MP3, WAV or M4A")
    settings: str = Field(default="{}", description="Settings document, version 1, as JSON text")
    pay_with: Literal["plan", "credit", ""] = Field(default="", description="As in the JSON body")


class LinkOut(BaseModel):
    """Where a video is, and until when."""

    download_url: str
    expires_at: str | None


@routes.post("/api/render/submit", endpoint="submit")
@routes.post("/api/jobs/submit", endpoint="submit_job")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@describe(
    bodies={"application/json": SubmitIn, "multipart/form-data": SubmitForm},
    headers={_KEY_HEADER: {"type": "string", "minLength": 1, "maxLength": _LONGEST_KEY}},
)
@routes.output(StatusOut, status_code=202)
@routes.doc(
    summary="Submit a render",
    responses=[402, 404, 410, 415, 503],
    description="JSON with an `upload_id`, a `project_id` or both; or multipart with `audio` and `settings`, JSON text."
    " With an `Idempotency-Key` header the same request, sent again within 24 hours, answers with the same render.",
)
def submit() -> StatusOut:
    """Accept a render."""
    key = request.headers.get(_KEY_HEADER)
    if key is not None and not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidBody(f"{_KEY_HEADER} must have 1 to {_LONGEST_KEY} characters.", header=_KEY_HEADER)
    if request.mimetype == "multipart/form-data":
        return status_of(_submitted_with_song(key))
    order = _order(_checked(request.get_json()), key)
    return status_of(submit_render(current_user().id, order, _looks()))


@routes.get("/api/render/status/<id:job_id>", endpoint="status")
@routes.get("/api/jobs/<id:job_id>/status", endpoint="job_status")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.output(StatusOut)
@routes.doc(summary="Show a render's status and progress")
def status(job_id: str) -> StatusOut:
    """Tell how far it is."""
    return status_of(own_job(current_user().id, job_id))


@routes.post("/api/render/cancel/<id:job_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output(StatusOut, status_code=202)
@routes.doc(
    summary="Cancel a render",
    responses=[409],
    description="One that waits ends at once; the worker of a running one is asked (`cancel_requested`) and ends it"
    " within seconds. `counted` says whether the right comes back.",
)
def cancel(job_id: str) -> StatusOut:
    """End it, or have it ended."""
    return status_of(cancel_render(current_user().id, job_id))


@routes.delete("/api/render/video/<id:job_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output(StatusOut)
@routes.doc(
    summary="Delete a video",
    responses=[409],
    description="This cannot be undone. Links stop working at once, and the video no longer counts as storage.",
)
def delete_video(job_id: str) -> StatusOut:
    """Delete the video; the render stays in the history."""
    return status_of(video_access.delete_video(current_user().id, job_id))


@routes.post("/api/render/revoke-link/<id:job_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output(StatusOut)
@routes.doc(
    summary="Revoke the link to a video",
    responses=[409, 410],
    description="Old links stop working at once; `video_url` and `watch_url` in the answer are the new ones.",
)
def revoke_link(job_id: str) -> StatusOut:
    """Give the video a new link in place of the earlier ones."""
    return status_of(video_access.revoke_link(current_user().id, job_id))


@routes.get("/api/render/download/<id:job_id>", endpoint="download")
@routes.get("/api/jobs/<id:job_id>/download", endpoint="job_download")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.doc(summary="Download the video, or get a redirect to it", responses=VIDEO_ANSWERS)
def download(job_id: str) -> Response:
    """Hand out the video."""
    return delivery.deliver(own_job(current_user().id, job_id))


@routes.get("/api/render/poster/<token>")
@allow(Who.ANYONE)
@rate("600/minute", by=address_key)
@routes.doc(
    summary="Show a render's picture by its `poster_url`, without logging in", responses=picture_answers("image/jpeg")
)
def poster(token: str) -> Response:
    """Send the poster."""
    return delivery.deliver_poster(token)


@routes.get("/api/user/download/<id:job_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(_READS, scope="reads")
@routes.output(LinkOut)
@routes.doc(summary="Show the link that downloads the video without logging in", responses=[409, 410])
def link(job_id: str) -> LinkOut:
    """Show the delivery link again."""
    job = own_job(current_user().id, job_id)
    delivery.refuse_missing(job)
    return LinkOut(download_url=job.delivery_link, expires_at=in_iso(job.expires_at))


@routes.get("/d/<token>")
@allow(Who.ANYONE)
# A player asks for a part at a time, and an office has one address.
@rate("600/minute", by=address_key)
@routes.doc(summary="Download a video by its link, without logging in", responses=VIDEO_ANSWERS)
def follow_link(token: str) -> Response:
    """Send the video to anyone with its link; a browser gets a page that says why there is none."""
    try:
        return delivery.deliver(delivery.video_behind(token))
    except CallerError as error:
        if not request.accept_mimetypes.accept_html or request.accept_mimetypes.best == "*/*":
            raise
        return message_page("There is no video here", error.message, error.http_status)


def _looks() -> Looks:
    return looks_of(current_app)


def _submitted_with_song(key: str | None) -> RenderJob:
    user_id = current_user().id
    upload, form = uploads.receive_song(user_id, fields=("settings", "pay_with"))
    upload_id, song = upload.id, upload.object_name
    job = None
    try:
        job = submit_render(user_id, _order_with_song(upload, form, key), _looks())
    finally:
        # Refused, or the repeat of a render that has its song: nobody was told of this one, and it would take up room.
        if job is None or job.audio_object != song:
            _forget(upload_id)
    return job


def _forget(upload_id: str) -> None:
    try:
        uploads.delete_unused(upload_id)
    except SQLAlchemyError:
        # The answer is another one, and the sweep comes by.
        _log.warning("An unused song is kept for a day.", exc_info=True, extra=facts(upload=upload_id))


def _order_with_song(upload: Upload, form: dict[str, str], key: str | None) -> Order:
    settings = read_settings_json(form.get("settings") or "{}")
    asked = _checked({"upload_id": upload.id, "settings": settings, "pay_with": form.get("pay_with") or None})
    return Order(upload.id, asked.settings or {}, asked.pay_with, key, song_sha256=upload.sha256)


def _order(asked: SubmitIn, key: str | None) -> Order:
    if asked.upload_id:
        return Order(asked.upload_id, asked.settings or {}, asked.pay_with, key, asked.project_id)
    if not asked.project_id:
        raise InvalidBody("Send an `upload_id` or a `project_id`.")
    project = own_project(db.session, current_user().id, asked.project_id)
    if project.song_id is None:
        raise NotFound("This project has no song yet. Please upload one.", project=project.id)
    settings = project.settings if asked.settings is None else asked.settings
    return Order(project.song_id, settings, asked.pay_with, key, project.id)


def _checked(body: object) -> SubmitIn:
    try:
        return SubmitIn.model_validate(body)
    except ValidationError as error:
        fields = fields_of(error)
        raise InvalidBody(refusal_of(fields), **fields) from error
