"""Many renders at once: are all made, and does the API stay quick while the workers use every core?

python -m benchmarks.crowd [--renders 120] [--rate 20] [--workers 1] [--minutes 60] [--json F]

Everything runs on this machine against an `oriel up` of its own. While the renders wait and run, customers and an
operator ask at a steady rate for what their pages show; each answer is timed from when its request was due, so that a
slow answer also counts for those that wait behind it. After --minutes it ends and tells how far it came. Goals: 100
renders accepted and finished; API p95 100 ms; dashboard 1 s.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import tempfile
import threading
import time
from collections import defaultdict
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from benchmarks.operators import panel_cookie
from benchmarks.service import TINY, Service, await_loudness, clip, percentile, service, submit, upload
from oriel.infra.database import db
from oriel.rendering.models import COMPLETED, UNDER_WAY, RenderJob

_PLANS = ("free", "pro", "enterprise")
_CUSTOMERS_OF_A_PLAN = 10
_THREADS = 16
_LOOK_EVERY_S = 1.0
_ANSWER_S = 60.0
# What a customer's pages ask for; the first is the studio's and the render page's poll.
_ROUTES = ("/api/render/status/{job}", "/api/renders", "/api/projects", "/api/looks", "/api/user/history")
_DASHBOARD = ("/api/renders", "/api/projects")
_PANEL = "/admin/"

# Half a second: what is looked at is how many there are.
_SETTINGS = {**TINY, "range": {"start_s": 0.0, "duration_s": 0.5}}

Customer = dict[str, str]


class Questions:
    """Asks for one route after the other at a steady rate, until told to end; keeps how long each answer took."""

    def __init__(self, port: int, asked: list[tuple[Customer, str]], cookie: str, per_second: float) -> None:
        self.took_ms: dict[str, list[float]] = defaultdict(list)
        self.refused = 0
        self._port = port
        self._asked = asked
        self._cookie = cookie
        self._pause_s = 1 / per_second
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._lines = threading.local()
        self._threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(_THREADS)]
        self._numbers = itertools.count()
        self._began = 0.0

    def begin(self) -> None:
        """Start asking."""
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop asking."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask_on(self) -> None:
        while True:
            with self._lock:
                number = next(self._numbers)
            due = self._began + number * self._pause_s
            if self._over.wait(max(0.0, due - time.monotonic())):
                return
            self._ask(number, due)

    def _ask(self, number: int, due: float) -> None:
        route = (*_ROUTES, _PANEL)[number % (len(_ROUTES) + 1)]
        customer, job = self._asked[number % len(self._asked)]
        if route == _PANEL:
            customer = {"Cookie": self._cookie}
        status = self._status_of(route.format(job=job), customer)
        with self._lock:
            if status == HTTPStatus.OK:
                self.took_ms[route].append((time.monotonic() - due) * 1000)
            else:
                # After a quarter of an hour the customers' tokens are over.
                self.refused += 1

    def _status_of(self, path: str, customer: Customer) -> int:
        """Return the status of the answer; a connection that the server has closed meanwhile is opened again."""
        for _ in range(2):
            # The standard library's client, which does least: the load is made on the same cores.
            if not hasattr(self._lines, "connection"):
                self._lines.connection = HTTPConnection("127.0.0.1", self._port, timeout=_ANSWER_S)
            try:
                self._lines.connection.request("GET", path, headers=customer)
                answer = self._lines.connection.getresponse()
                answer.read()
            except (OSError, HTTPException):
                self._lines.connection.close()
            else:
                return int(answer.status)
        return 0


def crowd(running: Service, song: Path, count: int, per_second: float, minutes: float) -> dict[str, Any]:
    """Submit many renders at once and ask on until the last one is made."""
    customers = [headers for plan in _PLANS for headers in running.customers(_CUSTOMERS_OF_A_PLAN, plan)]
    uploads = [upload(running.url, headers, song) for headers in customers]
    await_loudness(running)
    start = time.monotonic()
    submit_ms: list[float] = []

    def order(number: int) -> str:
        began = time.monotonic()
        job = submit(http, customers[number % len(customers)], uploads[number % len(customers)], _SETTINGS)
        submit_ms.append((time.monotonic() - began) * 1000)
        return job

    with httpx.Client(base_url=running.url, timeout=60) as http, concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = list(pool.map(order, range(count)))
    accepted_s = time.monotonic() - start
    asked = [(customers[number % len(customers)], job) for number, job in enumerate(jobs)]
    questions = Questions(running.port, asked, panel_cookie(running.app), per_second)
    questions.begin()
    completed = _await_all(running, count, minutes)
    questions.end()
    return {
        "renders": count,
        "accepted_s": round(accepted_s, 1),
        "all_done_s": round(time.monotonic() - start, 1),
        "completed": completed,
        "refused": questions.refused,
        "submit": _figures(submit_ms),
        **{route: _figures(took) for route, took in questions.took_ms.items()},
        "api": _figures([each for route in _ROUTES for each in questions.took_ms[route]]),
        "dashboard_s": round(sum(percentile(questions.took_ms[route], 0.95) for route in _DASHBOARD) / 1000, 3),
    }


def _await_all(running: Service, count: int, minutes: float) -> int:
    """Wait until no render is under way, or until the time is over; return how many are completed."""
    deadline = time.monotonic() + 60 * minutes
    left = select(func.count()).select_from(RenderJob).where(RenderJob.status.in_(UNDER_WAY))
    done = select(func.count()).select_from(RenderJob).where(RenderJob.status == COMPLETED)
    with running.app.app_context():
        while db.session.scalar(left) and time.monotonic() < deadline:
            db.session.rollback()
            time.sleep(_LOOK_EVERY_S)
        completed = db.session.scalar(done) or 0
        db.session.rollback()
    return min(completed, count)


def _figures(took_ms: list[float]) -> dict[str, float]:
    shares = {"p50_ms": percentile(took_ms, 0.5), "p95_ms": percentile(took_ms, 0.95), "most_ms": max(took_ms)}
    return {"requests": len(took_ms), **{name: round(value, 1) for name, value in shares.items()}}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--renders", type=int, default=120)
    parser.add_argument("--rate", type=float, default=20.0, help="Requests a second.")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0, help="The longest that it waits for the renders.")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with service(args.workers) as running, tempfile.TemporaryDirectory() as folder:
        _, song = clip(Path(folder))
        before = os.getloadavg()[0]
        figures = crowd(running, song, args.renders, args.rate, args.minutes)
    figures["load_average"] = {"before": before, "after": os.getloadavg()[0]}
    for name, value in figures.items():
        told = "  ".join(f"{key} {part}" for key, part in value.items()) if isinstance(value, dict) else value
        print(f"{name:28}{told}")
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
