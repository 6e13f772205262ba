"""A histogram with logarithmic buckets: it can be added up over any range and still tells percentiles.

Each bucket reaches from a value to 1.1 times that value, and a percentile is the bucket's geometric middle. So it is
within 5 % of the true one (sqrt(1.1) - 1 = 4.9 %), by the nearest-rank method, whatever the values are.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

_RATIO = 1.1
_LOG_RATIO = math.log(_RATIO)
# Less than a hundredth, of a second or of a frame, counts as nothing.
_LEAST = 0.01
_NOTHING = "0"
LARGEST_ERROR = math.sqrt(_RATIO) - 1


class Histogram:
    """Counts of positive values by bucket. Buckets have names, because they are keys in JSON."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._counts = Counter(counts or {})

    @classmethod
    def of(cls, values: Iterable[float]) -> "Histogram":
        """Return the histogram of values."""
        return cls(Counter(_bucket(value) for value in values))

    @property
    def total(self) -> int:
        """How many values there are."""
        return self._counts.total()

    def add(self, other: "Histogram") -> None:
        """Add another histogram's values."""
        self._counts.update(other._counts)

    def percentile(self, share: float) -> float | None:
        """Return the value below which a share (0..1) of all lies, within 5 %; None without values."""
        rank = max(1, math.ceil(share * self.total))
        for bucket in sorted(self._counts, key=_middle):
            rank -= self._counts[bucket]
            if rank <= 0:
                return _middle(bucket)
        return None

    def as_json(self) -> dict[str, int]:
        """Return the counts by bucket."""
        return dict(sorted(self._counts.items()))


def _bucket(value: float) -> str:
    return _NOTHING if value < _LEAST else f"b{math.floor(math.log(value) / _LOG_RATIO)}"


@lru_cache(maxsize=1000)
def _middle(bucket: str) -> float:
    return 0.0 if bucket == _NOTHING else _RATIO ** (int(bucket.removeprefix("b")) + 0.5)
