"""Rate limits, counted in Redis, or in each process's memory while Redis is unavailable."""

import math
import time
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded

from oriel.errors import TooManyRequests
from oriel.infra.openapi_extensions import note
from oriel.infra.rate_counter import SCHEME
from oriel.infra.redis import patience
from oriel.infra.security_log import log_refusal
from oriel.infra.web import error_answer

View = TypeVar("View", bound=Callable[..., Any])

READS_A_MINUTE = 300


def caller_key() -> str:
    """Return whom a request counts for: the user where one is known, else the address."""
    user = getattr(g, "user", None)
    return f"user:{user.id}" if user else f"address:{request.remote_addr}"


def address_key() -> str:
    """Return the address that a request comes from."""
    return f"address:{request.remote_addr}"


def _refused(_error: RateLimitExceeded) -> ResponseReturnValue:
    breached = limiter.current_limit
    wait = max(1, round(breached.reset_at - time.time())) if breached else 60
    refusal = TooManyRequests(f"Too many requests. Please try again in {wait} s.", retry_after_s=wait)
    log_refusal(refusal)
    return error_answer(refusal)


def _in_both_styles(response: Response) -> Response:
    """Say the limiter's `X-RateLimit-…` once more as the IETF's draft has it: with the seconds until the reset."""
    if reset_at := response.headers.get("X-RateLimit-Reset"):
        for name in ("Limit", "Remaining"):
            response.headers[f"RateLimit-{name}"] = response.headers[f"X-RateLimit-{name}"]
        response.headers["RateLimit-Reset"] = str(max(0, math.ceil(float(reset_at) - time.time())))
    return response


limiter = Limiter(
    key_func=caller_key,
    headers_enabled=True,
    in_memory_fallback_enabled=True,
    strategy="fixed-window",
)


def init_limits(app: Flask, redis_url: str) -> None:
    """Count in this Redis."""
    app.config.update(
        RATELIMIT_STORAGE_URI=SCHEME + redis_url,
        # By itself the client would wait for a frozen server for ten times as long as ours, or for ever.
        RATELIMIT_STORAGE_OPTIONS=patience(),
    )
    # Before the limiter's own: what comes after a request is called in the order from last to first.
    app.after_request(_in_both_styles)
    limiter.init_app(app)
    # Not in `on_breach`: the limiter takes what is raised there for a dead Redis, and counts anew in memory.
    app.register_error_handler(RateLimitExceeded, _refused)


def rate(
    limit: str | Callable[[], str], *, by: Callable[[], str] = caller_key, scope: str | None = None
) -> Callable[[View], View]:
    """Limit a route: "30/minute", or a function that says it for this caller; routes of one scope share the count."""
    decorator = limiter.shared_limit(limit, scope=scope, key_func=by) if scope else limiter.limit(limit, key_func=by)
    limited = cast("Callable[[View], View]", decorator)

    def decorate(view: View) -> View:
        note(view, "x-rate-limit", limit if isinstance(limit, str) else "by plan")
        return limited(view)

    return decorate
