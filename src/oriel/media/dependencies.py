"""Functions that uploads need from other domains and may not import.

The render core, which probes songs, lies above this domain; billing, which limits uploads, lies beside it. `app.py`
passes their functions to `register(app, dependencies)`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy.orm import Session

from oriel.errors import TooLarge

_KEY = "oriel.media"


@dataclass(frozen=True)
class SongFacts:
    """A song's metadata; empty or 0 where the file has none."""

    format: str
    duration_s: float
    title: str
    artist: str
    has_cover: bool


@dataclass(frozen=True)
class Rules:
    """The limits of uploads, each by user id.

    `too_large` makes the error for a song of this many bytes. `refuse` gets an upload's bytes and seconds within the
    transaction that adds it, and raises PaymentRequired if the plan does not allow it.
    """

    writes_a_minute: Callable[[str], int]
    largest_song: Callable[[str], int]
    too_large: Callable[[str, int], TooLarge]
    refuse: Callable[[Session, str, int, float], None]


@dataclass(frozen=True)
class Dependencies:
    """Functions and settings for uploads. They get files and the shown name, and raise a CallerError."""

    incoming: Path
    audio_formats: tuple[str, ...]
    clamav_address: str | None
    probe_song: Callable[[Path, str], SongFacts]
    check_picture: Callable[[Path, str], None]
    # Writes a picture as a square JPEG to the second path.
    crop_avatar: Callable[[Path, Path, str], None]
    # Integrated loudness in LUFS, None for silence.
    measure_loudness: Callable[[Path], float | None]
    rules: Rules


def set_dependencies(app: Flask, dependencies: Dependencies) -> None:
    """Set the dependencies of this application."""
    app.extensions[_KEY] = dependencies


def dependencies() -> Dependencies:
    """Return the current application's dependencies."""
    stored = current_app.extensions[_KEY]
    assert isinstance(stored, Dependencies)
    return stored
