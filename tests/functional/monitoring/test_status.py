"""/status when something is wrong: what anybody learns, and what operators learn."""

from collections.abc import Callable, Iterator

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.caller import Caller

from oriel.accounts.models import ROLE_ADMIN
from oriel.billing.gateway import init_payments, payments
from oriel.errors import StorageFailed
from oriel.infra.mail.providers import Providers, providers
from oriel.infra.mail.sendgrid import SendGrid
from oriel.infra.redis import connect
from oriel.monitoring.dependencies import init_checks

NOBODY = "127.0.0.1:1"


@pytest.fixture
def troubled(app: APIFlask) -> Iterator[APIFlask]:
    """An application whose parts a test may replace; it gets them back."""
    kept = dict(app.extensions)
    settings = app.config["ORIEL"]
    yield app
    app.extensions.clear()
    app.extensions.update(kept)
    app.config["ORIEL"] = settings


def asked_anew(app: APIFlask) -> None:
    init_checks(app)


def states(client: FlaskClient) -> dict[str, str]:
    answer = client.get("/status").json
    assert answer
    return {"status": answer["status"]} | {name: told["state"] for name, told in answer["dependencies"].items()}


WELL = dict.fromkeys(("database", "redis", "storage", "mail", "payments"), "ok")


def test_a_redis_that_is_away_degrades_the_service(troubled: APIFlask, client: FlaskClient) -> None:
    troubled.extensions["oriel.redis"] = connect(f"redis://{NOBODY}")
    asked_anew(troubled)
    assert states(client) == {**WELL, "redis": "down", "status": "degraded"}


def test_a_storage_that_fails_degrades_the_service(
    troubled: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(*_: object, **__: object) -> None:
        raise StorageFailed("The disk is gone.")

    monkeypatch.setattr(troubled.extensions["oriel.storage"], "write", write)
    asked_anew(troubled)
    assert states(client) == {**WELL, "storage": "down", "status": "degraded"}


def test_a_disk_that_is_nearly_full_degrades_the_storage(troubled: APIFlask, client: FlaskClient) -> None:
    settings = troubled.config["ORIEL"]
    troubled.config["ORIEL"] = settings.model_copy(update={"alert_disk_free_percent": 100.0})
    asked_anew(troubled)
    assert states(client) == {**WELL, "storage": "degraded", "status": "degraded"}


def test_one_of_two_mail_providers_degrades_the_mail(troubled: APIFlask, client: FlaskClient) -> None:
    away = SendGrid("SG.key", url=f"http://{NOBODY}")
    with troubled.app_context():
        working = providers()
    troubled.extensions["oriel.mail"] = Providers([away, *working.gateways], working.sender)
    asked_anew(troubled)
    assert states(client)["mail"] == "degraded"
    troubled.extensions["oriel.mail"] = Providers([away], working.sender)
    asked_anew(troubled)
    assert states(client)["mail"] == "down"


def test_payments_that_are_off_are_no_dependency(troubled: APIFlask, client: FlaskClient) -> None:
    with troubled.app_context():
        kept = payments()
    init_payments(troubled, None)
    asked_anew(troubled)
    assert "payments" not in states(client)
    init_payments(troubled, kept)


def test_a_database_that_is_away_takes_the_service_down(
    troubled: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(*_: object) -> None:
        raise ConnectionError("postgresql://oriel:hunter2@db.internal")

    monkeypatch.setattr("oriel.monitoring.dependencies._ask_database", ask)
    asked_anew(troubled)
    assert states(client) == {**WELL, "database": "down", "status": "down"}


def test_reasons_and_providers_are_for_operators(
    troubled: APIFlask, client: FlaskClient, caller: Callable[..., Caller]
) -> None:
    with troubled.app_context():
        sender = providers().sender
    troubled.extensions["oriel.mail"] = Providers([SendGrid("SG.key", url=f"http://{NOBODY}")], sender)
    asked_anew(troubled)
    public = client.get("/status").text
    assert "sendgrid" not in public.lower()
    told = caller(role=ROLE_ADMIN).get("/status").json
    assert told
    mail = next(check for check in told["operation"]["checks"] if check["check"] == "mail:sendgrid")
    assert (mail["state"], mail["message"]) == ("down", "SendGrid could not be reached.")


def test_polls_ask_nobody_again_for_some_seconds(
    troubled: APIFlask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("oriel.monitoring.dependencies._ask_database", lambda: asked.append(1))
    asked_anew(troubled)
    for _ in range(5):
        client.get("/status")
    # On a machine so busy that the polls take seconds, one of them may ask again.
    assert len(asked) < 5
