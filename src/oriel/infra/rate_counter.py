"""Rate limit counters in Redis, read once per request."""

import time
from typing import Any

from flask import g
from limits.storage import RedisStorage

# Before the address's own scheme: by it the library finds this class.
SCHEME = "once+"
_SCHEMES = [SCHEME + scheme for scheme in ("redis", "rediss", "unix")]
# As the library's own script, and it says when the window ends.
_COUNT = """
local count = redis.call("incrby", KEYS[1], ARGV[2])
if count == tonumber(ARGV[2]) then redis.call("expire", KEYS[1], ARGV[1]) end
return {count, redis.call("ttl", KEYS[1])}
"""


class CachingRedisStorage(RedisStorage):
    """Counts for fixed windows. What counting has answered is not asked again for the headers of the same request.

    By itself the library asks three times.
    """

    STORAGE_SCHEME = _SCHEMES

    def __init__(self, uri: str, **options: Any) -> None:  # noqa: ANN401  (what Redis' own client takes)
        super().__init__(uri.removeprefix(SCHEME), **options)
        self._count = self.get_connection().register_script(_COUNT.encode())

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more under this key, for `expiry` seconds from the first; return the count."""
        count, left_s = self._count([self.prefixed_key(key)], [expiry, amount])
        _answers()[key] = int(count), time.time() + max(0, int(left_s))
        return int(count)

    def get(self, key: str) -> int:
        """Return the count."""
        known = _answers().get(key)
        return known[0] if known else super().get(key)

    def get_expiry(self, key: str) -> float:
        """Return when the window ends, in seconds since 1970."""
        known = _answers().get(key)
        return known[1] if known else super().get_expiry(key)


def _answers() -> dict[str, tuple[int, float]]:
    """Return the counts that this request has asked for, and when their windows end."""
    answers: dict[str, tuple[int, float]] = g.setdefault("counts", {})
    return answers
