"""Records ten seconds of the studio for the README: docs/pictures/studio.webp.

python -m benchmarks.gallery.recording [--out FILE] [--frames FOLDER]

A song plays; its look, a colour and, by surprise, everything change; then the shape. Software draws more slowly than a
film runs, so nothing is filmed as it happens: for each frame the song is put where it would be by then, the pointer
where a hand would have it, and the page is photographed. FFmpeg joins the pictures at the true speed.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, Worker

from benchmarks.gallery.__main__ import chromium, songs
from benchmarks.gallery.camera import PATIENCE_MS
from benchmarks.gallery.studio import choose_file
from benchmarks.service import service
from oriel.rendering.pipeline.tools import find_tools

SECONDS, FPS = 10.0, 20
WIDTH, HEIGHT = 1280, 720
SHOWN_WIDTH, QUALITY = 960, 70
MOST_BYTES = 3_000_000
# The drop of the example song falls 2.4 s into the film.
FROM_S = 13.1
# From the worker's answer, that a frame is drawn, to the screen.
SHOWN_MS = 40
PATIENCE_S = 10.0
# A hand takes about so long from one control to the next.
REACH_S = 0.8

PREPARE = """
(seed) => {
  // The same surprise in each recording.
  Math.random = () => ((seed = (seed * 16807) % 2147483647) - 1) / 2147483646;
  const studio = document.querySelector('oriel-studio');
  // The song stands still while a frame is photographed; the button shows what it shows while a song plays.
  Object.defineProperty(studio.engine, 'paused', {get: () => false});
  const hand = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  hand.setAttribute('viewBox', '0 0 24 24');
  hand.id = 'hand';
  hand.style.cssText = 'position: fixed; left: 0; top: 0; width: 26px; z-index: 99; pointer-events: none';
  const arrow = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  arrow.setAttribute('d', 'M2 2 L2 19 L7 14.5 L10.5 22 L13.5 20.6 L10 13.2 L17 13 Z');
  arrow.setAttribute('fill', '#fff');
  arrow.setAttribute('stroke', '#000');
  arrow.setAttribute('stroke-width', '1.4');
  hand.append(arrow);
  document.body.append(hand);
  studio.requestUpdate();
}
"""
# In the worker that draws. On a slow machine it draws smaller frames, by the time that each takes: here it has time.
DRAWER = """
() => {
  performance.now = () => 0;
  const post = self.postMessage.bind(self);
  self.answers = 0;
  self.postMessage = (message) => {
    self.answers++;
    post(message);
  };
}
"""
MOVE = """([x, y]) => (document.getElementById('hand').style.transform = `translate(${x - 2}px, ${y - 2}px)`)"""
GLOW = """
(part) => {
  const input = document.querySelector('#p-glowColor');
  const channel = (from, to) => Math.round(from + part * (to - from)).toString(16).padStart(2, '0');
  input.value = `#${channel(0x83, 0xff)}${channel(0x09, 0x6a)}${channel(0xd5, 0x00)}`;
  input.dispatchEvent(new Event('input', {bubbles: true}));
}
"""


@dataclass(frozen=True)
class Step:
    """Something that the hand does at a moment: it goes to a control, then uses it for a while."""

    at_s: float
    selector: str
    use: Callable[[Page, float], None]
    lasts_s: float = 0.0


def _click(page: Page, _: float) -> None:
    page.mouse.down()
    page.mouse.up()


STEPS = [
    Step(3.2, ".left .tile:has-text('Prism')", _click),
    Step(4.9, "#p-glowColor", lambda page, part: page.evaluate(GLOW, part), 1.1),
    Step(7.0, "button:has-text('Surprise me')", _click),
    Step(8.1, "#tab-output", _click),
    Step(8.8, ".shape:has-text('9:16')", _click),
]


def main() -> None:
    """Record it, and write the film."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures/studio.webp"))
    parser.add_argument("--frames", type=Path, help="keep the pictures here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, service() as running, chromium(Path(name)) as browser:
        folder = options.frames or Path(name) / "frames"
        folder.mkdir(parents=True, exist_ok=True)
        # Without reduced motion, thumbnails would play at a speed of their own.
        context = browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark", reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        with page.expect_worker(lambda worker: "preview-worker" in worker.url) as drawing:
            page.goto(f"{running.url}/studio")
        drawer = drawing.value
        drawer.evaluate(DRAWER)
        choose_file(page, songs(Path(name))[0])
        page.locator(".invite").wait_for(state="detached")
        page.evaluate(PREPARE, 7)
        record(page, drawer, folder)
        context.close()
        join(folder, options.out)
    size = options.out.stat().st_size
    print(options.out, size)
    if size > MOST_BYTES:
        raise SystemExit(f"{options.out} is larger than {MOST_BYTES} bytes.")


def record(page: Page, drawer: Worker, folder: Path) -> None:
    """Photograph each frame."""
    hand = (0.62 * WIDTH, 0.55 * HEIGHT)
    waiting, used = list(STEPS), False
    start, goal = hand, hand
    page.evaluate(MOVE, hand)
    for frame in range(round(SECONDS * FPS)):
        now = frame / FPS
        if waiting and now >= waiting[0].at_s - REACH_S:
            step = waiting[0]
            if goal == start:
                goal = _middle(page, step.selector)
            hand = _between(start, goal, 1 - (step.at_s - now) / REACH_S)
            page.mouse.move(*hand)
            page.evaluate(MOVE, hand)
            if now >= step.at_s and not (used and step.lasts_s == 0):
                step.use(page, min(1.0, (now - step.at_s) / step.lasts_s) if step.lasts_s else 1.0)
                used = True
            if now >= step.at_s + step.lasts_s:
                waiting.pop(0)
                start, goal, used = hand, hand, False
        show(page, drawer, FROM_S + now)
        page.screenshot(path=folder / f"{frame:04d}.png")


def show(page: Page, drawer: Worker, at_s: float) -> None:
    """Go to a moment of the song, and wait until its frame is on the screen."""
    before = drawer.evaluate("answers")
    page.evaluate("at => document.querySelector('oriel-studio').seek(at)", at_s)
    deadline = time.monotonic() + PATIENCE_S
    while drawer.evaluate("answers") == before and time.monotonic() < deadline:
        page.wait_for_timeout(10)
    page.wait_for_timeout(SHOWN_MS)


def join(folder: Path, out: Path) -> None:
    """Make a film of the pictures that browsers show as a picture, again and again."""
    scale = f"scale={SHOWN_WIDTH}:-2:flags=lanczos"
    encoder = ["-c:v", "libwebp_anim", "-quality", str(QUALITY), "-compression_level", "6", "-loop", "0"]
    command: list[str | Path] = [find_tools().ffmpeg, "-v", "error", "-y", "-framerate", str(FPS)]
    command += ["-i", folder / "%04d.png", "-vf", scale, *encoder, out]
    subprocess.run(command, check=True)


def _middle(page: Page, selector: str) -> tuple[float, float]:
    control = page.locator(selector).first
    control.scroll_into_view_if_needed()
    box = control.bounding_box()
    assert box, selector
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def _between(start: tuple[float, float], goal: tuple[float, float], part: float) -> tuple[float, float]:
    """Return where a hand is on its way, slow at both ends."""
    part = min(1.0, max(0.0, part))
    eased = part * part * (3 - 2 * part)
    return tuple(a + eased * (b - a) for a, b in zip(start, goal, strict=True))  # type: ignore[return-value]


if __name__ == "__main__":
    main()
