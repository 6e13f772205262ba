"""The way into the panel: password, second factor, a session that ends."""

import html
import json
import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pyotp
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select
from tests.functional.accounts.authenticator import Authenticator
from tests.functional.accounts.person import PASSWORD, Mailbox
from tests.functional.accounts.second_factor import STEP, Secured, code_of_app, with_app
from tests.functional.admin.staff import Operator, add_app, token_in, trail
from tests.functional.caller import Caller
from werkzeug.test import TestResponse

from oriel.accounts import login
from oriel.accounts.models import ROLE_ADMIN, ROLE_SUPPORT, User, UserSession
from oriel.accounts.operators import disable_user
from oriel.accounts.origin import Origin
from oriel.accounts.second_factors.recovery_codes import make_codes
from oriel.accounts.sessions import end_session
from oriel.infra.clock import clock
from oriel.infra.database import db, writing

HOME = "/admin/"
LOGIN = "/admin/login"
CODE = "/admin/login/code"
SETUP = "/admin/second-factor"

Known = Callable[..., Caller]


@pytest.fixture
def secured(app: APIFlask, known: Known) -> Secured:
    """An operator with password and authenticator app, who is not signed in."""
    return secured_as(app, known, ROLE_ADMIN)


def secured_as(app: APIFlask, known: Known, role: str) -> Secured:
    caller, secret = known(role=role), pyotp.random_base32()
    with app.app_context(), writing() as session:
        add_app(session.get_one(User, caller.user_id), secret)
    return Secured(caller, secret)


def send(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data={"csrf_token": token_in(client.get(path)), **fields})


def enter(client: FlaskClient, email: str, password: str = PASSWORD, **fields: str) -> TestResponse:
    return send(client, LOGIN, email=email, password=password, **fields)


@pytest.mark.parametrize("role", [ROLE_ADMIN, ROLE_SUPPORT])
def test_an_operator_enters_with_password_and_code(app: APIFlask, client: FlaskClient, known: Known, role: str) -> None:
    ada = secured_as(app, known, role)
    assert client.get(HOME).headers["Location"] == f"{LOGIN}?next=/admin/"
    assert enter(client, ada.caller.email).headers["Location"].startswith(CODE)
    assert client.get(HOME).status_code == 303
    assert send(client, CODE, code=ada.code()).headers["Location"] == HOME
    assert ada.caller.email in client.get(HOME).text
    [line] = trail(app)
    assert (line.action, line.actor, line.role, line.object_id) == (
        "panel.login",
        ada.caller.email,
        role,
        ada.caller.user_id,
    )


def test_the_way_leads_to_the_page_that_was_asked_for(client: FlaskClient, secured: Secured) -> None:
    enter(client, secured.caller.email, next="/admin/trail/?search=1")
    answer = send(client, f"{CODE}?next=/admin/trail/?search%3D1", code=secured.code())
    assert answer.headers["Location"] == "/admin/trail/?search=1"


@pytest.mark.parametrize("elsewhere", ["https://example.com/admin/", "//example.com/admin/", "/studio", "/admin/\\x"])
def test_the_way_leads_nowhere_else(client: FlaskClient, secured: Secured, elsewhere: str) -> None:
    enter(client, secured.caller.email)
    assert send(client, CODE, code=secured.code(), next=elsewhere).headers["Location"] == HOME


def test_a_wrong_password_is_refused(client: FlaskClient, secured: Secured) -> None:
    answer = enter(client, secured.caller.email, "wrong password")
    assert (answer.status_code, "Wrong email address or password" in answer.text) == (422, True)
    assert client.get(CODE).headers["Location"].startswith(LOGIN)


def test_a_wrong_code_is_refused(client: FlaskClient, secured: Secured) -> None:
    enter(client, secured.caller.email)
    answer = send(client, CODE, code="000000")
    assert (answer.status_code, "This code is wrong" in answer.text) == (422, True)
    assert client.get(HOME).headers["Location"].startswith(LOGIN)


def failures(app: APIFlask) -> list[tuple[str, str, object]]:
    lines = [line for line in trail(app) if line.action == "panel.login_failed"]
    assert all((line.actor_id, line.role, line.kind) == (None, "not signed in", "user") for line in lines)
    return [(line.actor, line.object_id, line.detail) for line in lines]


def test_who_fails_to_sign_in_as_an_operator_leaves_a_line(
    app: APIFlask, client: FlaskClient, secured: Secured
) -> None:
    ada = secured.caller
    enter(client, ada.email, "wrong password")
    enter(client, ada.email)
    send(client, CODE, code="000000")
    actor = f"not signed in: {ada.email}"
    assert failures(app) == [(actor, ada.user_id, {"method": each}) for each in ("password", "code")]
    assert not any("wrong password" in str(vars(line)) for line in trail(app))


def test_failures_of_customers_and_unknown_addresses_leave_no_line(
    app: APIFlask, client: FlaskClient, known: Known
) -> None:
    customer = known()
    for email, password in ((customer.email, PASSWORD), (customer.email, "wrong"), ("nobody@example.com", "wrong")):
        assert enter(client, email, password).status_code in (403, 422)
    # A login of the site is no login to the panel.
    operator = known(role=ROLE_ADMIN)
    client.post("/api/auth/login", json={"email": operator.email, "password": "wrong password"})
    assert trail(app) == []


@pytest.mark.parametrize("is_code", [False, True])
def test_a_flood_of_guesses_leaves_few_lines(app: APIFlask, secured: Secured, is_code: bool) -> None:
    for number in range(30):
        # Limits and delays by network address do not help: each guess comes from another one.
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        if is_code:
            enter(client, secured.caller.email)
            send(client, CODE, code="000000")
        else:
            enter(client, secured.caller.email, "wrong password")
    # Five at once, and a few more as the delays of the first seconds end.
    assert 5 < len(failures(app)) < 15


def test_a_code_works_once(app: APIFlask, client: FlaskClient, secured: Secured) -> None:
    enter(client, secured.caller.email)
    code = secured.code()
    send(client, CODE, code=code)
    other = app.test_client()
    enter(other, secured.caller.email)
    answer = send(other, CODE, code=code)
    assert (answer.status_code, "already used" in answer.text) == (422, True)


def test_an_operator_enters_with_a_passkey(app: APIFlask, client: FlaskClient, known: Known) -> None:
    ada, device = known(role=ROLE_ADMIN), Authenticator()
    added = ada.post("/api/user/second-factor/passkeys/options", json={"current_password": PASSWORD}).json
    assert added
    credential = device.create(added["options"])
    body = {"name": "Key ring", "credential": credential}
    assert ada.post("/api/user/second-factor/passkeys", json=body).status_code == 201
    enter(client, ada.email)
    page = client.get(CODE)
    assert send(client, CODE, passkey="{}").status_code == 422
    options = json.loads(html.unescape(page.text.partition('data-options="')[2].partition('"')[0]))
    answer = send(client, CODE, passkey=json.dumps(device.get(options)))
    assert answer.headers["Location"] == HOME
    lines = [(line.action, line.detail) for line in trail(app)]
    assert lines == [(f"panel.{action}", {"method": "passkey"}) for action in ("login_failed", "login")]


def test_a_recovery_code_opens_the_panel_once(app: APIFlask, client: FlaskClient, secured: Secured) -> None:
    with app.app_context(), writing() as session:
        codes = make_codes(session, secured.caller.user_id)
    enter(client, secured.caller.email)
    assert send(client, CODE, recovery_code=codes[0]).headers["Location"] == HOME
    other = app.test_client()
    enter(other, secured.caller.email)
    assert send(other, CODE, recovery_code=codes[0]).status_code == 422


def test_a_customer_does_not_enter(client: FlaskClient, known: Known) -> None:
    answer = enter(client, known().email)
    assert (answer.status_code, "may not sign in here" in answer.text) == (403, True)
    assert client.get(HOME).headers["Location"].startswith(LOGIN)


def test_a_customer_with_a_code_does_not_enter(client: FlaskClient, known: Known) -> None:
    ada = with_app(known())
    assert enter(client, ada.caller.email).status_code == 403


def test_a_login_of_the_site_opens_nothing(client: FlaskClient, known: Known) -> None:
    ada = known(role=ROLE_ADMIN)
    client.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD, "cookie": True})
    assert ada.get(HOME).headers["Location"].startswith(LOGIN)
    assert client.get(HOME).headers["Location"].startswith(LOGIN)


def test_an_operator_without_second_factor_comes_as_far_as_its_setup(
    app: APIFlask, client: FlaskClient, known: Known, mailbox: Mailbox
) -> None:
    ada = known(role=ROLE_ADMIN)
    assert enter(client, ada.email).headers["Location"].startswith(SETUP)
    for path in (HOME, "/admin/trail/"):
        assert client.get(path).headers["Location"] == SETUP
    assert client.post("/admin/trail/").status_code == 405
    page = client.get(SETUP).text
    secret = page.partition("<code>")[2].partition("</code>")[0]
    wrong = send(client, SETUP, code="000000")
    assert (wrong.status_code, secret in wrong.text) == (422, True)
    done = send(client, SETUP, code=code_of_app(secret))
    assert done.text.count("<li><code>") == 10
    codes = "".join(f"{code}\n" for code in re.findall("<li><code>(.*?)</code>", done.text))
    assert f'data-copy="{codes}"' in done.text
    assert quote(codes) in done.text
    assert client.get(HOME).status_code == 200
    assert [mail.kind for mail in mailbox.mails()] == ["second_factor_added"]
    assert [line.action for line in trail(app)] == ["panel.login", "panel.second_factor"]
    # The next login wants a code.
    clock.shift(STEP)
    other = app.test_client()
    assert enter(other, ada.email).headers["Location"].startswith(CODE)
    assert send(other, CODE, code=code_of_app(secret)).headers["Location"] == HOME


def test_a_session_without_checked_factor_does_not_go_on_when_one_is_added_elsewhere(
    app: APIFlask, operator: Callable[..., Operator]
) -> None:
    ada = operator(has_factor=False)
    with app.app_context(), writing() as session:
        add_app(session.get_one(User, ada.id), ada.secret)
    assert ada.get(HOME).headers["Location"] == SETUP
    assert ada.get(SETUP).headers["Location"] == LOGIN
    assert ada.get(HOME).headers["Location"].startswith(LOGIN)


def test_an_operator_who_loses_the_second_factor_sets_one_up_again(app: APIFlask, admin: Operator) -> None:
    from oriel.accounts.second_factors.factors import remove_all

    with app.app_context(), writing() as session:
        remove_all(session, admin.id)
    assert admin.get(HOME).headers["Location"] == SETUP


def test_a_session_ends_when_idle(admin: Operator) -> None:
    clock.shift(timedelta(minutes=29))
    assert admin.get(HOME).status_code == 200
    clock.shift(timedelta(minutes=29))
    assert admin.get(HOME).status_code == 200
    clock.shift(timedelta(minutes=30))
    assert admin.get(HOME).headers["Location"].startswith(LOGIN)


def test_a_page_that_renews_itself_keeps_no_session_alive(admin: Operator) -> None:
    assert admin.get(HOME).status_code == 200
    for _ in range(2):
        clock.shift(timedelta(minutes=14))
        assert admin.get(HOME, headers={"X-Live": "1"}).status_code == 200
    clock.shift(timedelta(minutes=3))
    assert admin.get(HOME, headers={"X-Live": "1"}).headers["Location"].startswith(LOGIN)


def test_a_session_ends_after_twelve_hours(app: APIFlask, client: FlaskClient, secured: Secured) -> None:
    enter(client, secured.caller.email)
    send(client, CODE, code=secured.code())
    for _ in range(24):
        assert client.get(HOME).status_code == 200
        clock.shift(timedelta(minutes=29, seconds=50))
    assert client.get(HOME).status_code == 200
    clock.shift(timedelta(minutes=5))
    assert client.get(HOME).headers["Location"].startswith(LOGIN)


def test_a_session_ends_at_sign_out(app: APIFlask, admin: Operator) -> None:
    cookie = admin.client.get_cookie("oriel_admin", path="/admin")
    assert cookie
    assert admin.post("/admin/logout").headers["Location"] == LOGIN
    # A copy of the cookie opens nothing either.
    admin.client.set_cookie("oriel_admin", cookie.value, path="/admin")
    assert admin.get(HOME).headers["Location"].startswith(LOGIN)
    assert [line.action for line in trail(app)] == ["panel.logout"]


def _disable(operator: Operator) -> None:
    disable_user(operator.id)


def _end_session(operator: Operator) -> None:
    end_session(operator.id, operator.session_id, Origin())


def _take_role(operator: Operator) -> None:
    with writing() as session:
        session.get_one(User, operator.id).role = "user"


@pytest.mark.parametrize("act", [_disable, _end_session, _take_role])
def test_a_session_ends_at_once_with_the_account_and_the_role(
    app: APIFlask, admin: Operator, act: Callable[[Operator], None]
) -> None:
    assert admin.get(HOME).status_code == 200
    with app.app_context():
        act(admin)
    assert admin.get(HOME).headers["Location"].startswith(LOGIN)


def test_the_cookie_is_for_the_panel_alone(client: FlaskClient, secured: Secured) -> None:
    enter(client, secured.caller.email)
    answer = send(client, CODE, code=secured.code())
    [cookie] = [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("oriel_admin=")]
    assert {"HttpOnly", "Path=/admin", "SameSite=Strict"} <= set(cookie.split("; "))


def test_no_session_outlives_its_twelve_hours_in_the_database(
    app: APIFlask, client: FlaskClient, secured: Secured
) -> None:
    enter(client, secured.caller.email)
    send(client, CODE, code=secured.code())
    with app.app_context():
        query = select(UserSession).where(UserSession.user_id == secured.caller.user_id)
        newest = db.session.scalars(query.order_by(UserSession.id.desc())).first()
    assert newest
    assert newest.expires_at - newest.created_at <= timedelta(hours=12, seconds=1)


def test_a_pending_login_expires(client: FlaskClient, secured: Secured) -> None:
    enter(client, secured.caller.email)
    clock.shift(login.PENDING_LIFE)
    assert client.get(CODE).headers["Location"].startswith(LOGIN)


def test_guesses_are_slowed_down(client: FlaskClient, secured: Secured) -> None:
    for _ in range(6):
        answer = enter(client, secured.caller.email, "wrong password")
    answer = enter(client, secured.caller.email)
    assert (answer.status_code, "Too many attempts" in answer.text) == (429, True)
    page = client.get(LOGIN)
    for _ in range(40):
        answer = client.post(LOGIN, data={"csrf_token": token_in(page), "email": "x@example.com", "password": "x"})
    assert answer.status_code == 429


def test_each_answer_has_a_nonce_of_its_own(client: FlaskClient) -> None:
    policies = [client.get(LOGIN).headers["Content-Security-Policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    for policy in policies:
        assert "unsafe" not in policy
        assert "default-src 'none'; script-src 'nonce-" in policy
