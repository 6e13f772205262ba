"""The settings document is checked strictly, and what is wrong is called by its name."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from oriel.errors import InvalidSettings, UnknownSetting
from oriel.rendering.pipeline import settings_document
from oriel.rendering.pipeline.settings_document import (
    SettingsDocument,
    document_schema,
    parse_settings,
    read_settings_file,
    read_settings_json,
)


def test_an_empty_document_is_all_defaults() -> None:
    assert parse_settings({}) == SettingsDocument()
    assert parse_settings({}).output.model_dump() == {
        "width": 1920,
        "height": 1080,
        "fps": 30,
        "format": "mp4",
        "quality": "standard",
    }


def test_a_whole_document_is_taken() -> None:
    document = {
        "version": 1,
        "look": "halo",
        "preset": "dusk",
        "seed": 7,
        "params": {"size": 1},
        "output": {"width": 1080, "height": 1920, "fps": 60, "format": "webm", "quality": "high"},
        "range": {"start_s": 1, "duration_s": 2.5},
        "text": {"title": "", "artist": None},
        "cover": {"source": "file", "file": "a.png"},
        "background": {"type": "gradient", "colors": ["#000000", 8587733]},
        "finish": {"glow": 2, "vignette": 0, "grain": 0.5, "aberration": 1},
    }
    parsed = parse_settings(document)
    assert parsed.background.colors == ["#000000", "#8309d5"]
    assert (parsed.range.duration_s, parsed.text.title, parsed.text.artist) == (2.5, "", None)


@pytest.mark.parametrize("colour", ["#8309D5", "#8309d5", 8587733])
def test_a_colour_has_one_spelling(colour: object) -> None:
    assert parse_settings({"background": {"color": colour}}).background.color == "#8309d5"


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", -1, 0x1000000, True, 1.5, "8587733"])
def test_other_colours_are_refused(colour: object) -> None:
    with pytest.raises(
        InvalidSettings, match=r"background\.color” cannot be used: it must be a colour such as “#8309d5”"
    ):
        parse_settings({"background": {"color": colour}})


@pytest.mark.parametrize(
    ("document", "path", "hint"),
    [
        ({"lok": "prism"}, "lok", "“look”"),
        ({"output": {"widht": 640}}, "output.widht", "“width”"),
        ({"finish": {"bloom": 1}}, "finish.bloom", "“glow”"),
        ({"watermark": False}, "watermark", "it can be"),
        ({"cover": {"source": "none", "url": "x"}}, "cover.url", "“source”"),
    ],
)
def test_an_unknown_key_is_named_with_its_path(document: dict[str, Any], path: str, hint: str) -> None:
    with pytest.raises(UnknownSetting) as refusal:
        parse_settings(document)
    assert refusal.value.details["setting"] == path
    assert f"“{path}”" in refusal.value.message
    assert hint in refusal.value.message


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"output": {"width": 641, "height": 480}}, "output.width"),
        ({"output": {"width": 62, "height": 480}}, "output.width"),
        ({"output": {"width": 640, "height": 4098}}, "output.height"),
        ({"output": {"width": 640}}, "output"),
        ({"output": {"width": "640", "height": 480}}, "output.width"),
        ({"output": {"fps": 25}}, "output.fps"),
        ({"output": {"fps": True}}, "output.fps"),
        ({"output": {"format": "avi"}}, "output.format"),
        ({"output": {"quality": "best"}}, "output.quality"),
        ({"output": None}, "output"),
        ({"output": []}, "output"),
        ({"range": {"start_s": -1}}, "range.start_s"),
        ({"range": {"duration_s": 0}}, "range.duration_s"),
        ({"range": {"start_s": float("inf")}}, "range.start_s"),
        ({"range": {"duration_s": float("nan")}}, "range.duration_s"),
        ({"text": {"title": 7}}, "text.title"),
        ({"text": {"artist": "x" * 201}}, "text.artist"),
        ({"cover": {"source": "file"}}, "cover"),
        ({"background": {"type": "video"}}, "background.type"),
        ({"background": {"colors": ["#000000"]}}, "background.colors"),
        ({"finish": {"glow": 2.1}}, "finish.glow"),
        ({"finish": {"grain": -0.1}}, "finish.grain"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"params": []}, "params"),
        ({"look": None}, "look"),
        ({"version": "1"}, "version"),
        ({"version": True}, "version"),
        ({"version": 0}, "version"),
        ({"version": 2}, "version"),
    ],
)
def test_a_wrong_value_is_refused_with_its_path(document: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidSettings) as refusal:
        parse_settings(document)
    assert refusal.value.details["setting"] == path


def test_an_older_version_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    def renamed(content: dict[str, Any]) -> dict[str, Any]:
        return {"version": 1, "look": content["style"]}

    monkeypatch.setattr(settings_document, "MIGRATIONS", {0: renamed})
    assert parse_settings({"version": 0, "style": "halo"}).look == "halo"


@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\tb", "a\x1b", "a\x7f", "a\x85b", "a\ud800"])
@pytest.mark.parametrize(
    ("part", "key"), [("text", "title"), ("text", "artist"), ("cover", "file"), ("background", "image")]
)
def test_a_text_is_one_line_that_can_be_written(part: str, key: str, text: str) -> None:
    with pytest.raises(InvalidSettings) as refusal:
        parse_settings({part: {key: text}})
    assert refusal.value.details == {"setting": f"{part}.{key}"}
    assert "\\" not in refusal.value.message


def test_any_script_may_be_written() -> None:
    assert parse_settings({"text": {"title": "Nuit d'été 夜 \u200f🎧"}}).text.title == "Nuit d'été 夜 \u200f🎧"


def test_a_document_that_is_nested_too_deeply_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(600):
        deep = [deep]
    with pytest.raises(InvalidSettings, match="nested more than 32 levels deep"):
        parse_settings({"params": {"size": deep}})


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"seed": NaN}', "[" * 100_000])
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidSettings):
        read_settings_json(text)


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"look": "halo"}), "utf-8")
    assert read_settings_file(tmp_path / "s.json") == {"look": "halo"}


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettings, match=r"none\.json cannot be read: No such file"):
        read_settings_file(tmp_path / "none.json")


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidSettings, match="not UTF-8 text"):
        read_settings_file(tmp_path / "s.json")


@pytest.mark.parametrize("key", ["start_s", "duration_s"])
def test_a_range_beyond_a_day_is_refused(key: str) -> None:
    with pytest.raises(InvalidSettings, match=f"range.{key}"):
        parse_settings({"range": {key: 1e308}})


FLAT = {"shape": "cube", "size": 2, "baseColor": "#fff000", "glowColor": 8590805, "pulseIntensity": 0.5}


def test_the_flat_form_becomes_parameters_of_prism() -> None:
    assert parse_settings(FLAT) == SettingsDocument(look="prism", params=FLAT)
    assert read_settings_json('{"shape": "cube"}') == {"look": "prism", "params": {"shape": "cube"}}


def test_the_published_schema_holds_both_forms_and_no_mixture() -> None:
    schema = jsonschema.Draft202012Validator(document_schema())
    assert all(schema.is_valid(settings) for settings in (FLAT, {}, {"look": "halo", "params": {"size": 1}}))
    assert not any(schema.is_valid(settings) for settings in (FLAT | {"look": "halo"}, FLAT | {"facets": 1}))


def test_a_mixture_of_both_forms_is_refused() -> None:
    with pytest.raises(InvalidSettings) as refusal:
        parse_settings({"seed": 1, "size": 2})
    assert refusal.value.message == ("These settings mix two forms: put “size” inside “params”, or leave “seed” out.")
    assert refusal.value.details == {"setting": "size"}


def test_an_unknown_key_in_the_flat_form_is_refused_by_name() -> None:
    with pytest.raises(UnknownSetting) as refusal:
        parse_settings({"shape": "cube", "glowColour": 1})
    assert refusal.value.message == "There is no setting “glowColour” beside “shape”: did you mean “glowColor”?"
