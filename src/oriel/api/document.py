"""Completes the OpenAPI document with everything that follows from a route's declaration, such as its errors.

A route names its own errors (`responses=[409]`); the others follow from its access, rate limit, body and path.
"""

from collections.abc import Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from oriel.api.examples import FIELDS, RUNNING_RENDER, refusal_of_operation
from oriel.infra.openapi_extensions import BODIES, HEADERS

Json = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = "#/components/schemas/"
_ID_PATTERN = "^[0-9a-v]{26}$"
# The payment service's ids.
_OTHER_IDS = {"checkout_session_id": "^cs_[A-Za-z0-9_]{1,252}$"}
_DESCRIPTION = """\
Send a song, get a 3D video that moves with it.

## Your first video in five calls

1. `POST /api/auth/register` with `{"email": "ada@example.com", "password": "…"}`. Then open the link in the email.
2. `POST /api/auth/login` with the same. The answer holds `access_token`; send it as `Authorization: Bearer …`.
3. `POST /api/uploads` with the song in the form field `audio`. The answer holds the upload's `id`.
4. `POST /api/render/submit` with `{"upload_id": "…", "settings": {"look": "prism"}}`. The answer holds an `id`.
5. `GET /api/render/status/{job_id}` until `status` is `completed`. Then fetch `download_url`.

The [guide](/api/docs/guide.html) shows these calls with curl, and explains progress, errors, limits and payments.

A program can send an API key as `X-API-Key` instead of the access token.
Every error has the same form: a stable code, a sentence for people, and details for programs.
"""
# In the order in which readers need them; aliases come last.
_ALIASES = "aliases"
_TAGS = {
    "auth": "Create an account and log in.",
    "uploads": "Send songs and pictures.",
    "renders": "Make videos, follow them and download them.",
    "projects": "Keep songs with their settings, under names.",
    "payments": "Pay for a render or a subscription.",
    "billing": "Plans, subscription and invoices.",
    "user": "Profile, sessions, API keys and activity.",
    "privacy": "A copy of your data, and the end of your account.",
    "health": "The state of the service.",
    "operation": "For operators: figures over time, and the state of everything.",
    _ALIASES: "Other addresses of the same operations. New programs should use the main ones.",
}
_FIRST = (
    "/api/auth/register",
    "/api/auth/verify-email",
    "/api/auth/login",
    "/api/auth/refresh",
    "/api/render/submit",
    "/api/render/status/{job_id}",
    "/api/render/download/{job_id}",
    "/api/render/cancel/{job_id}",
    "/api/render/events/ticket",
    "/api/render/events",
    "/api/looks",
)
# The main path of each alias.
ALIASES = {
    "/api/jobs/submit": "/api/render/submit",
    "/api/jobs/{job_id}/status": "/api/render/status/{job_id}",
    "/api/jobs/{job_id}/download": "/api/render/download/{job_id}",
}
_ERROR: Json = {
    "title": "Error",
    "description": "The one format of all errors.",
    "type": "object",
    "additionalProperties": False,
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "additionalProperties": False,
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "description": "For programs"},
                "message": {"type": "string", "minLength": 1, "description": "For people"},
                "details": {"type": "object", "description": "Facts about the error, by name"},
            },
        }
    },
}
# The meaning of each status, with an example of its code and sentence.
_MEANINGS: dict[str, tuple[str, str, str]] = {
    "400": ("The request cannot be read", "BAD_REQUEST", "We could not read this request."),
    "401": (
        "The token or key is missing or not valid",
        "NOT_AUTHENTICATED",
        "Please sign in: the access token is missing, invalid or expired.",
    ),
    "402": (
        "Your plan does not include this; `details` name the limit",
        "PLAN_LIMIT_MONTH",
        "You have used all 5 renders of Free for this month.",
    ),
    "403": (
        "The account is disabled, not confirmed, or not allowed to do this",
        "EMAIL_NOT_VERIFIED",
        "Please confirm your email address first: open the link in the email we sent you.",
    ),
    "404": ("Not found, or it belongs to someone else", "NOT_FOUND", "There is no such render."),
    "409": ("The current state does not allow this", "WRONG_STATE", "The video is not ready yet."),
    "410": ("It has expired", "EXPIRED", "This video has expired and was deleted. Render it again to get a new one."),
    "411": ("The request needs a Content-Length", "LENGTH_REQUIRED", "A Content-Length is needed."),
    "412": (
        "The request names another version of the protocol",
        "UNSUPPORTED_TUS_VERSION",
        "We support version 1.0.0 of the tus protocol only.",
    ),
    "413": ("The request is too large", "TOO_LARGE", "This request is too large."),
    "415": (
        "The content type or the file format is not supported",
        "UNSUPPORTED_MEDIA_TYPE",
        "Send JSON with Content-Type: application/json, or multipart/form-data for a file.",
    ),
    "416": ("The file has no such byte range", "RANGE_NOT_SATISFIABLE", "The file has no such byte range."),
    "422": (
        "The request is not valid; `details` name the fields",
        "VALIDATION_ERROR",
        "The request is not valid: email: it is missing.",
    ),
    "426": ("The address needs a WebSocket", "UPGRADE_REQUIRED", "This address needs a WebSocket."),
    "429": (
        "Too many requests; `Retry-After` says how long to wait",
        "RATE_LIMITED",
        "Too many requests. Please try again in 12 s.",
    ),
    "503": ("Temporarily unavailable; try again later", "UNAVAILABLE", "Please try again in a moment."),
}


def completed(document: Json | str) -> Json | str:
    """Return the document with all errors, and without duplicate schemas."""
    assert isinstance(document, dict)
    document["info"]["description"] = _DESCRIPTION
    for path, operation in _operations(document):
        _complete(path, operation)
    used = {tag for _, operation in _operations(document) for tag in operation["tags"]}
    known = [name for name in _TAGS if name in used]
    document["tags"] = [{"name": name, "description": _TAGS[name]} for name in known]
    document["tags"] += [{"name": name} for name in sorted(used - _TAGS.keys())]
    document["paths"] = dict(sorted(document["paths"].items(), key=_place))
    schemas = document["components"].setdefault("schemas", {})
    schemas.pop("HTTPError", None)
    schemas["Error"] = deepcopy(_ERROR)
    document = _without_doubles(document)
    for name, schema in schemas_of(document):
        _show_examples(name, schema)
    return document


def _place(path: tuple[str, Json]) -> int:
    return _FIRST.index(path[0]) if path[0] in _FIRST else len(_FIRST)


def schemas_of(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield the schemas with their names: the components, and the inline request bodies."""
    yield from document["components"]["schemas"].items()
    for _, operation in _operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schema = content.get("schema", {})
            if "$ref" not in schema:
                yield schema.get("title", ""), schema


def _show_examples(name: str, schema: Json) -> None:
    """Give each field without an example a realistic one."""
    if name == "StatusOut":
        schema["examples"] = [dict(RUNNING_RENDER)]
    for field, value in schema.get("properties", {}).items():
        example = FIELDS.get(f"{name}.{field}", FIELDS.get(field))
        is_plain = not {"$ref", "enum", "const", "examples"} & value.keys() and value.get("type") != "array"
        if example is not None and is_plain and name != "Error":
            value["examples"] = [example]


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, methods[method]


def _complete(path: str, operation: Json) -> None:
    _describe(operation)
    if path in ALIASES:
        operation["tags"] = [_ALIASES]
        operation["summary"] = f"Alias of {ALIASES[path]}"
    for parameter in operation["parameters"]:
        if parameter["in"] == "path" and parameter["name"].endswith("_id"):
            parameter["schema"]["pattern"] = _OTHER_IDS.get(parameter["name"], _ID_PATTERN)
    answers = operation["responses"]
    # Some errors follow from the parts of a request.
    for status in {*_implied(operation), *(status for status in answers if status >= "400")}:
        answers[status] = _error_answer(path, status, answers.get(status, {}).get("description"))
    for status, answer in answers.items():
        if status in ("204", "302", "304"):
            answer.pop("content", None)
    operation["responses"] = dict(sorted(answers.items()))


def _describe(operation: Json) -> None:
    """Move the headers and bodies of `@describe` to their places in the operation."""
    for name, schema in operation.pop(HEADERS, {}).items():
        operation["parameters"].append({"in": "header", "name": name, "required": False, "schema": schema})
    if bodies := operation.pop(BODIES, {}):
        operation["requestBody"] = {"content": {kind: {"schema": schema} for kind, schema in bodies.items()}}


def _implied(operation: Json) -> Iterator[str]:
    # Any address and any header may contain a NUL character.
    yield "400"
    if operation.get("security"):
        yield from ("401", "403")
    if "x-rate-limit" in operation:
        yield "429"
    if any(parameter["in"] == "path" for parameter in operation["parameters"]):
        yield "404"
    if operation["parameters"] and any(parameter["in"] != "path" for parameter in operation["parameters"]):
        yield "422"
    if "requestBody" in operation:
        operation["requestBody"].setdefault("required", True)
        yield from ("413", "415", "422")


def _error_answer(path: str, status: str, own: str | None) -> Json:
    meaning, *usual = _MEANINGS[status]
    code, sentence = refusal_of_operation(ALIASES.get(path, path), status) or usual
    # For a bare status, APIFlask sets the HTTP phrase, which says less than our text.
    description = own if own and own != HTTPStatus(int(status)).phrase else meaning
    example = {"error": {"code": code, "message": sentence, "details": {}}}
    answer: Json = {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": _REFERENCE + "Error"}, "example": example}},
    }
    if status in ("429", "503"):
        wait = {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}
        answer["headers"] = {"Retry-After": wait}
    return answer


def _without_doubles(document: Json) -> Json:
    """Rename shared schemas: APIFlask calls one that two others use "One.Name" and "Other.Name"."""
    document = _renamed(document)
    schemas: Json = {}
    for name, schema in document["components"]["schemas"].items():
        schema.pop("$defs", None)
        schemas[_own_name(name)] = schema
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    return document


def _renamed(part: Any) -> Any:  # noqa: ANN401  (any part of a JSON document)
    if isinstance(part, list):
        return [_renamed(item) for item in part]
    if not isinstance(part, dict):
        return part
    return {
        name: _REFERENCE + _own_name(value.removeprefix(_REFERENCE))
        if name == "$ref" and isinstance(value, str)
        else _renamed(value)
        for name, value in part.items()
    }


def _own_name(name: str) -> str:
    return name.rpartition(".")[2]
