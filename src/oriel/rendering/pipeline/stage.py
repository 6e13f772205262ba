"""One warm browser with the stage page open: analyses songs and draws frames."""

import contextlib
import platform
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from playwright._impl import transport
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Playwright, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from oriel.errors import AppError, StageCrashed, StageHung
from oriel.rendering.pipeline.browser import (
    BROWSER_VARIABLES,
    Backend,
    backend_of,
    browser_processes,
    drivers,
    dropped_defaults,
    kill_browser,
    kill_tree,
    launch_options,
    memory_bytes,
)
from oriel.rendering.pipeline.browser_sandbox import entrance
from oriel.rendering.pipeline.loopback import Loopback
from oriel.rendering.pipeline.page import StagePage, Watchdog
from oriel.rendering.pipeline.process import clean_environment, nothing
from oriel.rendering.pipeline.ring import DONE, FAILED, HEADER, Ring, open_file
from oriel.rendering.pipeline.staging import Staging

_SLOTS = 8
# On Debian it is libatomic1 that may be missing.
_NO_DRIVER = "Playwright's driver, which controls Chromium, does not start. Does the machine lack a library of Node's?"
# Shorter than a frame by far, longer than what waking costs.
_POLL_S = 0.0007
# A backend that hangs is passed over for the next one. A start takes 2.4 seconds of a core, and a worker has a tenth of
# a core where others keep all busy: with 20 s here all backends were passed over, again and again.
_START_S = 60.0
# Who leaves a run early wants to end, or to go on with a fresh browser.
_SETTLE_S = 3.0
_starting_driver = threading.Lock()


@dataclass(frozen=True)
class FrameFormat:
    """What the raw frames are: padded to whole blocks of 4x4 pixels for nv12, the picture in its upper left."""

    pixel: Literal["nv12", "rgba"]
    padded_width: int
    height: int

    @property
    def frame_bytes(self) -> int:
        """Size of one frame."""
        pixels = self.padded_width * self.height
        return pixels * 4 if self.pixel == "rgba" else pixels * 3 // 2


class Stage:
    """A context manager around one browser. All calls come from the thread that entered it."""

    def __init__(
        self,
        *,
        profile_dir: Path,
        tmp_dir: Path,
        chromium: Path,
        backend: Literal["auto"] | Backend = "auto",
        web: Path | None = None,
        hang_s: float = 60.0,
        check: Callable[[], None] = nothing,
    ) -> None:
        # As Chromium's command line names them, by which its processes are found.
        self._profile = profile_dir.resolve()
        self._tmp = tmp_dir.resolve()
        # Apart, since the browser must not reach what we write.
        self._browser_tmp = self._tmp / "browser"
        self._chromium = chromium
        self._wanted = backend
        self._web = web or Path(str(files("oriel"))) / "web"
        self._hang_s = hang_s
        self._check = check
        self._drivers: set[int] = set()
        self._closing = contextlib.ExitStack()
        self._around_browser = contextlib.ExitStack()
        self._ring: Ring | None = None
        self.renderer = ""
        self.backend: Backend = "swiftshader"
        self.backend_id = ""
        self.frame_format = FrameFormat("nv12", 0, 0)

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            self._tmp.mkdir(parents=True, exist_ok=True)
            self._playwright = opening.enter_context(self._started_playwright())
            opening.callback(self._end_browser)
            self._open_on_best_backend()
            self._closing = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and its server; a second call does nothing."""
        self._closing.close()

    def stop_with(self, check: Callable[[], None]) -> None:
        """Have everything, the start too, ended by what `check` raises; another thread calls it as well."""
        self._check = check

    def is_idle(self) -> bool:
        """Return whether the browser lives and nothing goes on in it."""
        try:
            return bool(self._page.poll(_SETTLE_S)["done"])
        except AppError:
            return False

    def kill_browser(self) -> None:
        """End the browser at once."""
        kill_browser(self._profile)

    def kill_driver(self) -> None:
        """End Playwright's driver with all that it has started."""
        for pid in self._drivers:
            kill_tree(pid)

    def memory_bytes(self) -> int:
        """Return what the browser's processes use together (Linux; elsewhere 0)."""
        return memory_bytes(browser_processes(self._profile))

    # --- the song ---------------------------------------------------------------------------------------------------

    def analyse(
        self,
        pcm: Path,
        samples: int,
        on_fraction: Callable[[float], None] = lambda _: None,
        staging: Staging | None = None,
    ) -> bytes:
        """Return the encoded feature track of canonical PCM (48 kHz, 16 bit, stereo; `samples` sample frames).

        With a `staging` shaders are compiled meanwhile: listening needs one core. What was loaded is gone then.
        """
        args: dict[str, Any] = {"pcm": self._loopback.offer("pcm", pcm), "samples": samples}
        if staging:
            self._release_ring()
            args["staging"] = self._offered(staging)
        value = self._page.call("analyse", args, on_fraction)
        with open_file(self._profile, value["bytes"], b"ORFT") as file:
            return file.read()

    def describe(self, track: bytes) -> dict[str, Any]:
        """Return what `oriel analyse` prints of a feature track, with `drop_s` and `peak_s`."""
        return dict(self._page.call("describe", {"track": self._offer_track(track)}))

    def peak(self, track: bytes, start_s: float, end_s: float) -> float:
        """Return the strongest moment of a video at which its text is there, in seconds of the song."""
        args = {"track": self._offer_track(track), "startS": start_s, "endS": end_s}
        return float(self._page.call("peak", args)["peakS"])

    def load(self, staging: Staging, track: bytes) -> None:
        """Make everything ready for frames; `frame_format` tells afterwards what they look like."""
        self._release_ring()
        ring_id = secrets.randbits(32)
        value = self._page.call(
            "load",
            {
                **self._offered(staging),
                "track": self._offer_track(track),
                "ringId": ring_id,
                "slots": _SLOTS,
            },
        )
        self.frame_format = FrameFormat(value["pixel"], value["paddedWidth"], value["height"])
        stride = -(-(self.frame_format.frame_bytes + 128) // 4096) * 4096
        self._ring = Ring(open_file(self._profile, HEADER + stride * _SLOTS, ring_id.to_bytes(4, "little")))

    def frames(self, first: int, count: int) -> Iterator[memoryview]:
        """Yield the raw frames `first` .. `first + count - 1`; each is valid until the next is asked for."""
        assert self._ring, "load() comes first"
        ring = self._ring
        ring.reset()
        self._page.begin("frames", {"first": first, "count": count})
        try:
            for index in range(first, first + count):
                self._await_frame(ring)
                with ring.frame(index) as frame:
                    yield frame
                ring.free()
        except (StageCrashed, StageHung):
            raise  # Nobody is left there who could be stopped.
        except BaseException:
            self._settle(ring, min(_SETTLE_S, self._hang_s))
            raise
        self._settle(ring, self._hang_s)

    def measure(self, first: int, count: int, parts: list[str]) -> float:
        """Draw `count` frames without taking them out; returns milliseconds a frame (for benchmarks)."""
        return float(self._page.call("measure", {"first": first, "count": count, "parts": parts})["ms"])

    def screenshot(self, frame: int) -> bytes:
        """Return one frame as the page shows it: straight RGBA of a visible canvas (for comparisons)."""
        value = self._page.call("screenshot", {"frame": frame})
        with open_file(self._profile, value["bytes"], b"ORSC") as file:
            return file.read()[4:]

    # --- frames -----------------------------------------------------------------------------------------------------

    def _await_frame(self, ring: Ring) -> None:
        start = checked = time.monotonic()
        while not ring.ready:
            if ring.state == FAILED:
                raise StageCrashed("The drawing page failed.", reason=ring.failure)
            self._check()
            time.sleep(_POLL_S)
            now = time.monotonic()
            if now - start > self._hang_s:
                self._page.kill()
                raise StageHung(f"No new frame came for {self._hang_s:.0f} s.")
            if now - checked > 1:
                checked = now
                self._page.poll()

    def _settle(self, ring: Ring, patience_s: float) -> None:
        """Wait for a run's end, stopping it where it was left early: the next call must find the worker idle."""
        if ring.state in (DONE, FAILED):
            return
        ring.stop()
        checked = time.monotonic()
        deadline = checked + patience_s
        while ring.state not in (DONE, FAILED):
            time.sleep(_POLL_S)
            now = time.monotonic()
            if now > deadline:
                # Two runs at once would write over each other's frames.
                self._page.kill()
                return
            if now - checked > 1:
                checked = now
                if not self._is_alive(deadline - now):
                    return

    def _is_alive(self, patience_s: float) -> bool:
        try:
            self._page.poll(max(patience_s, 0.5))
        except AppError:
            # Dead, or ended because of a cancellation: what ended the run is worth more than this.
            return False
        return True

    # --- the browser ------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _started_playwright(self) -> Iterator[Playwright]:
        # The driver would inherit os.environ, which holds secrets, and Playwright has no option for it.
        vars(transport)["get_driver_env"] = _driver_environment
        with contextlib.ExitStack() as opening:
            with _starting_driver:
                before = drivers()
                try:
                    playwright = opening.enter_context(sync_playwright())
                except Exception as error:  # Playwright raises no class of its own here.
                    raise StageCrashed(_NO_DRIVER, reason=str(error)) from error
                self._drivers = drivers() - before
            yield playwright

    def _open_on_best_backend(self) -> None:
        wanted: list[Backend] = ["gpu", "llvmpipe", "swiftshader"] if self._wanted == "auto" else [self._wanted]
        for backend in wanted:
            is_last = backend == wanted[-1]
            try:
                self._launch(backend, max(self._hang_s, _START_S) if is_last else _START_S)
                limit_s = self._hang_s if is_last else min(self._hang_s, _START_S)
                self.renderer = self._page.call("open", limit_s=limit_s)["renderer"]
            except (StageCrashed, StageHung):
                if is_last:
                    raise
                self._end_browser()
                continue
            self.backend = backend_of(self.renderer)
            # `gl-egl` without a GPU is llvmpipe: as good as asking for it. SwiftShader is taken last of all.
            if is_last or self.backend == backend or (backend == "gpu" and self.backend == "llvmpipe"):
                break
            self._end_browser()
        if self._wanted not in ("auto", self.backend):
            raise StageCrashed(f"Chromium draws on {self.renderer}, not on {self._wanted}.")
        self.backend_id = f"{self.renderer} | Chromium {self._page.browser_version()} | {_cpu_class()}"

    def _launch(self, backend: Backend, limit_s: float) -> None:
        # Playwright's own limit comes first, as it leaves the driver alive for the next backend.
        watchdog = Watchdog(self, limit_s + 5, self._check)
        try:
            with watchdog:
                self._start_browser(backend, limit_s * 1000)
        except PlaywrightError as error:
            self._check()
            if watchdog.bit or isinstance(error, PlaywrightTimeout):
                raise StageHung(f"Chromium has not started within {limit_s:.0f} s.", reason=str(error)) from error
            raise StageCrashed("Chromium could not start.", reason=str(error)) from error

    def _start_browser(self, backend: Backend, limit_ms: float) -> None:
        for folder in (self._profile, self._browser_tmp):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
        environ = clean_environment(*BROWSER_VARIABLES)
        way = entrance(self._chromium, self._profile, self._browser_tmp, environ)
        start = self._around_browser.enter_context(way)
        launch = launch_options(backend, start.tmp, start.environ)
        self._context = self._playwright.chromium.launch_persistent_context(
            self._profile,
            executable_path=start.program,
            headless=True,
            args=launch.args,
            env=dict(launch.env),
            chromium_sandbox=launch.sandbox,
            artifacts_dir=self._tmp,
            ignore_default_args=dropped_defaults(),
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            viewport={"width": 64, "height": 64},
            timeout=limit_ms,
        )
        self._loopback = self._around_browser.enter_context(Loopback(self._web, start.listener()))
        page = self._context.pages[0]
        # Asked anew each time: a warm browser serves render after render.
        self._page = StagePage(page, self, self._hang_s, lambda: self._check())
        page.goto(self._loopback.url("stage/stage.html"), timeout=limit_ms)

    def _end_browser(self) -> None:
        self._release_ring()
        watchdog = threading.Timer(5, kill_browser, [self._profile])
        watchdog.daemon = True
        watchdog.start()
        with contextlib.suppress(PlaywrightError, AttributeError):
            self._context.close()
        watchdog.cancel()
        kill_browser(self._profile)
        self._around_browser.close()

    def _release_ring(self) -> None:
        if self._ring:
            self._ring.close()
            self._ring = None

    def _offered(self, staging: Staging) -> dict[str, Any]:
        cover, image = staging.cover, staging.background_image
        return {
            "settings": staging.settings_json,
            "title": staging.title,
            "artist": staging.artist,
            "cover": self._loopback.offer("cover", cover) if cover else None,
            "image": self._loopback.offer("image", image) if image else None,
            "watermark": staging.watermark,
        }

    def _offer_track(self, track: bytes) -> str:
        path = self._tmp / "track"
        path.write_bytes(track)
        return self._loopback.offer("track", path)


def _driver_environment() -> dict[str, str]:
    return {**clean_environment(), "PW_LANG_NAME": "python"}


def _cpu_class() -> str:
    """Name what llvmpipe compiles for: the same class of CPU gives the same bits."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf8").splitlines():
            if line.startswith(("flags", "Features")):
                flags = set(line.split())
                return " ".join(
                    [platform.machine(), *(f for f in ("sse4_1", "avx", "avx2", "fma", "avx512f") if f in flags)]
                )
    return platform.machine()
