"""Photographs every page in every state: build/gallery/index.html.

python -m benchmarks.gallery [--only GROUP]... [--width 1280] [--scheme dark] [--out FOLDER]

Starts a service of its own, with real songs and real renders. Each picture is taken at 1280 and 390 pixels, dark and
light, with the example song.
"""

import argparse
import html
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from examples.first_light.cover import cover_png
from playwright.sync_api import Browser, sync_playwright

from benchmarks.gallery import pages, panel, panel_lists, returning, studio
from benchmarks.gallery.camera import VARIANTS, Variant, View, view
from benchmarks.gallery.renders import Renders, photograph_cancelled, photograph_running
from benchmarks.preview import EXAMPLE, SECONDS
from benchmarks.service import Service, service
from oriel.rendering.pipeline.browser import launch_options
from oriel.rendering.pipeline.tools import find_chromium, find_tools

GROUPS = ("pages", "studio", "dialog", "renders", "returning", "panel")
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Gallery</title>
<style>
body {{ margin: 2rem; background: #16121c; color: #eee; font: 16px/1.5 system-ui; }}
h2 {{ margin-top: 3rem; }}
.state {{ display: flex; flex-wrap: wrap; align-items: flex-start; gap: 1rem; margin-bottom: 2rem; }}
h3 {{ width: 100%; margin: 0; }}
img {{ height: 420px; border: 1px solid #444; }}
</style>
<h1>Gallery</h1>
{body}
</html>
"""


def main() -> None:
    """Take the pictures and list them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=GROUPS)
    parser.add_argument("--width", type=int, choices=sorted({each.width for each in VARIANTS}))
    parser.add_argument("--scheme", choices=sorted({each.scheme for each in VARIANTS}))
    parser.add_argument("--out", type=Path, default=Path("build/gallery"))
    options = parser.parse_args()
    wanted = [
        each for each in VARIANTS if options.width in (None, each.width) and options.scheme in (None, each.scheme)
    ]
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, service() as running, chromium(Path(folder)) as browser:
        problems = photograph(Path(folder), running, browser, wanted, options)
    write_index(options.out)
    print(f"{len(list(options.out.glob('*.png')))} pictures: {options.out / 'index.html'}")
    if problems:
        sys.exit(f"{len(problems)} pictures were not taken, or show a fault:\n" + "\n".join(problems))


def photograph(
    folder: Path, running: Service, browser: Browser, variants: list[Variant], options: argparse.Namespace
) -> list[str]:
    """Photograph the wanted groups, each in all variants, and return what went wrong."""
    song, long_song, no_song = songs(folder)
    problems: list[str] = []

    def each_variant(take: Callable[[View], None]) -> None:
        for variant in variants:
            with view(browser, variant, running.url, options.out) as seen:
                take(seen)
            problems.extend(seen.problems)

    wanted = options.only or GROUPS
    if "pages" in wanted:
        each_variant(lambda seen: pages.photograph(seen, running))
    if "studio" in wanted:
        each_variant(lambda seen: studio.photograph(seen, song, long_song, no_song))
    if "dialog" in wanted:
        each_variant(lambda seen: studio.photograph_dialog(seen, song))
    if "renders" in wanted:
        renders = Renders(running, long_song)
        each_variant(lambda seen: photograph_running(seen, renders))
        renders.cancel()
        each_variant(lambda seen: photograph_cancelled(seen, renders))
    if "returning" in wanted:
        customer = returning.Returning(running, song)
        each_variant(lambda seen: returning.photograph(seen, customer, folder))
    if "panel" in wanted:
        operator = panel.Panel(running)
        each_variant(lambda seen: panel.photograph_empty(seen, operator))
        each_variant(lambda seen: panel.photograph(seen, operator))
        # Last: its renders would stand before all others in the queue.
        lists = panel_lists.Lists(running, operator)
        each_variant(lambda seen: panel_lists.photograph(seen, lists))
    return problems


def songs(folder: Path) -> tuple[Path, Path, Path]:
    """Write the example song with tags and a cover, five minutes of it, and a file that is no song."""
    cover = folder / "cover.png"
    cover.write_bytes(cover_png(1000))
    song, long_song, no_song = folder / "First Light.mp3", folder / "First Light (long).m4a", folder / "notes.mp3"
    tags = ["-metadata", "title=First Light", "-metadata", "artist=Oriel", "-id3v2_version", "3"]
    pictured: list[str | Path] = ["-i", cover, "-map", "0:a", "-map", "1:v", "-disposition:v", "attached_pic"]
    convert(["-i", EXAMPLE, *pictured, "-c", "copy", *tags, song])
    convert(["-stream_loop", "-1", "-i", EXAMPLE, "-map", "0:a", "-t", str(SECONDS), "-c:a", "aac", long_song])
    no_song.write_bytes(b"\x00\x01 no song " * 400)
    return song, long_song, no_song


def convert(arguments: list[str | Path]) -> None:
    """Run FFmpeg."""
    subprocess.run([find_tools().ffmpeg, "-v", "error", "-y", *arguments], check=True)


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start Chromium as the render does."""
    temporary = folder / "tmp"
    temporary.mkdir()
    start = launch_options("llvmpipe", temporary, dict(os.environ))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=start.args, env={**start.env}, chromium_sandbox=start.sandbox
        )
        yield browser
        browser.close()


def write_index(out: Path) -> None:
    """List the pictures by page and state, the variants side by side."""
    states: dict[str, dict[str, list[Path]]] = {}
    for path in sorted(out.glob("*--*--*.png")):
        group, state, _ = path.stem.split("--")
        states.setdefault(group, {}).setdefault(state, []).append(path)
    parts = []
    for group, shown in states.items():
        parts.append(f"<h2>{html.escape(group)}</h2>")
        for state, paths in shown.items():
            images = "".join(
                f'<a href="{p.name}"><img src="{p.name}" alt="{p.stem}" loading="lazy"></a>' for p in paths
            )
            parts.append(f'<div class="state"><h3>{html.escape(state)}</h3>{images}</div>')
    (out / "index.html").write_text(PAGE.format(body="\n".join(parts)), "utf-8")


if __name__ == "__main__":
    main()
