"""Failures of the panel's addresses in a browser: the panel's own page, which tells somebody unknown nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import text
from tests.functional.admin.staff import Operator
from werkzeug.test import TestResponse

from oriel.infra.database import db

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MENU = '<nav aria-label="Panel">'
NOWHERE = ("/admin/nothing", f"/admin/users/{'0' * 26}", "/admin/static/nothing.js")


def is_of_panel(answer: TestResponse) -> bool:
    policy = answer.headers["Content-Security-Policy"]
    return "Oriel operations</title>" in answer.text and "script-src 'nonce-" in policy


@contextmanager
def away(app: APIFlask, table: str) -> Iterator[None]:
    """Let a table of the database be away for a while."""

    def rename(old: str, new: str) -> None:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename(table, f"{table}_away")
    try:
        yield
    finally:
        rename(f"{table}_away", table)


@pytest.mark.parametrize("path", NOWHERE)
def test_an_operator_finds_the_way_back_from_an_address_that_leads_nowhere(admin: Operator, path: str) -> None:
    answer = admin.get(path, headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer), MENU in answer.text) == (404, True, True)
    assert '<a class="button" href="/admin/">Open the overview</a>' in answer.text
    assert "request <code>" not in answer.text


def test_an_act_that_a_role_may_not_take_is_refused_on_a_page_of_the_panel(support: Operator) -> None:
    form = {"csrf_token": support.token(), "reason": "x"}
    answer = support.client.post(f"/admin/payments/{'0' * 26}/refund", data=form, headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer), MENU in answer.text) == (403, True, True)
    assert "Ask an operator with the role" in answer.text


def test_a_request_that_cannot_be_read_is_refused_on_a_page_of_the_panel(admin: Operator) -> None:
    answer = admin.get("/admin/users/?search=%00", headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer), MENU in answer.text) == (400, True, True)


def test_somebody_unknown_is_told_nothing_of_the_panel(client: FlaskClient) -> None:
    answer = client.get("/admin/nothing", headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer)) == (404, True)
    assert '<a class="button main large" href="/admin/login">Sign in to the panel</a>' in answer.text
    assert not any(part in answer.text for part in (MENU, "/admin/users", "Sign out", "request <code>"))


def test_an_operator_without_second_factor_sees_no_menu_either(operator: Callable[..., Operator]) -> None:
    answer = operator(has_factor=False).get("/admin/nothing", headers=BROWSER)
    assert (answer.status_code, MENU in answer.text) == (404, False)


def test_too_many_requests_are_refused_on_a_page_of_the_panel(client: FlaskClient) -> None:
    for _ in range(31):
        answer = client.get("/admin/login", headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer)) == (429, True)
    assert "Too many requests. Please try again in" in answer.text


def test_our_own_failure_names_the_request_to_an_operator(app: APIFlask, admin: Operator) -> None:
    with away(app, "outbox_mails"):
        answer = admin.get("/admin/mails/", headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer), MENU in answer.text) == (500, True, True)
    assert f"request <code>{answer.headers['X-Request-Id']}</code>" in answer.text


def test_where_the_database_cannot_be_read_the_page_is_bare(app: APIFlask, admin: Operator) -> None:
    with away(app, "passkeys"):
        answer = admin.get("/admin/", headers=BROWSER)
    assert (answer.status_code, is_of_panel(answer), MENU in answer.text) == (500, True, False)
    assert admin.email not in answer.text


def test_programs_get_json_and_other_addresses_the_pages_of_customers(admin: Operator, client: FlaskClient) -> None:
    answer = admin.get("/admin/nothing")
    assert (answer.status_code, answer.json and answer.json["error"]["code"]) == (404, "NOT_FOUND")
    for path in ("/nothing", "/administrators"):
        elsewhere = client.get(path, headers=BROWSER)
        assert (elsewhere.status_code, is_of_panel(elsewhere)) == (404, False)
