"""Growing delays and blocks after repeated failures, counted in the database.

An attempt counts as failed before it is checked, and is taken back if it succeeds, so that parallel guesses count too.
Unknown accounts count like known ones.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from oriel.accounts.models import LoginDelay
from oriel.errors import TooManyRequests
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import writing

# After a day without failures, the count restarts.
FORGOTTEN_AFTER = retention.keep(
    "failures",
    "Failed sign-ins, counted per hashed address",
    retention.DATABASE,
    timedelta(hours=24),
    "after the last one",
)


@dataclass(frozen=True)
class Rule:
    """The first `free` failures cost nothing; each further one doubles the delay, up to the longest."""

    free: int
    first: timedelta
    longest: timedelta

    def delay(self, failures: int) -> timedelta:
        """Return how long the next attempt must wait after so many failures."""
        beyond = failures - self.free
        if beyond <= 0:
            return timedelta()
        doublings = min(beyond - 1, 20)
        return min(self.first * (1 << doublings), self.longest)


# Longer blocks would let attackers lock an owner out. A password reset lifts them.
_RULES = {
    "account": Rule(free=5, first=timedelta(seconds=2), longest=timedelta(minutes=15)),
    # Apart from the account's: a right password must not clear the count of wrong codes.
    "factor": Rule(free=5, first=timedelta(seconds=2), longest=timedelta(minutes=15)),
    "address": Rule(free=20, first=timedelta(seconds=2), longest=timedelta(hours=1)),
    # A registration tells whether an address has an account.
    "probe": Rule(free=10, first=timedelta(minutes=1), longest=timedelta(hours=1)),
}


def account_key(email: str) -> str:
    """Return the key under which failures for an account count."""
    return _key("account", email)


def factor_key(user_id: str) -> str:
    """Return the key under which failures of an account's second factors count."""
    return _key("factor", user_id)


def address_key(address: str) -> str:
    """Return the key under which failures from an address count."""
    return _key("address", address)


def probe_key(address: str) -> str:
    """Return the key under which a network address's registrations count."""
    return _key("probe", address)


def recipient_key(email: str) -> str:
    """Return the key of an email address that receives emails, for `hold`."""
    return _key("recipient", email)


def hold(session: Session, key: str) -> None:
    """Lock a key until the caller's transaction ends."""
    _locked(session, key)


def claim(*keys: str) -> None:
    """Count an attempt as failed; while a key is blocked, raise TooManyRequests and count nothing."""
    with writing() as session:
        # All callers lock their keys in the same order, so that two requests cannot deadlock.
        rows = [_locked(session, key) for key in keys]
        wait = max(_seconds_left(row) for row in rows)
        if not wait:
            for row in rows:
                _count(row)
    if wait:
        raise TooManyRequests(f"Too many attempts. Please wait {in_words(wait)} and try again.", retry_after_s=wait)


def begin(session: Session, *keys: str) -> None:
    """Start the delays of a failed attempt now, once it is known to have failed."""
    for key in keys:
        row = _locked(session, key)
        row.last_failure_at = now()
        row.blocked_until = _end_of_delay(row)


def forgive(session: Session, *keys: str) -> None:
    """Take back a successful attempt; the count of an account or its second factors restarts at 0."""
    for key in keys:
        row = _locked(session, key)
        row.failures = 0 if key.startswith(("account:", "factor:")) else max(0, row.failures - 1)
        row.blocked_until = None


def _key(kind: str, subject: str) -> str:
    # Addresses can be guessed, so a plain digest would not hide them.
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return f"{kind}:{hmac.new(secret, subject.encode(), hashlib.sha256).hexdigest()}"


def _locked(session: Session, key: str) -> LoginDelay:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = insert(LoginDelay).values(key=key, failures=0, last_failure_at=now())
    session.execute(fresh.on_conflict_do_nothing())
    return session.scalars(select(LoginDelay).where(LoginDelay.key == key).with_for_update()).one()


def _seconds_left(row: LoginDelay) -> int:
    if row.blocked_until is None:
        return 0
    return max(0, math.ceil((row.blocked_until - now()).total_seconds()))


def _count(row: LoginDelay) -> None:
    if row.last_failure_at < now() - FORGOTTEN_AFTER:
        row.failures = 0
    row.failures += 1
    row.last_failure_at = now()
    row.blocked_until = _end_of_delay(row)


def _end_of_delay(row: LoginDelay) -> datetime | None:
    delay = _RULES[row.key.split(":")[0]].delay(row.failures)
    return now() + delay if delay else None


def in_words(seconds: int) -> str:
    """Return such as "5 seconds" or "2 minutes"."""
    if seconds < 90:
        return f"{seconds} second{'s' * (seconds > 1)}"
    return f"{math.ceil(seconds / 60)} minutes"
