"""Connects uploads to the render core's probes and billing's limits; only the application imports both."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from oriel.billing import songs, storage_use
from oriel.errors import (
    AnimatedPicture,
    EmptySong,
    InvalidPicture,
    ProcessTimedOut,
    SongWithoutSound,
    Unavailable,
    UndecodableSong,
)
from oriel.media.dependencies import Dependencies, Rules, SongFacts
from oriel.media.uploads import bytes_kept
from oriel.rendering.pipeline.cover import convert_picture, crop_avatar
from oriel.rendering.pipeline.loudness import measure_loudness
from oriel.rendering.pipeline.song import Song, probe_song
from oriel.rendering.pipeline.tools import Tools, find_tools
from oriel.settings import Settings

# Enough to have decoded the picture; nobody looks at the result.
_SEEN_SIDE = 64
_COME_BACK_S = 60
_DAMAGED = "We cannot read any sound from this file: it is damaged or cut off. Please export it again."


def upload_dependencies(settings: Settings) -> Dependencies:
    """Return the dependencies of uploads, and register their storage use."""
    storage_use.register(bytes_kept)
    return Dependencies(
        incoming=settings.data_root / "incoming",
        audio_formats=settings.audio_formats,
        clamav_address=settings.clamav_address,
        probe_song=lambda path, name: _song_facts(path, name, settings),
        check_picture=lambda path, name: _check_picture(path, name, settings),
        crop_avatar=lambda path, square, name: _crop_avatar(path, square, name, settings),
        measure_loudness=lambda path: measure_loudness(path, _tools(settings), settings.audio_formats),
        rules=Rules(songs.writes_a_minute, songs.largest_song, songs.too_large, songs.refuse_upload),
    )


def _song_facts(path: Path, name: str, settings: Settings) -> SongFacts:
    """Probe a song; errors name the file as the customer does, not by our path."""
    try:
        song = probe_song(path, _tools(settings), formats=settings.audio_formats)
    except (EmptySong, UndecodableSong) as error:
        raise UndecodableSong(_DAMAGED, filename=name) from error
    except ProcessTimedOut as error:
        raise _too_busy(name) from error
    except SongWithoutSound as error:
        raise SongWithoutSound("There is no sound in this file. Please choose another one.", filename=name) from error
    _refuse_cut_off(song, name)
    return _facts(song)


def _refuse_cut_off(song: Song, name: str) -> None:
    if not song.missing_s or song.announced_s is None:
        return
    raise UndecodableSong(
        f"Only {song.duration_s:.1f} of the {song.announced_s:.1f} seconds that this file announces can be read:"
        " it is damaged, or it ends too early. Please export it again.",
        filename=name,
        readable_s=round(song.duration_s, 3),
        announced_s=round(song.announced_s, 3),
    )


def _facts(song: Song) -> SongFacts:
    # Without a title the probe answers the file's name, which on our side is an id.
    title = "" if song.title == song.path.stem else song.title
    return SongFacts(song.format, song.duration_s, title, song.artist, song.has_cover)


def _check_picture(path: Path, name: str, settings: Settings) -> None:
    """Decode a picture once, under the render core's limits, so that a damaged one is refused now and not later."""
    with _picture_refusals(name):
        convert_picture(path, path.with_name("seen.png"), _tools(settings), largest_side=_SEEN_SIDE)


def _crop_avatar(path: Path, square: Path, name: str, settings: Settings) -> None:
    with _picture_refusals(name):
        crop_avatar(path, square, _tools(settings))


@contextlib.contextmanager
def _picture_refusals(name: str) -> Iterator[None]:
    """Turn the render core's refusals into sentences about the file as the customer calls it."""
    try:
        yield
    except AnimatedPicture as error:
        raise AnimatedPicture(error.message, filename=name) from error
    except InvalidPicture as error:
        sentence = "We cannot use this picture: it is damaged, or it has more than 40 megapixels."
        raise InvalidPicture(sentence, filename=name) from error
    except ProcessTimedOut as error:
        raise _too_busy(name) from error


def _too_busy(name: str) -> Unavailable:
    # A file that costs too much to read ends by its CPU limit, and counts as damaged; time runs out when we are busy.
    sentence = "We could not check this file in time, because the service is very busy. Please try again in a minute."
    return Unavailable(sentence, filename=name, retry_after_s=_COME_BACK_S)


def _tools(settings: Settings) -> Tools:
    return find_tools(settings.ffmpeg_path, settings.ffprobe_path)
