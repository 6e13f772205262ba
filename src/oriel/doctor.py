"""Checks what a render needs on this machine, and says how to fix what is missing."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import AppError, CallerError, DiskFull, ProcessTimedOut
from oriel.rendering.pipeline.browser_sandbox import browser_unconfined_because
from oriel.rendering.pipeline.disk import free_bytes
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.process import Arguments, inherited, run, run_checked
from oriel.rendering.pipeline.request import Machine, open_stage
from oriel.rendering.pipeline.sandbox import NO_FILES, Access, is_mendable, unconfined_because
from oriel.rendering.pipeline.tools import Tools, find_chromium, find_ffmpeg, find_ffprobe, find_tools
from oriel.rendering.pipeline.trial_video import TRIAL_FORMATS, TrialFormat, missing_encoder, try_format
from oriel.rendering.pipeline.workdir import work_folder
from oriel.settings import Settings

_TIMEOUT_S = 20.0
_INSTALL_TIMEOUT_S = 600.0
_VIDEO_TIMEOUT_S = 20.0
# Behind a proxy, apt cannot download anything without them.
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_ENCODERS = ("libx264", "libvpx-vp9", "prores_ks", "aac", "libopus")
_OLDEST_FFMPEG = (5, 1)
LITTLE_ROOM_BYTES = 2 << 30
_WHEN_IDLE = "try again when the machine is idle"
_MAKE_ROOM = "free some disk space, or set WORK_DIR to a folder on another disk"


@dataclass(frozen=True)
class Finding:
    """The result of one check; `packages` are the Debian packages that fix it."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    packages: tuple[str, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the finding as `oriel doctor --json` prints it."""
        return {"name": self.name, "ok": self.ok, "found": self.found, "fix": "" if self.ok else self.fix}


def examine(settings: Settings) -> list[Finding]:
    """Check everything that a render needs."""
    return [
        _ffmpeg(settings),
        _ffprobe(settings),
        _chromium(settings),
        _protection(settings),
        _browser_protection(settings),
        _looks(),
        _work_folder(settings),
        _backend(settings),
        *examine_videos(settings),
    ]


def install_missing(findings: Iterable[Finding], say: Callable[[str], None]) -> bool:
    """Install missing Debian packages; return whether anything changed."""
    packages = sorted({package for finding in findings if not finding.ok for package in finding.packages})
    if not packages:
        return False
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"Run as root: {' '.join(command)}")
        return False
    say(f"Installing {', '.join(packages)}.")
    environment = {**inherited(*_PROXIES), "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], access=None, timeout_s=_INSTALL_TIMEOUT_S, environment=environment)
    run_checked(command, access=None, timeout_s=_INSTALL_TIMEOUT_S, environment=environment)
    return True


def _ffmpeg(settings: Settings) -> Finding:
    name, packages = "FFmpeg", ("ffmpeg",)
    try:
        ffmpeg = find_ffmpeg(settings.ffmpeg_path)
        version = _said_by([ffmpeg, "-version"], NO_FILES).splitlines()[0]
        listed = _said_by([ffmpeg, "-hide_banner", "-encoders"], NO_FILES)
    except AppError as error:
        return Finding(name, False, error.message, "apt-get install ffmpeg", packages)
    lacking = [encoder for encoder in _ENCODERS if not re.search(rf"\s{encoder}\s", listed)]
    number = re.search(r"version n?(\d+)\.(\d+)", version)
    if number and (int(number[1]), int(number[2])) < _OLDEST_FFMPEG:
        return Finding(name, False, version, "install FFmpeg 5.1 or newer", packages)
    if lacking:
        return Finding(name, False, f"{version}, without {', '.join(lacking)}", "apt-get install ffmpeg", packages)
    return Finding(name, True, f"{version.split(' Copyright')[0]} at {ffmpeg}")


def _ffprobe(settings: Settings) -> Finding:
    try:
        return Finding("FFprobe", True, f"at {find_ffprobe(settings.ffprobe_path)}")
    except AppError as error:
        return Finding("FFprobe", False, error.message, "apt-get install ffmpeg", ("ffmpeg",))


def _chromium(settings: Settings) -> Finding:
    try:
        chromium = find_chromium(settings.chromium_path)
        version = _said_by([chromium, "--version"], None).strip()
    except AppError as error:
        return Finding("Chromium", False, error.message, "apt-get install chromium", ("chromium",))
    return Finding("Chromium", True, f"{version} at {chromium}")


def _said_by(command: Arguments, access: Access | None) -> str:
    return run_checked(command, access=access, timeout_s=_TIMEOUT_S).decode("utf-8", "replace")


def _protection(settings: Settings) -> Finding:
    name = "Protection"
    try:
        tools = find_tools(settings.ffmpeg_path, settings.ffprobe_path)
        reason = unconfined_because(tools.ffmpeg) or unconfined_because(tools.ffprobe)
    except ProcessTimedOut as error:
        return Finding(name, False, error.message, _WHEN_IDLE)
    except AppError as error:
        return Finding(name, False, f"not tried, because something above is missing. {error.message}")
    return _sandbox(name, "FFmpeg and FFprobe", "run", reason)


def _browser_protection(settings: Settings) -> Finding:
    name = "Browser protection"
    try:
        reason = browser_unconfined_because(find_chromium(settings.chromium_path))
    except ProcessTimedOut as error:
        return Finding(name, False, error.message, _WHEN_IDLE)
    except AppError as error:
        return Finding(name, False, f"not tried, because something above is missing. {error.message}")
    return _sandbox(name, "Chromium", "runs", reason)


def _sandbox(name: str, programs: str, run: str, reason: str | None) -> Finding:
    """Say whether programs run in a sandbox. Fail only if bubblewrap is missing: some hosts forbid sandboxes."""
    if reason is None:
        return Finding(name, True, f"{programs} {run} in a sandbox (bubblewrap): own files only, no network")
    found = f"reduced: {programs} can read this user's files and use the network, because {reason}"
    return Finding(name, not is_mendable(), found, "apt-get install bubblewrap", ("bubblewrap",))


def _looks() -> Finding:
    try:
        names = ", ".join(look.name for look in load_looks().all)
    except AppError as error:
        return Finding("Looks", False, error.message, "make setup")
    return Finding("Looks", True, names)


def _work_folder(settings: Settings) -> Finding:
    root = settings.work_root
    try:
        with work_folder(root, "doctor"):
            free = free_bytes(root)
    except AppError as error:
        return Finding("Work folder", False, error.message, "set WORK_DIR to a writable folder")
    found = f"{root}, {free >> 30} GB free; `oriel render` works here, the service in its data folder"
    return Finding("Work folder", free > LITTLE_ROOM_BYTES, found, _MAKE_ROOM)


def _backend(settings: Settings) -> Finding:
    libraries = ("libegl1", "libgl1-mesa-dri", "libatomic1")
    how = f"apt-get install {' '.join(libraries)}"
    try:
        machine = Machine(
            find_tools(settings.ffmpeg_path, settings.ffprobe_path),
            find_chromium(settings.chromium_path),
            settings.work_root,
        )
        with work_folder(settings.work_root, "doctor") as folder, open_stage(machine, folder) as stage:
            backend, found = stage.backend, stage.backend_id
    except CallerError as error:
        # A program, the looks or the work folder: its own finding says how to fix it.
        return Finding("Graphics", False, f"not tried, because something above is missing. {error.message}")
    except AppError as error:
        return Finding("Graphics", False, error.message, how, libraries)
    # SwiftShader draws the same pictures, at half the speed.
    return Finding("Graphics", backend != "swiftshader", found, how, libraries)


def examine_videos(settings: Settings) -> list[Finding]:
    """Encode a short video in each format, as a render does, and delete the files."""
    try:
        tools = find_tools(settings.ffmpeg_path, settings.ffprobe_path)
        with work_folder(settings.work_root, "doctor") as folder:
            return [_video(trial, folder.path, tools) for trial in TRIAL_FORMATS]
    except AppError as error:
        found = f"not tried, because something above is missing. {error.message}"
        return [Finding(trial.title, False, found) for trial in TRIAL_FORMATS]


def _video(trial: TrialFormat, root: Path, tools: Tools) -> Finding:
    other = "set FFMPEG_PATH and FFPROBE_PATH to another FFmpeg, 5.1 or newer, both of the same version"
    try:
        with tempfile.TemporaryDirectory(dir=root, ignore_cleanup_errors=True) as folder:
            return Finding(trial.title, True, try_format(trial, Path(folder), tools, timeout_s=_VIDEO_TIMEOUT_S))
    except DiskFull as error:
        return Finding(trial.title, False, error.message, _MAKE_ROOM)
    except ProcessTimedOut as error:
        return Finding(trial.title, False, error.message, f"{_WHEN_IDLE}, or {other}")
    except AppError as error:
        if encoder := missing_encoder(error):
            install = f"apt-get install ffmpeg, or {other}, with {encoder}"
            return Finding(trial.title, False, f"this FFmpeg has no {encoder}", install, ("ffmpeg",))
        return Finding(trial.title, False, error.message, other)
