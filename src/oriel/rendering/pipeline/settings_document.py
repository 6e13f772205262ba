"""The settings document, version 1: its one schema, shared by studio, API, command line and database."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from oriel import json_text
from oriel.errors import InvalidSettings, UnknownSetting
from oriel.rendering.pipeline.looks import suggest
from oriel.validation import ONE_LINE, sentence_of

CURRENT_VERSION = 1
SMALLEST_SIDE, LARGEST_SIDE = 64, 4096
# A day: longer than any song, and short enough to count its frames.
LONGEST_S = 86_400
# In place of a picture's path: the background is the song's cover, whatever that is.
THE_COVER = "cover"

_HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def normal_colour(value: object) -> object:
    """Turn 8590805 and "#8315D5" into "#8315d5"; anything else comes back as it is, for the schema to refuse."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFFFF:
        return f"#{value:06x}"
    if isinstance(value, str) and _HEX_COLOUR.fullmatch(value):
        return value.lower()
    return value


def _colour(value: object) -> object:
    colour = normal_colour(value)
    if not isinstance(colour, str) or not _HEX_COLOUR.fullmatch(colour):
        raise ValueError("it must be a colour such as “#8309d5”")
    return colour


_COLOURS = {
    "anyOf": [
        {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$"},
        {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF},
    ]
}
Colour = Annotated[str, BeforeValidator(_colour), WithJsonSchema(_COLOURS, mode="validation")]
Side = Annotated[int, Field(ge=SMALLEST_SIDE, le=LARGEST_SIDE, multiple_of=2)]
# FFmpeg is handed these as arguments, and an argument ends at a NUL; nothing can be drawn of the other ones either.
Line = Annotated[str, Field(max_length=200, pattern=ONE_LINE)]
Name = Annotated[str, Field(pattern=ONE_LINE)]
Format = Literal["mp4", "webm", "mov"]
Quality = Literal["draft", "standard", "high"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Output(_Part):
    """The video file: pixels, frames a second, container and how much the encoder may spend."""

    width: Side = 1920
    height: Side = 1080
    fps: Literal[24, 30, 60] = 30
    format: Format = "mp4"
    quality: Quality = "standard"

    @model_validator(mode="after")
    def _both_sides(self) -> "Output":
        if len({"width", "height"} & self.model_fields_set) == 1:
            raise ValueError("give both width and height, or neither")
        return self


class Range(_Part):
    """The part of the song that is shown, in seconds; no duration means up to the end."""

    start_s: Annotated[float, Field(ge=0, le=LONGEST_S)] = 0.0
    duration_s: Annotated[float, Field(gt=0, le=LONGEST_S)] | None = None


class Text(_Part):
    """What is written in the picture: null takes it from the file's tags, "" writes nothing."""

    title: Line | None = None
    artist: Line | None = None


class Cover(_Part):
    """The cover picture: from a file of the caller's, from the song's tags, or none."""

    source: Literal["file", "tags", "none"] = "tags"
    file: Name | None = None

    @model_validator(mode="after")
    def _file_where_one_is_needed(self) -> "Cover":
        if self.source == "file" and not self.file:
            raise ValueError("“file” is needed when the source is “file”")
        return self


class Background(_Part):
    """What is behind the subject; what is not given comes from the preset, then from the look."""

    type: Literal["color", "gradient", "image", "transparent"] | None = None
    color: Colour | None = None
    colors: Annotated[list[Colour], Field(min_length=2, max_length=2)] | None = None
    image: Name | None = None


class Finish(_Part):
    """What is done to the whole frame; what is not given comes from the preset, then from the look."""

    glow: Annotated[float, Field(ge=0, le=2)] | None = None
    vignette: Annotated[float, Field(ge=0, le=1)] | None = None
    grain: Annotated[float, Field(ge=0, le=1)] | None = None
    aberration: Annotated[float, Field(ge=0, le=1)] | None = None


class SettingsDocument(_Part):
    """One render's settings, as a person or a program wrote them."""

    version: Literal[1] = 1
    look: Name = "prism"
    preset: Name | None = None
    seed: Annotated[int, Field(ge=0, le=0xFFFFFFFF)] = 1
    params: dict[str, Any] = Field(default_factory=dict)
    output: Output = Output()
    range: Range = Range()
    text: Text = Text()
    cover: Cover = Cover()
    background: Background = Background()
    finish: Finish = Finish()


# A render's settings may also be these keys alone, without a document around them.
FLAT_LOOK = "prism"
FLAT_KEYS = ("shape", "size", "baseColor", "glowColor", "pulseIntensity")


def document_schema() -> dict[str, Any]:
    """Return the JSON schema of the settings that a request may hold: a document, or the flat form."""
    flat = {
        "title": "FlatSettings",
        "description": "The flat form: parameters of prism, and nothing else.",
        "type": "object",
        "minProperties": 1,
        "additionalProperties": False,
        "properties": {key: _COLOURS if key.endswith("Color") else {} for key in FLAT_KEYS},
    }
    return {"anyOf": [complete_schema(), flat]}


def complete_schema() -> dict[str, Any]:
    """Return the JSON schema of a document in one piece, without references; params are the look's own."""
    schema = SettingsDocument.model_json_schema(mode="validation")
    parts = schema.pop("$defs")

    def whole(value: Any) -> Any:  # noqa: ANN401  (JSON)
        if isinstance(value, list):
            return [whole(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            return whole({**parts[value["$ref"].rpartition("/")[2]], **{k: v for k, v in value.items() if k != "$ref"}})
        return {key: whole(item) for key, item in value.items()}

    return dict(whole(schema))


MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""From a version to the function that turns its document into the next version's; version 1 is the first."""


def parse_settings(content: Mapping[str, Any]) -> SettingsDocument:
    """Check a document of any version; raise InvalidSettings that names the key by its dotted path."""
    if json_text.is_too_deep(content):
        raise InvalidSettings(f"The settings are {json_text.TOO_DEEP}.")
    try:
        return SettingsDocument.model_validate(_migrated(nested(content)))
    except ValidationError as error:
        raise _first_problem(error) from error


def nested(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as a document: those in the flat form become prism's parameters, a document stays as it is.

    Raises InvalidSettings for a mixture of both forms.
    """
    flat = {key: value for key, value in content.items() if key in FLAT_KEYS}
    if not flat:
        return dict(content)
    others = [key for key in content if key not in flat]
    mixed = [key for key in others if key in SettingsDocument.model_fields]
    if mixed:
        first = next(iter(flat))
        raise InvalidSettings(
            f"These settings mix two forms: put “{first}” inside “params”, or leave “{mixed[0]}” out.", setting=first
        )
    if others:
        message = f"There is no setting “{others[0]}” beside “{next(iter(flat))}”: {suggest(others[0], FLAT_KEYS)}"
        raise UnknownSetting(message, setting=others[0], valid=list(FLAT_KEYS))
    return {"look": FLAT_LOOK, "params": flat}


def read_settings_json(text: str) -> dict[str, Any]:
    """Parse a document's JSON text, without checking it against the schema; the flat form comes back as a document."""
    try:
        content = json_text.loads(text)
    except ValueError as error:
        raise InvalidSettings(f"The settings are not valid JSON: {error}.") from error
    if not isinstance(content, dict):
        raise InvalidSettings("The settings must be a JSON object.")
    return nested(content)


def read_settings_file(path: Path) -> dict[str, Any]:
    """Read a document's JSON from a file, without checking it against the schema."""
    try:
        return read_settings_json(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidSettings(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidSettings(f"The settings file {path} is not UTF-8 text.") from error


def _migrated(content: dict[str, Any]) -> dict[str, Any]:
    version = content.get("version", CURRENT_VERSION)
    if not isinstance(version, int) or isinstance(version, bool):
        raise InvalidSettings("Setting “version” must be a whole number.", setting="version")
    if version > CURRENT_VERSION:
        raise InvalidSettings(
            f"These settings have version {version}, but this program supports versions up to {CURRENT_VERSION}.",
            setting="version",
        )
    while version < CURRENT_VERSION:
        if version not in MIGRATIONS:
            raise InvalidSettings(f"Settings version {version} does not exist.", setting="version")
        content = MIGRATIONS[version](content)
        version += 1
    return content


def _first_problem(error: ValidationError) -> InvalidSettings:
    # An unknown key comes first: it often is the reason why another one is missing.
    problems = sorted(error.errors(include_url=False), key=lambda item: item["type"] != "extra_forbidden")
    problem = problems[0]
    path = ".".join(str(step) for step in problem["loc"])
    if problem["type"] == "extra_forbidden":
        valid = _keys_beside(problem["loc"])
        name = str(problem["loc"][-1])
        message = f"There is no setting “{path}”: {suggest(name, valid)}"
        return UnknownSetting(message, setting=path, valid=valid)
    return InvalidSettings(f"Setting “{path}” cannot be used: {sentence_of(problem)}.", setting=path)


def _keys_beside(path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that are valid where the last step of `path` stands."""
    model: type[BaseModel] = SettingsDocument
    for step in path[:-1]:
        inner = model.model_fields[str(step)].annotation
        candidates = [inner, *get_args(inner)]
        model = next(kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel))
    return list(model.model_fields)
