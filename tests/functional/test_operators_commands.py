"""What operators do on the command line."""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD
from tests.functional.admin.staff import trail
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel import app as application
from oriel import cli, cli_service
from oriel.accounts.models import User
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.mail.letter import Letter
from oriel.infra.mail.outbox import FAILED, WAITING, OutboxMail, enqueue
from oriel.privacy import usage
from oriel.rendering import operator_actions

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


def test_the_second_factors_of_an_account_are_reset(caller: Callable[..., Caller], capsys: Output) -> None:
    ada = caller()
    ada.passkey()
    assert cli.run(["admin", "reset-2fa", ada.email.upper()]) == 0
    assert "signs in with the password alone now" in capsys.readouterr().out
    assert ada.get("/api/user/profile").status_code == 401


@pytest.mark.parametrize("command", [["disable"], ["enable"], ["reset-2fa"], ["set-plan"]])
def test_an_address_that_nobody_has_is_named(capsys: Output, command: list[str]) -> None:
    plan = ["pro"] if command == ["set-plan"] else []
    assert cli.run(["admin", *command, "nobody@example.com", *plan]) == 2
    assert "No account has the address nobody@example.com." in capsys.readouterr().err


def test_a_customer_gets_a_plan(caller: Callable[..., Caller]) -> None:
    ada = caller()
    assert cli.run(["admin", "set-plan", ada.email, "pro"]) == 0
    assert (ada.get("/api/user/profile").json or {})["plan"] == "pro"


def test_an_account_is_erased_at_its_owners_request(caller: Callable[..., Caller], capsys: Output) -> None:
    ada = caller()
    assert cli.run(["admin", "delete", ada.email, "--yes"]) == 0
    assert ada.get("/api/user/profile").status_code == 401
    assert cli.run(["admin", "deletions"]) == 0
    shown = capsys.readouterr().out
    assert "erased, to be verified" in shown
    assert ada.user_id not in shown
    assert cli.run(["admin", "erase"]) == 0
    assert "went on: 0" in capsys.readouterr().out


def test_an_account_in_its_week_of_grace_is_listed(
    app: APIFlask, caller: Callable[..., Caller], capsys: Output
) -> None:
    ada = caller()
    with app.app_context(), writing() as session:
        session.get_one(User, ada.user_id).deletion_due_at = datetime(2100, 1, 1, tzinfo=UTC)
    assert cli.run(["admin", "deletions"]) == 0
    assert "in grace  2100-01-01 00:00" in capsys.readouterr().out


def test_what_is_used_is_shown_of_those_who_agreed(
    app: APIFlask, caller: Callable[..., Caller], capsys: Output
) -> None:
    ada, bob = caller(), caller()
    assert ada.put("/api/user/privacy", json={"product_analytics": True}).status_code == 200
    with app.app_context(), writing() as session:
        for someone in (ada, bob):
            usage.record(session, someone.user_id, "look:halo")
    assert cli.run(["admin", "usage"]) == 0
    shown = capsys.readouterr().out
    assert shown.split() == ["FEATURE", "CUSTOMERS", "USES", "look:halo", "1", "1"]
    assert ada.user_id not in shown


class Terminal(io.StringIO):
    """Somebody types."""

    def isatty(self) -> bool:
        return True


def test_an_operators_password_is_read_from_standard_input(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\n"))
    assert cli.run(["admin", "create", "root@example.com"]) == 0
    assert capsys.readouterr().out == "root@example.com is now an operator.\n"
    assert _login(client, "root@example.com", PASSWORD) == 200


def test_an_operators_password_is_asked_for_at_a_terminal(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    asked: list[dict[str, bool]] = []

    def prompt(_text: str, **how: bool) -> str:
        asked.append(how)
        return PASSWORD

    monkeypatch.setattr(click, "prompt", prompt)
    assert cli.run(["admin", "create", "root@example.com"]) == 0
    assert asked == [{"hide_input": True, "confirmation_prompt": True}]
    assert _login(client, "root@example.com", PASSWORD) == 200


def test_a_terminal_is_asked_also_where_a_password_is_set(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", OTHER_PASSWORD)
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "prompt", lambda *_, **__: PASSWORD)
    assert cli.run(["admin", "create", "root@example.com"]) == 0
    assert _login(client, "root@example.com", PASSWORD) == 200


def test_without_a_terminal_the_password_that_is_set_is_used_and_said_to_be(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setenv("ADMIN_PASSWORD", OTHER_PASSWORD)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert cli.run(["admin", "create", "root@example.com"]) == 0
    assert "ADMIN_PASSWORD is used" in capsys.readouterr().err
    assert _login(client, "root@example.com", OTHER_PASSWORD) == 200


@pytest.mark.parametrize("stdin", [io.StringIO(), None])
def test_without_any_password_it_is_said_how_to_pass_one(
    monkeypatch: pytest.MonkeyPatch, capsys: Output, stdin: io.StringIO | None
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    assert cli.run(["admin", "create", "root@example.com"]) == 2
    assert capsys.readouterr() == (
        "",
        "Error: No password was given. Pass it on standard input or in ADMIN_PASSWORD, or use a terminal.\n",
    )


def test_an_operators_address_is_checked_before_anybody_types_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(click, "prompt", lambda *_, **__: pytest.fail("asked"))
    assert cli.run(["admin", "create", "root"]) == 2
    assert "not a valid email address" in capsys.readouterr().err


def test_a_customer_who_becomes_an_operator_gets_a_new_password(
    caller: Callable[..., Caller], client: FlaskClient, capsys: Output
) -> None:
    ada = caller()
    assert cli.run(["admin", "create", ada.email, "--password", OTHER_PASSWORD]) == 0
    told = f"{ada.email} is now an operator. Its password was replaced, and its sessions and API keys were revoked.\n"
    assert capsys.readouterr().out == told
    assert ada.get("/api/user/profile").status_code == 401
    assert _login(client, ada.email, OTHER_PASSWORD) == 200


def test_a_render_is_shown_with_times_as_the_api_writes_them(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    at = datetime(2026, 11, 21, 14, 43, 55, 768259, UTC)
    monkeypatch.setattr(
        operator_actions, "job_facts", lambda job_id: {"id": job_id, "created_at": at, "completed_at": None}
    )
    assert cli.run(["jobs", "show", "a"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"id": "a", "created_at": "2026-11-21T14:43:55.768Z", "completed_at": None}


def test_renders_are_listed_under_a_header(app: APIFlask, caller: Callable[..., Caller], capsys: Output) -> None:
    ada = caller()
    job_id = (ada.post("/api/render/submit", json={"upload_id": uploaded(ada)}).json or {})["id"]
    assert cli.run(["jobs", "list"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["ID", "CREATED", "STATUS", "DONE", "PLAN", "ERROR", "SONG"]
    for column, value in (("ID", job_id), ("STATUS", "queued"), ("DONE", "  0 %"), ("PLAN", "free"), ("ERROR", "-")):
        assert line[header.index(column) :].startswith(value)
    assert cli.run(["jobs", "dead"]) == 0
    assert capsys.readouterr() == ("", "There are none.\n")


def test_failed_mails_are_listed_and_sent_again(app: APIFlask, capsys: Output) -> None:
    mail_id = _failed_mail(app)
    assert cli.run(["mail", "failures"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["ID", "FAILED", "KIND", "TO", "ERROR"]
    for column, value in (("ID", mail_id), ("TO", "ada@example.com"), ("ERROR", "no such mailbox")):
        assert line[header.index(column) :].startswith(value)
    assert cli.run(["mail", "retry", mail_id]) == 0
    with app.app_context():
        assert db.session.get_one(OutboxMail, mail_id).state == WAITING


def test_a_mail_that_has_not_failed_is_not_sent_again(capsys: Output) -> None:
    assert cli.run(["mail", "retry", "nothing"]) == 2
    assert "oriel mail failures" in capsys.readouterr().err


def _login(client: FlaskClient, email: str, password: str) -> int:
    return client.post("/api/auth/login", json={"email": email, "password": password}).status_code


def _failed_mail(app: APIFlask) -> str:
    letter = Letter(subject="Hello", html="<p>Hello</p>", text="Hello")
    with app.app_context(), writing() as session:
        enqueue(session, letter, to="ada@example.com", user_id=None, kind="confirmation", subject_key="1")
        mail = session.query(OutboxMail).one()
        mail.state, mail.failed_at, mail.last_error = FAILED, now(), "no such mailbox"
        return mail.id


def test_a_role_is_given_and_taken_away(app: APIFlask, caller: Callable[..., Caller]) -> None:
    ada = caller()
    assert cli.run(["admin", "grant", ada.email.upper(), "support"]) == 0
    assert (ada.get("/api/user/profile").json or {})["role"] == "support"
    assert cli.run(["admin", "revoke", ada.email]) == 0
    assert (ada.get("/api/user/profile").json or {})["role"] == "user"
    assert cli.run(["admin", "grant", ada.email, "emperor"]) == 2


def test_what_the_command_line_does_is_in_the_audit_trail(app: APIFlask, caller: Callable[..., Caller]) -> None:
    ada = caller()
    commands = (["disable"], ["enable"], ["set-plan", "pro"], ["reset-2fa"], ["grant", "support"], ["revoke"])
    for command, *others in commands:
        assert cli.run(["admin", command, ada.email, *others]) == 0
    assert cli.run(["admin", "create", "root@example.com", "--password", PASSWORD, "--role", "support"]) == 0
    lines = trail(app)
    assert [line.action for line in lines] == [
        "user.disable",
        "user.enable",
        "user.set_plan",
        "user.reset_second_factors",
        "user.grant_role",
        "user.revoke_role",
        "user.create_operator",
    ]
    assert {line.object_id for line in lines[:-1]} == {ada.user_id}
    assert {(line.actor_id, line.role) for line in lines} == {(None, "command line")}
    with app.app_context():
        assert db.session.get_one(User, lines[-1].object_id).email == "root@example.com"


def test_a_command_that_fails_leaves_no_line(app: APIFlask) -> None:
    assert cli.run(["admin", "disable", "nobody@example.com"]) == 2
    assert cli.run(["billing", "refund", "nothing"]) == 2
    assert trail(app) == []
