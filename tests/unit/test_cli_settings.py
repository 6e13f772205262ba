"""Options become a settings document."""

import json
from pathlib import Path
from typing import Any

import pytest

from oriel.cli_settings import RenderOptions, document_from, frame_size
from oriel.errors import AppError, InvalidSettings, UnknownLook, UnknownSetting
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.settings_document import SettingsDocument


def document(looks: Looks, *assignments: str, output: str = "out.mp4", **options: Any) -> SettingsDocument:  # noqa: ANN401
    return document_from(RenderOptions(Path(output), assignments=assignments, **options), looks)


def test_without_options_it_is_all_defaults(looks: Looks) -> None:
    assert document(looks) == SettingsDocument.model_validate({"output": {"format": "mp4"}})


def test_every_option_has_its_place(looks: Looks) -> None:
    made = document(
        looks,
        output="out.webm",
        look="halo",
        preset="p",
        title="T",
        artist="",
        cover=Path("c.png"),
        size="720p",
        fps=60,
        format="webm",
        quality="high",
        start=1.5,
        duration=2.0,
        seed=9,
    )
    assert (
        made.model_dump()
        == SettingsDocument.model_validate(
            {
                "look": "halo",
                "preset": "p",
                "seed": 9,
                "text": {"title": "T", "artist": ""},
                "cover": {"source": "file", "file": "c.png"},
                "output": {"width": 1280, "height": 720, "fps": 60, "format": "webm", "quality": "high"},
                "range": {"start_s": 1.5, "duration_s": 2.0},
            }
        ).model_dump()
    )


def test_a_file_in_the_flat_form_takes_options_too(looks: Looks, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps({"shape": "gem", "glowColor": 8590805}), "utf-8")
    made = document(looks, "size=0.5", settings=tmp_path / "s.json", title="T")
    assert made.params == {"shape": "gem", "glowColor": 8590805, "size": 0.5}
    assert (made.look, made.text.title) == ("prism", "T")


def test_options_win_over_the_file_and_assignments_over_both(looks: Looks, tmp_path: Path) -> None:
    content = {"seed": 1, "text": {"title": "file", "artist": "file"}, "params": {"size": 1, "facets": 5}}
    (tmp_path / "s.json").write_text(json.dumps(content), "utf-8")
    made = document(looks, "text.title=set", "size=0.5", settings=tmp_path / "s.json", title="option", artist="option")
    assert (made.text.title, made.text.artist) == ("set", "option")
    assert made.params == {"size": 0.5, "facets": 5}


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("size=0.5", 0.5),
        ("facets=7", 7),
        ("mirror=true", True),
        ("shape=cube", "cube"),
        ("shape=7", "7"),
        ("glowColor=#8309D5", "#8309D5"),
        ("glowColor=8587733", 8587733),
        ("params.size=1", 1),
        ("size=NaN", "NaN"),
        ("size=", ""),
    ],
)
def test_parameters_are_read_as_what_they_look_like(looks: Looks, assignment: str, value: object) -> None:
    assert list(document(looks, assignment).params.values()) == [value]


def test_dotted_paths_reach_everything(looks: Looks) -> None:
    made = document(
        looks,
        "finish.glow=0.25",
        "text.title=1999",
        "text.artist=null",
        "background.type=gradient",
        'background.colors=["#000000", "#FFFFFF"]',
        "seed=5",
        "preset=dusk",
        "output.fps=60",
    )
    assert (made.finish.glow, made.text.title, made.text.artist, made.seed) == (0.25, "1999", None, 5)
    assert (made.background.colors, made.preset, made.output.fps) == (["#000000", "#ffffff"], "dusk", 60)


def test_a_value_may_contain_equals_signs(looks: Looks) -> None:
    assert document(looks, "text.title=a=b").text.title == "a=b"


@pytest.mark.parametrize("assignment", ["size", "=1", ""])
def test_an_assignment_without_key_or_value_is_refused(looks: Looks, assignment: str) -> None:
    with pytest.raises(InvalidSettings, match="KEY=VALUE"):
        document(looks, assignment)


def test_a_path_through_a_plain_value_is_refused(looks: Looks) -> None:
    with pytest.raises(InvalidSettings, match="“seed” has no keys"):
        document(looks, "seed=1", "seed.x=1")


def test_an_unknown_path_is_refused_by_name(looks: Looks) -> None:
    with pytest.raises(UnknownSetting, match=r"“txt”.*“text”"):
        document(looks, "txt.title=x")


def test_a_parameter_of_an_unknown_look_is_refused_for_the_look(looks: Looks) -> None:
    with pytest.raises(UnknownLook):
        document(looks, "size=1", look="nonesuch")


@pytest.mark.parametrize(("output", "format_"), [("a.mp4", "mp4"), ("a.WEBM", "webm"), ("a.mov", "mov")])
def test_the_name_of_the_output_decides_the_format(looks: Looks, output: str, format_: str) -> None:
    assert document(looks, output=output).output.format == format_


@pytest.mark.parametrize("output", ["a", "a.avi", "mp4"])
def test_a_name_that_stands_for_no_format_is_refused(looks: Looks, output: str) -> None:
    with pytest.raises(InvalidSettings, match=r"\.mp4, \.webm, \.mov, or say --format"):
        document(looks, output=output)
    assert document(looks, output=output, format="webm").output.format == "webm"


def test_a_format_that_is_named_needs_no_name_that_says_it(looks: Looks, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"output": {"format": "mov"}}', "utf-8")
    assert document(looks, output="a", settings=tmp_path / "s.json").output.format == "mov"
    assert document(looks, output="a.webm", settings=tmp_path / "s.json", format="webm").output.format == "webm"


def test_a_name_that_stands_for_another_format_is_refused(looks: Looks, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"output": {"format": "mov"}}', "utf-8")
    refused = r"a\.MP4 would be no MP4, since the format was set to mov: change the name, or say --format mp4\."
    with pytest.raises(InvalidSettings, match=refused):
        document(looks, output="a.MP4", format="mov")
    with pytest.raises(InvalidSettings, match=refused):
        document(looks, output="a.MP4", settings=tmp_path / "s.json")
    with pytest.raises(InvalidSettings, match=refused):
        document(looks, "output.format=mov", output="a.MP4")


@pytest.mark.parametrize(
    ("size", "aspect", "sides"),
    [
        ("720p", None, (1280, 720)),
        ("1080p", None, (1920, 1080)),
        ("1440p", None, (2560, 1440)),
        ("4k", None, (3840, 2160)),
        ("4K", "1:1", (2160, 2160)),
        ("480p", None, (854, 480)),
        ("720p", "9:16", (720, 1280)),
        ("1080p", "4:5", (1080, 1350)),
        (None, "1:1", (1080, 1080)),
        (None, "9:16", (1080, 1920)),
        ("640x360", None, (640, 360)),
    ],
)
def test_sizes_name_the_shorter_side(size: str | None, aspect: str | None, sides: tuple[int, int]) -> None:
    assert frame_size(size, aspect, {}) == sides


def test_a_size_keeps_the_shape_of_the_settings_file() -> None:
    assert frame_size("720p", None, {"width": 1080, "height": 1920}) == (720, 1280)


@pytest.mark.parametrize(("size", "aspect"), [("big", None), ("1080", None), ("640x360", "1:1"), ("p", None)])
def test_other_sizes_are_refused(size: str, aspect: str | None) -> None:
    with pytest.raises(InvalidSettings):
        frame_size(size, aspect, {})


@pytest.mark.parametrize("size", ["641x360", "62x62", "5000x5000", "0p", "99999p"])
def test_sizes_out_of_bounds_are_refused(looks: Looks, size: str) -> None:
    with pytest.raises(AppError) as refusal:
        document(looks, size=size)
    assert refusal.value.exit_code == 2
