"""Lighthouse on the pages, and what their scripts weigh.

python -m benchmarks.web [--url http://127.0.0.1:5000] [--only PAGE]... [--repeat 3] [--json FILE]

Without --url it starts a service of its own. The render page is that of a finished render of a new customer, who is
signed in and has 200 projects; so a service at --url must be one for development, which shows its mails. Of several
runs the median counts, because other work on the machine costs points. Fails where a goal is missed.

  scripts  kB of JavaScript, gzipped, that a first visit loads, in the page and in its workers
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page, sync_playwright

from benchmarks.account import Account
from benchmarks.preview import EXAMPLE
from benchmarks.service import service
from oriel.rendering.pipeline.tools import find_chromium, find_tools

# From npm, pinned here, because nothing else needs its 200 packages.
LIGHTHOUSE = "lighthouse@12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices")
PROFILES = {"desktop": ["--preset=desktop"], "mobile": []}
_PATIENCE_S = 300.0


@dataclass(frozen=True)
class Goal:
    """What a page must reach: the least scores, in the order of CATEGORIES, and the most kB of scripts."""

    scores: tuple[int, int, int] = (95, 100, 100)
    scripts_kb: float | None = None


GOALS = {
    "landing": Goal(scripts_kb=130),
    "login": Goal(),
    "render": Goal(),
    "studio": Goal((90, 100, 100), scripts_kb=350),
    "dashboard": Goal(),
    "account": Goal(),
    "billing": Goal(),
}
OF_CUSTOMERS = ("render", "dashboard", "account", "billing")
PROJECTS = 200


def main() -> None:
    """Print the figures, and write them where --json says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url")
    parser.add_argument("--only", action="append", choices=list(GOALS), metavar="PAGE")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        url = options.url or stack.enter_context(service()).url
        figures = measure(Path(folder), url.rstrip("/"), options.only or list(GOALS), options.repeat)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1), "utf-8")
    if missed := [f"{page}: {what}" for page, row in figures.items() for what in missed_goals(row, GOALS[page])]:
        sys.exit("Missed: " + "; ".join(missed))


def measure(folder: Path, url: str, pages: list[str], repeat: int) -> dict[str, Any]:
    """Measure each page in each profile, and keep the median by performance."""
    print(f"{'page':10}{'profile':10}" + "".join(f"{name:>16}" for name in (*CATEGORIES, "scripts kB")), flush=True)
    customer = Account(url)
    paths = {page: f"/{page}" for page in GOALS} | {"landing": "/"}
    if "render" in pages:
        paths["render"] = f"/render/{rendered(folder, customer)}"
    if "dashboard" in pages:
        fill(customer)
    figures: dict[str, Any] = {}
    for page in pages:
        owner = customer if page in OF_CUSTOMERS else None
        row = figures[page] = {"scripts_kb": scripts_kb(folder, f"{url}{paths[page]}", owner)}
        for profile in PROFILES:
            runs = [lighthouse(folder, f"{url}{paths[page]}", profile, owner) for _ in range(repeat)]
            row[profile] = sorted(runs, key=lambda run: run["scores"][0])[repeat // 2]
            numbers = "".join(f"{score:16}" for score in row[profile]["scores"])
            print(f"{page:10}{profile:10}{numbers}{row['scripts_kb']:16.1f}", flush=True)
            for complaint in row[profile]["complaints"]:
                print("   ", complaint, flush=True)
    return figures


def missed_goals(row: dict[str, Any], goal: Goal) -> Iterator[str]:
    """Name the goals that a page has missed."""
    for profile in PROFILES:
        for name, score, least in zip(CATEGORIES, row[profile]["scores"], goal.scores, strict=True):
            if score < least:
                yield f"{name} {score} of {least} ({profile})"
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


def fill(customer: Account) -> None:
    """Give a customer many projects, by copying those that are there."""
    ids = [str(customer.post("/api/projects", json={"name": "Night Drive", "settings": {"look": "halo"}})["id"])]
    while len(ids) < PROJECTS:
        copies = customer.post("/api/projects/duplicate", json={"ids": ids[: PROJECTS - len(ids)]})
        ids += [str(copy["id"]) for copy in copies["items"]]


def scripts_kb(folder: Path, url: str, owner: Account | None) -> float:
    """Return what the scripts of a first visit weigh, gzipped."""
    with chromium(folder, owner) as port, sync_playwright() as playwright:
        context = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0]
        page = context.new_page()
        page.goto(url)
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


def lighthouse(folder: Path, url: str, profile: str, owner: Account | None) -> dict[str, Any]:
    """Return Lighthouse's scores of a page, 0 to 100, and what it found fault with beside performance."""
    out = folder / "out.json"
    with chromium(folder, owner) as port:
        command = [
            "npx",
            "--yes",
            LIGHTHOUSE,
            url,
            f"--port={port}",
            "--quiet",
            "--output=json",
            f"--output-path={out}",
        ]
        command += [f"--only-categories={','.join(CATEGORIES)}", *PROFILES[profile]]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
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
