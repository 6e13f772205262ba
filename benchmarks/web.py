"""Lighthouse on the pages, and what their scripts weigh.

python -m benchmarks.web [--only PAGE]... [--repeat 3] [--json FILE]

It starts a service of its own. The customer is new, has 200 projects with thumbnails and 1,000 renders, and may view a
project of somebody else. Of several runs the median counts, because other work on the machine costs points. Fails where
a goal is missed.

  scripts  kB of JavaScript, gzipped, that a first visit loads, in the page and in its workers
  usable   milliseconds until the first project or render can be opened, in a fresh browser on this machine
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks import many_things
from benchmarks.account import Account
from benchmarks.preview import EXAMPLE
from benchmarks.service import Service, service
from oriel.rendering.pipeline.tools import find_chromium, find_tools

# From npm, pinned here, because nothing else needs its 200 packages.
LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
PROFILES = {"desktop": ["--preset=desktop"], "mobile": []}
THUMBNAIL = Path(__file__).parents[1] / "frontend" / "looks" / "halo" / "thumbnails" / "default.webp"
_PATIENCE_S = 300.0
# Now and then it misses the beginning of a trace (NO_NAVSTART), and asks to be run again.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Goal:
    """What a page must reach: the least scores, in the order of CATEGORIES, and the most of what else is measured."""

    scores: tuple[int, int, int] = (95, 100, 100)
    scripts_kb: float | None = None
    usable_ms: float | None = None


@dataclass(frozen=True)
class Visit:
    """The address of a page, and whose browser opens it."""

    url: str
    owner: Account | None = None


GOALS = {
    "landing": Goal(scripts_kb=130),
    "login": Goal(),
    "render": Goal(),
    "studio": Goal((90, 100, 100), scripts_kb=350, usable_ms=2000),
    "dashboard": Goal(usable_ms=1000),
    "renders": Goal(usable_ms=1000),
    "account": Goal(),
    "billing": Goal(),
    "link": Goal(),
    "shared": Goal(),
}
# What somebody came for, where a page fetches it.
_FIRST_THING = {"studio": ".invite button", "dashboard": ".project .open", "renders": ".render .words a"}
PROJECTS = 200
RENDERS = 1000


def main() -> None:
    """Print the figures, and write them where --json says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=list(GOALS), metavar="PAGE")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, service() as running:
        visits = prepare(Path(folder), running)
        figures = measure(Path(folder), {page: visits[page] for page in options.only or GOALS}, options.repeat)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    if missed := [f"{page}: {what}" for page, row in figures.items() for what in missed_goals(row, GOALS[page])]:
        sys.exit("Missed: " + "; ".join(missed))


def prepare(folder: Path, running: Service) -> dict[str, Visit]:
    """Fill the service, and return where each page is."""
    customer, friend = Account(running.url), Account(running.url)
    render_id = rendered(folder, customer)
    picture = customer.post("/api/uploads", files={"picture": ("frame.webp", THUMBNAIL.read_bytes())})["id"]
    many_things.add_projects(running.app, customer.email, PROJECTS, picture)
    many_things.add_renders(running.app, customer.email, RENDERS, render_id)
    project = friend.post("/api/projects", json={"name": "Night Drive", "settings": {"look": "halo"}})["id"]
    friend.post(f"/api/projects/{project}/people", json={"email": customer.email, "role": "viewer"})
    link = friend.patch(f"/api/projects/{project}/sharing", json={"link": True})["link"]
    own = {name: f"/{name}" for name in ("dashboard", "account", "billing")}
    own |= {"renders": "/dashboard?tab=renders", "render": f"/render/{render_id}", "shared": f"/shared/{project}"}
    visits = {name: Visit(f"{running.url}{path}", customer) for name, path in own.items()}
    visits |= {name: Visit(f"{running.url}/{name}") for name in ("login", "studio")}
    return {**visits, "landing": Visit(f"{running.url}/"), "link": Visit(link)}


def measure(folder: Path, visits: dict[str, Visit], repeat: int) -> dict[str, Any]:
    """Measure each page in each profile, and keep the median by performance."""
    columns = (*CATEGORIES, "scripts kB", "usable ms")
    print(f"{'page':10}{'profile':10}" + "".join(f"{name:>16}" for name in columns), flush=True)
    figures: dict[str, Any] = {}
    for page, visit in visits.items():
        row = figures[page] = {"scripts_kb": scripts_kb(folder, visit)}
        if thing := _FIRST_THING.get(page):
            row["usable_ms"] = statistics.median(usable_ms(folder, visit, thing) for _ in range(repeat))
        for profile in PROFILES:
            runs = [lighthouse(folder, visit, profile) for _ in range(repeat)]
            row[profile] = sorted(runs, key=lambda run: run["scores"][0])[repeat // 2]
            numbers = "".join(f"{score:16}" for score in row[profile]["scores"])
            usable = f"{row['usable_ms']:16.0f}" if "usable_ms" in row else ""
            print(f"{page:10}{profile:10}{numbers}{row['scripts_kb']:16.1f}{usable}", flush=True)
            for complaint in row[profile]["complaints"]:
                print("   ", complaint, flush=True)
    return figures


def missed_goals(row: dict[str, Any], goal: Goal) -> Iterator[str]:
    """Name the goals that a page has missed."""
    for profile in PROFILES:
        for name, score, least in zip(CATEGORIES, row[profile]["scores"], goal.scores, strict=True):
            if score < least:
                yield f"{name} {score} of {least} ({profile})"
    if goal.usable_ms is not None and row["usable_ms"] > goal.usable_ms:
        yield f"usable after {row['usable_ms']:.0f} ms, {goal.usable_ms:.0f} at most"
    if goal.scripts_kb is not None and row["scripts_kb"] > goal.scripts_kb:
        yield f"{row['scripts_kb']:.0f} kB of scripts, {goal.scripts_kb:.0f} at most"


def rendered(folder: Path, customer: Account) -> str:
    """Render four seconds of the example song, and return the render's id."""
    song = folder / "song.mp3"
    part: list[str | Path] = ["-ss", "14", "-t", "4", "-i", EXAMPLE, "-c", "copy", song]
    subprocess.run([find_tools().ffmpeg, "-v", "error", *part], check=True)
    output = {"width": 1280, "height": 720, "fps": 30}
    job_id = customer.submit(customer.upload(song), {"version": 1, "look": "horizon", "output": output})
    deadline = time.monotonic() + _PATIENCE_S
    while (job := customer.status(job_id))["status"] != "completed":
        if time.monotonic() > deadline or job["status"] == "failed":
            raise RuntimeError(f"The render is {job['status']}: {job['error']}")
        time.sleep(0.5)
    return job_id


def usable_ms(folder: Path, visit: Visit, thing: str) -> float:
    """Return how long a first visit waits for something to open, from the beginning of the navigation."""
    with chromium(folder, visit.owner) as port, sync_playwright() as playwright:
        page = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0].new_page()
        # Noted in the page, in the frame that shows it.
        page.add_init_script(
            f"""const look = () => document.querySelector({json.dumps(thing)})
                ? performance.mark('usable') : requestAnimationFrame(look); look();"""
        )
        page.goto(visit.url, wait_until="commit")
        page.locator(thing).first.wait_for()
        page.wait_for_function("performance.getEntriesByName('usable').length")
        return float(page.evaluate("performance.getEntriesByName('usable')[0].startTime"))


def scripts_kb(folder: Path, visit: Visit) -> float:
    """Return what the scripts of a first visit weigh, gzipped."""
    with chromium(folder, visit.owner) as port, sync_playwright() as playwright:
        context = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0]
        page = context.new_page()
        page.goto(visit.url)
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(4000)
        return sum(map(gzipped_bytes, scripts_of(page))) / 1000


def scripts_of(page: Page) -> set[str]:
    """Return the addresses of the scripts that a page and its workers have loaded."""
    loaded = "performance.getEntriesByType('resource').map(({name}) => name)"
    names = [*page.evaluate(loaded), *(worker.url for worker in page.workers)]
    for worker in page.workers:
        names += worker.evaluate(loaded)
    return {name for name in names if re.search(r"\.js$", name)}


def gzipped_bytes(url: str) -> int:
    """Return how many bytes come over the line for a file."""
    with httpx.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as answer:
        answer.raise_for_status()
        return sum(map(len, answer.iter_raw()))


def lighthouse(folder: Path, visit: Visit, profile: str) -> dict[str, Any]:
    """Return Lighthouse's scores of a page, 0 to 100, and what it found fault with beside performance."""
    out = folder / "out.json"
    with chromium(folder, visit.owner) as port:
        command = [
            "npx",
            "--yes",
            LIGHTHOUSE,
            visit.url,
            f"--port={port}",
            "--quiet",
            "--output=json",
            f"--output-path={out}",
        ]
        command += [f"--only-categories={','.join(CATEGORIES)}", *PROFILES[profile]]
        for _ in range(_ATTEMPTS):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if not done.returncode:
                break
        else:
            raise RuntimeError(f"Lighthouse failed: {done.stderr[-2000:]}")
    report = json.loads(out.read_text("utf-8"))
    categories = report["categories"]
    faulty = {
        reference["id"]
        for name in CATEGORIES[1:]
        for reference in categories[name]["auditRefs"]
        if reference["weight"] and report["audits"][reference["id"]]["score"] not in (None, 1)
    }
    vitals = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
    return {
        "scores": [round(100 * categories[name]["score"]) for name in CATEGORIES],
        "vitals": {name: report["audits"][name]["numericValue"] for name in vitals},
        "complaints": sorted(report["audits"][name]["title"] for name in faulty),
    }


@contextmanager
def chromium(folder: Path, owner: Account | None) -> Iterator[int]:
    """Start a fresh Chromium, signed in as a customer where one is given, and yield the port of its protocol."""
    with tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True) as profile:
        flags = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--no-first-run", "about:blank"]
        command = [str(find_chromium()), f"--user-data-dir={profile}", *flags]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            port = _port(Path(profile) / "DevToolsActivePort")
            if owner:
                with sync_playwright() as playwright:
                    owner.sign_in(playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0])
            yield port
        finally:
            browser.terminate()
            browser.wait()


def _port(file: Path) -> int:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        # The browser writes the port, then the path of its protocol.
        if file.exists() and len(lines := file.read_text().splitlines()) > 1:
            return int(lines[0])
        time.sleep(0.1)
    raise RuntimeError("Chromium does not start.")


if __name__ == "__main__":
    main()
