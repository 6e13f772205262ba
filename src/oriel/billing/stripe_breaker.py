"""A circuit breaker around calls to Stripe, so that customers do not wait while Stripe is down."""

import logging
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import stripe

from oriel.errors import PaymentsUnavailable

_log = logging.getLogger("oriel.payments")

# After three failures in a row, no call is made for 15 s.
_MOST_FAILURES = 3
_REST_S = 15.0

Answer = TypeVar("Answer")


class CircuitBreaker:
    """Opens for 15 s after three failures in a row."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0

    def guard(self, call: Callable[[], Answer]) -> Answer:
        """Return the call's answer; raise PaymentsUnavailable while Stripe is down, and Stripe's own refusals."""
        if time.monotonic() < self._until:
            raise _away()
        try:
            answer = call()
        except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
            # A 409 means that the same request is in progress, so Stripe is up.
            if error.http_status != HTTPStatus.CONFLICT:
                self._count_failure()
            raise _away() from error
        except (stripe.AuthenticationError, stripe.PermissionError, stripe.IdempotencyError) as error:
            raise misunderstood() from error
        with self._lock:
            self._failures = 0
        return answer

    def _count_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                self._until = time.monotonic() + _REST_S


def _away() -> PaymentsUnavailable:
    return PaymentsUnavailable("The payment service is not responding right now. Please try again in a few minutes.")


def misunderstood() -> PaymentsUnavailable:
    """Log the cause, and return the error for the customer."""
    _log.exception("Stripe rejects our request.")
    return PaymentsUnavailable("Payments do not work on this server right now. We have been notified.")
