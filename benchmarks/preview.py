"""How fast the studio's preview is, in Chromium on llvmpipe.

python -m benchmarks.preview [--json FILE]

  song      seconds in which the browser reads a song of five minutes and makes PCM and feature track of it, for each
            format, the seconds that `oriel analyse` takes for the same file, and the ratio of the two; then the
            CPU time of the browser, which other work on the machine disturbs less
  seek      milliseconds from a seek to its picture at 960x540, for each look: median and 95th percentile
  memory    megabytes of all the browser's processes after 10 and after 60 changes of look, and their difference
"""

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from benchmarks.processes import cpu_ms
from oriel.rendering.pipeline.browser import browser_processes, launch_options, memory_bytes
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.tools import find_chromium, find_tools

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "frontend/example/first-light.mp3"
SECONDS = 300
SEEKS = 40
FORMATS = {
    "mp3": ("-ar", "44100", "-b:a", "192k"),
    "m4a": ("-ar", "44100", "-c:a", "aac", "-b:a", "192k"),
    "wav": ("-ar", "44100"),
}
"""The options for FFmpeg, by the end of the name."""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print figures alone."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder and yield their address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def browser(folder: Path, *flags: str) -> Iterator[BrowserContext]:
    """Start Chromium as the render does, with these flags besides, on a profile in a folder of its own."""
    temporary = folder / "tmp"
    temporary.mkdir()
    start = launch_options("llvmpipe", temporary, dict(os.environ))
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=find_chromium(),
            args=[*start.args, *flags],
            env={**start.env},
            chromium_sandbox=start.sandbox,
            viewport={"width": 960, "height": 540},
        )
        yield context
        context.close()


def build_page(out: Path) -> None:
    """Build the page of the browser tests."""
    command: list[str | Path] = [ROOT / "node_modules/.bin/vite", "build", "--logLevel", "error"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "OUT": str(out)}
    subprocess.run(
        [*command, "--config", "frontend/tests/harness/vite.config.js"], cwd=ROOT, env=environment, check=True
    )


def songs(folder: Path) -> list[Path]:
    """Write the example song, five minutes long, in each format."""
    source = ["-stream_loop", "-1", "-i", str(EXAMPLE), "-t", str(SECONDS)]
    made = [folder / f"song.{suffix}" for suffix in FORMATS]
    for path, options in zip(made, FORMATS.values(), strict=True):
        subprocess.run([find_tools().ffmpeg, "-v", "error", "-y", *source, *options, path], check=True)
    return made


def song_figures(page: Page, url: str, song: Path) -> dict[str, float]:
    """Time the browser and the command with one song."""
    analyse: list[str | Path] = [sys.executable, "-m", "oriel", "analyse", song]
    command_s, _ = timed(lambda: subprocess.run(analyse, check=True, capture_output=True))
    browser_s, browser_core_s = timed(lambda: page.evaluate("url => harness.read(url)", f"{url}/{song.name}"))
    return {
        "browser_s": browser_s,
        "command_s": command_s,
        "ratio": browser_s / command_s,
        "browser_core_s": browser_core_s,
    }


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that some work took, by the clock and of all cores."""
    started, spent = time.monotonic(), cpu_ms()
    work()
    return time.monotonic() - started, (cpu_ms() - spent) / 1000


def seek_figures(page: Page, shown: dict[str, Any]) -> dict[str, float]:
    """Time seeks all over the song with one look."""
    page.evaluate("([shown, width]) => harness.show(shown, width)", [shown, 960])
    page.evaluate("harness.seek(1)")
    times = [page.evaluate("at => harness.seek(at)", (i * 37) % 180) for i in range(SEEKS)]
    return {"median_ms": statistics.median(times), "p95_ms": statistics.quantiles(times, n=20)[-1]}


def memory_figures(page: Page, shown: dict[str, Any], profile: Path) -> dict[str, float]:
    """Change the look again and again, and draw each."""
    names = [(look.name, preset.name) for look in load_looks().all for preset in look.presets]
    megabytes = {}
    for change in range(1, 61):
        look, preset = names[change % len(names)]
        changed = {**shown, "document": {**shown["document"], "look": look, "preset": preset}}
        page.evaluate("([shown, width]) => harness.show(shown, width)", [changed, 960])
        page.evaluate("at => harness.seek(at)", change)
        if change in (10, 60):
            page.request_gc()
            megabytes[change] = memory_bytes(browser_processes(profile)) / 1e6
    return {"after_10_mb": megabytes[10], "after_60_mb": megabytes[60], "growth_mb": megabytes[60] - megabytes[10]}


def figures(folder: Path) -> dict[str, Any]:
    """Measure everything."""
    build_page(folder / "harness")
    with ExitStack() as stack:
        url = stack.enter_context(served(folder))
        page = stack.enter_context(browser(folder)).new_page()
        page.goto(f"{url}/harness/index.html")
        page.wait_for_function("window.harness")
        found: dict[str, Any] = {"song": {}, "seek": {}}
        for song in songs(folder):
            found["song"][song.suffix[1:]] = song_figures(page, url, song)
        shown = {"song": f"{url}/song.wav", "title": "A title", "artist": "An artist", "document": {}}
        for look in load_looks().all:
            found["seek"][look.name] = seek_figures(page, {**shown, "document": {"look": look.name}})
        found["memory"] = memory_figures(page, shown, folder / "profile")
    return found


def main() -> None:
    """Print the figures, and write them where --json says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = figures(Path(folder))
    for kind, rows in found.items():
        for name, row in rows.items() if kind != "memory" else [("", rows)]:
            print(f"{kind:8}{name:10}" + "".join(f"{key} {value:.2f}   " for key, value in row.items()))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, indent=1), "utf-8")


if __name__ == "__main__":
    main()
