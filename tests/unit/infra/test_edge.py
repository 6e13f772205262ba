"""What is settled about every request before a route sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Response, request
from flask.testing import FlaskClient
from pydantic import BaseModel

from oriel.errors import CallerError
from oriel.infra.loopback import comes_from_this_machine
from oriel.infra.web import init_web
from oriel.settings import Settings

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.1"}
FORWARDED = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https"}
MakeClient = Callable[..., FlaskClient]


class Names(BaseModel):
    names: dict[str, int]


@pytest.fixture
def make_client() -> MakeClient:
    """Return a caller of an application with these settings, whose routes tell what they see."""

    def make(**options: Any) -> FlaskClient:  # noqa: ANN401
        app = APIFlask("edge")
        init_web(app, Settings(_env_file=None, **options))
        facts: Callable[[], dict[str, Any]] = lambda: {  # noqa: E731
            "local": comes_from_this_machine(),
            "sent": request.headers.get("Authorization"),
        }
        app.add_url_rule("/page", "page", lambda: "<!doctype html>")
        app.add_url_rule("/file", "file", lambda: Response("", mimetype="video/mp4"))
        for path in ("/health", "/metrics", "/metrics/workers", "/<name>", "/api/<name>"):
            app.add_url_rule(path, path, lambda **_: facts(), methods=["GET", "POST"])
        app.add_url_rule("/json", "json", lambda: {"got": request.get_json()}, methods=["POST"])
        app.add_url_rule("/form", "form", lambda: dict(request.form), methods=["POST"])

        @app.post("/names")
        @app.input(Names)
        def names(json_data: Names) -> dict[str, int]:
            return json_data.names

        @app.get("/long")
        def long() -> None:
            raise CallerError("a" * 5000, each={str(number): "b" * 5000 for number in range(500)})

        return app.test_client()

    return make


@pytest.fixture
def client(make_client: MakeClient) -> FlaskClient:
    return make_client()


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("/a%00b", {}),
        ("/nowhere/a%00b", {}),
        ("/a?name=%00", {}),
        ("/a?%00=name", {}),
        ("/a", {"environ_overrides": {"HTTP_IDEMPOTENCY_KEY": "a\0b"}}),
        ("/json", {"method": "POST", "data": '{"a": [{"b": "\\u0000"}]}', "content_type": "application/json"}),
        ("/json", {"method": "POST", "data": '{"\\u0000": 1}', "content_type": "application/json"}),
        ("/json", {"method": "POST", "data": '{"\\u0000": 1}'.encode("utf-16"), "content_type": "application/json"}),
        ("/form", {"method": "POST", "data": {"a": "\0"}}),
        ("/form", {"method": "POST", "data": {"\0": "a"}}),
    ],
)
def test_a_nul_is_refused_wherever_it_stands(client: FlaskClient, path: str, options: dict[str, Any]) -> None:
    answer = client.open(path, **options)
    refusal = (422, "VALIDATION_ERROR") if path == "/json" else (400, "BAD_REQUEST")
    assert (answer.status_code, (answer.json or {})["error"]["code"]) == refusal
    assert "NUL" in (answer.json or {})["error"]["message"]


def test_what_only_looks_like_a_nul_is_taken(client: FlaskClient) -> None:
    assert client.post("/json", data=r'{"a": "\\u0000"}', content_type="application/json").json == {
        "got": {"a": r"\u0000"}
    }


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
def test_the_case_of_bearer_has_no_meaning(client: FlaskClient, scheme: str) -> None:
    assert (client.get("/a", headers={"Authorization": f"{scheme} AbC"}).json or {})["sent"] == "Bearer AbC"


def test_other_schemes_stay_as_they_are(client: FlaskClient) -> None:
    assert (client.get("/a", headers={"Authorization": "basic AbC"}).json or {})["sent"] == "basic AbC"


def test_a_page_elsewhere_may_read_how_long_to_wait(make_client: MakeClient) -> None:
    client = make_client(cors_origins=("https://app.example.com",))
    exposed = client.get("/a", headers={"Origin": "https://app.example.com"}).headers["Access-Control-Expose-Headers"]
    assert {"Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"} <= set(exposed.split(", "))


def test_at_most_twenty_problems_are_told_with_short_names(client: FlaskClient) -> None:
    answer = client.post("/names", json={"names": {f"{number}" + "n" * 10_000: "x" for number in range(50)}})
    assert answer.status_code == 422
    assert len(answer.data) < 5000
    details = (answer.json or {})["error"]["details"]
    assert len(details) == 21
    assert details["…"] == "and 30 more"
    assert all(len(name) <= 70 for name in details)


def test_no_failure_tells_megabytes(client: FlaskClient) -> None:
    answer = client.get("/long")
    assert len(answer.data) < 30_000
    error = (answer.json or {})["error"]
    assert (len(error["message"]), error["message"][-1], len(error["details"]["each"])) == (1000, "…", 21)


def test_browsers_are_told_to_be_careful(client: FlaskClient) -> None:
    headers = client.get("/a").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(headers["Permissions-Policy"].split(", "))


@pytest.mark.parametrize(("path", "policy"), [("/a", "same-origin"), ("/page", "same-origin"), ("/file", None)])
def test_pages_and_data_are_for_our_own_pages(client: FlaskClient, path: str, policy: str | None) -> None:
    assert client.get(path).headers.get("Cross-Origin-Resource-Policy") == policy


def test_only_the_peers_real_address_makes_a_request_local(make_client: MakeClient) -> None:
    behind = make_client(trusted_proxies=1)
    assert (behind.get("/a", headers=FORWARDED, environ_base=ELSEWHERE).json or {})["local"] is False
    assert (behind.get("/a", headers={"X-Forwarded-For": "127.0.0.1"}).json or {})["local"] is False
    assert (behind.get("/a").json or {})["local"] is True


@pytest.mark.parametrize("header", ["X-Forwarded-Server", "True-Client-IP", "CF-Connecting-IP", "X-Real-IP", "Via"])
def test_what_a_tunnel_on_this_machine_brings_is_not_local(client: FlaskClient, header: str) -> None:
    assert (client.get("/a", headers={header: "127.0.0.1"}).json or {})["local"] is False


@pytest.fixture
def production(make_client: MakeClient) -> FlaskClient:
    return make_client(oriel_env="production", public_url="https://oriel.example.com", trusted_proxies=1)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_in_production_plain_http_leads_to_https(production: FlaskClient, method: str) -> None:
    answer = production.open("/a?b=c%20d", method=method, environ_base=ELSEWHERE)
    assert (answer.status_code, answer.headers["Location"]) == (308, "https://oriel.example.com/a?b=c%20d")


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/api/a", {}), ("/a", {"Authorization": "Bearer abc"}), ("/a", {"X-API-Key": "abc"})],
)
def test_in_production_a_program_over_plain_http_is_refused(
    production: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    answer = production.get(path, headers=headers, environ_base=ELSEWHERE)
    assert (answer.status_code, "Location" in answer.headers) == (403, False)
    assert "over HTTPS only: https://oriel.example.com" in (answer.json or {})["error"]["message"]


def test_in_production_nothing_is_taken_over_plain_http(production: FlaskClient) -> None:
    assert production.post("/a", environ_base=ELSEWHERE).status_code == 403


def test_in_production_https_is_served_and_asked_for_ever_after(production: FlaskClient) -> None:
    answer = production.get("/a", headers=FORWARDED, environ_base=ELSEWHERE)
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=63072000")


@pytest.mark.parametrize("path", ["/health", "/metrics", "/metrics/workers"])
def test_who_looks_after_the_service_may_come_over_plain_http(production: FlaskClient, path: str) -> None:
    headers = {"Authorization": "Bearer the token for figures"}
    assert production.get(path, headers=headers, environ_base=ELSEWHERE).status_code == 200


def test_this_machine_may_come_over_plain_http(production: FlaskClient) -> None:
    assert production.get("/a").status_code == 200


def test_a_proxy_that_is_not_trusted_is_no_endless_redirect(make_client: MakeClient) -> None:
    untrusting = make_client(oriel_env="production", public_url="https://oriel.example.com")
    answer = untrusting.get("/a", headers=FORWARDED, environ_base=ELSEWHERE)
    assert answer.status_code == 403
    assert "TRUSTED_PROXIES" in (answer.json or {})["error"]["message"]


def test_development_speaks_plain_http(client: FlaskClient) -> None:
    assert client.post("/a", environ_base=ELSEWHERE).status_code == 200
