"""The interface of a mail provider: accept a message, or raise why not."""

from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import Protocol

from email_validator import EmailNotValidError, validate_email

from oriel.errors import InvalidConfiguration


@dataclass(frozen=True)
class Sender:
    """Whom our mails come from."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What is behind the @."""
        return self.address.rpartition("@")[2]

    def __str__(self) -> str:
        return formataddr((self.name, self.address))


@dataclass(frozen=True)
class Picture:
    """A picture that the HTML shows as `cid:…`."""

    cid: str
    media_type: str
    data: bytes

    @property
    def filename(self) -> str:
        """The name under which a mail client would save it."""
        return f"{self.cid}.{self.media_type.rpartition('/')[2]}"


@dataclass(frozen=True)
class Message:
    """A mail that is ready to go: addresses, subject and message id hold neither line breaks nor control characters."""

    message_id: str
    sender: Sender
    to: str
    subject: str
    html: str
    text: str
    pictures: tuple[Picture, ...] = ()
    # Where one POST ends mails of this kind; empty for those that must arrive.
    unsubscribe: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers beside addresses and subject, for every provider."""
        ends = {"List-Unsubscribe": f"<{self.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return {"Message-ID": self.message_id, "Auto-Submitted": "auto-generated", **(ends if self.unsubscribe else {})}


class Gateway(Protocol):
    """A provider of mail. One object serves many threads."""

    @property
    def name(self) -> str:
        """What logs and the outbox call it."""
        ...

    @property
    def keeps_words(self) -> bool:
        """Whether the outbox must keep the words of what it has taken."""
        ...

    def hand_over(self, message: Message) -> None:
        """Return when it has taken the message; else raise one of the four kinds of MailFailed."""
        ...

    def check(self) -> None:
        """Return if the provider answers and accepts our credentials; send nothing. Else raise MailFailed."""
        ...


class LocalOutbox:
    """The provider of a development machine: a mail is where it belongs as soon as it is in our own table."""

    name = "local"
    keeps_words = True

    def hand_over(self, message: Message) -> None:
        """Take everything: it is shown by /dev/mail."""

    def check(self) -> None:
        """Always answer."""


def sender_of(mail_from: str) -> Sender:
    """Read MAIL_FROM, such as "Oriel <no-reply@example.com>"; raise InvalidConfiguration where it is no address."""
    name, address = parseaddr(mail_from) if mail_from.isprintable() else ("", "")
    local, at, domain = address.rpartition("@")
    # The sender of a development machine: the validator knows no such domain.
    checked = f"{local}{at}example.com" if domain == "localhost" else address
    try:
        # Machines of a private network may have short names, so no public domain is asked for.
        found = validate_email(checked, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False)
    except EmailNotValidError as error:
        problem = "it must be an address, such as Oriel <no-reply@example.com>"
        raise InvalidConfiguration(f"MAIL_FROM: {problem}.", MAIL_FROM=problem) from error
    assert found.ascii_email
    return Sender(name, address if domain == "localhost" else found.ascii_email)
