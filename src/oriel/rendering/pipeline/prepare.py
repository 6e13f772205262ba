"""Prepares a render: safe pictures, canonical PCM, the feature track."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from oriel.rendering.pipeline.cover import LARGEST_BACKGROUND, convert_picture, extract_cover
from oriel.rendering.pipeline.disk import file_sha256, write_whole
from oriel.rendering.pipeline.fonts import fonts_id
from oriel.rendering.pipeline.pcm import Decoding, Pcm, read_pcm, write_manifest
from oriel.rendering.pipeline.plan import Scene
from oriel.rendering.pipeline.process import nothing
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.settings_document import THE_COVER
from oriel.rendering.pipeline.song import Song
from oriel.rendering.pipeline.stages import Stages
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.workdir import WorkFolder


@dataclass(frozen=True)
class Pictures:
    """The pictures of a render as PNG files in its work folder."""

    cover: Path | None
    background: Path | None
    warnings: tuple[str, ...] = ()


def prepare_pictures(
    settings: ResolvedSettings, song: Song, folder: WorkFolder, tools: Tools, *, check: Callable[[], None] = nothing
) -> Pictures:
    """Convert the cover and the background picture; a broken one inside the song is left out with a warning."""
    cover, warnings = _cover(settings, song, folder, tools, check)
    background = None
    if settings.background["type"] == "image" and settings.background["image"] != THE_COVER:
        background = folder.background
        picture = Path(settings.background["image"])
        convert_picture(picture, background, tools, largest_side=LARGEST_BACKGROUND, check=check)
    return Pictures(cover, background, warnings)


def _cover(
    settings: ResolvedSettings, song: Song, folder: WorkFolder, tools: Tools, check: Callable[[], None]
) -> tuple[Path | None, tuple[str, ...]]:
    if settings.cover.source == "none":
        return None, ()
    if settings.cover.file and settings.cover.source == "file":
        convert_picture(Path(settings.cover.file), folder.cover, tools, check=check)
        return folder.cover, ()
    if extract_cover(song, folder.cover, tools, check=check):
        return folder.cover, ()
    return None, ("The picture inside the song cannot be read.",) if song.has_cover else ()


def prepare_pcm(
    song: Song,
    folder: WorkFolder,
    stages: Stages,
    tools: Tools,
    *,
    max_seconds: float | None = None,
    check: Callable[[], None] = nothing,
) -> Pcm:
    """Decode the song while the browser starts; what an earlier run has decoded is taken as it is."""
    kept = read_pcm(folder.pcm, folder.pcm_manifest)
    if kept:
        return kept
    part = folder.pcm.with_suffix(".part")
    with Decoding(song, part, tools, max_seconds) as decoding:
        stages.ask(lambda _: None)
        pcm = dataclasses.replace(decoding.finish(check), path=folder.pcm)
    part.replace(folder.pcm)
    write_manifest(pcm, folder.pcm_manifest)
    return pcm


def prepare_track(
    pcm: Pcm,
    folder: WorkFolder,
    stages: Stages,
    on_fraction: Callable[[float], None],
    staging: Staging | None = None,
) -> bytes:
    """Analyse the PCM once: every engine rounds differently, so a track is never made twice for one render.

    What will be drawn of it, if anything, is got ready meanwhile.
    """
    if folder.track.exists():
        return folder.track.read_bytes()
    track = stages.ask(lambda stage: stage.analyse(pcm.path, pcm.samples, on_fraction, staging))
    write_whole(folder.track, track)
    return track


def scene_of(settings: ResolvedSettings, song: Song, pictures: Pictures, watermark: bool) -> Scene:
    """Return what the frames show besides settings and sound; no title in the settings means the one in the tags."""
    title = song.title if settings.text.title is None else settings.text.title
    artist = song.artist if settings.text.artist is None else settings.text.artist
    return Scene(
        title=title,
        artist=artist,
        cover_sha256=file_sha256(pictures.cover) if pictures.cover else None,
        background_sha256=file_sha256(pictures.background) if pictures.background else None,
        watermark=watermark,
        fonts=fonts_id(title, artist),
    )
