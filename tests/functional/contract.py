"""A test client that compares every answer with the OpenAPI document: status, content type, body, ids in the path."""

import copy
import functools
import gzip
import json
import re
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

DOCUMENT = "/api/openapi.json"
_ADDRESS = "urn:document"
_ERROR = "/components/schemas/Error"
# Any route may answer these; docs/api.md says so.
_ANYWHERE = ("500", "503")
_CONVERTER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")

Json = dict[str, Any]


class CheckedClient(FlaskClient):
    """Sends requests as Flask's client does; an answer that the document does not promise is an AssertionError."""

    def open(self, *args: Any, **options: Any) -> TestResponse:  # noqa: ANN401  (Flask's own signature)
        answer = super().open(*args, **options)
        if answer.request.path != DOCUMENT:
            contract_of(self.application).check(answer)
        return answer


class Contract:
    """What the document of an application promises."""

    def __init__(self, app: APIFlask) -> None:
        self._routes = app.url_map.bind("localhost")
        document = app.test_client().get(DOCUMENT).json
        assert isinstance(document, dict)
        self._document: Json = _closed(copy.deepcopy(document))
        resource = DRAFT202012.create_resource(self._document)
        self._registry: Registry[Any] = Registry().with_resource(_ADDRESS, resource)
        self._validator = functools.cache(self._made_validator)

    def check(self, answer: TestResponse) -> None:
        """Compare an answer with the document."""
        method, status = answer.request.method.lower(), str(answer.status_code)
        path, ids = self._route_of(answer)
        operation = self._document["paths"].get(path, {}).get(method)
        where = f"{method.upper()} {answer.request.path} answers {status}"
        if operation is None:
            # An answer to HEAD has no body.
            if path.startswith("/api/") and status >= "400" and answer.is_json and method != "head":
                self._check_body(where, _ERROR, answer)
            return
        promised = operation["responses"].get(status)
        if promised is None:
            assert status in _ANYWHERE, f"{where}, which the document does not list"
            self._check_body(where, _ERROR, answer)
            return
        at = f"/paths/{_escaped(path)}/{method}"
        content = promised.get("content", {})
        if content and answer.get_data(as_text=False) and not _is_page(answer):
            assert answer.mimetype in content, f"{where} as {answer.mimetype}, and the document lists {list(content)}"
        if answer.is_json and "application/json" in content:
            self._check_body(where, f"{at}/responses/{status}/content/application~1json/schema", answer)
        if status < "400":
            self._check_ids(where, at, operation, ids)

    def _route_of(self, answer: TestResponse) -> tuple[str, Json]:
        """Return a request's path as the document writes it, and the ids in it."""
        try:
            rule, ids = self._routes.match(answer.request.path, answer.request.method, return_rule=True)
        except HTTPException:
            return answer.request.path, {}
        return _CONVERTER.sub(r"{\1}", rule.rule), dict(ids)

    def _check_body(self, where: str, schema: str, answer: TestResponse) -> None:
        self._check(where, schema, json.loads(_unpacked(answer)))

    def _check_ids(self, where: str, at: str, operation: Json, ids: Json) -> None:
        for number, parameter in enumerate(operation["parameters"]):
            if parameter["in"] == "path":
                self._check(where, f"{at}/parameters/{number}/schema", ids[parameter["name"]])

    def _check(self, where: str, schema: str, value: object) -> None:
        wrong = best_match(self._validator(schema).iter_errors(value))
        assert wrong is None, f"{where}: {wrong.json_path}: {wrong.message}"

    def _made_validator(self, schema: str) -> Draft202012Validator:
        return Draft202012Validator({"$ref": f"{_ADDRESS}#{schema}"}, registry=self._registry)


@functools.cache
def contract_of(app: APIFlask) -> Contract:
    """Return what an application promises; read once."""
    return Contract(app)


def _closed(part: Any) -> Any:  # noqa: ANN401  (any part of a JSON document)
    """Let no object have a field that its schema does not name: a new name beside an old one would not be seen."""
    if isinstance(part, list):
        return [_closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(value) for name, value in part.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed.setdefault("additionalProperties", False)
    return closed


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _unpacked(answer: TestResponse) -> bytes:
    is_gzip = answer.headers.get("Content-Encoding") == "gzip"
    return gzip.decompress(answer.get_data()) if is_gzip else answer.get_data()


def _is_page(answer: TestResponse) -> bool:
    # Refusals are shown to people as a page where a browser asks for one.
    return answer.status_code >= 400 and answer.mimetype == "text/html"
