"""Forgotten passwords."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, code_of, json_of
from werkzeug.test import TestResponse

from oriel.accounts import letters
from oriel.accounts.models import PasswordResetToken, User
from oriel.accounts.operators import disable_user
from oriel.accounts.password_reset import answer_requests
from oriel.errors import InvalidEmail
from oriel.infra.clock import clock
from oriel.infra.database import db


def _ask(client: FlaskClient, email: str = "ada@example.com") -> TestResponse:
    return client.post("/api/auth/reset-password", json={"email": email})


def _confirm(client: FlaskClient, token: str, password: str = OTHER_PASSWORD) -> TestResponse:
    return client.post("/api/auth/reset-password/confirm", json={"token": token, "password": password})


def test_a_forgotten_password_is_set_anew(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    assert _ask(ada.client).status_code == 202
    assert _confirm(ada.client, mailbox.token("password_reset")).status_code == 200
    assert ada.log_in(password=PASSWORD).status_code == 422
    assert ada.log_in(password=OTHER_PASSWORD).status_code == 200
    assert mailbox.mails("password_changed")


def test_an_unknown_address_gets_the_same_answer_and_no_mail(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    known, unknown, nonsense = _ask(ada.client), _ask(ada.client, "nobody@example.com"), _ask(ada.client, "nobody")
    assert known.status_code == unknown.status_code == nonsense.status_code == 202
    assert known.json == unknown.json == nonsense.json
    assert len(mailbox.mails("password_reset")) == 1


def test_the_work_does_not_tell_whether_there_is_an_account(app: APIFlask, person: Callable[..., Person]) -> None:
    ada = person()

    def statements(email: str) -> list[str]:
        sent: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
            sent.append(statement)

        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", note)
            try:
                assert _ask(ada.client, email).status_code == 202
            finally:
                event.remove(db.engine, "before_cursor_execute", note)
        return sent

    known = statements(ada.email)
    assert len(known) > 0
    assert statements("nobody@example.com") == known
    assert statements("no address at all") == known


def test_a_request_is_answered_once(app: APIFlask, person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    _ask(ada.client)
    with app.app_context():
        assert [answer_requests(), answer_requests()] == [1, 0]
    assert len(mailbox.mails("password_reset")) == 1


def test_a_request_that_cannot_be_answered_holds_up_no_other(
    app: APIFlask, person: Callable[..., Person], mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for someone in [person("ada@example.com"), person("bob@example.com")]:
        _ask(someone.client, someone.email)
    offer = letters.offer_reset

    def broken(session: Session, user: User, token: str, token_id: str) -> None:
        if user.email == "ada@example.com":
            raise InvalidEmail("This one cannot be written to.")
        offer(session, user, token, token_id)

    monkeypatch.setattr(letters, "offer_reset", broken)
    assert [mail.to for mail in mailbox.mails("password_reset")] == ["bob@example.com"]
    monkeypatch.undo()
    assert {mail.to for mail in mailbox.mails("password_reset")} == {"ada@example.com", "bob@example.com"}


def test_a_closed_account_gets_no_link(app: APIFlask, person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    with app.app_context():
        disable_user(json_of(ada.log_in())["user"]["id"])
    assert _ask(ada.client).status_code == 202
    assert mailbox.mails("password_reset") == []


def test_all_sessions_end(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.log_in()
    _ask(ada.client)
    _confirm(ada.client, mailbox.token("password_reset"))
    assert ada.call("GET", "/api/user/profile").status_code == 401
    assert ada.renew().status_code == 401


def test_a_link_is_good_once(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    _ask(ada.client)
    token = mailbox.token("password_reset")
    assert _confirm(ada.client, token).status_code == 200
    assert code_of(_confirm(ada.client, token, PASSWORD)) == (422, "INVALID_TOKEN")


def test_a_link_ends_when_another_one_was_used(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    _ask(ada.client)
    first = mailbox.token("password_reset")
    _ask(ada.client)
    assert _confirm(ada.client, mailbox.token("password_reset")).status_code == 200
    assert code_of(_confirm(ada.client, first)) == (422, "INVALID_TOKEN")


def test_a_link_is_good_for_an_hour(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    _ask(ada.client)
    token = mailbox.token("password_reset")
    clock.shift(timedelta(hours=1, seconds=1))
    assert code_of(_confirm(ada.client, token)) == (422, "INVALID_TOKEN")


def test_a_weak_password_is_refused_and_the_link_stays_good(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    _ask(ada.client)
    token = mailbox.token("password_reset")
    assert code_of(_confirm(ada.client, token, "password1")) == (422, "WEAK_PASSWORD")
    assert _confirm(ada.client, token).status_code == 200


def test_three_mails_in_an_hour_are_enough(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    for _ in range(5):
        assert _ask(ada.client).status_code == 202
    assert len(mailbox.mails("password_reset")) == 3


def test_the_secret_is_not_stored(app: APIFlask, person: Callable[..., Person], mailbox: Mailbox) -> None:
    _ask(person().client)
    token = mailbox.token("password_reset")
    with app.app_context():
        stored = db.session.scalars(select(PasswordResetToken.token_hash)).one()
    assert len(stored) == 64
    assert token not in stored


def test_a_blocked_account_is_open_again(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    for _ in range(6):
        ada.log_in(password=OTHER_PASSWORD)
    assert ada.log_in().status_code == 429
    _ask(ada.client)
    _confirm(ada.client, mailbox.token("password_reset"))
    assert ada.log_in(password=OTHER_PASSWORD).status_code == 200


def test_a_change_of_address_that_somebody_began_ends(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.log_in()
    ada.call("PUT", "/api/user/profile", json={"email": "thief@example.com", "current_password": PASSWORD})
    theirs = mailbox.token("confirmation")
    _ask(ada.client)
    _confirm(ada.client, mailbox.token("password_reset"))
    assert code_of(ada.client.post("/api/auth/verify-email", json={"token": theirs})) == (422, "INVALID_TOKEN")


def test_all_keys_end(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.log_in()
    key = {"X-API-Key": json_of(ada.make_key())["secret"]}
    assert ada.client.get("/api/user/profile", headers=key).status_code == 200
    _ask(ada.client)
    _confirm(ada.client, mailbox.token("password_reset"))
    assert ada.client.get("/api/user/profile", headers=key).status_code == 401
    assert "API keys" in mailbox.mails("password_changed")[0].text
