"""How long the dashboard's figures take with two years of rollups, and how many rows they read.

python -m benchmarks.figures [--days 730]

Writes hourly rollups of the last 90 days and daily ones of all days into an empty SQLite, as a service with some 400
renders a day would have them, then asks for each preset and for all days.
"""

import argparse
import math
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from apiflask import APIFlask
from sqlalchemy import delete, event

from oriel.app import create_app, upgrade_database
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.monitoring import ranges
from oriel.monitoring.dashboard import dashboard
from oriel.monitoring.histogram import Histogram
from oriel.monitoring.models import DailyRollup, HourlyRollup
from oriel.monitoring.period_figures import PeriodFigures, merged
from oriel.monitoring.rollups import DAY, HOUR, start_of_day, start_of_hour
from oriel.settings import Settings

_TIMES = 3
_HOURS_KEPT = 90
_LOOKS = ("prism", "halo", "horizon", "tide", "ember", "grid")
_ERRORS = ("STAGE_CRASHED", "WORKER_LOST", "STORAGE_FAILED", "UNDECODABLE_AUDIO", "STAGE_HUNG")


def main() -> None:
    """Fill, ask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=730)
    options = parser.parse_args()
    with application() as app, app.app_context():
        fill(options.days)
        first = (now() - options.days * DAY).date()
        asked = {name: ranges.preset(name) for name in ranges.PRESETS}
        asked[f"{options.days} days"] = ranges.days(first, now().date())
        for name, each in asked.items():
            seconds, busy, queries = timed(partial(dashboard, each))
            print(f"{name:>10}: {seconds * 1000:6.0f} ms, {busy * 1000:6.0f} ms of a core, {queries} queries")


def timed(ask: Callable[[], object]) -> tuple[float, float, int]:
    """Return the medians of three times, by the clock and of the processor, and the queries of one."""
    times, busy, sent = [], [], Counter[str]()

    def note(*_: object) -> None:
        sent["queries"] += 1

    event.listen(db.engine, "before_cursor_execute", note)
    for _ in range(_TIMES):
        began, worked = time.perf_counter(), time.process_time()
        ask()
        times.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
    event.remove(db.engine, "before_cursor_execute", note)
    return statistics.median(times), statistics.median(busy), sent["queries"] // _TIMES


@contextmanager
def application() -> Iterator[APIFlask]:
    """Make a service with an empty SQLite in a folder that goes with it."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(_env_file=None, data_dir=Path(folder)))
        with app.app_context():
            upgrade_database()
        yield app
        with app.app_context():
            db.engine.dispose()


def fill(days: int, seed: int = 7) -> None:
    """Write rollups of so many days until now; the same seed gives the same figures."""
    chance, today = random.Random(seed), start_of_day(now())
    hourly: list[HourlyRollup] = []
    daily: list[DailyRollup] = []
    for number in range(days, -1, -1):
        day = today - number * DAY
        hours = {day + each * HOUR: hour(day + each * HOUR, days - number, days, chance) for each in range(24)}
        past = {at: figures for at, figures in hours.items() if at <= start_of_hour(now())}
        daily.append(DailyRollup(starts_at=day, figures=merged(past.values()).as_json()))
        if number < _HOURS_KEPT:
            hourly += [HourlyRollup(starts_at=at, figures=figures.as_json()) for at, figures in past.items()]
    with writing() as session:
        # A clock that runs beside may have written today's already.
        for rollup in (HourlyRollup, DailyRollup):
            session.execute(delete(rollup))
        session.add_all([*hourly, *daily])


def hour(at: datetime, day: int, days: int, chance: random.Random) -> PeriodFigures:
    """Return an hour of a service that grows, is busiest in the evening and at weekends, and has bad days."""
    growth = 0.25 + 0.75 * day / max(1, days)
    rhythm = 1 + 0.75 * math.sin((at.hour - 13) / 24 * 2 * math.pi) + 0.25 * (at.weekday() >= 5)
    submitted = max(0, round(chance.gauss(17, 4) * growth * rhythm))
    is_bad = day % 41 == 40 and 9 <= at.hour < 13
    failed = sum(chance.random() < (0.3 if is_bad else 0.012) for _ in range(submitted))
    cancelled = sum(chance.random() < 0.03 for _ in range(submitted))
    done = max(0, submitted - failed - cancelled)
    figures = PeriodFigures()
    figures.counts.update({"renders.submitted": submitted, "renders.completed": done})
    figures.counts.update({"renders.failed": failed, "renders.cancelled": cancelled})
    figures.counts.update(f"looks.{look}" for look in chance.choices(_LOOKS, (9, 7, 5, 4, 2, 1), k=submitted))
    figures.counts.update(f"errors.{code}" for code in chance.choices(_ERRORS, (5, 3, 2, 4, 1), k=failed))
    figures.counts.update({"backends.llvmpipe": done + failed})
    figures.counts.update({"health.database.ok": 60, "health.storage.ok": 48 if is_bad else 60})
    figures.counts.update({"health.storage.down": 12 if is_bad else 0})
    _spend(figures, growth, rhythm, chance)
    _wait(figures, done, 6.0 if is_bad else 1.0, growth * rhythm, chance)
    _store(figures, at, day, growth, chance)
    return figures


def _spend(figures: PeriodFigures, growth: float, rhythm: float, chance: random.Random) -> None:
    new, single = round(chance.gauss(5, 2) * growth * rhythm), round(chance.gauss(1.2, 1) * growth * rhythm)
    converted = sum(chance.random() < 0.045 for _ in range(max(0, new)))
    renewed = max(0, round(chance.gauss(1.5, 1) * growth))
    figures.counts["accounts.new"] += max(0, new)
    figures.counts["conversions"] += converted
    figures.counts["payments.completed"] += max(0, single) + converted + renewed
    figures.counts["payments.declined"] += sum(chance.random() < 0.09 for _ in range(max(0, single) + renewed))
    figures.counts["revenue.usd"] += 499 * max(0, single) + 1999 * (converted + renewed)
    figures.counts["accounts.active_in_hour"] += max(0, round(chance.gauss(14, 3) * growth * rhythm))
    figures.counts["accounts.active_in_day"] += max(0, round(chance.gauss(8, 2) * growth * rhythm))
    group = max(0, round(chance.gauss(4, 2) * growth))
    figures.counts["returned.of"] += group
    figures.counts["returned.back"] += sum(chance.random() < 0.22 for _ in range(group))


def _wait(figures: PeriodFigures, done: int, trouble: float, load: float, chance: random.Random) -> None:
    waits = [chance.expovariate(1 / (8 * trouble * load + 0.5)) for _ in range(done)]
    speeds = [chance.gauss(41, 6) for _ in range(done)]
    figures.histograms["wait_s"] = Histogram.of(waits)
    figures.histograms["frames_per_s"] = Histogram.of(max(5.0, speed) for speed in speeds)
    figures.histograms["render_s"] = Histogram.of(5400 / max(5.0, speed) * chance.uniform(0.6, 1.5) for speed in speeds)
    for _ in range(4):
        busy = min(4, round(chance.gauss(1.7, 0.8) * load * trouble))
        figures.sample("queue.waiting", max(0, round(chance.gauss(1.2, 1) * load * trouble)))
        figures.sample("queue.rendering", max(0, busy))
        figures.sample("queue.oldest_wait_s", max(waits, default=0.0))
        figures.sample("workers.busy", max(0, busy))
        figures.sample("workers.idle", 4 - max(0, busy))


def _store(figures: PeriodFigures, at: datetime, day: int, growth: float, chance: random.Random) -> None:
    accounts = 900 + day * 45
    figures.sample("accounts.all", accounts)
    figures.sample("accounts.active_in_month", round(accounts * 0.3 * growth))
    figures.sample("plans.free", accounts - round(accounts * 0.061))
    figures.sample("plans.pro", round(accounts * 0.053))
    figures.sample("plans.enterprise", round(accounts * 0.008))
    figures.sample("storage.videos", 2.4e11 * growth + at.hour * 1e8 + chance.uniform(0, 4e8))
    figures.sample("storage.uploads", 6e10 * growth)


if __name__ == "__main__":
    main()
