"""Whether the studio's memory stays level while a song plays for long, in Chromium on llvmpipe.

python -m benchmarks.long_play [--minutes 30] [--json FILE]

Plays the example song, five minutes long, in the studio of a running service, again from its start whenever it ends,
and changes the look 50 times meanwhile. Prints at the start, every five minutes and at the end, after a collection of
garbage in the page and in its workers:

  page_mb      JavaScript heap of the page
  renderer_mb  memory of the process that holds the page and its workers
  gpu_mb       memory of the process that draws, with all textures and buffers
  browser_mb   memory of all the browser's processes
  urls         object URLs that are not revoked
  changes      changes of look so far
"""

import argparse
import json
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.preview import EXAMPLE, browser
from benchmarks.service import service
from oriel.rendering.pipeline.browser import browser_processes, memory_bytes
from oriel.rendering.pipeline.tools import find_tools

SONG_S = 300
CHANGES = 50
READ_EVERY_S = 300.0
# The first look, the decoder and the compiler claim memory once.
SETTLE_S = 30.0
COUNT_URLS = """
window.urls = new Set();
const {createObjectURL: create, revokeObjectURL: revoke} = URL;
URL.createObjectURL = (object) => { const url = create.call(URL, object); urls.add(url); return url; };
URL.revokeObjectURL = (url) => { urls.delete(url); revoke.call(URL, url); };
"""


def main() -> None:
    """Print the figures, and write them where --json says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        readings = play(Path(folder), 60 * options.minutes)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(readings, indent=1), "utf-8")


def play(folder: Path, seconds: float) -> list[dict[str, float]]:
    """Play for so long, and return the readings."""
    song = folder / "song.m4a"
    source: list[str | Path] = ["-stream_loop", "-1", "-i", EXAMPLE, "-t", str(SONG_S), "-c:a", "aac", song]
    subprocess.run([find_tools().ffmpeg, "-v", "error", *source], check=True)
    with ExitStack() as stack:
        running = stack.enter_context(service())
        page = stack.enter_context(browser(folder, "--js-flags=--expose-gc")).new_page()
        page.add_init_script(COUNT_URLS)
        open_song(page, running.url, song)
        keep_playing(page, SETTLE_S)
        readings = [read(page, folder / "profile", 0.0, 0)]
        started = time.monotonic()
        for change in range(1, CHANGES + 1):
            change_look(page, change)
            keep_playing(page, started + seconds * change / CHANGES - time.monotonic())
            minutes = (time.monotonic() - started) / 60
            if minutes * 60 >= READ_EVERY_S * len(readings) or change == CHANGES:
                readings.append(read(page, folder / "profile", minutes, change))
    return readings


def open_song(page: Page, url: str, song: Path) -> None:
    """Open the studio with a song."""
    # Wide enough for the looks and presets beside the stage.
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{url}/studio")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file").click()
    chooser.value.set_files(song)
    page.locator(".invite").wait_for(state="detached", timeout=120_000)


def change_look(page: Page, change: int) -> None:
    """Take another look or preset: one look after the other, and each time another of its presets."""
    looks, presets = page.locator(".left .tiles").all()
    for tiles, number in ((looks, change), (presets, change // 3)):
        among = tiles.locator(".tile").all()
        among[number % len(among)].click()


def keep_playing(page: Page, seconds: float) -> None:
    """Let the song play for so long, and begin it again when it has ended."""
    until = time.monotonic() + seconds
    while True:
        # In one step: the studio starts a new song by itself, and a button that is gone by then is waited for in vain.
        page.get_by_role("button", name="Play", exact=True).evaluate_all(
            "buttons => buttons.forEach((button) => button.click())"
        )
        if (left := until - time.monotonic()) <= 0:
            return
        page.wait_for_timeout(1000 * min(1.0, left))


def read(page: Page, profile: Path, minutes: float, changes: int) -> dict[str, float]:
    """Read and print the memory."""
    page.evaluate("gc()")
    for worker in page.workers:
        worker.evaluate("gc()")
    session = page.context.new_cdp_session(page)
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    processes = browser_processes(profile)
    reading = {
        "minutes": minutes,
        "page_mb": heap / 1e6,
        "renderer_mb": memory_bytes(of_kind(processes, "renderer")) / 1e6,
        "gpu_mb": memory_bytes(of_kind(processes, "gpu-process")) / 1e6,
        "browser_mb": memory_bytes(processes) / 1e6,
        "urls": page.evaluate("urls.size"),
        "changes": changes,
    }
    print("   ".join(f"{name} {value:.1f}" for name, value in reading.items()), flush=True)
    return reading


def of_kind(processes: list[int], kind: str) -> list[int]:
    """Return those of the processes that Chromium runs as a kind of helper."""
    wanted = f"--type={kind}".encode()
    return [pid for pid in processes if wanted in Path(f"/proc/{pid}/cmdline").read_bytes()]


if __name__ == "__main__":
    main()
