"""What every look says of itself: complete, valid, and true of its presets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oriel.rendering.pipeline.looks import Look, load_looks
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings

LOOKS = load_looks().all


def declared(look: Look) -> dict[str, Any]:
    properties: dict[str, Any] = look.parameters["properties"]
    return properties


def parameters() -> Iterator[Any]:
    for look in LOOKS:
        for name, schema in declared(look).items():
            yield pytest.param(schema, id=f"{look.name}.{name}")


def presets() -> Iterator[Any]:
    for look in LOOKS:
        for preset in look.presets:
            yield pytest.param(look, preset.name, id=f"{look.name}.{preset.name}")


def test_the_three_first_looks_ship() -> None:
    assert {look.name for look in LOOKS} >= {"prism", "halo", "horizon"}


@pytest.mark.parametrize("schema", list(parameters()))
def test_a_parameter_is_declared_in_full(schema: dict[str, Any]) -> None:
    assert {"default", "title", "description", "x-group", "x-level"} <= set(schema)
    assert schema["x-level"] in ("basic", "advanced")
    assert "enum" in schema or "type" in schema
    if schema.get("type") in ("number", "integer"):
        assert schema["minimum"] <= schema["default"] <= schema["maximum"]


@pytest.mark.parametrize("schema", [each for each in parameters() if "x-taste" in each.values[0]])
def test_good_taste_lies_within_what_is_possible(schema: dict[str, Any]) -> None:
    taste = schema["x-taste"]
    if "enum" in schema:
        assert taste
        assert set(taste) <= set(schema["enum"])
    else:
        low, high = taste
        assert schema["minimum"] <= low < high <= schema["maximum"]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_what_a_parameter_does_something_with_is_a_choice_of_another(look: Look) -> None:
    schemas = declared(look)
    for schema in schemas.values():
        for name, choices in schema.get("x-with", {}).items():
            assert choices
            assert set(choices) < set(schemas[name]["enum"])


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_every_choice_that_is_made_by_sight_has_a_picture(look: Look) -> None:
    tiles = {name: schema["enum"] for name, schema in declared(look).items() if schema.get("x-tiles")}
    wanted = {f"{name}-{value}.webp" for name, values in tiles.items() for value in values}
    folder = Path(__file__).parents[2] / "frontend" / "looks" / look.name / "choices"
    assert wanted
    assert {path.name for path in folder.iterdir()} == wanted


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_a_look_has_at_least_four_presets_that_differ(look: Look) -> None:
    documents = [parse_settings({"look": look.name, "preset": preset.name}) for preset in look.presets]
    settings = {resolve(document, load_looks()).canonical_json for document in documents}
    assert len(settings) == len(look.presets) >= 4


@pytest.mark.parametrize(("look", "preset"), list(presets()))
def test_a_preset_resolves(look: Look, preset: str) -> None:
    resolved = resolve(parse_settings({"look": look.name, "preset": preset}), load_looks())
    assert set(resolved.params) == set(declared(look))


def test_prism_keeps_the_names_and_values_that_the_product_has_always_had() -> None:
    properties = declared(load_looks().look("prism"))
    assert {"shape", "size", "baseColor", "glowColor", "pulseIntensity"} <= set(properties)
    assert properties["size"]["default"] == 4
    assert properties["baseColor"]["default"] == "#ffffff"
    assert properties["glowColor"]["default"].lower() == "#8309d5"
    assert properties["pulseIntensity"]["default"] == 1.5
