"""The versions of the programs that draw and encode: chunks of different versions must never mix."""

import functools
import hashlib
from importlib.resources import files
from pathlib import Path

from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.sandbox import NO_FILES
from oriel.rendering.pipeline.tools import Tools

_TIMEOUT_S = 20.0
# To be raised when the Python side changes what a chunk's bytes are.
_PYTHON_SIDE = "2"


def web_folder() -> Path:
    """Return the folder of the built frontend inside this package."""
    return Path(str(files("oriel"))) / "web"


def engine_id(web: Path | None = None) -> str:
    """Return a name for this version of the drawing code, made from the content of the built frontend."""
    web = web or web_folder()
    digest = hashlib.sha256()
    for path in sorted(path for path in web.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(web)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return f"{_PYTHON_SIDE}-{digest.hexdigest()[:16]}"


@functools.cache
def ffmpeg_id(ffmpeg: Path) -> str:
    """Return a name for this FFmpeg and its libraries; asked once, since no program changes under a running render."""
    said = run_checked([ffmpeg, "-version"], access=NO_FILES, timeout_s=_TIMEOUT_S).decode("utf-8", "replace")
    told = [line for line in said.splitlines() if line.startswith(("ffmpeg ", "built with", "lib"))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def program_id(tools: Tools) -> str:
    """Return a name for all of our own and FFmpeg's code that decides a chunk's bytes."""
    return f"{engine_id()} {ffmpeg_id(tools.ffmpeg)}"
