"""The OpenAPI document, completed by what follows from a route's declaration: which errors it may answer, and how.

A route names the errors of its own (`responses=[409]`); who may call it, its rate limit, its body and the ids in its
path bring the others.
"""

from collections.abc import Iterator
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from oriel.infra.described import BODIES, HEADERS

Json = dict[str, Any]

_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = "#/components/schemas/"
_ID_PATTERN = "^[0-9a-v]{26}$"
# Ids that are not ours: the payment service's.
_OTHER_IDS = {"checkout_session_id": "^cs_[A-Za-z0-9_]{1,252}$"}
_DESCRIPTION = """\
A song goes in, a 3D video that moves with it comes out.

Send the access token of `POST /api/auth/login` as `Authorization: Bearer …`, or an API key as `X-API-Key`.
Every failure is told in one format: a code that stays as it is, a sentence for people, and details for programs.
"""
_ERROR: Json = {
    "title": "Error",
    "description": "Every failure, whatever the route.",
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
                "details": {"type": "object", "description": "What it is about, by name"},
            },
        }
    },
}
# What each status means here, with an example of its code and sentence.
_MEANINGS: dict[str, tuple[str, str, str]] = {
    "400": ("The body cannot be read", "BAD_REQUEST", "The browser (or proxy) sent a request that cannot be read."),
    "401": (
        "No token or key, or none that is good",
        "NOT_AUTHENTICATED",
        "Please log in: the access token is missing, invalid or expired.",
    ),
    "402": (
        "The plan does not cover it; `details` name the limit",
        "PLAN_LIMIT_MONTH",
        "This month's renders are used up.",
    ),
    "403": (
        "The account is closed, not confirmed, or may not do this",
        "EMAIL_NOT_VERIFIED",
        "Please confirm your mail address first.",
    ),
    "404": ("There is no such thing, or it is somebody else's", "NOT_FOUND", "There is no such render."),
    "409": ("It does not fit the state that things are in", "WRONG_STATE", "The video is not ready yet."),
    "410": ("It was there, and its time is over", "EXPIRED", "This video has expired and was deleted."),
    "411": ("The length of the body must be said", "LENGTH_REQUIRED", "A Content-Length is needed."),
    "413": ("More bytes than may be sent", "TOO_LARGE", "The file is too large."),
    "415": (
        "A body of another content type, or a file of a format that is not taken",
        "UNSUPPORTED_MEDIA_TYPE",
        "Send JSON with Content-Type: application/json, or multipart/form-data for a file.",
    ),
    "416": ("The file has no such part", "RANGE_NOT_SATISFIABLE", "The requested range cannot be answered."),
    "422": (
        "What was sent does not validate; `details` name the fields",
        "VALIDATION_ERROR",
        "The request is not valid: email: it is missing.",
    ),
    "426": ("The address speaks WebSocket", "UPGRADE_REQUIRED", "This address speaks WebSocket."),
    "429": ("Asked too often; `Retry-After` says when to come back", "RATE_LIMITED", "Too many requests."),
    "503": ("Something that we need is away for a while", "UNAVAILABLE", "Please try again in a moment."),
}


def completed(document: Json | str) -> Json | str:
    """Return the document with the errors of every route, without schemas that are there twice."""
    assert isinstance(document, dict)
    document["info"]["description"] = _DESCRIPTION
    document["tags"] = [{"name": name} for name in dict.fromkeys(tag["name"] for tag in document["tags"])]
    for path, operation in _operations(document):
        _complete(path, operation)
    schemas = document["components"].setdefault("schemas", {})
    schemas.pop("HTTPError", None)
    schemas["Error"] = deepcopy(_ERROR)
    return _without_doubles(document)


def _operations(document: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, methods[method]


def _complete(path: str, operation: Json) -> None:
    _describe(operation)
    for parameter in operation["parameters"]:
        if parameter["in"] == "path" and parameter["name"].endswith("_id"):
            parameter["schema"]["pattern"] = _OTHER_IDS.get(parameter["name"], _ID_PATTERN)
    answers = operation["responses"]
    # What may be missing or wrong in the request follows from what it may contain.
    for status in {*_implied(operation), *(status for status in answers if status >= "400")}:
        answers[status] = _error_answer(status, answers.get(status, {}).get("description"))
    for status, answer in answers.items():
        if status in ("204", "302", "304"):
            answer.pop("content", None)
    operation["responses"] = dict(sorted(answers.items()))


def _describe(operation: Json) -> None:
    """Put what `described` has noted where it belongs."""
    for name, schema in operation.pop(HEADERS, {}).items():
        operation["parameters"].append({"in": "header", "name": name, "required": False, "schema": schema})
    if bodies := operation.pop(BODIES, {}):
        operation["requestBody"] = {"content": {kind: {"schema": schema} for kind, schema in bodies.items()}}


def _implied(operation: Json) -> Iterator[str]:
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
        yield from ("400", "413", "415", "422")


def _error_answer(status: str, told: str | None) -> Json:
    meaning, code, sentence = _MEANINGS[status]
    # A route that only lists a number gets the phrase of HTTP, which says less than ours.
    description = told if told and told != HTTPStatus(int(status)).phrase else meaning
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
    """Call each schema by its own name: APIFlask writes one that two others use as "One.Name" and "Other.Name"."""
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
