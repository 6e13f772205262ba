"""What the log says of security: who did what, from which source, and no secret or address."""

import logging
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from tests.functional.accounts.person import PASSWORD, bearer
from tests.functional.caller import Caller

from oriel.accounts.operators import create_admin
from oriel.infra.logs import JsonLines
from oriel.infra.security_log import digest

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MakeCaller = Callable[..., Caller]
Events = Callable[[], list[dict[str, object]]]


@pytest.fixture
def events(caplog: pytest.LogCaptureFixture) -> Events:
    """Return the facts of the security events that were logged so far."""
    caplog.set_level(logging.INFO, "oriel.security")
    return lambda: [vars(record)["facts"] for record in caplog.records if record.name == "oriel.security"]


@pytest.fixture
def digest_of(client: FlaskClient) -> Callable[[str], str]:
    """Return what stands for a user's id."""

    def digest_of(user_id: str) -> str:
        with client.application.app_context():
            return digest("user", user_id)

    return digest_of


def test_a_wrong_password_is_logged_with_its_account_and_source(
    client: FlaskClient, caller: MakeCaller, events: Events, digest_of: Callable[[str], str]
) -> None:
    ada = caller()
    client.post("/api/auth/login", json={"email": ada.email, "password": "wrong horse battery"})
    failed, refused = events()[-2:]
    assert (failed["event"], failed["user"]) == ("login_failed", digest_of(ada.user_id))
    assert (refused["event"], refused["code"], refused["path"]) == (
        "refused",
        "INVALID_CREDENTIALS",
        "/api/auth/login",
    )
    assert failed["source"] == refused["source"]


def test_an_unknown_account_is_logged_without_its_name(client: FlaskClient, events: Events) -> None:
    client.post("/api/auth/login", json={"email": "nobody@example.com", "password": "wrong horse battery"})
    assert events()[0]["account"] == "unknown"
    assert "nobody" not in str(events())


def test_a_customer_who_is_refused_is_logged(
    caller: MakeCaller, events: Events, digest_of: Callable[[str], str]
) -> None:
    ada = caller(confirmed=False)
    assert ada.post("/api/render/submit").status_code == 403
    event = events()[-1]
    assert (event["event"], event["code"], event["user"]) == (
        "refused",
        "EMAIL_NOT_VERIFIED",
        digest_of(ada.user_id),
    )


def test_a_forged_token_is_logged(client: FlaskClient, events: Events) -> None:
    client.get("/api/user/profile", headers=bearer("a.b.c"))
    assert events()[-1]["code"] == "NOT_AUTHENTICATED"


def test_a_forged_event_of_the_payment_service_is_logged(client: FlaskClient, events: Events) -> None:
    client.post("/api/payments/webhook", data=b"{}", headers={"Stripe-Signature": "t=1,v1=00"})
    assert events()[-1]["code"] == "INVALID_SIGNATURE"


def test_a_new_operator_is_logged(client: FlaskClient, events: Events) -> None:
    with client.application.app_context():
        user = create_admin("boss@example.com", PASSWORD)
        assert (events()[-1]["event"], events()[-1]["user"]) == ("role_admin", digest("user", user.id))


def test_no_line_holds_a_secret_or_an_address(
    client: FlaskClient, caller: MakeCaller, caplog: pytest.LogCaptureFixture, events: Events
) -> None:
    ada = caller()
    client.post("/api/auth/login", json={"email": ada.email, "password": "wrong horse battery"})
    client.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD})
    client.get("/api/user/profile", headers=bearer("forged.token.here"))
    lines = "\n".join(JsonLines("web").format(record) for record in caplog.records)
    assert events()
    for hidden in (ada.email, PASSWORD, "wrong horse battery", "forged.token.here", "127.0.0.1"):
        assert hidden not in lines
