"""SMTP: any mail server, over TLS; the backup of SendGrid, or the only provider."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from enum import StrEnum
from typing import Any, Self, cast
from urllib.parse import unquote, urlsplit

from oriel.errors import InvalidConfiguration, MailNotTaken, MailOutcomeUnknown, MailProviderRefusesUs, MailRefused
from oriel.infra.clock import now
from oriel.infra.mail.gateway import Message

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_TAKEN = 250


class _Address(UnstructuredHeader):
    """A header that is an address. The library would encode one that is longer than a line."""

    name: str

    def fold(self, *, policy: "EmailPolicy[EmailMessage]") -> str:
        """Return the header on one line, of which the standard allows 998 characters."""
        return f"{self.name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[EmailMessage]":
    headers = HeaderRegistry()
    headers.map_to_type("list-unsubscribe", cast("Any", _Address))
    return SMTP.clone(header_factory=headers)


_POLICY = _policy()


class Security(StrEnum):
    """How what we say to the server is kept from others."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True)
class Smtp:
    """Sends through one server, with a connection for each message: mails are rare, and idle connections die."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Security = Security.STARTTLS
    timeout_s: float = 10.0
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context, repr=False)

    name = "smtp"
    keeps_words = False

    @classmethod
    def from_url(cls, url: str) -> Self:
        """Read SMTP_URL: smtp://user:password@host:587 (STARTTLS is a must) or smtps://user:password@host:465.

        Only a server on this machine is spoken to in clear.
        """
        parts = urlsplit(url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if parts.scheme not in ("smtp", "smtps") or not host:
            problem = "it must be smtp://user:password@host:587 or smtps://user:password@host:465"
            raise InvalidConfiguration(f"SMTP_URL: {problem}.", SMTP_URL=problem)
        starts = Security.NONE if host in _LOOPBACK else Security.STARTTLS
        return cls(
            host=host,
            port=port or (465 if parts.scheme == "smtps" else 587),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            security=Security.TLS if parts.scheme == "smtps" else starts,
        )

    def hand_over(self, message: Message) -> None:
        """Return when the server has taken the message; else raise one of the four kinds of MailFailed."""
        # Before anything is said to the server: a message that cannot be written must not look like its failure.
        letter = bytes(_written(message))
        server = self._connected(message.sender.domain)
        try:
            _envelope(server, message)
            _content(server, letter)
            with contextlib.suppress(OSError):
                server.quit()
        finally:
            server.close()

    def check(self) -> None:
        """Log in and leave."""
        server = self._connected("localhost")
        with contextlib.suppress(OSError):
            server.quit()
        server.close()

    def _connected(self, own_name: str) -> smtplib.SMTP:
        """Return the server, ready to take a message."""
        server = None
        try:
            server = self._greeted(own_name)
            if self.username:
                server.login(self.username, self.password or "")
        except OSError as error:  # smtplib's own errors are among them
            if server:
                server.close()
            if isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500:
                raise MailProviderRefusesUs(f"The mail server rejected our login ({error.smtp_code}).") from error
            raise MailNotTaken("The mail server could not be reached.", reason=type(error).__name__) from error
        return server

    def _greeted(self, own_name: str) -> smtplib.SMTP:
        if self.security is Security.TLS:
            return smtplib.SMTP_SSL(self.host, self.port, own_name, timeout=self.timeout_s, context=self.context)
        server = smtplib.SMTP(self.host, self.port, own_name, timeout=self.timeout_s)
        try:
            if self.security is Security.STARTTLS:
                # Raises where the server does not offer it: whoever sits in between could have taken the offer away.
                server.starttls(context=self.context)
        except OSError:
            server.close()
            raise
        return server


def _envelope(server: smtplib.SMTP, message: Message) -> None:
    try:
        server.ehlo_or_helo_if_needed()
        _check(*server.mail(message.sender.address))
        _check(*server.rcpt(message.to))
    except OSError as error:
        raise MailNotTaken(
            "The mail server closed the connection before it accepted the email.", reason=type(error).__name__
        ) from error


def _content(server: smtplib.SMTP, letter: bytes) -> None:
    try:
        code, said = server.data(letter)
    except smtplib.SMTPDataError as error:
        _check(error.smtp_code, error.smtp_error)
        raise MailNotTaken(f"The mail server answered {error.smtp_code} before it accepted the email.") from error
    except OSError as error:
        raise MailOutcomeUnknown("The mail server received the email but did not confirm it.") from error
    _check(code, said)


def _check(code: int, said: bytes | str) -> None:
    """Let a good reply pass; 4xx means later, 5xx means never (RFC 5321, section 4.2.1)."""
    if 200 <= code < 300:
        return
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    sentence = f"The mail server answered {code}: {' '.join(text.split())[:200]}"
    raise (MailRefused if code >= 500 else MailNotTaken)(sentence, status=code)


def _written(message: Message) -> EmailMessage:
    """Return the message as the wire has it: alternatives, of which the HTML brings its pictures along."""
    written = EmailMessage(policy=_POLICY)
    written["From"] = str(message.sender)
    written["To"] = message.to
    written["Subject"] = message.subject
    written["Date"] = format_datetime(now())
    for name, value in message.headers.items():
        written[name] = value
    written.set_content(message.text)
    written.add_alternative(message.html, subtype="html")
    html = written.get_payload(1)
    assert isinstance(html, EmailMessage)
    for picture in message.pictures:
        kind, _, subtype = picture.media_type.partition("/")
        html.add_related(
            picture.data, kind, subtype, cid=f"<{picture.cid}>", filename=picture.filename, disposition="inline"
        )
    return written
