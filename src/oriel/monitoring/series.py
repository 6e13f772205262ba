"""The series that operators see: what each is called, its unit, and how its value follows from a period's figures."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from oriel.billing.plans import FREE, PLANS
from oriel.monitoring.period_figures import PeriodFigures, Samples

Unit = Literal["number", "seconds", "frames_per_s", "share", "money", "bytes"]
Better = Literal["up", "down", "neither"]
Value = Callable[[PeriodFigures], float | None]

# A chart with more lines cannot be read; the rest is added up.
MOST_LINES = 6
REST = "other"


@dataclass(frozen=True)
class Series:
    """One line. `better` says which direction is good news; `value` gives null where there is nothing to tell."""

    name: str
    label: str
    unit: Unit
    value: Value
    better: Better = "neither"
    currency: str = ""
    # A count of different accounts in each hour or day: those of more than one do not add up, so their mean is shown.
    is_mean_of_rollups: bool = False


def series_of(whole: PeriodFigures, *, by_hour: bool) -> list[Series]:
    """Return all series of a range, of whose figures those follow that differ from range to range, such as errors."""
    return [
        *_renders(),
        *_queue(),
        *_speed(),
        *_errors(whole),
        *_money(whole),
        *_accounts(by_hour=by_hour),
        *_plans(whole),
        *_family(whole, "looks"),
        *_machines(whole),
    ]


def _renders() -> Iterable[Series]:
    yield Series("renders_submitted", "Submitted", "number", _counted("renders.submitted"), "up")
    yield Series("renders_completed", "Completed", "number", _counted("renders.completed"), "up")
    yield Series("renders_failed", "Failed", "number", _counted("renders.failed"), "down")
    yield Series("renders_cancelled", "Cancelled", "number", _counted("renders.cancelled"), "down")
    yield Series("render_success", "Success rate", "share", _share(("renders.completed",), ("renders.failed",)), "up")


def _queue() -> Iterable[Series]:
    yield Series("queue_depth", "Waiting, on average", "number", _mean("queue.waiting"), "down")
    yield Series("queue_depth_most", "Waiting, at most", "number", _most("queue.waiting"), "down")
    yield Series("queue_rendering", "Rendering, on average", "number", _mean("queue.rendering"))
    yield Series("queue_oldest_s", "Oldest waiting render", "seconds", _most("queue.oldest_wait_s"), "down")


def _speed() -> Iterable[Series]:
    for name, label, key in (("wait", "Wait", "wait_s"), ("render_time", "Render time", "render_s")):
        yield Series(f"{name}_p50_s", f"{label} p50", "seconds", _percentile(key, 0.5), "down")
        yield Series(f"{name}_p95_s", f"{label} p95", "seconds", _percentile(key, 0.95), "down")
    speed = _percentile("frames_per_s", 0.5)
    yield Series("frames_per_s", "Frames per second (p50)", "frames_per_s", speed, "up")


def _money(whole: PeriodFigures) -> Iterable[Series]:
    currencies = sorted(_keys(whole.counts, "revenue")) or ["usd"]
    for currency in currencies:
        label = f"Revenue in {currency.upper()}, before refunds"
        yield Series(f"revenue_{currency}", label, "money", _counted(f"revenue.{currency}"), "up", currency)
    yield Series("payments_completed", "Paid", "number", _counted("payments.completed"), "up")
    yield Series("payments_declined", "Declined", "number", _counted("payments.declined"), "down")
    success = _share(("payments.completed",), ("payments.declined",))
    yield Series("payment_success", "Payment success", "share", success, "up")


def _accounts(*, by_hour: bool) -> Iterable[Series]:
    active = _counted("accounts.active_in_hour" if by_hour else "accounts.active_in_day")
    label = f"Active accounts in {'an hour' if by_hour else 'a day'}"
    yield Series("accounts_new", "New accounts", "number", _counted("accounts.new"), "up")
    yield Series("conversions", "Free to paid", "number", _counted("conversions"), "up")
    rate = _per(("conversions",), ("accounts.new",))
    yield Series("conversion_rate", "Free to paid, per new account", "share", rate, "up")
    yield Series("accounts_active", label, "number", active, "up", is_mean_of_rollups=True)
    month = _last("accounts.active_in_month")
    yield Series("accounts_active_in_month", "Active accounts in 30 days", "number", month, "up")
    back = _per(("returned.back",), ("returned.of",))
    yield Series("returned_after_30_days", "Back after 30 days", "share", back, "up")


def _machines(whole: PeriodFigures) -> Iterable[Series]:
    yield Series("storage_videos", "Videos", "bytes", _last("storage.videos"))
    yield Series("storage_uploads", "Uploads", "bytes", _last("storage.uploads"))
    yield Series("workers", "Workers", "number", _sum_of_means("workers.busy", "workers.idle"))
    yield Series("worker_use", "Workers busy", "share", _use)
    yield Series("checks_ok", "Checks that went well", "share", _checks_ok, "up")
    yield from _family(whole, "backends")


def _errors(whole: PeriodFigures) -> Iterable[Series]:
    yield Series("all_errors", "All errors", "number", _all_counted("errors"), "down")
    yield from _family(whole, "errors", "down")


def _plans(whole: PeriodFigures) -> Iterable[Series]:
    names = sorted(_keys(whole.samples, "plans"), key=_rank)
    paid = [f"plans.{name}" for name in names if name != FREE.name]
    if paid:
        yield Series("accounts_paid", "Paid accounts", "number", _sum_of_last(*paid), "up")
    for name in names:
        yield Series(f"plans_{name}", name.title(), "number", _last(f"plans.{name}"))


def _rank(plan: str) -> tuple[int, str]:
    return (list(PLANS).index(plan) if plan in PLANS else len(PLANS), plan)


def _family(whole: PeriodFigures, group: str, better: Better = "neither") -> list[Series]:
    """Return a series for each count of a group, the largest first, and one for the rest together."""
    names = sorted(_keys(whole.counts, group), key=lambda name: (-whole.counts[f"{group}.{name}"], name))
    kept, rest = names[:MOST_LINES], names[MOST_LINES:]
    lines = [Series(f"{group}_{name}", name, "number", _counted(f"{group}.{name}"), better) for name in kept]
    if rest:
        keys = [f"{group}.{name}" for name in rest]
        lines.append(Series(f"{group}_{REST}", "All others", "number", _counted(*keys), better))
    return lines


def _keys(figures: Iterable[str], group: str) -> list[str]:
    return [name.removeprefix(f"{group}.") for name in figures if name.startswith(f"{group}.")]


def _counted(*names: str) -> Value:
    return lambda figures: float(sum(figures.counts[name] for name in names))


def _all_counted(group: str) -> Value:
    return lambda figures: float(sum(number for name, number in figures.counts.items() if name.startswith(f"{group}.")))


def _share(good: tuple[str, ...], bad: tuple[str, ...]) -> Value:
    return _per(good, good + bad)


def _per(part: tuple[str, ...], whole: tuple[str, ...]) -> Value:
    def value(figures: PeriodFigures) -> float | None:
        number = sum(figures.counts[name] for name in whole)
        return sum(figures.counts[name] for name in part) / number if number else None

    return value


def _samples(figures: PeriodFigures, name: str) -> Samples:
    return figures.samples.get(name, Samples())


def _mean(name: str) -> Value:
    return lambda figures: _samples(figures, name).mean


def _most(name: str) -> Value:
    return lambda figures: _samples(figures, name).most if _samples(figures, name).number else None


def _last(name: str) -> Value:
    return lambda figures: _samples(figures, name).last if _samples(figures, name).number else None


def _sum_of_means(*names: str) -> Value:
    def value(figures: PeriodFigures) -> float | None:
        means = [mean for name in names if (mean := _samples(figures, name).mean) is not None]
        return sum(means) if means else None

    return value


def _sum_of_last(*names: str) -> Value:
    def value(figures: PeriodFigures) -> float | None:
        known = [last for name in names if (last := _last(name)(figures)) is not None]
        return sum(known) if known else None

    return value


def _checks_ok(figures: PeriodFigures) -> float | None:
    states = [(name, number) for name, number in figures.counts.items() if name.startswith("health.")]
    made = sum(number for _, number in states)
    return sum(number for name, number in states if name.endswith(".ok")) / made if made else None


def _use(figures: PeriodFigures) -> float | None:
    busy_s, time_s = _samples(figures, "workers.busy_s").total, _samples(figures, "workers.time_s").total
    # A worker that starts or ends between two samples may work in a minute that does not count it.
    return min(1.0, busy_s / time_s) if time_s else None


def _percentile(name: str, share: float) -> Value:
    return lambda figures: figures.histograms[name].percentile(share) if name in figures.histograms else None
