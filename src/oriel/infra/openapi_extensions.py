"""Parts of the OpenAPI document that APIFlask's decorators cannot express: hand-read bodies and headers."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])

# The operations' keys under which the document finds them; it takes them out again.
BODIES = "x-bodies"
HEADERS = "x-headers"

BINARY = {"type": "string", "format": "binary"}
_VIDEO = {kind: {"schema": BINARY} for kind in ("video/mp4", "video/webm", "video/quicktime")}
_NOT_MODIFIED = {"description": "Not modified: the caller's copy is current"}
# A route that hands out a video: all of it, a part, not again, or the way to it.
VIDEO_ANSWERS: dict[int, Any] = {
    200: {"description": "The video", "content": _VIDEO},
    206: {"description": "The byte range that `Range` asks for", "content": _VIDEO},
    302: {"description": "A redirect to the video"},
    304: _NOT_MODIFIED,
    409: "The video is not ready, or the render failed",
    410: "The video has expired and was deleted",
    416: "The video has no such byte range",
    503: "The storage cannot be reached",
}
_MEDIA = ("audio/mpeg", "audio/wav", "audio/mp4", "image/png", "image/jpeg", "image/webp", "application/octet-stream")


def file_answers(*kinds: str, expired: str) -> dict[int, Any]:
    """Return the answers of a route that hands out a file of these content types; `expired` says what is over."""
    content = {kind: {"schema": BINARY} for kind in kinds}
    return {
        200: {"description": "The file", "content": content},
        206: {"description": "The byte range that `Range` asks for", "content": content},
        302: {"description": "A redirect to the file"},
        304: _NOT_MODIFIED,
        410: expired,
        416: "The file has no such byte range",
        503: "The storage cannot be reached",
    }


# A route that hands out what a customer has uploaded.
FILE_ANSWERS = file_answers(*_MEDIA, expired="The upload has expired")
# A route whose answer has an ETag.
CACHED_ANSWERS: dict[int, Any] = {304: _NOT_MODIFIED}


def picture_answers(*kinds: str) -> dict[int, Any]:
    """Return the answers of a route that hands out a picture of these content types."""
    return {
        200: {"description": "The picture", "content": {kind: {"schema": BINARY} for kind in kinds}},
        302: {"description": "A redirect to the picture"},
        304: _NOT_MODIFIED,
        410: "The address or the picture has expired",
        503: "The storage cannot be reached",
    }


def text_answer(description: str) -> Any:  # noqa: ANN401  (an answer as APIFlask's `responses` take it)
    """Return how an answer in plain text is described."""
    return {"description": description, "content": {"text/plain": {"schema": {"type": "string"}}}}


def describe(
    *,
    bodies: Mapping[str, type[BaseModel] | Mapping[str, Any]] | None = None,
    headers: Mapping[str, Mapping[str, Any]] | None = None,
) -> Callable[[View], View]:
    """Describe bodies by content type (a model or a schema), and headers by name, which the route checks itself."""

    def decorate(view: View) -> View:
        note(view, BODIES, {kind: _schema(body) for kind, body in (bodies or {}).items()})
        note(view, HEADERS, {name: dict(schema) for name, schema in (headers or {}).items()})
        return view

    return decorate


def _schema(body: type[BaseModel] | Mapping[str, Any]) -> dict[str, Any]:
    return dict(body) if isinstance(body, Mapping) else body.model_json_schema()


def note(view: Callable[..., Any], name: str, value: object) -> None:
    """Write an extension where APIFlask collects what belongs to a route's operation."""
    spec = view.__dict__.setdefault("_spec", {})
    spec["extensions"] = {**(spec.get("extensions") or {}), name: value}
