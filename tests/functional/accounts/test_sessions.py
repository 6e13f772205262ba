"""Where somebody is logged in."""

import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from apiflask import APIFlask
from sqlalchemy import update
from tests.functional.accounts.person import Person, code_of, json_of
from tests.functional.caller import Caller

from oriel.accounts import tokens
from oriel.accounts.cleanup import cleanup_accounts
from oriel.accounts.models import UserSession
from oriel.infra.clock import now
from oriel.infra.database import db, writing


def _second(ada: Person) -> Person:
    other = Person(ada.client, ada.email)
    other.log_in()
    return other


def test_the_sessions_are_listed_newest_first(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    _second(ada)
    answer = json_of(ada.call("GET", "/api/user/sessions"))
    assert (answer["total"], answer["page"], answer["per_page"]) == (2, 1, 20)
    assert [item["current"] for item in answer["items"]] == [False, True]
    assert answer["items"][0]["address"] == "127.0.0.1"
    assert answer["items"][0]["user_agent"].startswith("Werkzeug/")


def test_the_list_comes_in_pages(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    _second(ada)
    answer = json_of(ada.call("GET", "/api/user/sessions?page=2&per_page=1"))
    assert (answer["total"], answer["page"], len(answer["items"])) == (2, 2, 1)
    assert answer["items"][0]["current"] is True
    assert json_of(ada.call("GET", "/api/user/sessions?page=3&per_page=1"))["items"] == []


def test_pages_are_bounded(caller: Callable[..., Caller]) -> None:
    for query in ("per_page=101", "page=0", "page=10001", "page=x", "colour=red"):
        assert code_of(caller().get(f"/api/user/sessions?{query}")) == (422, "VALIDATION_ERROR")


def test_tokens_are_ours_and_last_a_quarter_of_an_hour_and_thirty_days(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    for token, kind, life in ((ada.access, "access", 15 * 60), (ada.refresh, "refresh", 30 * 86_400)):
        told = jwt.decode(token, options={"verify_signature": False})
        assert (told["iss"], told["type"], told["exp"] - told["iat"]) == ("oriel", kind, life)
        assert jwt.get_unverified_header(token)["alg"] == "HS256"


def test_a_token_ends_on_time_however_often_it_was_good(
    person: Callable[..., Person], app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = person()
    monkeypatch.setitem(app.config, "JWT_ACCESS_TOKEN_EXPIRES", timedelta(seconds=-1))
    ada.log_in()
    # As the service has it that has seen the token while it was good.
    payload = jwt.decode(ada.access, options={"verify_signature": False})
    app.extensions[tokens._SEEN][f"Bearer {ada.access}"] = payload
    assert code_of(ada.call("GET", "/api/user/profile")) == (401, "NOT_AUTHENTICATED")
    app.extensions[tokens._SEEN][f"Bearer {ada.access}"] = {**payload, "exp": time.time() + 60}
    assert ada.call("GET", "/api/user/profile").status_code == 200


def test_of_the_tokens_seen_no_more_are_kept_than_fit(
    person: Callable[..., Person], app: APIFlask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_MOST_SEEN", 2)
    ada = person()
    seen = []
    app.extensions[tokens._SEEN].clear()
    for _ in range(5):
        ada.log_in()
        assert ada.call("GET", "/api/user/profile").status_code == 200
        seen.append(len(app.extensions[tokens._SEEN]))
    assert seen == [1, 2, 1, 2, 1]


def test_a_long_header_is_not_kept(person: Callable[..., Person], app: APIFlask) -> None:
    ada = person()
    ada.log_in()
    for padding, kept in (("", 1), (" " * tokens._LONGEST_SEEN, 0)):
        app.extensions[tokens._SEEN].clear()
        header = {"Authorization": f"Bearer {ada.access},{padding}other"}
        assert ada.client.get("/api/user/profile", headers=header).status_code == 200
        assert len(app.extensions[tokens._SEEN]) == kept


def test_one_session_is_ended(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    other = _second(ada)
    assert other.call("GET", "/api/user/profile").status_code == 200
    found = json_of(ada.call("GET", "/api/user/sessions"))["items"][0]["id"]
    assert ada.call("DELETE", f"/api/user/sessions/{found}").status_code == 204
    assert other.call("GET", "/api/user/profile").status_code == 401
    assert json_of(ada.call("GET", "/api/user/sessions"))["total"] == 1
    assert code_of(ada.call("DELETE", f"/api/user/sessions/{found}")) == (404, "NOT_FOUND")


def test_all_others_are_ended(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    other = _second(ada)
    assert other.call("GET", "/api/user/profile").status_code == 200
    assert ada.call("DELETE", "/api/user/sessions").status_code == 204
    assert other.call("GET", "/api/user/profile").status_code == 401
    assert ada.call("GET", "/api/user/profile").status_code == 200


def test_a_session_of_somebody_else_is_not_found(caller: Callable[..., Caller]) -> None:
    ada, bob = caller(), caller()
    assert code_of(bob.delete(f"/api/user/sessions/{ada.session_id}")) == (404, "NOT_FOUND")
    assert ada.get("/api/user/profile").status_code == 200


def test_what_is_no_id_is_not_found(caller: Callable[..., Caller]) -> None:
    for odd in ("x", "a" * 300):
        assert code_of(caller().delete(f"/api/user/sessions/{odd}")) == (404, "NOT_FOUND")


def test_old_sessions_are_removed_and_live_ones_stay(app: APIFlask, caller: Callable[..., Caller]) -> None:
    old, live = caller(), caller()
    with app.app_context():
        with writing() as session:
            ended = update(UserSession).where(UserSession.id == old.session_id)
            session.execute(ended.values(ended_at=now() - timedelta(days=31)))
        cleanup_accounts()
        assert db.session.get(UserSession, old.session_id) is None
    assert live.get("/api/user/profile").status_code == 200
