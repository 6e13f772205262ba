"""What a render consists of, decided before the first frame: frames, chunks and their keys. Pure."""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise

from oriel.errors import InvalidSettings
from oriel.rendering.pipeline.encode import codec_of, encoder_arguments
from oriel.rendering.pipeline.pcm import RATE, frame_count
from oriel.rendering.pipeline.resolve import ResolvedSettings, canonical_json

CHUNK_FRAMES = 300

# ProRes 4444 takes about 2 GB for five minutes of 1080p30.
_LONGEST_PRORES_S = 300


@dataclass(frozen=True)
class Scene:
    """What a frame shows besides settings and sound; files stand here by the SHA-256 of their content."""

    title: str
    artist: str
    cover_sha256: str | None = None
    background_sha256: str | None = None
    watermark: bool = False


@dataclass(frozen=True)
class Chunk:
    """A fixed run of frames; equal keys mean equal bytes, on whichever machine they were made."""

    index: int
    first: int
    count: int
    key: str


@dataclass(frozen=True)
class RenderPlan:
    """All frames of a render, cut into chunks."""

    frames: int
    fps: int
    chunks: tuple[Chunk, ...]

    @property
    def duration_s(self) -> float:
        """The exact length of the video."""
        return self.frames / self.fps


def plan_render(
    settings: ResolvedSettings,
    scene: Scene,
    *,
    samples: int,
    features_sha256: str,
    engine: str,
    backend_id: str,
) -> RenderPlan:
    """Lay the chunk grid over `samples` of sound; raise InvalidSettings for what would be unreasonably large."""
    output = settings.output
    frames = frame_count(samples, output.fps)
    if codec_of(output, settings.transparent) == "prores" and samples > _LONGEST_PRORES_S * RATE:
        raise InvalidSettings(
            "A video with a transparent background can be at most 5 minutes long.", setting="background.type"
        )
    common: dict[str, object] = {
        "engine": engine,
        "settings": settings.canonical_json,
        "scene": asdict(scene),
        "features": features_sha256,
        "backend": backend_id,
        "encoder": encoder_arguments(output, settings.transparent),
    }
    starts = range(0, frames, CHUNK_FRAMES)
    chunks = (_chunk(index, first, min(CHUNK_FRAMES, frames - first), common) for index, first in enumerate(starts))
    return RenderPlan(frames, output.fps, tuple(chunks))


def render_key(settings: ResolvedSettings, *, song_sha256: str, engine: str, extras: Iterable[object]) -> str:
    """Return the name of the folder in which this render's intermediate files lie, known before anything is decoded."""
    return _sha256([engine, song_sha256, settings.canonical_json, list(extras)])[:32]


def consecutive(chunks: Iterable[Chunk]) -> list[list[Chunk]]:
    """Group chunks whose frames follow each other, so that the stage can draw each group without a stop."""
    ordered = sorted(chunks, key=lambda chunk: chunk.index)
    if not ordered:
        return []
    groups = [[ordered[0]]]
    for before, chunk in pairwise(ordered):
        if chunk.first == before.first + before.count:
            groups[-1].append(chunk)
        else:
            groups.append([chunk])
    return groups


def _chunk(index: int, first: int, count: int, common: dict[str, object]) -> Chunk:
    return Chunk(index, first, count, _sha256({**common, "first": first, "count": count}))


def _sha256(content: object) -> str:
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()
