"""Resumable uploads over HTTP: the tus protocol, version 1.0.0 (https://tus.io/protocols/resumable-upload).

Extensions: creation, creation-with-upload, expiration, termination.
"""

import base64
import binascii

from apiflask import APIBlueprint
from flask import Response, request
from pydantic import BaseModel, Field
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.http import http_date

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.errors import InvalidBody, UnsupportedTusVersion
from oriel.infra.clock import Instant
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, rate
from oriel.infra.openapi_extensions import BINARY, describe
from oriel.infra.paging import Page, PageQuery, fetch_page
from oriel.media import resumable
from oriel.media.models import ResumableUpload
from oriel.media.routes import writes

PREFIX = "/api/uploads/resumable"
VERSION = "1.0.0"
PIECE_TYPE = "application/offset+octet-stream"

routes = APIBlueprint("resumable", "resumable", url_prefix=PREFIX, tag="uploads")

_EXTENSIONS = "creation,creation-with-upload,expiration,termination"
_LONGEST_METADATA = 4096
_BYTES_HEADER = {"type": "integer", "minimum": 0, "maximum": 1 << 53}
_PIECES = rate("1200/minute", scope="pieces")


class ResumableOut(BaseModel):
    """How far a resumable upload is. The headers say it too, as the protocol wants it."""

    id: str
    filename: str
    size_bytes: int = Field(description="The size of the whole file")
    received_bytes: int = Field(description="How many bytes have arrived: the offset of the next piece")
    upload_id: str | None = Field(description="The upload that it has become, once all bytes have arrived; else null")
    created_at: Instant
    expires_at: Instant = Field(description="When it is deleted if nothing more arrives")


class ResumableList(Page[ResumableOut]):
    """A customer's unfinished resumable uploads, the latest first."""


@routes.route("", methods=["OPTIONS"], provide_automatic_options=False)
@routes.route("/<id:resumable_id>", methods=["OPTIONS"], provide_automatic_options=False)
@allow(Who.ANYONE)
@routes.doc(hide=True)
def options(resumable_id: str = "") -> Response:
    """Tell what we understand of the protocol."""
    del resumable_id
    return Response(
        status=204, headers={"Tus-Version": VERSION, "Tus-Extension": _EXTENSIONS, "Tus-Resumable": VERSION}
    )


@routes.post("")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@rate(writes, scope="writes")
@describe(
    headers={
        "Upload-Length": _BYTES_HEADER,
        "Upload-Metadata": {"type": "string", "maxLength": _LONGEST_METADATA},
    }
)
@routes.output(ResumableOut, status_code=201)
@routes.doc(
    summary="Begin a resumable upload of a song",
    responses={402: "Your storage is full", 412: "", 413: "", 415: "The file format is not supported", 503: ""},
    description="The tus protocol, version 1.0.0, for songs over 50 MB and for bad connections. `Upload-Length` is the"
    " size of the file, `Upload-Metadata` its name (`filename` and the name in base64). `Location` in the answer is"
    " where its bytes go. The first bytes may come along, as `application/offset+octet-stream`.",
)
def begin() -> Response | tuple[ResumableOut, int, dict[str, str]]:
    """Announce a song."""
    _refuse_other_version()
    user_id = current_user().id
    row = resumable.begin(user_id, _filename(), _bytes_in("Upload-Length") or 0)
    if request.mimetype == PIECE_TYPE:
        row = resumable.append(user_id, row.id, 0)
    return _shown(row), 201, {**_headers(row), "Location": f"{PREFIX}/{row.id}"}


@routes.get("")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.input(PageQuery, location="query")
@routes.output(ResumableList)
@routes.doc(summary="List your unfinished resumable uploads, newest first")
def list_unfinished(query_data: PageQuery) -> ResumableList:
    """List the caller's unfinished uploads."""
    return fetch_page(ResumableList, resumable.own_unfinished(current_user().id), query_data)


@routes.get("/<id:resumable_id>")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.output(ResumableOut)
@routes.doc(
    summary="Show how far a resumable upload is",
    responses=[410],
    description="`HEAD` answers with the same headers: `Upload-Offset`, `Upload-Length`, `Upload-Expires` and, once it"
    " is complete, `X-Upload-Id`.",
)
def show(resumable_id: str) -> tuple[ResumableOut, int, dict[str, str]]:
    """Tell where the next piece begins."""
    row = resumable.own_resumable(db.session, current_user().id, resumable_id)
    return _shown(row), 200, _headers(row)


@routes.patch("/<id:resumable_id>")
@allow(Who.CONFIRMED, keys=Scope.RENDER)
@_PIECES
@describe(bodies={PIECE_TYPE: BINARY}, headers={"Upload-Offset": _BYTES_HEADER})
@routes.output({}, status_code=204)
@routes.doc(
    summary="Send the next bytes of a resumable upload",
    responses={402: "The song is too long for your plan, or your storage is full", 409: "", 410: "", 412: "", 503: ""},
    description="`Upload-Offset` is the number of bytes that have arrived. The answer to the last bytes has the id of"
    " the upload in `X-Upload-Id`; until then they may be refused as a file sent to `POST /api/uploads` may be. When"
    " the connection breaks, ask where it stands and go on from there.",
)
def append(resumable_id: str) -> Response:
    """Take the next bytes."""
    offset = _bytes_in("Upload-Offset")
    resumable.refuse_offset(current_user().id, resumable_id, offset)
    _refuse_other_version()
    if request.mimetype != PIECE_TYPE:
        raise UnsupportedMediaType(f"Send the bytes with Content-Type: {PIECE_TYPE}.")
    row = resumable.append(current_user().id, resumable_id, offset)
    return Response(status=204, headers=_headers(row))


@routes.delete("/<id:resumable_id>")
@allow(Who.USER, keys=Scope.RENDER)
@_PIECES
@routes.output({}, status_code=204)
@routes.doc(summary="Cancel a resumable upload", responses=[410, 412])
def cancel(resumable_id: str) -> Response:
    """Delete what has arrived."""
    resumable.own_resumable(db.session, current_user().id, resumable_id)
    _refuse_other_version()
    resumable.cancel(current_user().id, resumable_id)
    return Response(status=204, headers={"Tus-Resumable": VERSION})


def _refuse_other_version() -> None:
    version = request.headers.get("Tus-Resumable", VERSION)
    if version != VERSION:
        raise UnsupportedTusVersion(f"We support version {VERSION} of the tus protocol only.", supported=[VERSION])


def _bytes_in(header: str) -> int | None:
    text = request.headers.get(header, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else None


def _filename() -> str:
    """Return the file's name in Upload-Metadata: pairs of a key and a base64 text, separated by commas."""
    header = request.headers.get("Upload-Metadata", "")
    pairs = dict(pair.strip().partition(" ")[::2] for pair in header[:_LONGEST_METADATA].split(","))
    try:
        name = base64.b64decode(pairs.get("filename", ""), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise InvalidBody(
            "The file name in Upload-Metadata is not base64 of UTF-8.", header="Upload-Metadata"
        ) from error
    if not name or "\0" in name:
        sentence = "Upload-Metadata must hold the file's name: “filename”, a space, and the name in base64."
        raise InvalidBody(sentence, header="Upload-Metadata")
    return name


def _shown(row: ResumableUpload) -> ResumableOut:
    return ResumableOut.model_validate(row, from_attributes=True)


def _headers(row: ResumableUpload) -> dict[str, str]:
    headers = {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(row.received_bytes),
        "Upload-Length": str(row.size_bytes),
        "Upload-Expires": http_date(row.expires_at),
    }
    return {**headers, "X-Upload-Id": row.upload_id} if row.upload_id else headers
