"""The configured mail providers, in order of preference, and the outcome of a message."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import Flask, current_app

from oriel.errors import MailFailed, MailNotTaken, MailOutcomeUnknown, MailProviderRefusesUs, MailRefused
from oriel.infra.mail.breaker import Breaker
from oriel.infra.mail.gateway import Gateway, LocalOutbox, Message, Sender, sender_of
from oriel.infra.mail.sendgrid import SendGrid
from oriel.infra.mail.smtp import Smtp
from oriel.settings import Settings


class Result(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    NOT_TAKEN = "not taken"
    # It may have been taken: asking another provider could send it twice.
    UNKNOWN = "unknown"
    # By every provider, for good.
    REFUSED = "refused"
    # No provider was asked, because all of them are left alone for a while.
    POSTPONED = "postponed"


@dataclass(frozen=True)
class Outcome:
    """The outcome of a message, its last provider, and the providers that have refused it for good."""

    result: Result
    provider: str | None = None
    error: str | None = None
    refused_by: tuple[str, ...] = ()
    keeps_words: bool = True


class Providers:
    """Asks one after the other until one takes the message, each behind a circuit breaker of its own."""

    def __init__(self, gateways: Sequence[Gateway], sender: Sender) -> None:
        self.sender = sender
        self._asked = [(gateway, Breaker()) for gateway in gateways]

    @property
    def names(self) -> list[str]:
        """The providers, in order of preference."""
        return [gateway.name for gateway, _ in self._asked]

    @property
    def gateways(self) -> list[Gateway]:
        """The providers themselves, in order of preference."""
        return [gateway for gateway, _ in self._asked]

    @property
    def are_resting(self) -> bool:
        """Whether all of them are left alone at the moment."""
        return not any(breaker.is_closed for _, breaker in self._asked)

    def hand_over(self, message: Message, *, refused_by: Collection[str] = ()) -> Outcome:
        """Return what became of the message; those who have refused it for good are not asked again."""
        refused, last, error = list(refused_by), None, None
        for gateway, breaker in self._asked:
            if gateway.name in refused or not breaker.allows():
                continue
            last = gateway.name
            try:
                gateway.hand_over(message)
            except MailFailed as failure:
                error = failure.message
                _count(breaker, failure)
                if isinstance(failure, MailOutcomeUnknown):
                    return Outcome(Result.UNKNOWN, last, error, tuple(refused))
                if isinstance(failure, MailRefused):
                    refused.append(gateway.name)
            else:
                breaker.succeeded()
                return Outcome(Result.TAKEN, last, None, tuple(refused), gateway.keeps_words)
        return Outcome(self._without_taker(refused, last), last, error, tuple(refused))

    def _without_taker(self, refused: Collection[str], asked: str | None) -> Result:
        if set(self.names) <= set(refused):
            return Result.REFUSED
        return Result.NOT_TAKEN if asked else Result.POSTPONED


def _count(breaker: Breaker, failure: MailFailed) -> None:
    if isinstance(failure, MailProviderRefusesUs):
        breaker.failed(at_once=True)
    elif isinstance(failure, MailNotTaken | MailOutcomeUnknown):
        breaker.failed()
    else:
        # Whoever refuses one mail is well enough to read it.
        breaker.succeeded()


def open_providers(settings: Settings) -> Providers:
    """Return the providers that the settings name; without any, mails stay in the outbox of this machine."""
    gateways: list[Gateway] = []
    if settings.sendgrid_api_key:
        gateways.append(SendGrid(settings.sendgrid_api_key.get_secret_value()))
    if settings.smtp_url:
        gateways.append(Smtp.from_url(settings.smtp_url.get_secret_value()))
    return Providers(gateways or [LocalOutbox()], sender_of(settings.mail_from))


def init_mail(app: Flask, settings: Settings) -> None:
    """Keep the providers, with what is known of their health, for this process."""
    app.extensions["oriel.mail"] = open_providers(settings)


def providers() -> Providers:
    """Return the providers of the current application."""
    kept: Providers = current_app.extensions["oriel.mail"]
    return kept
