"""Finds the programs that the pipeline starts."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import ProgramMissing

# The binary itself: a distribution's start script adds flags of its own, which decide about the graphics backend.
_CHROMIUM_BINARIES = (
    "/usr/lib/chromium/chromium",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/usr/lib/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
)
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Tools:
    """Absolute paths of the programs that read and write media."""

    ffmpeg: Path
    ffprobe: Path


def find_ffmpeg(configured: Path | None = None) -> Path:
    """Return FFmpeg's path, or raise ProgramMissing, which says how to install it."""
    return _program("FFmpeg", "FFMPEG_PATH", configured, ("ffmpeg",), "apt-get install ffmpeg")


def find_ffprobe(configured: Path | None = None) -> Path:
    """Return FFprobe's path, or raise ProgramMissing, which says how to install it."""
    return _program("FFprobe", "FFPROBE_PATH", configured, ("ffprobe",), "apt-get install ffmpeg")


def find_chromium(configured: Path | None = None) -> Path:
    """Return the Chromium binary, or raise ProgramMissing, which says how to install it."""
    names = (*_CHROMIUM_BINARIES, *_CHROMIUM_NAMES)
    return _program("Chromium", "CHROMIUM_PATH", configured, names, "apt-get install chromium")


def find_tools(ffmpeg: Path | None = None, ffprobe: Path | None = None) -> Tools:
    """Return both media programs."""
    return Tools(find_ffmpeg(ffmpeg), find_ffprobe(ffprobe))


def _program(title: str, variable: str, configured: Path | None, names: tuple[str, ...], install: str) -> Path:
    candidates = (str(configured),) if configured else names
    for name in candidates:
        found = shutil.which(name)
        if found:
            return Path(found).resolve() if Path(found).is_symlink() else Path(found).absolute()
    where = f"at {configured}" if configured else "on this machine"
    raise ProgramMissing(
        f"{title} was not found {where}: install it (Debian: `{install}`) or set {variable} to its path.",
        program=title,
        variable=variable,
    )
