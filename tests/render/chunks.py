"""Draws chosen chunks of a render into a folder, on a stage of this process or, run as a program, in one of its own.

Usage: chunks.py FOLDER INDEX...  FOLDER holds settings.json, looks.json and track.orft; chunks are made in this order.
"""

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from oriel.rendering.pipeline import plan
from oriel.rendering.pipeline.encode import FrameLayout, chunk_command, chunk_suffix, codec_of
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.plan import Chunk, RenderPlan, Scene, plan_render
from oriel.rendering.pipeline.process import Arguments
from oriel.rendering.pipeline.render_chunks import render_chunks
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import find_chromium, find_ffmpeg
from oriel.rendering.pipeline.workdir import ChunkFiles

CHUNK_FRAMES = 20
SECONDS = 2


class Loaded:
    """A stage that has loaded its song and must not die."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def loaded(self) -> Stage:
        return self._stage

    def replace(self) -> None:
        raise AssertionError("the stage died")

    def is_worn(self) -> bool:
        return False


def plan_of(settings: ResolvedSettings, track: bytes, backend_id: str) -> RenderPlan:
    """Return the plan for SECONDS of sound, in chunks shorter than usual."""
    usual, plan.CHUNK_FRAMES = plan.CHUNK_FRAMES, CHUNK_FRAMES
    try:
        digest = hashlib.sha256(track).hexdigest()
        scene = Scene("A title", "An artist")
        return plan_render(
            settings,
            scene,
            frames=range(SECONDS * settings.output.fps),
            features_sha256=digest,
            engine="1",
            backend_id=backend_id,
        )
    finally:
        plan.CHUNK_FRAMES = usual


def draw_chunks(stage: Stage, settings: ResolvedSettings, track: bytes, folder: Path, indices: Sequence[int]) -> None:
    """Draw and encode the chunks of these indices, each by itself, in this order."""
    folder.mkdir(exist_ok=True)
    stage.load(Staging(settings.canonical_json, title="A title", artist="An artist"), track)
    files = ChunkFiles(folder, chunk_suffix(codec_of(settings.output, settings.transparent)))
    ffmpeg = find_ffmpeg()

    def command(_: Chunk, out: Path, layout: FrameLayout) -> Arguments:
        return chunk_command(ffmpeg, out, layout, settings.output, settings.transparent)

    whole = plan_of(settings, track, stage.backend_id)
    for index in indices:
        part = RenderPlan(whole.first, whole.frames, whole.fps, (whole.chunks[index],))
        render_chunks(part, files, Loaded(stage), command)


def main() -> None:
    """Draw with a browser of this process."""
    folder, indices = Path(sys.argv[1]), [int(index) for index in sys.argv[2:]]
    document = json.loads((folder / "settings.json").read_text("utf8"))
    settings = resolve(parse_settings(document), load_looks())
    track = (folder / "track.orft").read_bytes()
    with Stage(profile_dir=folder / "profile", tmp_dir=folder / "tmp", chromium=find_chromium()) as stage:
        draw_chunks(stage, settings, track, folder / "chunks", indices)


if __name__ == "__main__":
    main()
