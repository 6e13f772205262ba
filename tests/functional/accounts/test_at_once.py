"""What happens when the same thing is asked many times at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import update
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, bearer, json_of
from tests.functional.accounts.second_factor import with_app
from tests.functional.caller import Caller
from tests.functional.locks import apart_in
from werkzeug.test import TestResponse

from oriel.accounts import login
from oriel.accounts.models import UserSession
from oriel.accounts.sessions import begin_session
from oriel.infra.clock import now
from oriel.infra.database import db

Ask = Callable[[], TestResponse]


def _at_once(asks: list[Ask]) -> list[TestResponse]:
    with ThreadPoolExecutor(len(asks)) as pool:
        return [future.result() for future in [pool.submit(ask) for ask in asks]]


def _posts(app: APIFlask, path: str, times: int, **options: Any) -> list[TestResponse]:  # noqa: ANN401
    def ask() -> TestResponse:
        return app.test_client().open(path, method="POST", **options)

    return _at_once([ask] * times)


def test_one_address_gets_one_account(app: APIFlask) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    statuses = sorted(answer.status_code for answer in _posts(app, "/api/auth/register", 6, json=body))
    assert statuses == [201, 409, 409, 409, 409, 409]


def test_a_page_that_renews_many_times_keeps_its_session(app: APIFlask, person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    answers = _posts(app, "/api/auth/refresh", 6, headers=bearer(ada.refresh))
    assert {answer.status_code for answer in answers} == {200}
    assert ada.renew(json_of(answers[0])["refresh_token"]).status_code == 200


def test_guesses_at_once_all_count(app: APIFlask, person: Callable[..., Person]) -> None:
    body = {"email": person().email, "password": OTHER_PASSWORD}
    statuses = [answer.status_code for answer in _posts(app, "/api/auth/login", 12, json=body)]
    # Five are free; the sixth makes all others wait.
    assert (statuses.count(422), statuses.count(429)) == (6, 6)


def test_a_reset_link_works_once(app: APIFlask, person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.client.post("/api/auth/reset-password", json={"email": ada.email})
    body = {"token": mailbox.token("password_reset"), "password": OTHER_PASSWORD}
    statuses = sorted(answer.status_code for answer in _posts(app, "/api/auth/reset-password/confirm", 4, json=body))
    assert statuses == [200, 422, 422, 422]


def test_an_address_gets_five_mails_when_many_accounts_ask_at_once(
    app: APIFlask, known: Callable[..., Caller], mailbox: Mailbox
) -> None:
    body = {"email": "victim@example.com", "current_password": PASSWORD}
    everybody = [known() for _ in range(9)]

    def ask(headers: dict[str, str]) -> TestResponse:
        return app.test_client().put("/api/user/profile", json=body, headers=headers)

    answers = _at_once([partial(ask, each.headers) for each in everybody])
    assert [answer.status_code for answer in answers] == [200] * 9
    assert len(mailbox.mails()) == 5


def test_no_more_than_twenty_keys_are_made(app: APIFlask, known: Callable[..., Caller]) -> None:
    ada = known()
    body = {"name": "one more", "current_password": PASSWORD}
    for _ in range(18):
        assert ada.post("/api/user/keys", json=body).status_code == 201
    answers = _posts(app, "/api/user/keys", 4, json=body, headers=ada.headers)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]


def test_a_session_that_begins_with_the_old_password_during_a_reset_ends(
    app: APIFlask, person: Callable[..., Person], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = person()
    ada.client.post("/api/auth/reset-password", json={"email": ada.email})
    body = {"token": mailbox.token("password_reset"), "password": OTHER_PASSWORD}
    reset = threading.Thread(
        target=lambda: app.test_client().post("/api/auth/reset-password/confirm", json=body), name="reset"
    )

    def begin_late(*args: Any) -> UserSession:  # noqa: ANN401  (what the real one takes)
        reset.start()
        # Long enough for a reset that need not wait; one that waits for us does so for longer.
        reset.join(timeout=1)
        return begin_session(*args)

    monkeypatch.setattr(login, "begin_session", begin_late)
    assert ada.log_in().status_code == 200
    reset.join()
    assert ada.call("GET", "/api/user/profile").status_code == 401


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_renewal_waits_for_an_end_under_way(app: APIFlask, person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    with app.app_context(), apart_in(app) as apart:
        with db.engine.begin() as connection:
            connection.execute(update(UserSession).values(ended_at=now()))
            result = apart(lambda: ada.renew().status_code)
        assert result() == 401


@pytest.mark.parametrize("kind", ["code", "recovery_code"])
def test_a_second_factor_is_accepted_once(app: APIFlask, known: Callable[..., Caller], kind: str) -> None:
    ada = with_app(known())
    proof = ada.next_code() if kind == "code" else ada.codes[0]
    path, headers = "/api/user/second-factor/verify", ada.caller.headers
    statuses = [answer.status_code for answer in _posts(app, path, 4, json={kind: proof}, headers=headers)]
    assert sorted(statuses) == [200, 422, 422, 422]


def test_one_token_begins_one_session(app: APIFlask, known: Callable[..., Caller]) -> None:
    ada = with_app(known())
    token = ada.log_in(app.test_client())["token"]

    def ask(code: str) -> TestResponse:
        body = {"token": token, "recovery_code": code}
        return app.test_client().post("/api/auth/login/second-factor", json=body)

    answers = _at_once([partial(ask, code) for code in ada.codes[:4]])
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
