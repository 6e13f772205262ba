"""Uploads over HTTP."""

from typing import Annotated, Literal

from apiflask import APIBlueprint
from apiflask.fields import UploadFile
from flask import Response
from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.infra.clock import in_iso
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, rate
from oriel.infra.openapi_extensions import FILE_ANSWERS, describe
from oriel.infra.paging import Page, PageQuery, fetch_page
from oriel.media import uploads
from oriel.media.dependencies import dependencies
from oriel.media.models import Upload

routes = APIBlueprint("media", "media", url_prefix="/api/uploads", tag="uploads")


# A form knows no null: a field without a file is missing, or empty.
_File = Annotated[UploadFile | None, WithJsonSchema({"type": "string", "format": "binary"})]


class UploadIn(BaseModel):
    """One file: a song in `audio`, or a cover or background in `picture`; the other field is missing or empty."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    audio: _File = Field(default=None, description="MP3, WAV or M4A")
    picture: _File = Field(default=None, description="PNG, JPEG or WebP, up to 20 MB")


class PictureIn(BaseModel):
    """One picture."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    picture: _File = Field(default=None, description="PNG, JPEG or WebP, up to 20 MB")


class UploadOut(BaseModel):
    """An upload; a picture has neither duration nor title."""

    id: str
    kind: Literal["song", "picture"]
    filename: str
    format: str
    duration_s: float | None
    size_bytes: int
    sha256: str
    title: str
    artist: str
    has_cover: bool
    loudness_lufs: float | None = Field(
        description="Integrated loudness in LUFS; null for a few seconds after the upload"
    )
    created_at: str | None
    expires_at: str | None = Field(description="null while a project keeps it")

    @classmethod
    def of(cls, upload: Upload) -> "UploadOut":
        """Return the answer for an upload."""
        names = (
            "id",
            "kind",
            "filename",
            "format",
            "size_bytes",
            "sha256",
            "title",
            "artist",
            "has_cover",
            "loudness_lufs",
        )
        return cls(
            **{name: getattr(upload, name) for name in names},
            duration_s=round(upload.duration_s, 3) or None,
            created_at=in_iso(upload.created_at),
            expires_at=in_iso(upload.expires_at),
        )


class UploadList(Page[UploadOut]):
    """A customer's uploads, the latest first."""


class UploadQuery(PageQuery):
    """Which uploads are asked for."""

    kind: Literal["song", "picture"] | None = Field(default=None, description="Only these")


def writes() -> str:
    """How often a customer may submit, upload and change, by plan."""
    return f"{dependencies().rules.writes_a_minute(current_user().id)}/minute"


@routes.post("")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@describe(bodies={"multipart/form-data": UploadIn})
@routes.output(UploadOut, status_code=201)
@routes.doc(
    summary="Upload a song or a picture",
    responses={
        402: "The file is too large or too long for your plan, or your storage is full",
        415: "The file format is not supported",
        503: "",
    },
)
def upload_file() -> UploadOut:
    """Take one file."""
    upload, _ = uploads.receive(current_user().id)
    return UploadOut.of(upload)


@routes.get("")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.input(UploadQuery, location="query")
@routes.output(UploadList)
@routes.doc(summary="List your uploads, newest first")
def list_uploads(query_data: UploadQuery) -> UploadList:
    """List the caller's uploads."""
    query = uploads.own_uploads(current_user().id)
    if query_data.kind:
        query = query.where(Upload.kind == query_data.kind)
    return fetch_page(UploadList, query, query_data, show=UploadOut.of)


@routes.get("/<id:upload_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.output(UploadOut)
@routes.doc(summary="Show an upload", responses=[410])
def show_upload(upload_id: str) -> UploadOut:
    """Answer one of the caller's uploads."""
    return UploadOut.of(uploads.own_upload(db.session, current_user().id, upload_id))


@routes.get("/<id:upload_id>/content")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.doc(summary="Get an upload's file back, or a redirect to it", responses=FILE_ANSWERS)
def upload_content(upload_id: str) -> Response:
    """Send the bytes of one of the caller's uploads."""
    return uploads.hand_out(uploads.own_upload(db.session, current_user().id, upload_id))


@routes.delete("/<id:upload_id>")
@allow(Who.USER, keys=Scope.RENDER)
@rate(writes, scope="writes")
@routes.output({}, status_code=204)
@routes.doc(summary="Delete an upload", responses=[409, 410, 503])
def delete_upload(upload_id: str) -> tuple[str, int]:
    """Delete one of the caller's uploads."""
    uploads.delete_upload(current_user().id, upload_id)
    return "", 204
