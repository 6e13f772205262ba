"""What the application gives to uploads, since they may not reach up to it.

How a song is probed belongs to the render core, which lies above this domain, and what a customer may upload to
billing, which lies beside it. So `app.py` hands both down as functions, through `register(app, given)`.
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
    """What a song's file says; empty and 0 where it is silent."""

    format: str
    duration_s: float
    title: str
    artist: str
    has_cover: bool


@dataclass(frozen=True)
class Rules:
    """What a customer, named by id, may upload.

    `too_large` is what to say of a song of so many bytes. `refuse` gets an upload's bytes and seconds, within the
    transaction that will add it, and raises PaymentRequired.
    """

    writes_a_minute: Callable[[str], int]
    largest_song: Callable[[str], int]
    too_large: Callable[[str, int], TooLarge]
    refuse: Callable[[Session, str, int, float], None]


@dataclass(frozen=True)
class Given:
    """Everything that comes from above; both probes get a file and the name to call it by, and raise a CallerError."""

    incoming: Path
    audio_formats: tuple[str, ...]
    clamav_address: str | None
    probe_song: Callable[[Path, str], SongFacts]
    check_picture: Callable[[Path, str], None]
    # Integrated loudness in LUFS, None for silence.
    measure_loudness: Callable[[Path], float | None]
    rules: Rules


def keep_given(app: Flask, given: Given) -> None:
    """Keep it for this process."""
    app.extensions[_KEY] = given


def given() -> Given:
    """Return what the current application was given."""
    kept = current_app.extensions[_KEY]
    assert isinstance(kept, Given)
    return kept
