"""Document + look → settings in which every value is decided."""

import json
from typing import Any

import pytest

from oriel.errors import InvalidParameter, InvalidSettings, UnknownLook, UnknownParameter, UnknownPreset
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.resolve import ResolvedSettings, canonical_json, resolve
from oriel.rendering.pipeline.settings_document import parse_settings


def resolved(looks: Looks, **document: Any) -> ResolvedSettings:  # noqa: ANN401
    return resolve(parse_settings(document), looks)


def test_defaults_come_from_the_look(looks: Looks) -> None:
    settings = resolved(looks)
    assert settings.params == {"glowColor": "#8309d5", "size": 1.0, "facets": 6, "shape": "gem", "mirror": False}
    assert settings.background == {"type": "gradient", "colors": ["#000000", "#101020"]}
    assert settings.finish == {"glow": 0.5, "vignette": 0.3, "grain": 0.0, "aberration": 0.0}


def test_a_preset_goes_over_the_look(looks: Looks) -> None:
    settings = resolved(looks, preset="dusk")
    assert (settings.params["size"], settings.finish["glow"], settings.finish["vignette"]) == (1.5, 1.0, 0.3)


def test_the_document_goes_over_the_preset(looks: Looks) -> None:
    settings = resolved(looks, preset="dusk", params={"size": 0.5}, finish={"glow": 0})
    assert (settings.params["size"], settings.finish["glow"]) == (0.5, 0)


def test_a_presets_colour_gets_the_one_spelling(looks: Looks) -> None:
    assert resolved(looks, preset="clear").background == {"type": "color", "color": "#ffffff"}


def test_a_parameters_colour_may_be_a_number(looks: Looks) -> None:
    assert resolved(looks, params={"glowColor": 255}).params["glowColor"] == "#0000ff"


def test_the_canonical_text_does_not_depend_on_order_or_spelling(looks: Looks) -> None:
    one = resolved(looks, params={"size": 1, "glowColor": "#8309D5"}, seed=3)
    two = resolved(looks, seed=3, params={"glowColor": 8587733, "size": 1.0})
    assert one.canonical_json == two.canonical_json
    assert parse_settings(json.loads(one.canonical_json)).seed == 3


def test_another_value_gives_another_text(looks: Looks) -> None:
    assert resolved(looks).canonical_json != resolved(looks, params={"facets": 7}).canonical_json


def test_what_the_background_does_not_use_is_left_out(looks: Looks) -> None:
    one = resolved(looks, background={"type": "color", "color": "#111111", "colors": ["#000000", "#ffffff"]})
    assert one.background == {"type": "color", "color": "#111111"}


def test_numbers_are_written_alike() -> None:
    assert canonical_json({"b": 1.0, "a": [2, 0.5]}) == '{"a":[2,0.5],"b":1}'


def test_an_unknown_look_is_named(looks: Looks) -> None:
    with pytest.raises(UnknownLook, match="no look “prisma”: did you mean “prism”"):
        resolved(looks, look="prisma")


def test_an_unknown_look_that_resembles_none_lists_all(looks: Looks) -> None:
    with pytest.raises(UnknownLook, match="it can be “prism”, “halo”"):
        resolved(looks, look="xyz")


def test_an_unknown_preset_is_named(looks: Looks) -> None:
    with pytest.raises(UnknownPreset, match="has no preset “dask”: did you mean “dusk”"):
        resolved(looks, preset="dask")


def test_an_unknown_parameter_is_named(looks: Looks) -> None:
    with pytest.raises(UnknownParameter, match="has no parameter “glowColour”: did you mean “glowColor”") as refusal:
        resolved(looks, params={"glowColour": 1})
    assert refusal.value.details["setting"] == "params.glowColour"


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"size": 3}, "it must be at most 2"),
        ({"size": "big"}, "it must be a number"),
        ({"size": True}, "it must be a number"),
        ({"facets": 6.5}, "it must be a whole number"),
        ({"shape": "ball"}, "it must be one of “cube”, “gem”"),
        ({"glowColor": "red"}, "it must be a colour such as “#8309d5”"),
        ({"mirror": 1}, "it must be true or false"),
    ],
)
def test_a_wrong_parameter_is_refused_with_the_reason(looks: Looks, params: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidParameter) as refusal:
        resolved(looks, params=params)
    assert reason in refusal.value.message
    assert f"“params.{next(iter(params))}”" in refusal.value.message


def test_a_background_needs_what_its_type_shows(looks: Looks) -> None:
    with pytest.raises(InvalidSettings, match=r"“background\.image” is needed"):
        resolved(looks, background={"type": "image"})


def test_transparency_needs_mov(looks: Looks) -> None:
    with pytest.raises(InvalidSettings, match="needs the format “mov”"):
        resolved(looks, background={"type": "transparent"})
    assert resolved(looks, background={"type": "transparent"}, output={"format": "mov"}).transparent
