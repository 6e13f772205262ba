"""What anybody may ask about the service, and what every answer carries."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.caller import Caller

from oriel.accounts.access import Who
from oriel.accounts.models import ROLE_ADMIN
from oriel.rendering import presence


def test_a_process_that_answers_is_healthy(client: FlaskClient) -> None:
    assert client.get("/health").json == {"status": "ok"}


def test_hello(client: FlaskClient) -> None:
    assert client.get("/hello").text == "Hello World"


def test_the_status_names_each_dependency_with_its_latency(client: FlaskClient) -> None:
    answer = client.get("/status").json
    assert answer
    assert (answer["status"], answer["version"]) == ("ok", "0.1.0")
    dependencies = answer["dependencies"]
    assert list(dependencies) == ["database", "redis", "storage", "mail", "payments"]
    assert {dependency["state"] for dependency in dependencies.values()} == {"ok"}
    assert all(set(dependency) == {"state", "latency_ms"} for dependency in dependencies.values())


def test_an_operator_sees_queue_workers_mails_and_checks(
    app: APIFlask, caller: Callable[..., Caller], client: FlaskClient
) -> None:
    client.post("/api/auth/register", json={"email": "ada@example.com", "password": "tuba lantern violet"})
    with app.app_context():
        presence.report("worker-1@here")
    told = caller(role=ROLE_ADMIN).get("/status").json
    assert told
    operation = told["operation"]
    assert operation["queue"] == {
        "workers": [],
        "idle_workers": ["worker-1@here"],
        "waiting": {},
        "oldest_waiting_s": None,
    }
    assert [(worker["name"], worker["state"]) for worker in operation["workers"]] == [("worker-1@here", "idle")]
    assert operation["mails"] == {"waiting": 1, "failed": 0}
    assert operation["storage"] == "folder"
    assert [check["check"] for check in operation["checks"]] == [
        *("database", "redis", "storage", "mail:local", "payments")
    ]


@pytest.mark.parametrize("token", ["", "Bearer nonsense", "Basic YTpi"])
def test_others_are_told_the_brief_status(caller: Callable[..., Caller], client: FlaskClient, token: str) -> None:
    answers = [caller().get("/status"), client.get("/status", headers={"Authorization": token})]
    assert [set(answer.json or {}) for answer in answers] == [{"status", "version", "dependencies"}] * 2


def test_an_operator_who_logged_out_is_told_the_brief_status(caller: Callable[..., Caller]) -> None:
    operator = caller(role=ROLE_ADMIN)
    operator.post("/api/auth/logout")
    assert "operation" not in (operator.get("/status").json or {})


def test_every_answer_carries_a_request_id_and_the_security_headers(client: FlaskClient) -> None:
    answer = client.get("/health", headers={"X-Request-Id": "abcdefgh-1"})
    assert answer.headers["X-Request-Id"] == "abcdefgh-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_request_id_that_could_forge_a_log_line_is_replaced(client: FlaskClient) -> None:
    assert client.get("/health", headers={"X-Request-Id": 'a" b=1'}).headers["X-Request-Id"] != 'a" b=1'


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nothing", 404, "NOT_FOUND"), ("POST", "/health", 405, "METHOD_NOT_ALLOWED")],
)
def test_what_no_route_takes_is_refused_in_the_one_format(
    client: FlaskClient, method: str, path: str, status: int, code: str
) -> None:
    answer = client.open(path, method=method)
    assert answer.status_code == status
    assert answer.json
    assert answer.json["error"]["code"] == code
    assert set(answer.json["error"]) == {"code", "message", "details"}


def test_a_refused_method_is_told_with_those_that_are_taken(client: FlaskClient) -> None:
    answer = client.post("/health")
    assert {"GET", "HEAD", "OPTIONS"} == {method.strip() for method in answer.headers["Allow"].split(",")}
    assert answer.json
    assert answer.json["error"]["message"] == "POST is not allowed here. Use GET, HEAD, OPTIONS."


def test_every_route_says_who_may_call_it(app: APIFlask) -> None:
    ours = {"openapi.spec", "openapi.docs", "openapi.swagger_ui_oauth_redirect", "static"}
    undeclared = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in ours and not hasattr(app.view_functions[rule.endpoint], "access")
    ]
    assert undeclared == []


def test_the_openapi_document_says_who_may_call(client: FlaskClient) -> None:
    document = client.get("/api/openapi.json").json
    assert document
    assert document["openapi"].startswith("3.1")
    assert document["paths"]["/health"]["get"]["x-access"] == Who.ANYONE


def test_a_customer_of_the_tests_is_known(caller: Callable[..., Caller]) -> None:
    assert caller().get("/health").status_code == 200


BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nope", "/dev/mail/nope", "/static/<script>"])
def test_who_opens_an_address_of_nothing_in_a_browser_reads_it_on_a_page(client: FlaskClient, path: str) -> None:
    page = client.get(path, headers=BROWSER)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "Page not found" in page.text
    assert "<script>" not in page.text
    # Programs, and everybody at the API, get JSON.
    assert client.get(path).json == client.get(path, headers={"Accept": "*/*"}).json
    told = client.get("/api/nope", headers=BROWSER)
    assert (told.status_code, (told.json or {})["error"]["code"]) == (404, "NOT_FOUND")


def test_what_an_answer_owes_stands_on_a_page_too(client: FlaskClient) -> None:
    page = client.post("/hello", headers=BROWSER)
    assert (page.status_code, page.mimetype) == (405, "text/html")
    assert "GET" in page.headers["Allow"]
