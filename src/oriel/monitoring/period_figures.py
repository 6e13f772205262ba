"""The figures of one period, in a form that can be added up: hours to a day, days to any range."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oriel.monitoring.histogram import Histogram


@dataclass
class Samples:
    """What was seen of a value at several moments. `last` is the latest one."""

    number: int = 0
    total: float = 0.0
    most: float = 0.0
    last: float = 0.0

    def add(self, later: "Samples") -> None:
        """Add what was seen later."""
        if later.number:
            self.number += later.number
            self.total += later.total
            self.most = max(self.most, later.most)
            self.last = later.last

    @property
    def mean(self) -> float | None:
        """The mean; None without samples."""
        return self.total / self.number if self.number else None


@dataclass
class PeriodFigures:
    """Counts, samples and distributions by name, such as `renders.completed`, `queue.waiting` or `wait_s`."""

    counts: Counter[str] = field(default_factory=Counter)
    samples: dict[str, Samples] = field(default_factory=dict)
    histograms: dict[str, Histogram] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "PeriodFigures":
        """Return what `as_json` has written."""
        return cls(
            Counter(document.get("counts", {})),
            {name: Samples(*values) for name, values in document.get("samples", {}).items()},
            {name: Histogram(counts) for name, counts in document.get("histograms", {}).items()},
        )

    def as_json(self) -> dict[str, Any]:
        """Return a document for a rollup's row, the same one for the same figures."""
        samples = sorted(self.samples.items())
        return {
            "counts": dict(sorted(self.counts.items())),
            "samples": {name: [each.number, each.total, each.most, each.last] for name, each in samples},
            "histograms": {name: each.as_json() for name, each in sorted(self.histograms.items())},
        }

    def add(self, later: "PeriodFigures") -> None:
        """Add the figures of a later period."""
        self.counts.update(later.counts)
        for name, samples in later.samples.items():
            self.samples.setdefault(name, Samples()).add(samples)
        for name, histogram in later.histograms.items():
            self.histograms.setdefault(name, Histogram()).add(histogram)

    def sample(self, name: str, value: float) -> None:
        """Add one sample."""
        self.samples.setdefault(name, Samples()).add(Samples(1, value, value, value))


def merged(periods: Iterable[PeriodFigures]) -> PeriodFigures:
    """Return the figures of several periods, given in the order of time, as those of one."""
    whole = PeriodFigures()
    for each in periods:
        whole.add(each)
    return whole
