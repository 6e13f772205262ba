"""The small pages behind the links in mails."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, Mailbox, Person, json_of
from werkzeug.test import TestResponse

from oriel.accounts.registration import CONFIRMATION_LIFE
from oriel.infra.clock import clock


def _set(client: FlaskClient, token: str, password: str = OTHER_PASSWORD) -> TestResponse:
    return client.post("/reset-password", data={"token": token, "password": password}, follow_redirects=True)


def test_looking_at_the_page_uses_nothing_up_and_its_button_confirms(
    person: Callable[..., Person], mailbox: Mailbox
) -> None:
    ada = person(confirmed=False)
    token = mailbox.token()
    page = ada.client.get(f"/verify-email?token={token}")
    assert page.status_code == 200
    assert f'value="{token}"' in page.text
    assert f"<strong>{ada.email}</strong>" in page.text
    ada.log_in()
    assert json_of(ada.call("GET", "/api/user/profile"))["email_verified"] is False
    answer = ada.client.post("/verify-email", data={"token": token}, follow_redirects=True)
    assert "Your email address is confirmed" in answer.text
    assert json_of(ada.call("GET", "/api/user/profile"))["email_verified"] is True


def test_a_new_address_leads_back_to_the_account(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.log_in()
    ada.call("PUT", "/api/user/profile", json={"email": "new@example.com", "current_password": ada.password})
    answer = ada.client.post("/verify-email", data={"token": mailbox.token()}, follow_redirects=True)
    assert "Your new email address is confirmed" in answer.text
    assert 'href="/account"' in answer.text


def test_the_link_of_a_changed_address_says_so_when_it_is_opened_again(
    person: Callable[..., Person], mailbox: Mailbox
) -> None:
    ada = person()
    ada.log_in()
    ada.call("PUT", "/api/user/profile", json={"email": "new@example.com", "current_password": ada.password})
    token = mailbox.token()
    ada.client.post("/verify-email", data={"token": token})
    for again in (
        ada.client.get(f"/verify-email?token={token}", follow_redirects=True),
        ada.client.post("/verify-email", data={"token": token}, follow_redirects=True),
    ):
        assert "Your new email address is confirmed" in again.text
        assert 'href="/account"' in again.text


def test_the_link_of_a_change_that_is_over_leads_to_the_account(
    person: Callable[..., Person], mailbox: Mailbox
) -> None:
    ada = person()
    ada.log_in()
    tokens = []
    for email in ("new@example.com", "newer@example.com"):
        ada.call("PUT", "/api/user/profile", json={"email": email, "current_password": ada.password})
        tokens.append(mailbox.token())
    # The first one was replaced, and the second one has expired.
    clock.shift(CONFIRMATION_LIFE)
    for token in tokens:
        for answer in (
            ada.client.get(f"/verify-email?token={token}"),
            ada.client.post("/verify-email", data={"token": token}),
        ):
            assert answer.status_code == 422
            assert "It did not change the email address of your account." in answer.text
            assert 'href="/account"' in answer.text


def test_the_right_address_in_place_of_a_wrong_one_is_a_first_confirmation(
    person: Callable[..., Person], mailbox: Mailbox
) -> None:
    ada = person(confirmed=False)
    ada.log_in()
    ada.call("PUT", "/api/user/profile", json={"email": "right@example.com", "current_password": ada.password})
    answer = ada.client.post("/verify-email", data={"token": mailbox.token()}, follow_redirects=True)
    assert "Your email address is confirmed" in answer.text
    assert "continues by itself" in answer.text


def test_a_change_of_the_password_is_told_with_its_address(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.client.post("/api/auth/reset-password", json={"email": ada.email})
    _set(ada.client, mailbox.token("password_reset"))
    [text] = [mail.text for mail in mailbox.mails() if mail.kind == "password_changed"]
    assert "from the IP address 127.0.0.1." in text


@pytest.mark.parametrize("project", ["", "x", "a" * 27, "//evil.example", "0" * 25 + "/"])
def test_the_page_after_it_leads_nowhere_else(client: FlaskClient, project: str) -> None:
    page = client.get("/verify-email/done", query_string={"project": project}).text
    assert "/shared/" not in page
    assert "Open the studio" in page


def test_an_expired_link_says_so_before_anything_is_pressed(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person(confirmed=False)
    clock.shift(CONFIRMATION_LIFE)
    answer = ada.client.get(f"/verify-email?token={mailbox.token()}")
    assert answer.status_code == 422
    assert "This link is no longer valid" in answer.text
    assert 'href="/account"' in answer.text


def test_a_link_that_is_over_is_told_in_words(client: FlaskClient) -> None:
    answer = client.post("/verify-email", data={"token": "x" * 43})
    assert answer.status_code == 422
    assert "This link is no longer valid" in answer.text


def test_the_form_sets_a_new_password(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.client.post("/api/auth/reset-password", json={"email": ada.email})
    token = mailbox.token("password_reset")
    assert 'type="password"' in ada.client.get(f"/reset-password?token={token}").text
    assert "Your new password is set" in _set(ada.client, token).text
    assert ada.log_in(password=OTHER_PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("password1", "This password is too easy to guess"),
        ("", "Please choose a password"),
        ("x" * 2000, "Please choose a password"),
    ],
)
def test_a_password_that_will_not_do_may_be_typed_again(
    person: Callable[..., Person], mailbox: Mailbox, password: str, said: str
) -> None:
    ada = person()
    ada.client.post("/api/auth/reset-password", json={"email": ada.email})
    token = mailbox.token("password_reset")
    answer = _set(ada.client, token, password)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{token}"' in answer.text


def test_a_used_link_sets_nothing_and_shows_no_form(client: FlaskClient) -> None:
    for answer in (_set(client, "x" * 43), client.get("/reset-password?token=" + "x" * 43)):
        assert answer.status_code == 422
        assert "has expired or was already used" in answer.text
        assert 'type="password"' not in answer.text


@pytest.mark.parametrize("path", ["/verify-email", "/verify-email?token=" + "x" * 300])
def test_half_a_link_is_told_in_words(client: FlaskClient, path: str) -> None:
    assert "This link is incomplete" in client.get(path).text


def test_a_link_to_a_new_password_can_be_asked_for_on_the_page(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    assert 'name="email"' in ada.client.get("/reset-password").text
    answers = [ada.client.post("/reset-password", data={"email": email}) for email in (ada.email, "nobody@example.com")]
    assert [answer.status_code for answer in answers] == [200, 200]
    # Whether there is such an account is nobody's business.
    assert answers[0].text.replace(ada.email, "…") == answers[1].text.replace("nobody@example.com", "…")
    assert mailbox.token("password_reset")


def test_no_link_is_sent_to_what_is_no_address(client: FlaskClient) -> None:
    answer = client.post("/reset-password", data={"email": "x"})
    assert answer.status_code == 422
    assert "Please check the email address." in answer.text


def test_what_somebody_puts_into_a_link_stays_text(client: FlaskClient) -> None:
    page = client.get("/reset-password", query_string={"token": '"><script>alert(1)</script>'})
    assert "<script>" not in page.text


def test_the_pages_have_no_script_and_no_style_in_them(client: FlaskClient) -> None:
    page = client.get("/reset-password?token=x")
    # Those of the header come from our files: without them, the form works and the header says "Sign in".
    scripts = re.findall(r"<script[^>]*>", page.text)
    assert scripts
    assert all(" src=" in script for script in scripts)
    assert "style=" not in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
