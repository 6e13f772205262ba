"""Headless Chromium: how it is started, on what it draws, and how it is ended."""

import contextlib
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oriel.rendering.pipeline.process import Process

Backend = Literal["gpu", "llvmpipe", "swiftshader"]

# `gl-egl` is the system's OpenGL: a GPU's driver, or Mesa's llvmpipe where there is none.
_GL_FLAGS: dict[Backend, list[str]] = {
    "gpu": ["--use-gl=angle", "--use-angle=gl-egl"],
    "llvmpipe": ["--use-gl=angle", "--use-angle=gl-egl"],
    "swiftshader": ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
}

_UNWANTED_FEATURES = [
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "CalculateNativeWinOcclusion", "DestroyProfileOnBrowserClose"),
    *("DialMediaRouteProvider", "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter"),
    *("NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch", "Translate"),
    # The address bar's suggestions, which load in a process of their own: a third of a start's work (2.4 -> 1.5 s of a
    # core) and 40 MB, with Chromium 156.
    *("WebUIOmniboxAimPopup", "WebUIOmniboxPopup"),
]

_WANTED_FEATURES = [
    *("CDPScreenshotNewSurface", "SkipListAccountsWithoutGaiaCookies"),  # Playwright's own
    "PartitionAllocLargeEmptySlotSpanRing",
]

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
    # The last such flag wins, so what we need of Playwright's own is said again here and below.
    "--disable-features=" + ",".join(_UNWANTED_FEATURES),
    # llvmpipe takes and frees the memory of a scene's triangles with every frame. Chromium's allocator gives all but 16
    # such blocks back to the kernel at once and has their pages cleared anew; so it keeps them.
    "--enable-features=" + ",".join(_WANTED_FEATURES),
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--js-flags=--max-old-space-size=2048",
]

# Chromium puts a socket with a name of 45 bytes into TMPDIR, and a socket's whole path may have 107.
_LONGEST_TMP = 60

# A killed process takes milliseconds to go, and longer on a machine with too much to do.
_GONE_S = 5.0

# Docker's /dev/shm has 64 MB unless told otherwise, and a browser without shared memory crashes.
_ENOUGH_SHARED_MEMORY = 512 << 20

# What the graphics libraries may need, besides what every program gets: the rest may hold secrets.
BROWSER_VARIABLES = (
    *("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH"),
    *("LIBGL_DRIVERS_PATH", "__EGL_VENDOR_LIBRARY_DIRS", "__EGL_VENDOR_LIBRARY_FILENAMES"),
)


@dataclass(frozen=True)
class Launch:
    """What starts one browser: pure data for `Stage`."""

    args: list[str]
    env: dict[str, str]
    sandbox: bool


def launch_options(backend: Backend, tmp_dir: Path, environ: dict[str, str]) -> Launch:
    """Describe the browser's start for a backend; temporary files go to `tmp_dir`."""
    # Crash reports and caches of the desktop kind would otherwise stay in the user's home for good.
    env = {**environ, **dict.fromkeys(("TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(tmp_dir))}
    if backend == "llvmpipe":
        # No X server is asked, and a GPU that may be there is passed over.
        env |= {"EGL_PLATFORM": "surfaceless", "LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe"}
    return Launch(args=[*_FLAGS, *_GL_FLAGS[backend]], env=env, sandbox=os.geteuid() != 0)


def dropped_defaults(shared_memory: Path = Path("/dev/shm")) -> list[str]:  # noqa: S108  (no temporary file)
    """Return those of Playwright's flags that are left out."""
    # It moves shared memory to the disk, which costs a copy of everything the GPU process is told.
    with contextlib.suppress(OSError):
        if shutil.disk_usage(shared_memory).free >= _ENOUGH_SHARED_MEMORY:
            return ["--disable-dev-shm-usage"]
    return []


@contextlib.contextmanager
def short_name(folder: Path) -> Iterator[Path]:
    """Yield another name of a folder where its own is too long for Chromium, which ends at once then (Linux)."""
    if len(os.fsencode(folder)) <= _LONGEST_TMP or not Path("/proc/self/cwd").exists():
        yield folder
        return
    # Our own folder in /proc is closed to others (own_memory.py). `cat` waits in the folder for what never comes.
    with Process(["cat"], access=None, cwd=folder) as holder:
        yield Path(f"/proc/{holder.pid}/cwd")


def backend_of(renderer: str) -> Backend:
    """Tell from UNMASKED_RENDERER_WEBGL what draws."""
    name = renderer.lower()
    if "swiftshader" in name:
        return "swiftshader"
    return "llvmpipe" if "llvmpipe" in name else "gpu"


def browser_processes(profile: Path) -> list[int]:
    """Return the ids of all the processes that run on a profile, helpers too (Linux; elsewhere an empty list)."""
    # The helpers write their whole command line into its first argument, with spaces between.
    needle = re.compile(re.escape(os.fsencode(f"--user-data-dir={profile}")) + rb"(?=[\0 ]|$)")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if needle.search((folder / "cmdline").read_bytes()):
                found.append(int(folder.name))
    return found


def kill_browser(profile: Path) -> None:
    """End the browser of a profile with all its helpers, and wait until they are gone: they would still write to it."""
    deadline = time.monotonic() + _GONE_S
    while (running := browser_processes(profile)) and time.monotonic() < deadline:
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def memory_bytes(pids: list[int]) -> int:
    """Return what processes use together, what they share counted once (Linux; elsewhere 0)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            if found := re.search(rb"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_bytes(), re.MULTILINE):
                total += int(found[1]) << 10
    return total


def drivers() -> set[int]:
    """Return the ids of the drivers of Playwright that this process has started (Linux; elsewhere none)."""
    return {pid for pid in _children().get(os.getpid(), []) if b"run-driver" in _command_line(pid)}


def kill_tree(pid: int) -> None:
    """End a process with all that it has started, whatever its command line says."""
    children, tree = _children(), [pid]
    for parent in tree:
        tree += children.get(parent, [])
    for member in tree:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)


def _children() -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # The name before the bracket may contain anything.
            parent = (process / "stat").read_text("utf8", "replace").rsplit(")", 1)[1].split()[1]
            found.setdefault(int(parent), []).append(int(process.name))
    return found


def _command_line(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
