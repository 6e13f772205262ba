"""Calls the operators' webhook: signed as Stripe signs, with deadlines, repeated until it answers 2xx."""

import hashlib
import hmac
import logging
import time
from datetime import timedelta

import httpx
from sqlalchemy import select

from oriel import __version__
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.logs import facts
from oriel.monitoring.incidents import AlertCall
from oriel.settings import Settings

_log = logging.getLogger("oriel.alerts")

SIGNATURE = "Oriel-Signature"
# How long each repetition waits after the one before; then the call is given up.
WAITS = (
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
_TIMEOUT_S = 5.0
# Longer than any attempt takes: until then a call is ours.
_CLAIM = timedelta(minutes=1)
_AT_ONCE = 10


def send_due(settings: Settings) -> int:
    """Send the calls that are due, the oldest first; return how many were taken. Many processes may call it at once."""
    url, secret = settings.alert_webhook_url, settings.alert_webhook_secret
    if not url or not secret:
        return 0
    taken = 0
    for _ in range(_AT_ONCE):
        call = _claim()
        if call is None:
            break
        error = _post(url.get_secret_value(), secret.get_secret_value(), call.body)
        _settle(call, error)
        taken += error is None
    return taken


def signature_of(body: str, secret: str, at: int) -> str:
    """Return the header: the time in Unix seconds, and HMAC-SHA256 of "time.body" in hex."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _claim() -> AlertCall | None:
    due = select(AlertCall).where(AlertCall.due_at <= now()).order_by(AlertCall.due_at, AlertCall.id).limit(1)
    waits = db.session.scalar(due)
    db.session.commit()
    if waits is None:
        return None
    with writing() as session:
        call = session.scalar(due.with_for_update(skip_locked=True))
        if call:
            call.tries += 1
            call.due_at = now() + _CLAIM
    return call


def _post(url: str, secret: str, body: str) -> str | None:
    """Return why the call was not taken, None if it was. A redirect is a refusal: the signature is for this address."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Oriel/{__version__}",
        SIGNATURE: signature_of(body, secret, int(time.time())),
    }
    try:
        # Only the status is read, so that no endless answer holds us up.
        with (
            httpx.Client(timeout=_TIMEOUT_S, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            return None if answer.is_success else f"The webhook answered {answer.status_code}."
    except httpx.HTTPError as error:
        return f"The webhook could not be called: {type(error).__name__}."


def _settle(call: AlertCall, error: str | None) -> None:
    with writing() as session:
        row = session.get(AlertCall, call.id, with_for_update=True)
        if row is None or row.tries != call.tries:
            return
        row.error = error
        if error is None:
            row.sent_at, row.due_at = now(), None
        elif row.tries > len(WAITS):
            row.due_at = None
            _log.error("A call to ALERT_WEBHOOK_URL is given up: %s", error, extra=facts(call=row.id))
        else:
            row.due_at = now() + WAITS[row.tries - 1]
            _log.warning("A call to ALERT_WEBHOOK_URL is repeated later: %s", error, extra=facts(call=row.id))
