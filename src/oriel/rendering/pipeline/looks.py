"""The looks that the frontend build has packed into looks.json, as typed data."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from oriel.errors import LooksMissing, UnknownLook, UnknownPreset
from oriel.rendering.pipeline.engine import web_folder


@dataclass(frozen=True)
class Preset:
    """Saved parameter values of a look. Its pictures are files of the built frontend."""

    name: str
    title: str
    params: Mapping[str, Any] = field(default_factory=dict)
    background: Mapping[str, Any] = field(default_factory=dict)
    finish: Mapping[str, Any] = field(default_factory=dict)
    thumbnail: str | None = None
    loop: str | None = None


@dataclass(frozen=True)
class Look:
    """One visual design, as it declares itself: `parameters` is a JSON schema of an object."""

    name: str
    title: str
    description: str
    parameters: Mapping[str, Any]
    background: Mapping[str, Any] = field(default_factory=dict)
    finish: Mapping[str, Any] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()
    thumbnail: str | None = None
    loop: str | None = None

    def preset(self, name: str) -> Preset:
        """Return the preset of this name, or refuse with the names that exist."""
        for preset in self.presets:
            if preset.name == name:
                return preset
        names = [preset.name for preset in self.presets]
        raise UnknownPreset(
            f"The look “{self.name}” has no preset “{name}”: {suggest(name, names)}",
            look=self.name,
            preset=name,
            presets=names,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what `oriel looks --json` shows of it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "presets": [{"name": preset.name, "title": preset.title} for preset in self.presets],
            "parameters": self.parameters,
        }


@dataclass(frozen=True)
class Looks:
    """All looks, in the order in which they are shown."""

    all: tuple[Look, ...]

    def look(self, name: str) -> Look:
        """Return the look of this name, or refuse with the names that exist."""
        for look in self.all:
            if look.name == name:
                return look
        names = [look.name for look in self.all]
        raise UnknownLook(f"There is no look “{name}”: {suggest(name, names)}", look=name, looks=names)


def suggest(wrong: str, valid: Iterable[str]) -> str:
    """Return the end of a sentence, leading from a wrong name to the right one."""
    names = list(valid)
    close = get_close_matches(wrong, names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(f"“{name}”" for name in close) + "?"
    if not names:
        return "there is none to choose from."
    return "it can be " + ", ".join(f"“{name}”" for name in names) + "."


def packaged_looks_file() -> Path:
    """Return where the frontend build writes the looks inside this package."""
    return web_folder() / "looks.json"


def load_looks(path: Path | None = None) -> Looks:
    """Read the looks from `path`, or from the built frontend in this package."""
    path = path or packaged_looks_file()
    try:
        content = json.loads(path.read_text("utf-8"))
        return Looks(tuple(_look(entry) for entry in content["looks"]))
    except FileNotFoundError as error:
        raise LooksMissing("The looks are not built yet. Run `make setup` first.", path=str(path)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LooksMissing(
            f"{path} cannot be read as a list of looks: run `make setup` to build it again.", path=str(path)
        ) from error


def _look(entry: Mapping[str, Any]) -> Look:
    return Look(
        name=entry["name"],
        title=entry["title"],
        description=entry.get("description", ""),
        parameters=entry["parameters"],
        background=entry.get("background", {}),
        finish=entry.get("finish", {}),
        presets=tuple(_preset(preset) for preset in entry.get("presets", [])),
        thumbnail=entry.get("thumbnail"),
        loop=entry.get("loop"),
    )


def _preset(entry: Mapping[str, Any]) -> Preset:
    return Preset(
        name=entry["name"],
        title=entry["title"],
        params=entry.get("params", {}),
        background=entry.get("background", {}),
        finish=entry.get("finish", {}),
        thumbnail=entry.get("thumbnail"),
        loop=entry.get("loop"),
    )
