"""Security events in the log: logins and their failures, refusals, changes of rights. No secrets, no addresses.

docs/security.md lists them. Users and sources are keyed digests of ids and network addresses, the same in all lines
about one of them: what a log says of a customer ends with the account, whose id nobody knows any more.
"""

import hashlib
import hmac
import logging

from flask import current_app, g, has_request_context, request

from oriel.errors import (
    AppError,
    EmailNotVerified,
    InfectedFile,
    InvalidSignature,
    InvalidToken,
    NotAllowed,
    NotAuthenticated,
    SecondFactorNeeded,
    TooManyRequests,
    WrongLogin,
    WrongSecondFactor,
)
from oriel.infra.logs import facts

_log = logging.getLogger("oriel.security")

_REFUSALS = (
    *(InfectedFile, InvalidSignature, InvalidToken, NotAllowed, NotAuthenticated),
    *(TooManyRequests, WrongLogin, WrongSecondFactor),
)
# Pages get these while they are used as they should be: a token has run out, a check is due.
_ROUTINE = (EmailNotVerified, NotAuthenticated, SecondFactorNeeded)
_DIGITS = 16


def log_event(event: str, *, user: str | None = None, level: int = logging.INFO, **details: object) -> None:
    """Log a security event; `details` are values without secrets, names and addresses."""
    user = user or _caller()
    about = {"event": event, "user": digest("user", user) if user else None, "source": _source(), **details}
    _log.log(level, "security event", extra=facts(**{name: value for name, value in about.items() if value}))


def digest(kind: str, value: str) -> str:
    """Return what stands in the log for a user's id or a network address: 16 hexadecimal digits."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"{kind} {value}".encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def log_refusal(error: AppError) -> None:
    """Log the refusal of a request, unless the error has nothing to do with the caller's rights."""
    if isinstance(error, _REFUSALS):
        level = logging.INFO if isinstance(error, _ROUTINE) else logging.WARNING
        log_event("refused", level=level, code=error.code, method=request.method, path=_route())


def _route() -> str:
    # What stands in its places may be a secret.
    return request.url_rule.rule if request.url_rule else "-"


def _caller() -> str | None:
    return g.get("caller_id") if has_request_context() else None


def _source() -> str | None:
    if not has_request_context() or not request.remote_addr:
        return None
    return digest("source", request.remote_addr)
