"""The operators' webhook: signed calls, repeated until one is taken."""

import hmac
from hashlib import sha256

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from tests.functional.monitoring.conftest import SECRET, Webhook

from oriel.infra.clock import clock
from oriel.infra.database import db
from oriel.monitoring import alert_calls, alerts
from oriel.monitoring.alert_calls import WAITS, send_due
from oriel.monitoring.conditions import Condition, Observer
from oriel.monitoring.incidents import AlertCall
from oriel.settings import Settings

HOLDS = Condition("holds", "It holds", lambda _observer: "Now.", ())
OVER = Condition("holds", "It holds", lambda _observer: None, ())


@pytest.fixture
def opened(settings: Settings) -> Settings:
    """Settings of a service with an open incident."""
    alerts.evaluate(Observer(settings), [HOLDS])
    return settings


def call() -> AlertCall:
    row = db.session.scalars(select(AlertCall).execution_options(populate_existing=True)).one()
    db.session.commit()
    return row


def test_opening_and_end_are_called_once_each(opened: Settings, webhook: Webhook) -> None:
    assert send_due(opened) == 1
    assert send_due(opened) == 0
    clock.shift(alerts.QUIET_FOR)
    alerts.evaluate(Observer(opened), [OVER])
    assert send_due(opened) == 1
    assert [body["type"] for body in webhook.bodies] == ["alert.opened", "alert.closed"]
    first = webhook.bodies[0]
    assert (first["condition"], first["title"], first["message"]) == ("holds", "It holds", "Now.")
    assert first["page"] == f"{opened.base_url}/admin/"
    assert len({body["id"] for body in webhook.bodies}) == 2
    assert len({body["incident"] for body in webhook.bodies}) == 1


def test_a_call_is_signed_over_time_and_body(opened: Settings, webhook: Webhook) -> None:
    send_due(opened)
    (body, signature) = webhook.raw[0]
    at, _, code = signature.removeprefix("t=").partition(",v1=")
    assert code == hmac.new(SECRET.encode(), f"{at}.".encode() + body, sha256).hexdigest()


@pytest.mark.parametrize("status", [400, 500, 301, 307])
def test_what_is_not_taken_is_repeated(opened: Settings, webhook: Webhook, status: int) -> None:
    webhook.status = status
    assert send_due(opened) == 0
    assert call().error == f"The webhook answered {status}."
    assert send_due(opened) == 0
    webhook.status = 200
    clock.shift(WAITS[0])
    assert send_due(opened) == 1
    # A redirect is not followed: two calls came, both to the address itself.
    assert len(webhook.bodies) == 2
    assert call().sent_at


def test_a_call_that_is_never_taken_is_given_up(opened: Settings, webhook: Webhook) -> None:
    webhook.status = 500
    for wait in (*WAITS, WAITS[-1], WAITS[-1]):
        send_due(opened)
        clock.shift(wait)
    assert len(webhook.bodies) == len(WAITS) + 1
    assert (call().due_at, call().sent_at) == (None, None)


def test_a_webhook_that_is_away_is_called_later(opened: Settings) -> None:
    away = opened.model_copy(update={"alert_webhook_url": SecretStr("http://127.0.0.1:1")})
    assert send_due(away) == 0
    assert call().error == "The webhook could not be called: ConnectError."


def test_a_sender_that_was_overtaken_changes_nothing(
    opened: Settings, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(*_: object) -> str:
        monkeypatch.undo()
        clock.shift(alert_calls._CLAIM)
        assert send_due(opened) == 1
        return "Too late."

    monkeypatch.setattr(alert_calls, "_post", late)
    send_due(opened)
    assert call().sent_at
    assert len(webhook.bodies) == 1


def test_without_a_webhook_nothing_is_sent(opened: Settings) -> None:
    assert send_due(opened.model_copy(update={"alert_webhook_url": None})) == 0
