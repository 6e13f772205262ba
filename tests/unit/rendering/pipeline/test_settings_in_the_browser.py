"""The studio resolves a settings document as the service does: the same values, the same refusals."""

import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from oriel.errors import (
    InvalidParameter,
    InvalidSettings,
    UnknownLook,
    UnknownParameter,
    UnknownPreset,
    UnknownSetting,
)
from oriel.rendering.pipeline.looks import load_looks, packaged_looks_file
from oriel.rendering.pipeline.resolve import canonical_json, resolve
from oriel.rendering.pipeline.settings_document import parse_settings

Document = dict[str, Any]

REFUSALS = (InvalidParameter, InvalidSettings, UnknownLook, UnknownParameter, UnknownPreset, UnknownSetting)
ROOT = Path(__file__).parents[4]
LOOKS = load_looks()
SCRIPT = ROOT / "frontend/tests/preview/resolve-each.js"

WRONG: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 1, 2, 3, 7, 24, 63, 65, 4097, 4098, 10**9, 0.5, 1.5, 2.001, -0.25, 5000000000),
    *("", "x", "mp4", "it's", 'a "b"', "a\nb", "a\x9fb", "ä" * 200, "ä" * 201, "🎵" * 200, "🎵" * 201, "\ud800"),
    *("#12345", "#8309D5", "#GG0000", 8587733, 0x1000000),
    *([], [1], ["#000000"], ["#000000", "#fff"], ["#000000", "#FFFFFF"], ["#000000", 255, 1], {}, {"a": [None, True]}),
)
NAMES = ("", "glow", "glowColour", "with", "hieght", "titel", "Look", "__proto__", "constructor", "x" * 300, "größe")
PARTS: Mapping[str, tuple[str, ...]] = {
    "output": ("width", "height", "fps", "format", "quality"),
    "range": ("start_s", "duration_s"),
    "text": ("title", "artist"),
    "cover": ("source", "file"),
    "background": ("type", "color", "colors", "image"),
    "finish": ("glow", "vignette", "grain", "aberration"),
}


def value_for(schema: Mapping[str, Any], chance: random.Random) -> Any:  # noqa: ANN401
    """Return a value that the schema of a parameter allows."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if schema.get("format") == "color":
        return chance.choice(["#8309D5", "#00ff7f", chance.randrange(1 << 24)])
    if schema["type"] == "boolean":
        return chance.random() < 0.5
    if schema["type"] == "integer":
        return chance.randint(schema["minimum"], schema["maximum"])
    return chance.choice([schema["minimum"], schema["maximum"], chance.uniform(schema["minimum"], schema["maximum"])])


def good(chance: random.Random) -> Document:
    """Return a valid document with a few of everything."""
    look = chance.choice(LOOKS.all)
    properties = look.parameters["properties"]
    some = chance.sample(sorted(properties), chance.randint(0, 6))
    whole: Document = {
        "version": 1,
        "look": look.name,
        "preset": chance.choice([None, *(preset.name for preset in look.presets)]),
        "seed": chance.randrange(1 << 32),
        "params": {name: value_for(properties[name], chance) for name in some},
        "output": {"width": 2 * chance.randint(32, 2048), "height": 720, "fps": 60, "format": "mov"},
        "range": {"start_s": chance.uniform(0, 60), "duration_s": chance.choice([None, 0.25, 30])},
        "text": {"title": chance.choice([None, "", "Émigré 🎵"]), "artist": "x"},
        "cover": chance.choice([{"source": "file", "file": "a.png"}, {"source": "none"}, {"file": None}]),
        "background": chance.choice(
            [
                {"type": "transparent", "color": "#AABBCC"},
                {"type": "image", "image": "cover"},
                {"type": "gradient", "colors": ["#AABBCC", 255]},
                {"type": "color"},
                {"color": 0},
                {},
            ]
        ),
        "finish": {"glow": chance.uniform(0, 2), "grain": None},
    }
    keys = [key for key in whole if key == "look" or chance.random() < 0.6]
    if "look" not in keys or "params" not in keys:
        whole["params"] = {}
    return {key: whole[key] for key in keys}


def spoilt(document: Document, chance: random.Random) -> Document:
    """Return the document with one value or one key that may be wrong."""
    kind = chance.choice(["top", "part", "parameter", "name", "inner name", "flat"])
    if kind == "top":
        key = chance.choice(["version", "look", "preset", "seed", "params", *PARTS])
        return {**document, key: chance.choice([*WRONG, "prisma", "halo"])}
    if kind == "part":
        part = chance.choice(list(PARTS))
        return {**document, part: {**document.get(part, {}), chance.choice(PARTS[part]): chance.choice(WRONG)}}
    if kind == "parameter":
        properties = LOOKS.look(document.get("look", "prism")).parameters["properties"]
        name = chance.choice(sorted(properties))
        return {**document, "params": {**document.get("params", {}), name: chance.choice(WRONG)}}
    if kind == "name":
        return {**document, chance.choice(NAMES): 1}
    if kind == "inner name":
        part = chance.choice(["params", *PARTS])
        return {**document, part: {**document.get(part, {}), chance.choice(NAMES): 1}}
    flat = {"shape": "cube", "size": 2, "baseColor": 255, "pulseIntensity": chance.choice(WRONG)}
    return {**flat, **chance.choice([{}, {}, {chance.choice(NAMES): 1}, document])}


@cache
def all_documents() -> list[Document]:
    return list(documents())


@cache
def python_answers() -> list[Document]:
    return [python_answer(document) for document in all_documents()]


def documents() -> Iterator[Document]:
    """Return good documents, bad ones, and those that no mixture would find."""
    chance = random.Random(11)
    for _ in range(300):
        document = good(chance)
        yield document
        for _ in range(chance.randint(1, 3)):
            document = spoilt(document, chance)
            if not isinstance(document.get("look", "prism"), str) or not is_usual(document):
                break
        yield document
    # Every wrong value at every kind of place, so that no rule is left to chance.
    for part, keys in PARTS.items():
        yield from ({part: {key: wrong}} for key in keys for wrong in WRONG)
    for look in LOOKS.all:
        names = look.parameters["properties"]
        kinds = {
            json.dumps([schema.get("type"), schema.get("format"), "enum" in schema]): name
            for name, schema in names.items()
        }
        yield from ({"look": look.name, "params": {name: wrong}} for name in kinds.values() for wrong in WRONG)
    yield from ({key: wrong} for key in ("version", "look", "preset", "seed", "params", *PARTS) for wrong in WRONG)
    yield from ({name: 1} for name in NAMES)
    yield from ({part: {name: 1}} for part in ("params", *PARTS) for name in NAMES)
    nested: Any = 1
    for _ in range(40):
        nested = [nested]
        yield {"look": nested}
    yield {"output": {"width": 1, "x": 1}, "y": 1}
    yield {"output": {"width": 640, "height": 360, "fps": 25}, "text": {"titel": ""}}
    yield {"background": {"type": "transparent"}}
    yield {"params": {"size": 99, "glowColor": "red", "shape": "square"}}


def is_usual(document: Document) -> bool:
    known = any(look.name == document.get("look", "prism") for look in LOOKS.all)
    return known and all(isinstance(document.get(part, {}), dict) for part in ("params", *PARTS))


def python_answer(document: Document) -> Document:
    try:
        return {"settings": resolve(parse_settings(document), LOOKS).as_json()}
    except InvalidSettings as refusal:
        return {"code": refusal.code, "message": refusal.message, "setting": refusal.details.get("setting")}


def alike(answer: Document) -> str:
    """Return the answer as text; a whole number may have been written as 1 or 1.0."""
    text = canonical_json(answer).encode("utf-8", "replace").decode()
    return re.sub(r"(\d)\.0\b", r"\1", text)


def browser_answers(asked: list[Document]) -> list[Document]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    body = json.dumps({**json.loads(packaged_looks_file().read_text("utf-8")), "documents": asked})
    done = subprocess.run(
        ["node", SCRIPT], input=body, capture_output=True, text=True, timeout=120, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, done.stderr
    answers: list[Document] = json.loads(done.stdout)
    return answers


def test_both_implementations_give_the_same_answers() -> None:
    asked = all_documents()
    pairs = zip(asked, python_answers(), browser_answers(asked), strict=True)
    differing = [(document, one, other) for document, one, other in pairs if alike(one) != alike(other)]
    said = "\n".join(
        f"{str(case)[:300]}\n  {alike(one)[:300]}\n  {alike(other)[:300]}" for case, one, other in differing[:20]
    )
    assert not differing, f"{len(differing)} of {len(asked)} differ:\n{said}"


def test_the_documents_are_good_and_bad_in_every_way() -> None:
    codes = Counter(answer.get("code", "none") for answer in python_answers())
    assert set(codes) == {"none", *(kind.code for kind in REFUSALS)}
    assert min(codes.values()) >= 10, codes
