"""Mails in the panel: found, shown without their keys, sent again."""

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.admin.staff import Operator, trail

from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.mail import OutboxMail, enqueue
from oriel.infra.mail.outbox import FAILED, WAITING
from oriel.mails import account_letters

LIST = "/admin/mails/"
SECRET = "c2VjcmV0LXRva2VuLWZvci1hLXBhc3N3b3Jk"  # noqa: S105  (of a link that exists nowhere)


@pytest.fixture
def mail(app: APIFlask) -> str:
    """The id of a mail that has failed."""
    letter = account_letters.password_reset("Ada", f"https://oriel.example/reset-password?token={SECRET}")
    with app.app_context(), writing() as session:
        enqueue(session, letter, to="ada@example.com", user_id=None, kind="password_reset", subject_key="1")
        row = session.scalars(select(OutboxMail)).one()
        row.state, row.failed_at, row.last_error, row.attempts = FAILED, now(), "The mailbox is full.", 6
        return row.id


def state_of(app: APIFlask, mail: str) -> str:
    with app.app_context():
        return db.session.get_one(OutboxMail, mail).state


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("", True), ("state=failed", True), ("state=sent", False), ("search=ada@", True), ("search=x", False)],
)
def test_a_mail_is_found(admin: Operator, mail: str, query: str, is_found: bool) -> None:
    assert (f"/admin/mails/{mail}" in admin.get(f"{LIST}?{query}").text) == is_found


def test_its_page_shows_why_it_failed_and_no_link(admin: Operator, mail: str) -> None:
    page = admin.get(f"{LIST}{mail}").text
    assert "The mailbox is full." in page
    assert SECRET not in page


def test_a_preview_runs_nothing_and_holds_no_link(admin: Operator, mail: str) -> None:
    answer = admin.get(f"{LIST}{mail}/letter")
    assert "Choose a new password" in answer.text
    assert SECRET not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("; sandbox")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_failed_mail_is_sent_again(app: APIFlask, support: Operator, mail: str) -> None:
    assert support.post(f"{LIST}resend?key={mail}").headers["Location"] == f"{LIST}{mail}"
    assert state_of(app, mail) == WAITING
    support.post(f"{LIST}resend?key={mail}")
    assert "Only a mail that has failed can be sent again." in support.get(LIST).text
    assert [(line.action, line.object_id) for line in trail(app)] == [("mail.resend", mail)]
