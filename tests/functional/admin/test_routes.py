"""Each route of the panel admits whom it declares and nobody else, asked of the url map, so that none is forgotten."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.admin.staff import Operator, trail
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening

from oriel.accounts.models import ROLE_ADMIN, ROLE_SUPPORT
from oriel.admin.actions import ACTIONS
from oriel.admin.views import Access, access_of

_PARAMETER = re.compile(r"<[^>]+>")
_NOBODY = "0" * 26
_LOGIN = "/admin/login"
# Flask-Admin's own files, and what answers an operator's token as the rest of the API does.
_NOT_OF_PAGES = ("/admin/static/", "/admin/api/")
MOST_QUERIES = 12


@dataclass(frozen=True)
class Route:
    """A way to call a route."""

    path: str
    method: str
    endpoint: str
    access: Access

    def call(self, client: FlaskClient) -> int:
        return client.open(self.path, method=self.method).status_code


def routes(app: APIFlask) -> Iterator[Route]:
    """Yield each route of the panel with each of its methods; a route that declares nothing is an AssertionError."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/admin") and not rule.rule.startswith(_NOT_OF_PAGES):
            access = access_of(app.view_functions[rule.endpoint])
            assert access, f"{rule.rule} does not say whom it admits: declare it by oriel.admin.views.page or act"
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Route(_PARAMETER.sub(_NOBODY, rule.rule), method, rule.endpoint, access)


def actions(app: APIFlask) -> list[Route]:
    return [route for route in routes(app) if route.method != "GET"]


def is_way_back(route: Route) -> bool:
    """Return whether this is an action's address by GET, which takes no action and leads back."""
    return route.method == "GET" and bool(route.access.action)


def test_each_route_declares_whom_it_admits_and_each_action_is_in_the_table(app: APIFlask) -> None:
    for route in routes(app):
        assert route.access.roles <= {ROLE_ADMIN, ROLE_SUPPORT}
        assert not route.access.action or route.access.roles == ACTIONS[route.access.action].roles
        # What changes something is a POST, and is named.
        is_form = route.access.is_open or route.access.is_setup
        assert is_form or is_way_back(route) or (route.method == "POST") == bool(route.access.action), route


def test_what_answers_tokens_is_declared_as_the_rest_of_the_api(app: APIFlask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(_NOT_OF_PAGES):
            assert hasattr(app.view_functions[rule.endpoint], "access"), rule.rule


def test_somebody_unknown_sees_the_login_alone(app: APIFlask, client: FlaskClient) -> None:
    for route in routes(app):
        answer = client.open(route.path, method=route.method)
        if route.access.is_open:
            assert route.method == "POST" or answer.status_code in (200, 303), route
        elif route.method == "GET":
            assert answer.headers["Location"].startswith(_LOGIN), route
        else:
            assert answer.status_code == 401, route


def test_a_customer_is_somebody_unknown(app: APIFlask, caller: Callable[..., Caller]) -> None:
    for role in ("user", ROLE_ADMIN):
        ada = caller(role=role)
        # Neither the token of the site nor a session of a customer in the cookie opens anything.
        with ada.client.session_transaction("/admin/") as cookie:
            cookie["session"] = caller().session_id
        for route in routes(app):
            answer = ada._send(route.method, route.path)
            if not route.access.is_open:
                assert answer.status_code == 401 or answer.headers["Location"].startswith(_LOGIN), route


@pytest.mark.parametrize("role", [ROLE_ADMIN, ROLE_SUPPORT])
def test_a_role_opens_what_it_is_declared_for(app: APIFlask, operator: Callable[..., Operator], role: str) -> None:
    ada = operator(role)
    token = ada.token()
    for route in routes(app):
        if route.access.action == "panel.logout" or is_way_back(route):
            continue
        answer = ada.client.open(
            route.path, method=route.method, data={"csrf_token": token} if route.method == "POST" else {}
        )
        is_refused = answer.status_code == 403
        assert is_refused == (role not in route.access.roles), (route, answer.status_code)
        assert answer.status_code < 500, (route, answer.text)


def test_no_post_works_without_its_token(app: APIFlask, operator: Callable[..., Operator]) -> None:
    ada, eve = operator(), operator()
    foreign = eve.token()
    for route in actions(app):
        for token in ({}, {"csrf_token": ""}, {"csrf_token": foreign}):
            answer = ada.client.open(route.path, method=route.method, data=token)
            assert (answer.status_code, "not from this session" in answer.text) == (403, True), route
    assert trail(app) == []


@pytest.mark.parametrize("role", [ROLE_ADMIN, ROLE_SUPPORT])
def test_an_action_by_get_takes_none_and_leads_back(
    app: APIFlask, operator: Callable[..., Operator], role: str
) -> None:
    ada = operator(role)
    for route in filter(is_way_back, routes(app)):
        for method in ("GET", "HEAD"):
            answer = ada.client.open(route.path, method=method, query_string={"key": _NOBODY})
            place = "/admin/" if route.path == "/admin/logout" else f"/admin/{route.path.split('/')[2]}/{_NOBODY}"
            assert (answer.status_code, answer.headers["Location"]) == (303, place), route
    assert ada.get("/admin/renders/retry").headers["Location"] == "/admin/renders/"
    assert ada.get("/admin/").status_code == 200
    assert trail(app) == []


def test_no_post_works_before_the_second_factor(app: APIFlask, operator: Callable[..., Operator]) -> None:
    ada = operator(has_factor=False)
    for route in actions(app):
        if not route.access.is_open and not route.access.is_setup:
            assert route.call(ada.client) == 401, route


def test_a_list_takes_at_most_twelve_queries(app: APIFlask, admin: Operator, filled: None) -> None:
    admin.get("/admin/")
    for route in routes(app):
        if route.method == "GET" and route.path.endswith("/"):
            with app.app_context(), listening() as sent:
                answer = admin.get(route.path)
            assert answer.status_code == 200, route
            assert len(sent) <= MOST_QUERIES, (route, [each.statement for each in sent])


def test_pages_admit_no_method_that_is_not_declared(app: APIFlask, admin: Operator) -> None:
    for path in ("/admin/users/new/", "/admin/users/edit/", "/admin/users/delete/", "/admin/trail/action/"):
        assert admin.client.post(path).status_code in (404, 405)


@pytest.fixture
def filled(app: APIFlask, caller: Callable[..., Caller]) -> None:
    """Some rows of some customers."""
    for _ in range(3):
        caller()
