"""Headless Chromium: how it is started, on what it draws, and how it is ended."""

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Backend = Literal["gpu", "llvmpipe", "swiftshader"]

# `gl-egl` is the system's OpenGL: a GPU's driver, or Mesa's llvmpipe where there is none.
_GL_FLAGS: dict[Backend, list[str]] = {
    "gpu": ["--use-gl=angle", "--use-angle=gl-egl"],
    "llvmpipe": ["--use-gl=angle", "--use-angle=gl-egl"],
    "swiftshader": ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
}

_FLAGS = [
    "--ignore-gpu-blocklist",
    "--disable-gpu-watchdog",  # a software frame at 4K may take longer than the watchdog's patience at start
    "--disable-gpu-vsync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--mute-audio",
    "--disable-extensions",
    "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,CalculateNativeWinOcclusion",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--js-flags=--max-old-space-size=2048",
]

# Playwright moves shared memory to the disk by default, which costs a copy of everything the GPU process is told.
DROPPED_DEFAULTS = ["--disable-dev-shm-usage"]


@dataclass(frozen=True)
class Launch:
    """What starts one browser: pure data for `Stage`."""

    args: list[str]
    env: dict[str, str]
    sandbox: bool


def launch_options(backend: Backend, tmp_dir: Path, environ: dict[str, str]) -> Launch:
    """Describe the browser's start for a backend; temporary files go to `tmp_dir`."""
    env = {**environ, "TMPDIR": str(tmp_dir)}
    if backend == "llvmpipe":
        # No X server is asked, and a GPU that may be there is passed over.
        env |= {"EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe"}
    return Launch(args=[*_FLAGS, *_GL_FLAGS[backend]], env=env, sandbox=os.geteuid() != 0)


def backend_of(renderer: str) -> Backend:
    """Tell from UNMASKED_RENDERER_WEBGL what draws."""
    name = renderer.lower()
    if "swiftshader" in name:
        return "swiftshader"
    return "llvmpipe" if "llvmpipe" in name else "gpu"


def browser_processes(profile: Path) -> list[int]:
    """Return the ids of the processes that run on a profile (Linux; elsewhere an empty list)."""
    needle = f"--user-data-dir={profile}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if needle in (folder / "cmdline").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def kill_browser(profile: Path) -> None:
    """End the browser of a profile at once; its helpers follow it."""
    for pid in browser_processes(profile):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
