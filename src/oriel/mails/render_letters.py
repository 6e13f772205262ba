"""Letters about a video."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from oriel.mails.letter import Inline, Letter, compose
from oriel.mails.wording import date, duration, greeting, short, size

_POSTER = "poster"
_LETTER_WIDTH = 600
_TALLEST_POSTER = 440
_PICTURES = {".png": "image/png", ".webp": "image/webp", ".gif": "image/gif"}


@dataclass(frozen=True)
class RenderDetails:
    """Facts about a finished video."""

    width: int
    height: int
    fps: int
    format: str
    duration_s: float
    size_bytes: int
    watermark: bool = False


def render_ready(
    name: str,
    title: str,
    details: RenderDetails,
    link: str,
    watch: str,
    expires_at: datetime,
    poster: str | None,
    *,
    unsubscribe: str = "",
) -> Letter:
    """Tell a customer that a video is ready.

    `link` saves the file, `watch` opens the page that plays it; `poster` is the name of its picture in the storage.
    """
    inline = (Inline(_POSTER, poster, _PICTURES.get(PurePath(poster).suffix.lower(), "image/jpeg")),) if poster else ()
    return compose(
        "render_ready",
        f"Your video is ready: {short(title)}",
        inline=inline,
        unsubscribe=unsubscribe,
        greeting=greeting(name),
        title=short(title),
        facts=_facts(details),
        watermark=details.watermark,
        file_kind=details.format.upper(),
        link=link,
        watch=watch,
        expires=date(expires_at),
        poster=_POSTER if poster else None,
        poster_width=_poster_width(details),
    )


def render_failed(
    name: str, title: str, sentence: str, kept: str, action: str, link: str, *, unsubscribe: str = ""
) -> Letter:
    """Tell a customer why a video could not be made, and that it does not count.

    `kept`: a sentence about what of the order is still there; `action`: such as "Open it and try again".
    """
    return compose(
        "render_failed",
        f"We could not make your video: {short(title)}",
        unsubscribe=unsubscribe,
        greeting=greeting(name),
        title=short(title),
        sentence=sentence,
        kept=kept,
        action=action,
        link=link,
    )


def render_held_up(name: str, title: str, *, unsubscribe: str = "") -> Letter:
    """Tell a customer that a problem on our side delays a video."""
    subject = f"Your video is delayed: {short(title)}"
    return compose("render_held_up", subject, unsubscribe=unsubscribe, greeting=greeting(name), title=short(title))


def render_goes_on(name: str, title: str, *, unsubscribe: str = "") -> Letter:
    """Tell a customer that a delayed video is being made again."""
    subject = f"Your video is in progress again: {short(title)}"
    return compose("render_goes_on", subject, unsubscribe=unsubscribe, greeting=greeting(name), title=short(title))


def expires_soon(name: str, title: str, link: str, expires_at: datetime, *, unsubscribe: str = "") -> Letter:
    """Remind a customer that a video will be deleted."""
    return compose(
        "expires_soon",
        f"We will delete your video soon: {short(title)}",
        unsubscribe=unsubscribe,
        greeting=greeting(name),
        title=short(title),
        link=link,
        expires=date(expires_at),
    )


def _poster_width(details: RenderDetails) -> int:
    """Return the poster's width in pixels, limited so that a portrait does not push the text out of view."""
    return min(_LETTER_WIDTH, round(_TALLEST_POSTER * details.width / details.height))


def _facts(details: RenderDetails) -> list[tuple[str, str]]:
    return [
        ("Picture", f"{details.width} × {details.height}, {details.fps} fps"),  # noqa: RUF001
        ("Length", duration(details.duration_s)),
        ("File", f"{details.format.upper()}, {size(details.size_bytes)}"),
    ]
