"""Command line options → settings document."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oriel.errors import InvalidSettings
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.settings_document import (
    Output,
    SettingsDocument,
    parse_settings,
    read_settings_file,
)

_FORMATS = {".mp4": "mp4", ".webm": "webm", ".mov": "mov"}
_ASPECTS = {"16:9": (16, 9), "9:16": (9, 16), "1:1": (1, 1), "4:5": (4, 5)}
_TOP_LEVEL = ("look", "preset", "seed")


@dataclass(frozen=True)
class RenderOptions:
    """What `oriel render` was given; None means that an option was not used."""

    output: Path
    look: str | None = None
    preset: str | None = None
    settings: Path | None = None
    assignments: Sequence[str] = ()
    title: str | None = None
    artist: str | None = None
    cover: Path | None = None
    size: str | None = None
    aspect: str | None = None
    fps: int | None = None
    format: str | None = None
    quality: str | None = None
    start: float | None = None
    duration: float | None = None
    seed: int | None = None


def document_from(options: RenderOptions, looks: Looks) -> SettingsDocument:
    """Lay the options over the settings file; what is closer to the caller's fingers wins."""
    content = read_settings_file(options.settings) if options.settings else {}
    for path, value in _given(options, content):
        _put(content, path, value)
    for assignment in options.assignments:
        path, text = _assignment(assignment, content, looks)
        _put(content, path, _value(path, text, content, looks))
    document = parse_settings(content)
    _refuse_misleading_name(options.output, document.output.format)
    return document


def _refuse_misleading_name(output: Path, format_: str) -> None:
    """Raise InvalidSettings where OUT's name stands for another format than the one that was chosen."""
    named = _FORMATS.get(output.suffix.lower(), format_)
    if named != format_:
        raise InvalidSettings(
            f"{output.name} would be no {named.upper()}, since the format was set to {format_}:"
            f" change the name, or say --format {named}.",
            output=str(output),
        )


def _given(options: RenderOptions, content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the dotted path and value of each option that was used."""
    given = [
        ("look", options.look),
        ("preset", options.preset),
        ("seed", options.seed),
        ("text.title", options.title),
        ("text.artist", options.artist),
        ("output.fps", options.fps),
        ("output.format", options.format or _format_by_name(options.output, content)),
        ("output.quality", options.quality),
        ("range.start_s", options.start),
        ("range.duration_s", options.duration),
        ("cover.source", "file" if options.cover else None),
        ("cover.file", str(options.cover) if options.cover else None),
    ]
    if options.size or options.aspect:
        width, height = frame_size(options.size, options.aspect, _output(content))
        given += [("output.width", width), ("output.height", height)]
    return [(path, value) for path, value in given if value is not None]


def _format_by_name(output: Path, content: Mapping[str, Any]) -> str | None:
    """Return the format that the end of OUT's name stands for, where the settings file names none."""
    is_something_else = output.exists() and not output.is_file()
    if "format" in _output(content) or is_something_else:
        # A folder or a device is refused by its own sentence.
        return None
    if output.suffix.lower() not in _FORMATS:
        raise InvalidSettings(
            f"{output.name} should end with {', '.join(_FORMATS)}, or say --format.", output=str(output)
        )
    return _FORMATS[output.suffix.lower()]


def _output(content: Mapping[str, Any]) -> Mapping[str, Any]:
    output = content.get("output", {})
    return output if isinstance(output, Mapping) else {}


def frame_size(size: str | None, aspect: str | None, output: Mapping[str, Any]) -> tuple[int, int]:
    """Return width and height: "NNNp" is the shorter side, and "WxH" speaks for itself."""
    if size and (exact := re.fullmatch(r"(\d{1,5})x(\d{1,5})", size)):
        if aspect:
            raise InvalidSettings(f"--size {size} says the shape already: leave --aspect out.", setting="output")
        return int(exact[1]), int(exact[2])
    shorter = _shorter_side(size, output)
    across, down = _ASPECTS[aspect] if aspect else _shape(output)
    unit = shorter / min(across, down)
    return _even(across * unit), _even(down * unit)


def _shorter_side(size: str | None, output: Mapping[str, Any]) -> int:
    if size is None:
        return min(_sides(output))
    if size.lower() == "4k":
        return 2160
    if lines := re.fullmatch(r"(\d{1,5})p", size.lower()):
        return int(lines[1])
    raise InvalidSettings(f"“{size}” is no size: write 720p, 1080p, 1440p, 4k or WIDTHxHEIGHT.", setting="output")


def _shape(output: Mapping[str, Any]) -> tuple[int, int]:
    return _sides(output)


def _sides(output: Mapping[str, Any]) -> tuple[int, int]:
    standard = Output()
    width, height = output.get("width", standard.width), output.get("height", standard.height)
    if isinstance(width, int) and isinstance(height, int) and width > 0 and height > 0:
        return width, height
    return standard.width, standard.height


def _even(side: float) -> int:
    return 2 * round(side / 2)


def _assignment(assignment: str, content: Mapping[str, Any], looks: Looks) -> tuple[str, str]:
    """Split "KEY=VALUE" and return the dotted path that KEY means."""
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise InvalidSettings(f"--set {assignment} is not of the form KEY=VALUE.", setting=key)
    key = key.strip()
    if "." in key or (key in _TOP_LEVEL and key not in _declared(content, looks)):
        return key, text
    return f"params.{key}", text


def _declared(content: Mapping[str, Any], looks: Looks) -> Mapping[str, Any]:
    name = content.get("look", SettingsDocument().look)
    properties: Mapping[str, Any] = looks.look(str(name)).parameters.get("properties", {})
    return properties


def _value(path: str, text: str, content: Mapping[str, Any], looks: Looks) -> object:
    """Read a value as JSON where that makes sense, so that 0.5, true and null mean what they look like."""
    if text == "null":
        return None
    if path.startswith(("text.", "cover.")) or path in ("background.image", "look", "preset"):
        return text
    if path.startswith("params.") and _is_plain_string(_declared(content, looks).get(path[7:], {})):
        return text
    try:
        return json.loads(text, parse_constant=lambda name: name)
    except ValueError:
        return text
    except RecursionError as error:
        raise InvalidSettings(f"Setting “{path}” is nested too deeply.", setting=path) from error


def _is_plain_string(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" and schema.get("format") != "color"


def _put(content: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    place = content
    for step in parents:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            raise InvalidSettings(f"Setting “{path}” does not exist: “{step}” has no keys.", setting=path)
        place = inner
    place[last] = value
