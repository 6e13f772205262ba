"""SendGrid, by its HTTP API v3: the provider that mails go to first."""

import base64
from typing import Any

import httpx

from oriel.errors import MailNotTaken, MailOutcomeUnknown, MailProviderRefusesUs, MailRefused
from oriel.infra.mail.gateway import Message, Picture

_URL = "https://api.sendgrid.com"
_TIMEOUT_S = 10.0
# Their words for a wrong key, and for a sender that is not ours or an account that is blocked.
_REFUSES_US = (401, 403)


class SendGrid:
    """Sends by POST /v3/mail/send; `url` is https://api.eu.sendgrid.com for an account in the European Union."""

    name = "sendgrid"
    keeps_words = False

    def __init__(self, key: str, *, url: str = _URL, timeout_s: float = _TIMEOUT_S) -> None:
        # No connection is kept: one that the peer closed meanwhile would look like a mail of unknown outcome.
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
            timeout=timeout_s,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def hand_over(self, message: Message) -> None:
        """Return when SendGrid has queued the message; else raise one of the four kinds of MailFailed."""
        try:
            answer = self._client.post("/v3/mail/send", json=_body(message))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise MailNotTaken("SendGrid could not be reached.", reason=type(error).__name__) from error
        except httpx.HTTPError as error:
            raise MailOutcomeUnknown("SendGrid did not answer.", reason=type(error).__name__) from error
        _check(answer)

    def check(self) -> None:
        """Ask what our key may do, which every key may ask."""
        try:
            answer = self._client.get("/v3/scopes")
        except httpx.HTTPError as error:
            raise MailNotTaken("SendGrid could not be reached.", reason=type(error).__name__) from error
        _check(answer)


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    status, said = answer.status_code, _said(answer)
    if status in _REFUSES_US:
        raise MailProviderRefusesUs(f"SendGrid rejects our API key or sender ({status}): {said}", status=status)
    if answer.is_client_error and status != httpx.codes.TOO_MANY_REQUESTS:
        raise MailRefused(f"SendGrid rejected the email ({status}): {said}", status=status)
    raise MailNotTaken(f"SendGrid answered {status}: {said}", status=status)


def _said(answer: httpx.Response) -> str:
    """Return the messages of {"errors": [{"message", "field", "help"}]}."""
    try:
        return " ".join(str(error["message"]) for error in answer.json()["errors"])[:200]
    except (ValueError, LookupError, TypeError):
        return "no reason given"


def _body(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {
        "personalizations": [{"to": [{"email": message.to}]}],
        "from": {"email": message.sender.address, "name": message.sender.name or message.sender.address},
        "subject": message.subject,
        # Their API wants the plainest form first.
        "content": [{"type": "text/plain", "value": message.text}, {"type": "text/html", "value": message.html}],
        "headers": message.headers,
        # Our links are secrets: none of them may lead through somebody else's counter.
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    if message.pictures:
        body["attachments"] = [_attachment(picture) for picture in message.pictures]
    return body


def _attachment(picture: Picture) -> dict[str, str]:
    return {
        "content": base64.b64encode(picture.data).decode("ascii"),
        "type": picture.media_type,
        "filename": picture.filename,
        "disposition": "inline",
        "content_id": picture.cid,
    }
