"""An outbox on both databases, and providers that can be told how to answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.contracts.mail.peers import SendGridPeer, SmtpPeer, sendgrid_peer, smtp_peer

from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.infra.mail import OutboxMail, dispatch_due, enqueue
from oriel.infra.mail.gateway import Gateway, Sender
from oriel.infra.mail.letter import Letter
from oriel.infra.mail.providers import Providers
from oriel.infra.mail.sendgrid import SendGrid
from oriel.infra.mail.smtp import Smtp

LETTER = Letter("Hello", "<p>Hello</p>", "Hello\n")


@dataclass
class Outbox:
    """What the domains and the clock process do with the outbox, each in a context of its own."""

    app: APIFlask

    def write(
        self,
        about: str = "1",
        *,
        to: str = "ada@example.com",
        user_id: str | None = None,
        kind: str = "note",
        letter: Letter = LETTER,
    ) -> bool:
        with self.app.app_context(), writing() as session:
            return enqueue(session, letter, to=to, user_id=user_id, kind=kind, subject_key=about)

    def dispatch(self, limit: int = 100, *, after: timedelta = timedelta(0)) -> int:
        clock.shift(after)
        with self.app.app_context():
            return dispatch_due(limit)

    def mails(self) -> Sequence[OutboxMail]:
        with self.app.app_context():
            return db.session.scalars(select(OutboxMail).order_by(OutboxMail.created_at)).all()

    def only(self) -> OutboxMail:
        (mail,) = self.mails()
        return mail

    def deliver_by(self, *gateways: Gateway) -> None:
        self.app.extensions["oriel.mail"] = Providers(gateways, Sender("Oriel", "no-reply@mail.example.com"))


@pytest.fixture
def outbox(app: APIFlask) -> Iterator[Outbox]:
    before = app.extensions["oriel.mail"]
    yield Outbox(app)
    app.extensions["oriel.mail"] = before


@pytest.fixture
def sendgrid() -> Iterator[SendGridPeer]:
    with sendgrid_peer() as peer:
        yield peer


@pytest.fixture
def smtp() -> Iterator[SmtpPeer]:
    with smtp_peer() as peer:
        yield peer


@pytest.fixture
def first(outbox: Outbox, sendgrid: SendGridPeer) -> SendGridPeer:
    """SendGrid as the only provider."""
    outbox.deliver_by(SendGrid("SG.key", url=sendgrid.url, timeout_s=0.5))
    return sendgrid


@pytest.fixture
def both(outbox: Outbox, sendgrid: SendGridPeer, smtp: SmtpPeer) -> tuple[SendGridPeer, SmtpPeer]:
    """SendGrid, and SMTP behind it."""
    backup = Smtp.from_url(f"smtp://127.0.0.1:{smtp.port}")
    outbox.deliver_by(SendGrid("SG.key", url=sendgrid.url, timeout_s=0.5), backup)
    return sendgrid, smtp
