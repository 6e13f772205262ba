"""Refresh tokens: each is good once, and one that comes back ends its family."""

from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import Person, bearer, code_of, json_of

from oriel.infra.clock import clock

LATER = timedelta(seconds=11)


def _logged_in(person: Callable[..., Person]) -> Person:
    ada = person()
    ada.log_in()
    return ada


def test_a_refresh_token_gives_new_tokens(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    answer = json_of(ada.renew())
    assert answer["refresh_token"] != ada.refresh
    ada.access = answer["access_token"]
    assert ada.call("GET", "/api/user/profile").status_code == 200
    assert ada.renew(answer["refresh_token"]).status_code == 200


def test_a_used_token_that_comes_back_ends_the_family(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    child = json_of(ada.renew())["refresh_token"]
    clock.shift(LATER)
    assert code_of(ada.renew()) == (401, "NOT_AUTHENTICATED")
    assert ada.renew(child).status_code == 401
    assert ada.call("GET", "/api/user/profile").status_code == 401


def test_within_ten_seconds_the_same_child_is_handed_out(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    first, again = json_of(ada.renew())["refresh_token"], json_of(ada.renew())["refresh_token"]
    assert ada.renew(first).status_code == 200
    # Both are the one child, so the second finds it used; it is within its own ten seconds.
    assert ada.renew(again).status_code == 200


def test_a_grandparent_ends_the_family_even_within_ten_seconds(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    child = json_of(ada.renew())["refresh_token"]
    assert ada.renew(child).status_code == 200
    assert ada.renew().status_code == 401
    assert ada.call("GET", "/api/user/profile").status_code == 401


def test_the_theft_is_told_and_other_sessions_go_on(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    stolen = ada.refresh
    ada.renew()
    ada.log_in()
    clock.shift(LATER)
    assert ada.renew(stolen).status_code == 401
    items = json_of(ada.call("GET", "/api/user/activity"))["items"]
    assert items[0]["kind"] == "session_reused"


def test_an_access_token_renews_nothing(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    answer = ada.renew(ada.access)
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")
    assert "This is an access token." in json_of(answer)["error"]["message"]
    # It is no theft either.
    assert ada.renew().status_code == 200


def test_a_refresh_token_renews_and_does_nothing_else(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    answer = ada.client.get("/api/user/profile", headers=bearer(ada.refresh))
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")


def test_a_token_of_another_issuer_is_refused(person: Callable[..., Person], app: APIFlask) -> None:
    ada = _logged_in(person)
    told = jwt.decode(ada.access, options={"verify_signature": False})
    key = app.config["JWT_SECRET_KEY"]
    for issuer, status in (("oriel", 200), ("another", 401)):
        token = jwt.encode({**told, "iss": issuer}, key, "HS256")
        assert ada.client.get("/api/user/profile", headers=bearer(token)).status_code == status


@pytest.mark.parametrize(("audience", "status"), [("oriel-api", 200), ("another", 401), (None, 401)])
def test_a_token_for_another_audience_is_refused(
    person: Callable[..., Person], app: APIFlask, audience: str | None, status: int
) -> None:
    ada = _logged_in(person)
    told = jwt.decode(ada.access, options={"verify_signature": False}) | {"aud": audience}
    key = app.config["JWT_SECRET_KEY"]
    token = jwt.encode({name: value for name, value in told.items() if value is not None}, key, "HS256")
    assert ada.client.get("/api/user/profile", headers=bearer(token)).status_code == status


def test_an_access_token_is_no_cookie(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    for name in ("oriel_no_access_cookie", "oriel_refresh", "access_token_cookie"):
        ada.client.set_cookie(name, ada.access)
    assert code_of(ada.client.get("/api/user/profile")) == (401, "NOT_AUTHENTICATED")


def test_without_a_token_nothing_is_renewed(client: FlaskClient) -> None:
    assert code_of(client.post("/api/auth/refresh")) == (401, "NOT_AUTHENTICATED")


def test_a_session_that_nobody_uses_ends_after_thirty_days(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    clock.shift(timedelta(days=29))
    ada.refresh = json_of(ada.renew())["refresh_token"]
    clock.shift(timedelta(days=29))
    assert ada.renew().status_code == 200
    clock.shift(timedelta(days=31))
    assert ada.renew().status_code == 401


def test_no_session_lives_longer_than_half_a_year(person: Callable[..., Person]) -> None:
    ada = _logged_in(person)
    for _ in range(8):
        clock.shift(timedelta(days=22))
        ada.refresh = json_of(ada.renew())["refresh_token"]
    clock.shift(timedelta(days=5))
    assert ada.renew().status_code == 401


# --- browsers: a cookie that no script can read


def _in_browser(person: Callable[..., Person]) -> Person:
    ada = person()
    assert json_of(ada.log_in(cookie=True))["refresh_token"] is None
    return ada


def _csrf(ada: Person) -> dict[str, str]:
    cookie = ada.client.get_cookie("oriel_csrf")
    assert cookie
    return {"X-CSRF-TOKEN": cookie.value}


def test_a_browser_keeps_the_refresh_token_in_a_cookie(person: Callable[..., Person]) -> None:
    ada = _in_browser(person)
    cookie = ada.client.get_cookie("oriel_refresh", path="/api/auth/")
    assert cookie
    assert (cookie.http_only, cookie.same_site) == (True, "Strict")
    answer = ada.client.post("/api/auth/refresh", headers=_csrf(ada))
    assert answer.status_code == 200
    assert json_of(answer)["refresh_token"] is None
    assert ada.client.post("/api/auth/refresh", headers=_csrf(ada)).status_code == 200


def test_a_login_ends_the_session_that_the_browser_had(person: Callable[..., Person]) -> None:
    ada = _in_browser(person)
    before = ada.access
    assert ada.log_in(cookie=True).status_code == 200
    assert ada.client.get("/api/user/profile", headers=bearer(before)).status_code == 401
    assert ada.call("GET", "/api/user/profile").status_code == 200


def test_a_login_without_cookies_ends_no_session(person: Callable[..., Person]) -> None:
    ada = _in_browser(person)
    before = ada.access
    assert ada.log_in().status_code == 200
    assert ada.client.get("/api/user/profile", headers=bearer(before)).status_code == 200


@pytest.mark.parametrize("cookie", ["", "a.b.c", "forged"])
def test_a_login_is_not_hindered_by_a_broken_cookie(person: Callable[..., Person], cookie: str) -> None:
    ada = _in_browser(person)
    ada.client.set_cookie("oriel_refresh", cookie, path="/api/auth/")
    assert ada.log_in(cookie=True).status_code == 200


def test_the_cookie_alone_does_nothing(person: Callable[..., Person]) -> None:
    ada = _in_browser(person)
    assert ada.client.post("/api/auth/refresh").status_code == 401
    assert ada.client.post("/api/auth/logout").status_code == 401
    assert ada.client.post("/api/auth/refresh", headers={"X-CSRF-TOKEN": "x" * 36}).status_code == 401
    assert ada.client.post("/api/auth/refresh", headers=_csrf(ada)).status_code == 200


FOREIGN = [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
OURS = [
    # Behind a proxy that does not say by which name it was reached.
    {"Origin": "https://www.oriel.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "HTTP://LocalHost"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "http://127.0.0.1:5000"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_sites_page_logs_nobody_in_or_on(person: Callable[..., Person], headers: dict[str, str]) -> None:
    ada = _in_browser(person)
    asked = [
        ada.client.post("/api/auth/login", json={"email": "a@b.c", "password": "x", "cookie": True}, headers=headers),
        ada.client.post("/api/auth/register", json={"email": "a@b.c", "password": "x"}, headers=headers),
        ada.client.post("/api/auth/refresh", headers={**_csrf(ada), **headers}),
    ]
    assert [code_of(answer) for answer in asked] == [(403, "NOT_ALLOWED")] * 3


@pytest.mark.parametrize("headers", OURS)
def test_our_own_pages_do(person: Callable[..., Person], headers: dict[str, str]) -> None:
    ada = _in_browser(person)
    assert ada.client.post("/api/auth/refresh", headers={**_csrf(ada), **headers}).status_code == 200


def test_so_does_a_page_of_a_named_origin(
    app: APIFlask, person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = _in_browser(person)
    named = app.config["ORIEL"].model_copy(update={"cors_origins": ("https://studio.example",)})
    monkeypatch.setitem(app.config, "ORIEL", named)
    headers = {"Origin": "https://studio.example", "Sec-Fetch-Site": "cross-site"}
    assert ada.client.post("/api/auth/refresh", headers={**_csrf(ada), **headers}).status_code == 200


def test_logging_out_takes_the_cookies_away(person: Callable[..., Person]) -> None:
    ada = _in_browser(person)
    assert ada.client.post("/api/auth/logout", headers=_csrf(ada)).status_code == 204
    assert ada.client.get_cookie("oriel_refresh", path="/api/auth/") is None
    assert ada.client.get_cookie("oriel_csrf") is None
    assert ada.call("GET", "/api/user/profile").status_code == 401
