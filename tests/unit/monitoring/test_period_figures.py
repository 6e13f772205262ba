"""The figures of periods add up to those of the whole."""

from collections import Counter

from oriel.monitoring.histogram import Histogram
from oriel.monitoring.period_figures import PeriodFigures, Samples, merged


def hour(done: int, waiting: float, seconds: list[float]) -> PeriodFigures:
    figures = PeriodFigures(Counter({"renders.completed": done}), {}, {"wait_s": Histogram.of(seconds)})
    figures.sample("queue.waiting", waiting)
    return figures


def test_counts_are_summed_samples_keep_mean_most_and_last() -> None:
    day = merged([hour(3, 4.0, [1.0]), hour(5, 9.0, [2.0, 3.0]), hour(0, 2.0, [])])
    assert day.counts["renders.completed"] == 8
    assert day.samples["queue.waiting"] == Samples(3, 15.0, 9.0, 2.0)
    assert day.samples["queue.waiting"].mean == 5.0
    assert day.histograms["wait_s"].total == 3


def test_merging_leaves_its_parts_alone() -> None:
    first, second = hour(1, 1.0, [1.0]), hour(1, 1.0, [1.0])
    assert merged([first, second]).as_json() == merged([first, second]).as_json()
    assert first.samples["queue.waiting"].number == 1


def test_figures_survive_json() -> None:
    told = hour(3, 4.0, [1.0, 20.0])
    assert PeriodFigures.from_json(told.as_json()).as_json() == told.as_json()


def test_nothing_has_no_mean() -> None:
    assert Samples().mean is None
