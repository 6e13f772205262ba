"""The browser reaches no network and no file but its own, and draws the same pictures as one that is free."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Error as PlaywrightError
from tests.render.songs import music

from oriel.rendering.pipeline import browser_sandbox
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import find_chromium

needs_protection = pytest.mark.skipif(
    browser_sandbox.browser_unconfined_because(find_chromium()) is not None, reason="browsers cannot be confined here"
)
FETCH = "url => fetch(url, {mode: 'no-cors', signal: AbortSignal.timeout(10000)}).then(String, String)"


def is_reached(stage: Stage) -> bool:
    """Tell whether the page can connect to somebody who listens on this machine's 127.0.0.1."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        stage._page._page.evaluate(FETCH, f"http://127.0.0.1:{server.getsockname()[1]}/")
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return False
        return True


def content(stage: Stage, path: Path) -> str:
    """Return what another page of the browser shows of a file."""
    page = stage._context.new_page()
    try:
        page.goto(path.as_uri())
        return page.inner_text("body")
    except PlaywrightError as error:
        return error.message
    finally:
        page.close()


@needs_protection
def test_a_page_reaches_nobody_on_this_machine(stage: Stage) -> None:
    assert not is_reached(stage)


@needs_protection
def test_a_page_reads_no_file_but_the_browsers_own(stage: Stage, tmp_path: Path) -> None:
    for path in (tmp_path / "secret", stage._profile / "own"):
        path.write_text("content", "utf8")
    assert content(stage, stage._profile / "own") == "content"
    assert "ERR_FILE_NOT_FOUND" in content(stage, tmp_path / "secret")
    assert "ERR_FILE_NOT_FOUND" in content(stage, Path("/etc/passwd"))


def test_a_browser_without_a_sandbox_draws_the_same(
    stage: Stage,
    apart: ThreadPoolExecutor,
    settings_of: Callable[..., ResolvedSettings],
    looks: Looks,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pcm, samples = tmp_path / "song.s16le", music(2.0)
    pcm.write_bytes(samples.tobytes())
    settings = settings_of(looks.all[0].name, output={"width": 320, "height": 180})
    # With characters that the bundled font lacks.
    staging = Staging(settings.canonical_json, title="夜に駆ける สวัสดี", artist="عربي")

    def drawn(stage: Stage) -> list[bytes]:
        stage.load(staging, stage.analyse(pcm, len(samples)))
        return [bytes(frame) for frame in stage.frames(30, 2)]

    def free() -> list[bytes]:
        # Chromium needs a short name for its temporary folder, and gets one.
        deep = tmp_path / ("deep" * 45)
        with Stage(profile_dir=tmp_path / "profile", tmp_dir=deep, chromium=find_chromium()) as stage:
            # What the other tests would see without a sandbox.
            assert is_reached(stage)
            assert content(stage, pcm.with_name("note")) == "content"
            return drawn(stage)

    pcm.with_name("note").write_text("content", "utf8")
    wanted = drawn(stage)
    monkeypatch.setattr(browser_sandbox, "browser_unconfined_because", lambda _: "bubblewrap is not installed")
    assert apart.submit(free).result() == wanted
