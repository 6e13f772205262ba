"""A page with the studio's preview, without the studio around it, in a browser as visitors have one."""

import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from oriel.rendering.pipeline.browser import launch_options
from oriel.rendering.pipeline.pcm import decode_pcm
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.tools import Tools

ROOT = Path(__file__).parents[3]
VITE_CONFIG = "frontend/tests/harness/vite.config.js"


@dataclass(frozen=True)
class Site:
    """A server of files: what is put into `folder` can be fetched below `url`."""

    folder: Path
    url: str

    def address(self, path: Path) -> str:
        return f"{self.url}/{path.relative_to(self.folder)}"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command: list[str | Path] = [
        ROOT / "node_modules/.bin/vite",
        "build",
        "--config",
        VITE_CONFIG,
        "--logLevel",
        "error",
    ]
    environment = {**os.environ, "PATH": path, "OUT": str(folder / "harness")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=120)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def visitors(stage: Stage, chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    # The stage's own driver starts it: there is one in a thread.
    start = launch_options("llvmpipe", tmp_path_factory.mktemp("visitors"), dict(os.environ))
    browser = stage._playwright.chromium.launch(
        executable_path=chromium,
        args=[*start.args, "--autoplay-policy=user-gesture-required"],
        env=dict(start.env),
        chromium_sandbox=start.sandbox,
    )
    yield browser
    browser.close()


@pytest.fixture
def page(visitors: Browser, site: Site) -> Iterator[Page]:
    """The page, open; a failure that nobody in it caught fails the test."""
    page = visitors.new_page(viewport={"width": 960, "height": 540})
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    open_harness(page, site)
    yield page
    page.close()
    assert not failures


def open_harness(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/harness/index.html")
    page.wait_for_function("window.harness")


def read(page: Page, site: Site, song: Path, *arguments: object) -> dict[str, Any]:
    """Have the page read a song, and return what it says of it."""
    answer: dict[str, Any] = page.evaluate("args => harness.read(...args)", [site.address(song), *arguments])
    return answer


def compared(page: Page, site: Site, stage: Stage, tools: Tools, song: Path) -> dict[str, Any]:
    """Return how PCM and track of a song that the page has read differ from what the service makes of it."""
    pcm = decode_pcm(probe_song(song, tools), song.with_suffix(".pcm"), tools)
    track = song.with_suffix(".track")
    track.write_bytes(stage.analyse(pcm.path, pcm.samples))
    places = [site.address(path) for path in (song, pcm.path, track)]
    answer: dict[str, Any] = page.evaluate("args => harness.compare(...args)", places)
    return answer
