"""Settings document + looks → resolved settings: every value decided, nothing left to a default."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from oriel.errors import InvalidParameter, InvalidSettings, UnknownParameter
from oriel.rendering.pipeline.looks import Look, Looks, Preset, suggest
from oriel.rendering.pipeline.settings_document import (
    Background,
    Cover,
    Finish,
    Output,
    Range,
    SettingsDocument,
    Text,
    normal_colour,
)

_FINISH_DEFAULTS = {"glow": 0.0, "vignette": 0.0, "grain": 0.0, "aberration": 0.0}
_TYPES = {"string": "text", "boolean": "true or false", "number": "a number", "integer": "a whole number"}
_NEEDED_BY_BACKGROUND = {"color": "color", "gradient": "colors", "image": "image"}


@dataclass(frozen=True)
class ResolvedSettings:
    """What a render is made from: plain data, complete and checked."""

    look: str
    preset: str | None
    seed: int
    params: Mapping[str, Any]
    output: Output
    range: Range
    text: Text
    cover: Cover
    background: Mapping[str, Any]
    finish: Mapping[str, float]

    @property
    def transparent(self) -> bool:
        """Whether the video carries alpha."""
        return bool(self.background["type"] == "transparent")

    def as_json(self) -> dict[str, Any]:
        """Return the whole of it in the form of a settings document."""
        return {
            "version": 1,
            "look": self.look,
            "preset": self.preset,
            "seed": self.seed,
            "params": dict(self.params),
            "output": self.output.model_dump(),
            "range": self.range.model_dump(),
            "text": self.text.model_dump(),
            "cover": self.cover.model_dump(),
            "background": dict(self.background),
            "finish": dict(self.finish),
        }

    @cached_property
    def canonical_json(self) -> str:
        """The one text that stands for these settings: sorted keys, no spaces, 1 and 1.0 written alike."""
        return canonical_json(self.as_json())


def canonical_json(value: object) -> str:
    """Write JSON so that equal content gives equal text."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def resolve(document: SettingsDocument, looks: Looks) -> ResolvedSettings:
    """Fill a document from its look and preset and check it against the look's own schema."""
    look = looks.look(document.look)
    preset = look.preset(document.preset) if document.preset is not None else Preset("", "")
    settings = ResolvedSettings(
        look=look.name,
        preset=document.preset,
        seed=document.seed,
        params=_parameters(look, preset, document.params),
        output=document.output,
        range=document.range,
        text=document.text,
        cover=document.cover,
        background=_background(look, preset, document.background),
        finish=_finish(look, preset, document.finish),
    )
    if settings.transparent and settings.output.format != "mov":
        raise InvalidSettings(
            "A transparent background needs the format “mov”. MP4 and WebM videos cannot be transparent here.",
            setting="output.format",
        )
    return settings


def _parameters(look: Look, preset: Preset, given: Mapping[str, Any]) -> dict[str, Any]:
    declared: Mapping[str, Any] = look.parameters.get("properties", {})
    for name in given:
        if name not in declared:
            raise UnknownParameter(
                f"The look “{look.name}” has no parameter “{name}”: {suggest(name, declared)}",
                look=look.name,
                setting=f"params.{name}",
                valid=list(declared),
            )
    defaults = {name: schema["default"] for name, schema in declared.items() if "default" in schema}
    merged = {**defaults, **preset.params, **given}
    values = {name: _normal(value, declared.get(name, {})) for name, value in merged.items()}
    problems = sorted(Draft202012Validator(look.parameters).iter_errors(values), key=lambda problem: list(problem.path))
    if problems:
        raise _invalid_parameter(look, problems[0])
    return values


def _normal(value: object, schema: Mapping[str, Any]) -> object:
    if schema.get("format") == "color":
        return normal_colour(value)
    if "items" in schema and isinstance(value, list):
        return [_normal(item, schema["items"]) for item in value]
    return value


def _invalid_parameter(look: Look, problem: ValidationError) -> InvalidParameter:
    path = ".".join(["params", *(str(step) for step in problem.path)])
    sentence = f"Setting “{path}” cannot be used: it must be {_needed(problem)}."
    return InvalidParameter(sentence, look=look.name, setting=path)


def _needed(problem: ValidationError) -> str:
    """Return what a value must be, in the words of frontend/preview/parameters.js."""
    schema = problem.schema if isinstance(problem.schema, Mapping) else {}
    if schema.get("format") == "color":
        return "a colour such as “#8309d5”"
    match problem.validator:
        case "type":
            return _TYPES[schema["type"]]
        case "enum":
            return f"one of {', '.join(f'“{choice}”' for choice in schema['enum'])}"
        case "minimum":
            return f"at least {schema['minimum']:g}"
        case "maximum":
            return f"at most {schema['maximum']:g}"
    return f"as its look declares it ({problem.message})"


def _background(look: Look, preset: Preset, given: Background) -> dict[str, Any]:
    merged = {"type": "color", **look.background, **preset.background, **given.model_dump(exclude_none=True)}
    background = Background.model_validate(merged).model_dump(exclude_none=True)
    needed = _NEEDED_BY_BACKGROUND.get(background["type"])
    if needed and needed not in background:
        raise InvalidSettings(
            f"Setting “background.{needed}” is needed for a background of the type “{background['type']}”.",
            setting=f"background.{needed}",
        )
    # Values that the type does not use would only make equal pictures look different to the chunk keys.
    return {key: background[key] for key in ("type", needed) if key}


def _finish(look: Look, preset: Preset, given: Finish) -> dict[str, float]:
    merged = {**_FINISH_DEFAULTS, **look.finish, **preset.finish, **given.model_dump(exclude_none=True)}
    return Finish.model_validate(merged).model_dump()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value
