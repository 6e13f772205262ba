"""`oriel up`: the whole service on one machine, driven as a customer drives it, and hurt as fate hurts it."""

import contextlib
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
import simple_websocket
from playwright.sync_api import Page, sync_playwright
from tests.render.command import Command
from tests.render.processes import kill
from tests.render.service import PATIENCE_S, SMALL, Service
from tests.render.songs import music, write_wav
from tests.render.videos import stream
from tests.websocket import open_websocket

from oriel.rendering.pipeline.tools import Tools
from oriel.settings import Settings

# What does not fit into its line, and what the frame of a mail measures beside its letter.
_CUT = """[...document.querySelectorAll(".list strong, .list .to")]
    .filter((line) => line.scrollWidth > line.clientWidth).map((line) => line.textContent)"""
_HEIGHTS = """(() => { const frame = document.querySelector("iframe");
    return [frame.clientHeight, frame.contentDocument.documentElement?.offsetHeight]; })()"""


@pytest.fixture
def service(command: Callable[..., Command], tmp_path: Path) -> Iterator[Service]:
    """A service that the test may end."""
    service = Service(command, tmp_path)
    yield service
    service.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that goes on, whatever a test does to its parts."""
    with Service.running(tmp_path_factory.mktemp("up")) as service:
        yield service


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", music(2.0))


@pytest.fixture
def long_song(tmp_path: Path) -> Path:
    """Its render is met under way, however slow or fast the machine is."""
    return write_wav(tmp_path / "long.wav", music(12.0))


def test_a_customer_registers_renders_reads_the_mail_and_downloads(
    service: Service, song: Path, tmp_path: Path, tools: Tools
) -> None:
    journey = service.customer()
    job = journey.render(journey.upload(song), SMALL)
    assert job["watermark"] is True
    video = tmp_path / "video.mp4"
    journey.download(video)
    about = stream(video, tools, "video")
    assert (about["width"], about["height"], about["nb_read_packets"]) == (128, 72, "60")
    service.command.send(signal.SIGINT)
    assert service.command.wait() == 0
    assert service.command.orphans() == []
    assert not list((service.data / "work").rglob("*.part*"))
    # What Valkey says stands among our own lines.
    assert service.command.stdout == ""
    said = [line for line in service.command.stderr.splitlines() if "bye bye" in line]
    assert len(said) == 1
    assert re.fullmatch(r"\d\d:\d\d:\d\d up +valkey: Valkey is now ready to exit, bye bye\.\.\.", said[0])


def test_starting_twice_says_so(running: Service) -> None:
    second = [sys.executable, "-m", "oriel", "up", "--port", "5999", "--data", str(running.data)]
    ended = subprocess.run(second, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 2
    assert "Another `oriel up`" in ended.stderr


def test_a_port_that_is_taken_is_named(running: Service, tmp_path: Path) -> None:
    second = [sys.executable, "-m", "oriel", "up", "--port", str(running.port), "--data", str(tmp_path / "other")]
    ended = subprocess.run(second, capture_output=True, text=True, timeout=PATIENCE_S)
    assert ended.returncode == 2
    assert f"127.0.0.1:{running.port}" in ended.stderr
    assert "--port" in ended.stderr


def test_the_web_processes_count_together(running: Service) -> None:
    def told_by() -> int:
        return sum(b'"/hello"' in file.read_bytes() for file in running.data.glob(".metrics/*/counter_*.db"))

    asked = 0
    # Whichever of the two takes a connection answers on it.
    while told_by() < 2:
        assert httpx.get(f"{running.url}/hello").status_code == 200
        asked += 1
        assert asked < 1000
    told = httpx.get(f"{running.url}/metrics").text
    assert f'oriel_requests_total{{method="GET",route="/hello",status="200"}} {asked}.0' in told


def test_commands_beside_the_service_know_where_it_listens(running: Service) -> None:
    assert Settings(_env_file=None, data_dir=running.data).where_it_runs().base_url == running.url


@pytest.mark.parametrize("width", [390, 1280])
def test_a_mail_is_shown_whole(running: Service, apart: ThreadPoolExecutor, chromium: Path, width: int) -> None:
    running.customer()
    shown = apart.submit(_shown_mail, running.url, chromium, width).result(PATIENCE_S)
    assert shown == {"cut": [], "frame": shown["letter"], "letter": shown["letter"], "wide": False, "problems": []}


def _shown_mail(url: str, chromium: Path, width: int) -> dict[str, Any]:
    """Open the mailbox and a mail; return which lines are cut, how high frame and letter are, and what went wrong."""
    problems: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{url}/dev/mail")
        cut = page.evaluate(_CUT)
        page.click(".list a")
        page.wait_for_load_state("load")
        frame, letter = _fitted(page)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        browser.close()
    return {"cut": cut, "frame": frame, "letter": letter, "wide": wide, "problems": problems}


def _fitted(page: Page) -> list[int]:
    """Return both heights as soon as they are the same, or as they are after a while."""
    deadline = time.monotonic() + PATIENCE_S / 2
    # Playwright's own waiting evaluates a text in the page, which the page forbids.
    while (heights := page.evaluate(_HEIGHTS))[0] != heights[1] and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return [int(height) for height in heights]


def test_a_process_that_dies_is_started_again(running: Service) -> None:
    before = running.process("clock")
    kill(before, signal.SIGKILL)
    running.command.wait_until(lambda: _alive(running, "clock", before), "another clock runs")
    assert running.is_healthy()


@pytest.mark.long
def test_a_render_survives_the_death_of_its_worker(running: Service, long_song: Path) -> None:
    journey = running.customer()
    settings = {**SMALL, "output": {"width": 640, "height": 360, "fps": 30}}
    job_id = journey.submit(journey.upload(long_song), settings)["id"]
    running.wait_for(journey, job_id, "processing")
    kill(running.process("worker"), signal.SIGKILL)
    job = running.wait_for(journey, job_id, "completed")
    assert job["attempt"] == 2
    history = journey.history()
    assert [render["status"] for render in history["renders"]["items"]] == ["completed"]


def test_a_page_is_told_what_happens_as_it_happens(running: Service, long_song: Path) -> None:
    # News tell how a render is when they are written: that one waits is told for sure only while the worker is busy.
    other, journey = running.customer(), running.customer()
    upload = journey.upload(long_song)
    wide = {**SMALL, "output": {"width": 1280, "height": 720, "fps": 30}}
    long = other.submit(other.upload(long_song), wide)["id"]
    running.wait_for(other, long, "processing")
    with listening(running, journey.ticket()) as socket_:
        job_id = journey.submit(upload, SMALL)["id"]
        told = [_news(socket_)]
        assert told[0]["status"] == "queued"
        other.cancel(long)
        while told[-1]["status"] != "completed":
            told.append(_news(socket_))
    assert {(news["type"], news["id"]) for news in told} == {("render", job_id)}
    assert [news["progress"] for news in told] == sorted(news["progress"] for news in told)
    assert "processing" in {news["status"] for news in told}


def _news(socket_: simple_websocket.Client) -> dict[str, Any]:
    message = socket_.receive(timeout=PATIENCE_S)
    assert message, "nothing was told"
    return dict(json.loads(message))


def test_a_ticket_opens_one_socket(running: Service) -> None:
    journey = running.customer()
    ticket = journey.ticket()
    with listening(running, ticket):
        pass
    upgrade = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }
    address = f"{running.url}/api/render/events?ticket={ticket}"
    refused = httpx.get(address, headers=upgrade)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "NOT_AUTHENTICATED")
    foreign = httpx.get(address, headers={**upgrade, "Origin": "https://evil.example"})
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (403, "NOT_ALLOWED")
    assert httpx.get(address).status_code == 426


# The chaos tests of `make test` end and kill workers too.
@pytest.mark.long
def test_an_orderly_end_gives_the_render_back(
    service: Service, long_song: Path, command: Callable[..., Command], tmp_path: Path
) -> None:
    journey = service.customer()
    big = {**SMALL, "output": {"width": 640, "height": 360, "fps": 30}}
    job_id = journey.submit(journey.upload(long_song), big)["id"]
    service.wait_for(journey, job_id, "processing")
    service.command.send(signal.SIGTERM)
    assert service.command.wait() == 0
    assert service.command.orphans() == []
    again = Service(command, tmp_path)
    journey.move(again.url)
    assert again.wait_for(journey, job_id, "completed")["error"] is None


@contextlib.contextmanager
def listening(service: Service, ticket: str) -> Iterator[Any]:
    """Open a WebSocket; the library leaves its socket to the garbage collector."""
    client = open_websocket(f"{service.url.replace('http', 'ws')}/api/render/events?ticket={ticket}")
    try:
        yield client
    finally:
        client.close()
        client.thread.join(PATIENCE_S)
        client.sock.close()


def _alive(service: Service, name: str, before: int) -> bool:
    running = service.processes(name)
    return bool(running) and before not in running
