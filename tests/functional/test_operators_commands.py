"""What operators do on the command line."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller

from oriel import app as application
from oriel import cli, cli_service
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.mail.letter import Letter
from oriel.infra.mail.outbox import FAILED, WAITING, OutboxMail, enqueue

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def of_this_application(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands act on the database of the tests."""
    monkeypatch.setattr(application, "create_app", lambda _settings: app)
    monkeypatch.setattr(cli_service, "_service", lambda _process: app.config["ORIEL"])


def test_an_account_is_closed_and_opened(caller: Callable[..., Caller]) -> None:
    ada = caller()
    assert cli.run(["admin", "disable", ada.email.upper()]) == 0
    assert ada.get("/api/user/profile").status_code == 401
    assert cli.run(["admin", "enable", ada.email]) == 0


@pytest.mark.parametrize("command", [["disable"], ["enable"], ["set-plan"]])
def test_an_address_that_nobody_has_is_named(capsys: Output, command: list[str]) -> None:
    plan = ["pro"] if command == ["set-plan"] else []
    assert cli.run(["admin", *command, "nobody@example.com", *plan]) == 2
    assert "Nobody has the address nobody@example.com." in capsys.readouterr().err


def test_a_customer_gets_a_plan(caller: Callable[..., Caller]) -> None:
    ada = caller()
    assert cli.run(["admin", "set-plan", ada.email, "pro"]) == 0
    assert (ada.get("/api/user/profile").json or {})["plan"] == "pro"


def test_failed_mails_are_listed_and_sent_again(app: APIFlask, capsys: Output) -> None:
    mail_id = _failed_mail(app)
    assert cli.run(["mail", "failures"]) == 0
    listed = capsys.readouterr().out
    assert mail_id in listed
    assert "ada@example.com" in listed
    assert "no such mailbox" in listed
    assert cli.run(["mail", "retry", mail_id]) == 0
    with app.app_context():
        assert db.session.get_one(OutboxMail, mail_id).state == WAITING


def test_a_mail_that_has_not_failed_is_not_sent_again(capsys: Output) -> None:
    assert cli.run(["mail", "retry", "nothing"]) == 2
    assert "oriel mail failures" in capsys.readouterr().err


def _failed_mail(app: APIFlask) -> str:
    letter = Letter(subject="Hello", html="<p>Hello</p>", text="Hello")
    with app.app_context(), writing() as session:
        enqueue(session, letter, to="ada@example.com", user_id=None, kind="confirmation", subject_key="1")
        mail = session.query(OutboxMail).one()
        mail.state, mail.failed_at, mail.last_error = FAILED, now(), "no such mailbox"
        return mail.id
