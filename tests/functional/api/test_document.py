"""No answer but those that the document promises: every route is asked at random, with what it takes and what not."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.functional.api.operations import document, operations
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded
from werkzeug.wsgi import ClosingIterator

from oriel.accounts import passwords
from oriel.api.document import ALIASES, schemas_of
from oriel.infra.redis import redis

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")

ANYBODY = "anybody"
CUSTOMER = "customer"
CHECKED: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]

MakeCaller = Callable[..., Caller]
# PostgreSQL is the stricter one about what a text may contain.
on_one_database = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
on_both_databases = pytest.mark.parametrize("database", ["postgresql", "sqlite"], indirect=True)
by_both = pytest.mark.parametrize("who", [ANYBODY, CUSTOMER])


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password's hash costs would be all that these tests take time for."""
    monkeypatch.setattr(passwords, "method", "scrypt:1024:8:1")


@on_one_database
@by_both
def test_every_answer_is_one_that_the_document_promises(app: APIFlask, caller: MakeCaller, who: str) -> None:
    for operation in _operations(app):
        _ask(app, operation, caller if who == CUSTOMER else None, examples=6)


@pytest.mark.long
@on_both_databases
@by_both
def test_every_answer_is_one_that_the_document_promises_at_length(app: APIFlask, caller: MakeCaller, who: str) -> None:
    for operation in _operations(app):
        _ask(app, operation, caller if who == CUSTOMER else None, examples=60)


@on_one_database
def test_the_document_is_a_valid_one(app: APIFlask) -> None:
    schemathesis.openapi.from_dict(document(app)).validate()


@on_one_database
def test_every_refusal_has_the_one_schema_and_an_example(app: APIFlask) -> None:
    for operation in operations(app):
        for status, answer in operation.spec["responses"].items():
            if status >= "400":
                content = answer["content"]["application/json"]
                assert content["schema"] == {"$ref": "#/components/schemas/Error"}, operation
                assert content["example"]["error"]["message"], operation
                assert answer["description"], operation


@on_one_database
def test_every_route_has_a_name_and_a_summary(app: APIFlask) -> None:
    names = [operation.spec["operationId"] for operation in operations(app)]
    assert len(set(names)) == len(names)
    assert all(operation.spec["summary"] for operation in operations(app))


@on_one_database
def test_the_document_begins_with_what_people_need_first(app: APIFlask) -> None:
    written = document(app)
    assert "five calls" in written["info"]["description"]
    assert "/api/docs/guide.html" in written["info"]["description"]
    assert [tag["name"] for tag in written["tags"]][:3] == ["auth", "uploads", "renders"]
    assert written["tags"][-1]["name"] == "aliases"
    assert next(iter(written["paths"])) == "/api/auth/register"


@on_one_database
def test_an_alias_names_the_path_that_it_stands_for_and_is_otherwise_the_same(app: APIFlask) -> None:
    paths = document(app)["paths"]
    own = {"summary", "tags", "operationId"}
    for alias, main in ALIASES.items():
        for method, operation in paths[alias].items():
            assert operation["summary"] == f"Alias of {main}"
            assert operation["tags"] == ["aliases"]
            rest, expected = (
                {k: v for k, v in each.items() if k not in own} for each in (operation, paths[main][method])
            )
            assert rest == expected


@on_one_database
def test_no_field_is_shown_with_a_made_up_string(app: APIFlask) -> None:
    bare = [
        f"{name}.{field}"
        for name, schema in schemas_of(document(app))
        if name != "Error"
        for field, value in schema.get("properties", {}).items()
        if value.get("type") == "string"
        and not {"examples", "enum", "const", "default", "format", "contentMediaType"} & value.keys()
    ]
    assert bare == []


@on_one_database
def test_every_example_fits_its_field(app: APIFlask) -> None:
    for name, schema in schemas_of(document(app)):
        for field, value in schema.get("properties", {}).items():
            for example in value.get("examples", []):
                problems = list(Draft202012Validator(value).iter_errors(example))
                assert problems == [], (name, field)


@on_one_database
def test_the_example_of_a_status_has_every_field(app: APIFlask) -> None:
    schema = document(app)["components"]["schemas"]["StatusOut"]
    assert schema["examples"][0].keys() == schema["properties"].keys()


@on_one_database
def test_an_error_example_is_one_of_its_operation(app: APIFlask) -> None:
    paths = document(app)["paths"]

    def example(path: str, method: str, status: str) -> str:
        error = paths[path][method]["responses"][status]["content"]["application/json"]["example"]["error"]
        return str(error["code"])

    assert example("/api/uploads", "post", "415") == "INVALID_AUDIO_FORMAT"
    assert example("/api/auth/login", "post", "422") == "INVALID_CREDENTIALS"
    assert example("/api/jobs/submit", "post", "402") == "PLAN_LIMIT_SIZE"


def _operations(app: APIFlask) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", _closing(app))
    for found in schema.get_all_operations():
        operation = found.ok() if isinstance(found, Ok) else None
        assert operation, found
        yield operation


def _closing(app: APIFlask) -> "WSGIApplication":
    """Return the application with every answer closed, as a server does, and none compressed.

    Schemathesis leaves open what is a file, and takes compressed answers as they are.
    """

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
        environ["HTTP_ACCEPT_ENCODING"] = "identity"
        parts = ClosingIterator(app.wsgi_app(environ, start_response))
        try:
            return [b"".join(parts)]
        finally:
            parts.close()

    return answer


def _ask(
    app: APIFlask, operation: APIOperation[Any, Any, Any, Any], caller: MakeCaller | None, *, examples: int
) -> None:
    """Ask one route, with ids that exist and others, in ways that the document allows and others."""
    owner = caller() if caller and "{" in operation.path else None
    ids = _ids_of(operation, owner) if owner else {}
    strategies = [operation.as_strategy(mode) for mode in GenerationMode]
    if ids:
        strategies.append(operation.as_strategy(path_parameters=ids))

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(strategies))
    def ask(case: Case[Any]) -> None:
        with app.app_context():
            redis().flushall()
        # A new one each time, since many a route ends the session that asks.
        asker = owner or (caller() if caller else None)
        # Made up with the rest, and preferred to the token.
        case.headers.pop("X-API-Key", None)
        _give_a_song(case, asker)
        answer = case.call(headers=asker.headers if asker else {})
        # Such a value is not in the address, or stands there several times, of which the first counts: the request that
        # arrives breaks no rule.
        unsent = any(value is None or isinstance(value, list | dict) for value in (case.query or {}).values())
        # Nor is a part of a multipart body whose value cannot be written as one.
        unsent = unsent or case.media_type == "multipart/form-data"
        checks = [check for check in CHECKED if check is not negative_data_rejection] if unsent else CHECKED
        case.validate_response(answer, checks=checks)

    ask()


def _give_a_song(case: Case[Any], asker: Caller | None) -> None:
    """Let about half of what is submitted be about a song that is there."""
    body = case.body
    if asker and isinstance(body, dict) and str(body.get("upload_id", ""))[:1] > "M":
        body["upload_id"] = uploaded(asker)


def _ids_of(operation: APIOperation[Any, Any, Any, Any], owner: Caller) -> dict[str, str]:
    upload = uploaded(owner)
    render = owner.post("/api/render/submit", json={"upload_id": upload}).json or {}
    payment = owner.post("/api/payments/create-session", json={"kind": "render"}).json or {}
    headers = {"Upload-Length": "1000", "Upload-Metadata": "filename c29uZy53YXY="}
    resumable = owner.post("/api/uploads/resumable", headers=headers).json or {}
    known = {
        "upload_id": upload,
        "resumable_id": resumable["id"],
        "job_id": render["id"],
        "session_id": owner.session_id,
        "checkout_session_id": payment["session_id"],
    }
    return {name: known[name] for name in known if f"{{{name}}}" in operation.path}
