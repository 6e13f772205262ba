"""What the service stands: status polls, submits, many renders, open WebSockets, webhooks, the queue's own time.

python -m benchmarks.service [--seconds 10] [--renders 100] [--sockets 300] [--only NAME...] [--json F]
(make bench-service)

Everything runs on this machine against an `oriel up` of its own with a data folder that goes with it; the load comes
from this process, so both share the cores, as they do where the goals were set (2 cores).
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import simple_websocket
from apiflask import APIFlask
from sqlalchemy import func, select

from oriel.accounts.models import User, UserSession
from oriel.accounts.tokens import REFRESH_LIFE, access_token
from oriel.app import create_app
from oriel.billing.current_plan import set_plan
from oriel.billing.signatures import signed
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.media.models import Upload
from oriel.rendering.models import COMPLETED, PROCESSING, RenderJob
from oriel.settings import Settings

TINY: dict[str, Any] = {"look": "prism", "output": {"width": 128, "height": 72, "fps": 24, "quality": "draft"}}
CLIP_S = 2.0
_PATIENCE_S = 900.0
# From a call of `at_rate` to what is asked first.
_LEAD_S = 0.2


class Service:
    """`oriel up`, and the same application in this process to make customers."""

    def __init__(self, data: Path, environment: Mapping[str, str], workers: int = 1) -> None:
        self.data = data
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "oriel", "up", "--port", str(self.port), "--data", str(data)]
        command += ["--workers", str(workers)]
        with (data / "log").open("wb") as log:
            # All customers of a benchmark come from one address.
            given = {**os.environ, "CONNECTIONS_PER_ADDRESS": "0", **environment}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=given)
        try:
            self._await()
        except BaseException:
            self.stop()
            raise
        self.app: APIFlask = create_app(Settings(data_dir=data, port=self.port))

    def customers(self, count: int, plan: str) -> list[dict[str, str]]:
        """Make customers and return the headers of each."""
        with self.app.app_context():
            made = [self._customer(number, plan) for number in range(count)]
            return [{"Authorization": f"Bearer {access_token(user, session)}"} for user, session in made]

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait()

    def _customer(self, number: int, plan: str) -> tuple[str, str]:
        with writing() as session:
            user = User(
                email=f"{plan}{number}-{os.urandom(4).hex()}@example.com",
                password_hash=os.urandom(8).hex(),
                email_verified_at=now(),
            )
            session.add(user)
            session.flush()
            login = UserSession(user_id=user.id, expires_at=now() + REFRESH_LIFE)
            session.add(login)
        set_plan(user.id, plan)
        return user.id, login.id

    def _await(self) -> None:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.HTTPError):
                # The database is enough: some measure without Redis.
                if httpx.get(f"{self.url}/status").json()["dependencies"]["database"]["state"] == "ok":
                    return
            time.sleep(0.2)
        raise RuntimeError("the service does not start")


@contextmanager
def service(workers: int = 1, **environment: str) -> Iterator[Service]:
    """Run one for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        running = Service(Path(folder), environment, workers)
        try:
            yield running
        finally:
            running.stop()


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of them lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def at_rate(per_second: float, seconds: float, ask: Callable[[int], None], threads: int = 32) -> list[float]:
    """Call `ask` at a steady rate, whatever the answers take; return milliseconds from when each was due."""
    took: list[float] = []
    start = time.monotonic() + _LEAD_S

    def one(number: int) -> None:
        due = start + number / per_second
        time.sleep(max(0.0, due - time.monotonic()))
        ask(number)
        took.append((time.monotonic() - due) * 1000)

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(int(per_second * seconds))))
    return took


def upload(url: str, headers: dict[str, str], song: Path) -> str:
    """Send the song and return its id."""
    with song.open("rb") as file:
        answer = httpx.post(f"{url}/api/uploads", headers=headers, files={"audio": (song.name, file)}, timeout=60)
    answer.raise_for_status()
    return str(answer.json()["id"])


def await_loudness(running: Service) -> None:
    """Wait until all uploads are measured: what the worker does besides is another measurement's."""
    deadline = time.monotonic() + _PATIENCE_S
    with running.app.app_context():
        left = select(func.count()).select_from(Upload).where(Upload.measured_at.is_(None))
        while db.session.scalar(left):
            if time.monotonic() > deadline:
                raise RuntimeError("the uploads are not measured")
            db.session.rollback()
            time.sleep(0.2)
        db.session.rollback()


def polls(running: Service, song: Path, seconds: float) -> dict[str, float]:
    """Ask 200 times a second how a render is; many customers do, since one may ask 300 times a minute."""
    customers = running.customers(80, "pro")
    uploads = [upload(running.url, headers, song) for headers in customers]
    with httpx.Client(base_url=running.url, limits=httpx.Limits(max_connections=64)) as http:
        jobs = [submit(http, headers, upload_id) for headers, upload_id in zip(customers, uploads, strict=True)]
        for job, headers in zip(jobs, customers, strict=True):
            http.post(f"/api/render/cancel/{job}", headers=headers)
        wait(running, jobs)
        await_loudness(running)

        # The standard library's client, which does less than httpx: the load is made on the same cores.
        lines = threading.local()

        def ask(number: int) -> None:
            if not hasattr(lines, "connection"):
                lines.connection = HTTPConnection("127.0.0.1", running.port)
            who = number % len(jobs)
            lines.connection.request("GET", f"/api/render/status/{jobs[who]}", headers=customers[who])
            answer = lines.connection.getresponse()
            if answer.status != 200 or not answer.read():
                raise RuntimeError(f"a status poll was answered with {answer.status}")

        # Threads are made by the first of them.
        at_rate(200, 2, ask)
        webs, before = web_pids(running), time.monotonic()
        used = sum(map(core_ms, webs))
        took = at_rate(200, seconds, ask)
        used, lasted = sum(map(core_ms, webs)) - used, time.monotonic() - before - _LEAD_S
    figures = {"p50_ms": statistics.median(took), "p95_ms": percentile(took, 0.95)}
    return {"polls_per_s": len(took) / lasted, **figures, "core_ms_each": used / len(took)}


def cost(running: Service, song: Path, folder: Path) -> dict[str, float]:
    """Seconds of one 720p render by the command and through the service, in turn, three times each; the medians."""
    (headers,) = running.customers(1, "pro")
    settings = {**TINY, "output": {"width": 1280, "height": 720, "fps": 30}}
    alone, served = [], []
    with httpx.Client(base_url=running.url, timeout=60) as http:
        upload_id = upload(running.url, headers, song)
        for number in range(3):
            start = time.monotonic()
            command = [
                "render",
                str(song),
                "-o",
                str(folder / f"{number}.mp4"),
                "--size",
                "720p",
                "--work",
                str(folder),
            ]
            subprocess.run([sys.executable, "-m", "oriel", *command], check=True, stderr=subprocess.DEVNULL)
            alone.append(time.monotonic() - start)
            start = time.monotonic()
            job = submit(http, headers, upload_id, {**settings, "seed": number})
            wait(running, [job])
            served.append(time.monotonic() - start)
    ratio = statistics.median(served) / statistics.median(alone)
    return {"command_s": statistics.median(alone), "service_s": statistics.median(served), "ratio": ratio}


def submits(running: Service, song: Path) -> dict[str, float]:
    """Submit renders one after the other, with an upload that is there."""
    (headers,) = running.customers(1, "enterprise")
    took = []
    with httpx.Client(base_url=running.url) as http:
        upload_id = upload(running.url, headers, song)
        jobs = []
        for _ in range(60):
            start = time.monotonic()
            jobs.append(submit(http, headers, upload_id))
            took.append((time.monotonic() - start) * 1000)
        for job in jobs:
            http.post(f"/api/render/cancel/{job}", headers=headers)
    wait(running, jobs)
    return {"p50_ms": statistics.median(took), "p95_ms": percentile(took, 0.95)}


def renders(running: Service, song: Path, count: int) -> dict[str, Any]:
    """Submit many tiny renders at once, of all three plans, and wait for them."""
    customers = {plan: running.customers(10, plan) for plan in ("free", "pro", "enterprise")}
    orders = [(plan, customers[plan][n % 10]) for n in range(count) for plan in [("free", "pro", "enterprise")[n % 3]]]
    uploads = {id(headers): upload(running.url, headers, song) for group in customers.values() for headers in group}
    start = time.monotonic()
    with httpx.Client(base_url=running.url, timeout=60) as http, concurrent.futures.ThreadPoolExecutor(16) as pool:
        jobs = list(pool.map(lambda order: submit(http, order[1], uploads[id(order[1])]), orders))
        accepted = time.monotonic() - start
    wait(running, jobs)
    with running.app.app_context():
        rows = [db.session.get_one(RenderJob, job) for job in jobs]
        done = sorted(rows, key=lambda row: row.completed_at or now())
        first = [row.plan for row in done[: count // 3]]
    return {
        "renders": count,
        "accepted_s": accepted,
        "all_done_s": time.monotonic() - start,
        "completed": sum(row.status == COMPLETED for row in rows),
        "plans_of_the_first_third": {plan: first.count(plan) for plan in customers},
    }


def overhead(running: Service, song: Path) -> dict[str, float]:
    """Milliseconds from a submit to the first stage, with a worker that waits."""
    (headers,) = running.customers(1, "enterprise")
    took = []
    with httpx.Client(base_url=running.url) as http:
        upload_id = upload(running.url, headers, song)
        for _ in range(10):
            job = submit(http, headers, upload_id)
            wait(running, [job])
            with running.app.app_context():
                row = db.session.get_one(RenderJob, job)
                assert row.started_at
                took.append((row.started_at - row.created_at).total_seconds() * 1000)
            time.sleep(0.3)
    return {"p50_ms": statistics.median(took), "most_ms": max(took)}


def sockets(running: Service, count: int) -> dict[str, float]:
    """Open many WebSockets and keep them; what the web process weighs with them, and how long a page waits for news."""
    customers = running.customers(count, "free")
    webs = web_pids(running)
    before = sum(map(pss_mb, webs))
    opened: list[Any] = []
    lock = threading.Lock()

    def open_one(headers: dict[str, str]) -> None:
        ticket = httpx.post(f"{running.url}/api/render/events/ticket", headers=headers, timeout=60).json()["ticket"]
        client = simple_websocket.Client(f"{running.url.replace('http', 'ws')}/api/render/events?ticket={ticket}")
        with lock:
            opened.append(client)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(open_one, customers))
    time.sleep(1)
    alive = sum(client.connected for client in opened)
    with httpx.Client(base_url=running.url) as http:
        health = at_rate(50, 6, lambda _: checked(http.get("/health")), threads=8)
    weight = sum(map(pss_mb, webs)) - before
    for client in opened:
        client.close()
    return {"open": alive, "mb": weight, "health_p95_ms": percentile(health, 0.95)}


def webhooks(seconds: float) -> dict[str, float]:
    """Send 50 signed events a second to a service whose Redis is away; the clock deals with them meanwhile."""
    with service(REDIS_URL="redis://127.0.0.1:1/0") as running:
        secret = (running.data / ".offline-webhook-secret").read_text("ascii")
        with httpx.Client(base_url=running.url, limits=httpx.Limits(max_connections=32)) as http:

            def send(number: int) -> None:
                about = {"id": f"cs_{number}", "object": "checkout.session"}
                event = {"id": f"evt_{number}", "object": "event", "type": "checkout.session.completed"}
                body = {**event, "created": int(time.time()), "data": {"object": about}}
                content, signature = signed(body, secret, datetime.now(UTC))
                checked(http.post("/api/payments/webhook", content=content, headers={"Stripe-Signature": signature}))

            took = at_rate(50, seconds, send, threads=16)
    return {"events_per_s": 50, "p50_ms": statistics.median(took), "p99_ms": percentile(took, 0.99)}


def submit(http: httpx.Client, headers: dict[str, str], upload_id: str, settings: dict[str, Any] | None = None) -> str:
    """Order a render, a tiny one unless told otherwise, and return its id."""
    body = {"upload_id": upload_id, "settings": settings or TINY}
    answer = http.post("/api/render/submit", json=body, headers=headers)
    checked(answer)
    return str(answer.json()["id"])


def wait(running: Service, jobs: list[str]) -> None:
    """Wait until none of these renders is under way."""
    deadline = time.monotonic() + _PATIENCE_S
    with running.app.app_context():
        while time.monotonic() < deadline:
            db.session.rollback()
            db.session.expire_all()
            rows = [db.session.get_one(RenderJob, job) for job in jobs]
            if not any(row.status in (PROCESSING, "queued") for row in rows):
                return
            time.sleep(0.1)
    raise RuntimeError("the renders do not end")


def checked(answer: httpx.Response) -> None:
    """Raise when the service refuses."""
    answer.raise_for_status()


def web_pids(running: Service) -> list[int]:
    """Return the processes that serve: gunicorn's workers, whose parent is gunicorn, whose parent is the supervisor."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"oriel.wsgi:app" not in (process / "cmdline").read_bytes():
                continue
            parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if b"oriel.wsgi:app" in Path(f"/proc/{parent}/cmdline").read_bytes():
                found.append(int(process.name))
    if not found:
        raise RuntimeError("no web process")
    return found


def core_ms(pid: int) -> float:
    """Return how long a process has used a core so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    """Return what a process weighs."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--renders", type=int, default=100)
    parser.add_argument("--sockets", type=int, default=300)
    parser.add_argument("--only", nargs="*", help="Names of measurements; all of them by default.")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with service() as running, tempfile.TemporaryDirectory() as folder:
        whole, song = clip(Path(folder))
        figures: dict[str, Any] = {}
        for name, measure in (
            ("overhead", lambda: overhead(running, song)),
            ("cost", lambda: cost(running, whole, Path(folder))),
            ("submits", lambda: submits(running, song)),
            ("sockets", lambda: sockets(running, args.sockets)),
            ("polls", lambda: polls(running, song, args.seconds)),
            ("renders", lambda: renders(running, song, args.renders)),
            ("webhooks", lambda: webhooks(args.seconds)),
        ):
            if args.only and name not in args.only:
                continue
            figures[name] = measure()
            print(f"{name:9}", "  ".join(f"{key} {shown(value)}" for key, value in figures[name].items()), flush=True)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(figures, indent=2))


def clip(folder: Path) -> tuple[Path, Path]:
    """Return the example song and two seconds of it."""
    whole, part = folder / "song.wav", folder / "clip.wav"
    subprocess.run([sys.executable, "examples/compose.py", whole], check=True)
    subprocess.run(["ffmpeg", "-v", "error", "-ss", "10", "-t", str(CLIP_S), "-i", whole, part], check=True)
    return whole, part


def shown(value: object) -> str:
    """Return a figure for people."""
    return f"{value:.1f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
