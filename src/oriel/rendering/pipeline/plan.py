"""What a render consists of, decided before the first frame: frames, chunks and their keys. Pure."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import pairwise

from oriel.errors import InvalidRange, InvalidSettings
from oriel.rendering.pipeline.encode import codec_of, encoder_arguments
from oriel.rendering.pipeline.pcm import RATE, frame_count
from oriel.rendering.pipeline.resolve import ResolvedSettings, canonical_json
from oriel.rendering.pipeline.settings_document import Range

CHUNK_FRAMES = 300

# ProRes 4444 takes about 2 GB for five minutes of 1080p30.
_LONGEST_PRORES_S = 300
# Players show a song's length in whole seconds, or in tenths.
_UNNOTICED_S = 0.1


@dataclass(frozen=True)
class Scene:
    """The parts of a frame besides settings and sound; files by the SHA-256 of their content."""

    title: str
    artist: str
    cover_sha256: str | None = None
    background_sha256: str | None = None
    watermark: bool = False
    # The installed fonts that draw what the bundled one lacks.
    fonts: str | None = None


@dataclass(frozen=True)
class Chunk:
    """A fixed run of frames of the song; equal keys mean equal bytes, on whichever machine they were made."""

    index: int
    first: int
    count: int
    key: str


@dataclass(frozen=True)
class RenderPlan:
    """All frames of a render, cut into chunks; `first` is the frame of the song with which it begins."""

    first: int
    frames: int
    fps: int
    chunks: tuple[Chunk, ...]

    @property
    def duration_s(self) -> float:
        """The exact length of the video."""
        return self.frames / self.fps


def shown_frames(samples: int, fps: int, shown: Range) -> range:
    """Return which of the song's own frames a range in seconds shows.

    On their grid a part looks, frame for frame, as it does in the whole.

    Raises InvalidRange where the song has ended before the range begins.
    """
    total = frame_count(samples, fps)
    first = math.floor(shown.start_s * fps + 0.5)
    if first >= total:
        raise InvalidRange(
            f"The range starts at {shown.start_s:g} s, but the song ends at {samples / RATE:.2f} s.",
            start_s=shown.start_s,
            duration_s=samples / RATE,
        )
    wanted = total if shown.duration_s is None else max(1, math.floor(shown.duration_s * fps + 0.5))
    return range(first, min(first + wanted, total))


def range_warnings(samples: int, shown: Range) -> tuple[str, ...]:
    """Return a warning where the song ends before the range does."""
    song_s = samples / RATE
    left_s = song_s - shown.start_s
    if shown.duration_s is None or shown.duration_s - left_s < _UNNOTICED_S:
        return ()
    return (f"The song ends at {song_s:.2f} s, so the video is {left_s:.2f} s long instead of {shown.duration_s:g} s.",)


def plan_render(
    settings: ResolvedSettings,
    scene: Scene,
    *,
    frames: range,
    features_sha256: str,
    engine: str,
    backend_id: str,
) -> RenderPlan:
    """Lay the chunk grid over the frames that are shown; raise InvalidSettings for what would be unreasonably large."""
    output = settings.output
    if codec_of(output, settings.transparent) == "prores" and len(frames) > _LONGEST_PRORES_S * output.fps:
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
    grid = (frames[start : start + CHUNK_FRAMES] for start in range(0, len(frames), CHUNK_FRAMES))
    chunks = (_chunk(index, part.start, len(part), common) for index, part in enumerate(grid))
    return RenderPlan(frames.start, len(frames), output.fps, tuple(chunks))


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
