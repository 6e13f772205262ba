"""A look of flat, known colours, put beside the real ones in a copy of the built frontend."""

import re
import shutil
from pathlib import Path

from oriel.rendering.pipeline.engine import web_folder
from oriel.rendering.pipeline.looks import Look

PRIMARIES = ("#000000", "#ff0000", "#00ff00", "#0000ff", "#ffff00", "#ff00ff", "#00ffff", "#ffffff")
GREYS = ("#101010", "#202020", "#404040", "#606060", "#808080", "#a0a0a0", "#c0c0c0", "#e0e0e0")

PATCHES = Look(
    name="patches",
    title="Patches",
    description="Flat colours in reading order",
    background={"type": "color", "color": "#000000"},
    parameters={
        "type": "object",
        "properties": {
            "colors": {"type": "array", "default": [*PRIMARIES, *GREYS]},
            "rows": {"type": "integer", "default": 1},
            "alpha": {"type": "number", "default": 1},
        },
    },
)

_SOURCE = Path(__file__).with_name("patches.js")
_FIRST_OF_THE_LOOKS = re.compile(r'(?="\.\./[\w-]+/look\.js":)')


def web_with_patches(folder: Path) -> Path:
    """Copy the built frontend to `folder` and enter the look in the worker's list of looks."""
    shutil.copytree(web_folder(), folder)
    shutil.copyfile(_SOURCE, folder / "assets" / "patches.js")
    (worker,) = (folder / "assets").glob("worker-*.js")
    entry = '"../patches/look.js":()=>import("./patches.js"),'
    script, entered = _FIRST_OF_THE_LOOKS.subn(entry, worker.read_text("utf8"), count=1)
    assert entered == 1, "the worker's list of looks is written in another way than it was"
    worker.write_text(script, "utf8")
    return folder
