"""What a body may be, whatever the route: JSON that says so, not too deep and not too long."""

import io
import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.api.operations import operations
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded
from werkzeug.test import TestResponse

LOGIN = "/api/auth/login"
ADA = {"email": "ada@example.com", "password": "tuba lantern violet"}


def code_of(answer: TestResponse) -> tuple[int, str]:
    assert answer.json, answer.text
    return answer.status_code, str(answer.json["error"]["code"])


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def post_chunked(client: FlaskClient, path: str, body: bytes) -> TestResponse:
    """Send a body without its length, as Gunicorn hands it over."""
    return client.post(
        path,
        input_stream=io.BytesIO(body),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )


@pytest.mark.parametrize(
    "text",
    [
        "[" * 16_000,
        '{"a":' * 3_000,
        f'{{"email": {nested(990)}, "password": "x"}}',
        f'{{"email": {nested(32)}, "password": "x"}}',
    ],
)
def test_a_body_that_is_nested_too_deeply_cannot_be_read(
    client: FlaskClient, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = client.post(LOGIN, data=text, content_type="application/json")
    assert code_of(answer) == (400, "BAD_REQUEST")
    assert "32 levels" in (answer.json or {})["error"]["message"]
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("path", ["/api/render/submit", "/api/payments/create-session"])
@pytest.mark.parametrize("levels", [40, 600])
def test_settings_that_are_nested_too_deeply_are_refused(
    caller: Callable[..., Caller], path: str, levels: int, caplog: pytest.LogCaptureFixture
) -> None:
    customer = caller()
    order = f'{{"upload_id":"{uploaded(customer)}","settings":{{"params":{{"size":{nested(levels)}}}}}}}'
    text = order if "submit" in path else f'{{"kind":"render","render":{order}}}'
    answer = customer.post(path, data=text, content_type="application/json")
    assert code_of(answer) == (400, "BAD_REQUEST")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("text", ["", "{", '{"email": NaN}', "\xff"])
def test_what_is_no_json_cannot_be_read(client: FlaskClient, text: str) -> None:
    assert code_of(client.post(LOGIN, data=text.encode("latin-1"), content_type="application/json"))[0] == 400


def test_a_body_of_another_type_is_not_read(client: FlaskClient) -> None:
    # What a page of anybody's can make a browser send without asking us.
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "", "text/json"):
        answer = client.post(LOGIN, data=json.dumps(ADA), content_type=kind)
        assert code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE"), kind
        assert "application/json" in (answer.json or {})["error"]["message"]


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/vnd.api+json"])
def test_json_may_say_more_of_itself(client: FlaskClient, kind: str) -> None:
    answer = client.post(LOGIN, data=json.dumps(ADA), content_type=kind)
    assert code_of(answer) == (422, "INVALID_CREDENTIALS")


def test_no_route_takes_json_that_does_not_say_so(app: APIFlask, caller: Callable[..., Caller]) -> None:
    taking = [
        each for each in operations(app) if "application/json" in each.spec.get("requestBody", {}).get("content", {})
    ]
    assert len(taking) >= 8
    for operation in taking:
        by = caller(role="admin")
        # Where a project comes first, only its own people hear about the body.
        is_of_project = "{project_id}" in operation.path
        project_id = by.post("/api/projects", json={}).get_json()["id"] if is_of_project else ""
        path = operation.path.replace("{project_id}", project_id)
        answer = by._send(operation.method, path, data="{}", content_type="text/plain")
        assert code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE"), operation


def test_a_body_without_a_length_may_not_be_longer(client: FlaskClient) -> None:
    padding = " " * (1 << 20)
    assert code_of(post_chunked(client, LOGIN, (json.dumps(ADA) + padding).encode())) == (413, "TOO_LARGE")
    assert code_of(post_chunked(client, "/api/payments/webhook", padding.encode())) == (413, "TOO_LARGE")
    assert code_of(post_chunked(client, LOGIN, json.dumps(ADA).encode())) == (422, "INVALID_CREDENTIALS")


# A NUL never comes so far: no body may have one.
UNSPEAKABLE = ["a\x01b", "a\nb", "a\x7fb", "a\x9fb", "a\ud800"]


@pytest.mark.parametrize("path", ["/api/render/submit", "/api/payments/create-session"])
@pytest.mark.parametrize(
    "settings",
    [
        *({"text": {key: value}} for key in ("title", "artist") for value in UNSPEAKABLE),
        *({"params": {"size": value}} for value in UNSPEAKABLE),
        {"look": UNSPEAKABLE[0]},
        {"preset": UNSPEAKABLE[0]},
        {"params": {UNSPEAKABLE[0]: 1}},
        {"cover": {"source": "file", "file": UNSPEAKABLE[0]}},
        {"background": {"type": "image", "image": UNSPEAKABLE[4]}},
        {"params": {"size": 10**400}},
    ],
)
def test_settings_with_what_nobody_can_write_are_refused_by_name(
    caller: Callable[..., Caller], path: str, settings: dict[str, Any]
) -> None:
    customer = caller()
    order = {"upload_id": uploaded(customer), "settings": settings}
    answer = customer.post(path, json=order if "submit" in path else {"kind": "render", "render": order})
    assert code_of(answer) in [(422, code) for code in ("INVALID_SETTINGS", "INVALID_PARAMETER", "UNKNOWN_PARAMETER")]
    [(part, value)] = settings.items()
    key = f"{part}.{list(value)[-1]}" if isinstance(value, dict) else part
    assert (answer.json or {})["error"]["details"]["setting"] == key


def test_the_document_says_what_a_title_may_be(app: APIFlask) -> None:
    submit = next(each for each in operations(app) if each.path == "/api/render/submit")
    schema = submit.spec["requestBody"]["content"]["application/json"]["schema"]
    title = schema["properties"]["settings"]["anyOf"][0]["properties"]["text"]["properties"]["title"]["anyOf"][0]
    for text, fits in [("Nuit d'été 夜 🎧", True), *((text, False) for text in UNSPEAKABLE[:4])]:
        assert bool(re.search(title["pattern"], text)) is fits, text


@pytest.mark.parametrize("path", ["/api/render/submit", "/api/payments/create-session"])
def test_an_id_with_what_nobody_can_write_is_none(caller: Callable[..., Caller], path: str) -> None:
    order = {"upload_id": "a\0b", "settings": {}}
    answer = caller().post(path, json=order if "submit" in path else {"kind": "render", "render": order})
    assert answer.status_code in (404, 422), answer.text


def test_what_is_wrong_is_said_to_people(client: FlaskClient) -> None:
    wrong = {"email": "a\nb@example.com", "password": 3, "cookie": "maybe", "more": 1}
    assert (client.post(LOGIN, json=wrong).json or {})["error"]["details"] == {
        "email": "it must be one line without control characters",
        "password": "it must be text",
        "cookie": "it must be true or false",
        "more": "there is no such field",
    }
    error = (client.post(LOGIN, json=["a"]).json or {})["error"]
    assert error["message"] == "The request is not valid: body: it must be a JSON object."


def test_no_sentence_names_our_classes_or_patterns(app: APIFlask, caller: Callable[..., Caller]) -> None:
    for operation in operations(app):
        if "application/json" in operation.spec.get("requestBody", {}).get("content", {}):
            bodies: tuple[object, ...] = (
                [],
                {"render": [], "email": "\n", "name": "\n", "settings": [], "upload_id": "\n"},
            )
            for body in bodies:
                answer = caller(role="admin")._send(operation.method, operation.path, json=body)
                assert not re.search(r"instance of|In\b|\\x|\^|_schema", answer.text), (operation, answer.text)
