"""Two providers of mail for the tests: a real SMTP server, and a small one that speaks as SendGrid does."""

import asyncio
import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "oriel", "correct horse"


class Says(Enum):
    """What a provider does with the next mails: the answer over HTTP and over SMTP."""

    YES = (202, "250 Taken")
    LATER = (429, "451 Too many mails, come back later")
    BROKEN = (500, "421 Something is wrong here")
    NEVER = (400, "550 No such mailbox")
    NOT_TO_YOU = (401, "535 Who are you?")
    NOTHING = (0, "")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.value[0]

    @property
    def reply(self) -> str:
        """The SMTP reply."""
        return self.value[1]


@dataclass(frozen=True)
class Received:
    """A mail as its reader gets it."""

    to: str
    sender: str
    subject: str
    text: str
    html: str
    message_id: str
    pictures: dict[str, bytes]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class SmtpPeer:
    """An SMTP server that keeps what it is given."""

    says: Says = Says.YES
    received: list[Received] = field(default_factory=list)
    attempts: int = 0
    logins: int = 0
    encrypted: bool = False
    # Ends what hangs, in the server's own thread.
    _released: asyncio.Event | None = None
    controller: Controller = field(init=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.controller.port)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.attempts += 1
        self.encrypted = session.ssl is not None
        if self.says is Says.NOTHING:
            self._released = asyncio.Event()
            await self._released.wait()
        elif self.says is Says.YES:
            assert isinstance(envelope.content, bytes)
            self.received.append(_read(envelope.rcpt_tos[0], envelope.content))
        return self.says.reply

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401
        self.logins += 1
        assert isinstance(data, LoginPassword)
        good = self.says is not Says.NOT_TO_YOU and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=good)

    def release(self) -> None:
        """Let go of what hangs."""
        if self._released:
            self.controller.loop.call_soon_threadsafe(self._released.set)


def _read(to: str, content: bytes) -> Received:
    mail = message_from_bytes(content, policy=default)
    assert isinstance(mail, EmailMessage)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text
    assert html
    pictures = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    return Received(
        to=to,
        sender=mail["From"],
        subject=mail["Subject"],
        text=text.get_content().replace("\r\n", "\n"),
        html=html.get_content().replace("\r\n", "\n"),
        message_id=mail["Message-ID"],
        pictures={part["Content-ID"].strip("<>"): part.get_content() for part in pictures},
        headers={name.lower(): str(value) for name, value in mail.items()},
    )


@contextlib.contextmanager
def smtp_peer(
    *, context: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, logs_in: bool = False
) -> Iterator[SmtpPeer]:
    """Run an SMTP server: in clear, over TLS, or with STARTTLS."""
    peer = SmtpPeer()
    peer.controller = Controller(
        peer,
        hostname="127.0.0.1",
        port=_free_port(),
        ssl_context=context,
        tls_context=starttls,
        require_starttls=starttls is not None,
        authenticator=peer.login if logs_in else None,
        auth_required=logs_in and starttls is not None,
        auth_require_tls=starttls is not None,
    )
    peer.controller.start()
    try:
        yield peer
    finally:
        peer.release()
        peer.controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class SendGridPeer:
    """Answers POST /v3/mail/send, and keeps what it has taken."""

    says: Says = Says.YES
    received: list[Received] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    attempts: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, body: dict[str, Any]) -> Says:
        """Take a mail in, and say what to answer."""
        with self.lock:
            self.attempts += 1
            self.keys.append(key)
            self.bodies.append(body)
            if self.says is Says.YES:
                self.received.append(_read_json(body))
            return self.says


def _read_json(body: dict[str, Any]) -> Received:
    parts = {part["type"]: part["value"] for part in body["content"]}
    pictures = body.get("attachments", [])
    assert all(picture["disposition"] == "inline" for picture in pictures)
    return Received(
        to=body["personalizations"][0]["to"][0]["email"],
        sender=f"{body['from']['name']} <{body['from']['email']}>",
        subject=body["subject"],
        text=parts["text/plain"],
        html=parts["text/html"],
        message_id=body["headers"]["Message-ID"],
        pictures={picture["content_id"]: base64.b64decode(picture["content"]) for picture in pictures},
        headers={name.lower(): value for name, value in body["headers"].items()},
    )


@contextlib.contextmanager
def sendgrid_peer() -> Iterator[SendGridPeer]:
    """Run a server that speaks as SendGrid's API does."""
    peer = SendGridPeer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/v3/scopes"
            peer.keys.append(self.headers["Authorization"])
            self._answer(peer.says)

        def do_POST(self) -> None:
            assert self.path == "/v3/mail/send"
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(peer.take(self.headers["Authorization"], body))

        def _answer(self, says: Says) -> None:
            if says is Says.NOTHING:
                peer.released.wait()
                self.close_connection = True
                return
            answer = b"" if says is Says.YES else json.dumps({"errors": [{"message": says.reply}]}).encode()
            self.send_response(says.status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        peer.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield peer
        finally:
            peer.released.set()
            server.shutdown()
            thread.join()
