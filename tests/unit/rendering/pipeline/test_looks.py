"""The list of looks is read from what the frontend build wrote."""

import json
from pathlib import Path

import pytest

from oriel.errors import LooksMissing
from oriel.rendering.pipeline.looks import Looks, load_looks, suggest


def test_looks_come_in_their_order_with_their_presets(looks: Looks) -> None:
    assert [look.name for look in looks.all] == ["prism", "halo"]
    assert [preset.name for preset in looks.look("prism").presets] == ["dusk", "clear"]


def test_a_look_is_shown_with_its_schema(looks: Looks) -> None:
    shown = looks.look("prism").as_json()
    assert list(shown) == ["name", "title", "description", "presets", "parameters"]
    assert shown["presets"][0] == {"name": "dusk", "title": "Dusk"}
    json.dumps(shown)


def test_without_a_build_the_way_out_is_said(tmp_path: Path) -> None:
    with pytest.raises(LooksMissing, match="Run `make setup`"):
        load_looks(tmp_path / "looks.json")


@pytest.mark.parametrize("content", ["", "[]", '{"looks": [{}]}', '{"looks": 7}'])
def test_a_broken_build_says_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "looks.json").write_text(content, "utf-8")
    with pytest.raises(LooksMissing, match="cannot be read as a list of looks"):
        load_looks(tmp_path / "looks.json")


def test_a_suggestion_prefers_what_is_close() -> None:
    assert suggest("glw", ["glow", "grain"]) == "did you mean “glow”?"
    assert suggest("xyz", ["glow", "grain"]) == "it can be “glow”, “grain”."
    assert suggest("xyz", []) == "there is none to choose from."
