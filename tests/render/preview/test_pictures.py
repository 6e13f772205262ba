"""The studio's canvas shows what the delivered video shows."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page
from tests.render.conftest import Render
from tests.render.preview.conftest import Site
from tests.render.songs import music, write_wav
from tests.render.videos import frame

from oriel.rendering.pipeline.looks import Look, load_looks
from oriel.rendering.pipeline.pcm import decode_pcm
from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.tools import Tools

Picture = NDArray[np.uint8]
Shown = dict[str, Any]

SIZE = {"width": 640, "height": 360}
SECONDS = 2.0
FRAMES = (0, 13, 30, 44, 59)

every_look = pytest.mark.parametrize("look", load_looks().all, ids=lambda look: look.name)
PRESETS = [(look, preset.name) for look in load_looks().all for preset in look.presets]


@pytest.fixture(scope="session")
def song(site: Site) -> Path:
    return write_wav(site.folder / "shown.wav", music(SECONDS))


@pytest.fixture(scope="session")
def track(site: Site, stage: Stage, tools: Tools, song: Path) -> str:
    """The address of the song's feature track."""
    pcm = decode_pcm(probe_song(song, tools), site.folder / "shown.pcm", tools)
    path = site.folder / "shown.track"
    path.write_bytes(stage.analyse(pcm.path, pcm.samples))
    return site.address(path)


@pytest.fixture(scope="session")
def pictures(site: Site, tools: Tools) -> Mapping[str, Path]:
    """A cover larger than is used, and a background."""
    # Blurred a little: a video halves the resolution of colours, and the finest lines would show that alone.
    made = {"cover": "mandelbrot=s=1500x1500,gblur=6", "image": "gradients=s=900x700:seed=4:n=4"}
    for name, source in made.items():
        out = site.folder / f"{name}.png"
        command: list[str | Path] = [tools.ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", source]
        run_checked([*command, "-frames:v", "1", out], access=None, timeout_s=120)
    return {name: site.folder / f"{name}.png" for name in made}


@pytest.fixture
def document(pictures: Mapping[str, Path]) -> dict[str, Any]:
    return {
        "output": {**SIZE, "quality": "high"},
        "text": {"title": "Émigré <b>", "artist": "An artist"},
        "cover": {"source": "file", "file": str(pictures["cover"])},
        "background": {"type": "image", "image": str(pictures["image"])},
    }


def shown_of(site: Site, track: str, document: Mapping[str, Any], pictures: Mapping[str, Path]) -> Shown:
    text = document.get("text", {})
    addresses = {name: site.address(path) for name, path in pictures.items()}
    return {"document": document, "track": track, **addresses, **text}


def picture_of(answer: str, tools: Tools, site: Site) -> Picture:
    path = site.folder / "shown.png"
    path.write_bytes(base64.b64decode(answer))
    return frame(path, tools, 0)


def preview_of(page: Page, tools: Tools, site: Site, index: int, fps: int = 30) -> Picture:
    return picture_of(page.evaluate("at => harness.picture(at)", index / fps), tools, site)


def difference(one: Picture, other: Picture) -> float:
    """Return the mean difference of the colours in levels."""
    assert one.shape[:2] == other.shape[:2]
    return float(np.abs(one[..., :3].astype(int) - other[..., :3].astype(int)).mean())


def assert_preview_is_video(page: Page, site: Site, tools: Tools, shown: Shown, video: Path, width: int) -> None:
    page.evaluate("([shown, width]) => harness.show(shown, width)", [shown, width])
    delivered = [frame(video, tools, index) for index in FRAMES]
    drawn = [preview_of(page, tools, site, index) for index in FRAMES]
    for index, one, other in zip(FRAMES, drawn, delivered, strict=True):
        assert difference(one, other) <= 2, index
    # A test that compared stills would pass for any moment.
    assert difference(drawn[0], drawn[2]) > 0.5


@every_look
def test_the_preview_of_a_look_is_its_video(
    page: Page,
    site: Site,
    tools: Tools,
    render: Render,
    song: Path,
    track: str,
    pictures: Mapping[str, Path],
    document: dict[str, Any],
    look: Look,
) -> None:
    document["look"] = look.name
    result = render(song, **document)
    assert_preview_is_video(page, site, tools, shown_of(site, track, document, pictures), result.output, 640)


@pytest.mark.long
@pytest.mark.parametrize(("look", "preset"), PRESETS, ids=[f"{look.name}-{preset}" for look, preset in PRESETS])
def test_the_preview_of_a_preset_is_its_video(
    page: Page,
    site: Site,
    tools: Tools,
    render: Render,
    song: Path,
    track: str,
    pictures: Mapping[str, Path],
    document: dict[str, Any],
    look: Look,
    preset: str,
) -> None:
    document |= {"look": look.name, "preset": preset, "output": {"width": 1280, "height": 720, "quality": "high"}}
    del document["background"]
    result = render(song, **document)
    shown = shown_of(site, track, document, {"cover": pictures["cover"]})
    assert_preview_is_video(page, site, tools, shown, result.output, 1280)


CHANGES: dict[str, Mapping[str, Any]] = {
    "another look": {"look": "halo"},
    "a parameter": {"params": {"size": 2}},
    "a seed": {"seed": 9},
    "the finish": {"finish": {"glow": 2, "vignette": 1, "grain": 1}},
    "fringes": {"finish": {"aberration": 1}},
    "another background": {"background": {"type": "gradient", "colors": ["#400000", "#000040"]}},
    "the cover behind": {"background": {"type": "image", "image": "cover"}},
    "another text": {"text": {"title": "Other", "artist": ""}},
    "no text": {"text": {"title": "", "artist": ""}},
    "another shape": {"output": {"width": 180, "height": 320}},
    "another rate": {"output": {"width": 320, "height": 180, "fps": 60}},
    "another range": {"range": {"start_s": 1.2}},
}


def test_a_changed_scene_looks_as_if_it_had_been_opened_so(
    page: Page, site: Site, tools: Tools, track: str, pictures: Mapping[str, Path], document: dict[str, Any]
) -> None:
    def painted(documents: list[Mapping[str, Any]]) -> Picture:
        for each in documents:
            page.evaluate("shown => harness.painter.show(shown)", shown_of(site, track, each, pictures))
        return picture_of(page.evaluate("harness.painter.picture(40)"), tools, site)

    document["output"] = {"width": 320, "height": 180}
    before = painted([document])
    changed = {name: painted([document, {**document, **change}]) for name, change in CHANGES.items()}
    assert largest_difference(painted([document]), before) == 0
    for name, change in CHANGES.items():
        page.evaluate("harness.painter.anew()")
        opened = painted([{**document, **change}])
        # The browser blurs a cover now on one unit and now on another.
        assert largest_difference(opened, changed[name]) <= 2, name
        assert opened.shape != before.shape or largest_difference(opened, before) > 2, name


def largest_difference(one: Picture, other: Picture) -> int:
    """Return the largest difference of one colour of one pixel, in levels."""
    assert one.shape == other.shape
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def test_the_picture_comes_back_after_the_graphics_context_was_lost(
    page: Page, site: Site, tools: Tools, track: str, pictures: Mapping[str, Path], document: dict[str, Any]
) -> None:
    page.evaluate("shown => harness.painter.show(shown)", shown_of(site, track, document, pictures))
    before = picture_of(page.evaluate("harness.painter.picture(40)"), tools, site)
    page.evaluate("harness.painter.loseContext()")
    page.evaluate("harness.painter.draw(40)")
    after = picture_of(page.evaluate("harness.painter.picture(40)"), tools, site)
    assert largest_difference(after, before) == 0


def test_nothing_stays_on_the_graphics_card_after_a_change(
    page: Page, site: Site, track: str, pictures: Mapping[str, Path], document: dict[str, Any]
) -> None:
    def memory_after(name: str) -> dict[str, int]:
        for look in ("halo", "horizon", name):
            for title in ("One", "Two"):
                changed = {**document, "look": look, "text": {"title": title, "artist": ""}}
                page.evaluate("shown => harness.painter.show(shown)", shown_of(site, track, changed, pictures))
                page.evaluate("harness.painter.draw(30)")
        memory: dict[str, int] = page.evaluate("harness.painter.memory()")
        return memory

    once = memory_after("prism")
    assert once["textures"] > 0
    assert once["programs"] > 0
    assert [memory_after("prism") for _ in range(3)] == [once] * 3


def test_a_picture_of_a_moment_is_sharp_where_the_preview_is_small(
    page: Page, site: Site, tools: Tools, track: str, document: dict[str, Any], pictures: Mapping[str, Path]
) -> None:
    shown = shown_of(site, track, {**document, "look": "prism"}, pictures)
    page.evaluate("shown => harness.show(shown, 640)", shown)
    whole = preview_of(page, tools, site, 30)
    page.evaluate("shown => harness.show(shown, 320)", shown)
    page.wait_for_function("document.querySelector('#host canvas').width === 320")
    assert difference(picture_of(page.evaluate("harness.poster(1)"), tools, site), whole) == 0
    page.wait_for_function("document.querySelector('#host canvas').width === 320")


@pytest.mark.parametrize("title", ["Titan", "Through the very long night of space", "A title " * 20])
def test_a_title_of_any_length_stays_large(page: Page, title: str) -> None:
    lines = page.evaluate("title => harness.fittedLines(title, '', 720, 1280, 'tall').title", title)
    assert all(line["size"] >= 0.7 * 0.066 * 720 for line in lines)
    assert " ".join(line["text"] for line in lines) == title or lines[-1]["isCut"]


def test_the_canvas_is_gone_with_the_preview(
    page: Page, site: Site, track: str, pictures: Mapping[str, Path], document: dict[str, Any]
) -> None:
    page.evaluate("([shown, width]) => harness.show(shown, width)", [shown_of(site, track, document, pictures), 320])
    assert page.evaluate("harness.closePreview()") == 0


def test_a_browser_whose_workers_cannot_draw_draws_in_the_page(
    page: Page, site: Site, tools: Tools, track: str, pictures: Mapping[str, Path], document: dict[str, Any]
) -> None:
    shown = shown_of(site, track, document, pictures)
    pictures_of = []
    for script in ("", "delete HTMLCanvasElement.prototype.transferControlToOffscreen"):
        page.evaluate(script)
        page.evaluate("([shown, width]) => harness.show(shown, width)", [shown, 640])
        pictures_of.append(preview_of(page, tools, site, 40))
        page.evaluate("harness.closePreview()")
    assert largest_difference(*pictures_of) == 0
    assert pictures_of[0].std() > 5


def choices_of(look: Look) -> list[tuple[str, str]]:
    """Return every choice of every parameter that offers some."""
    parameters = look.parameters["properties"]
    return [(name, value) for name, schema in parameters.items() for value in schema.get("enum", ())]


def extremes_of(schema: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return two values that are as different as the schema allows."""
    if "enum" in schema:
        return schema["enum"][0], schema["enum"][-1]
    if schema["type"] == "boolean":
        return False, True
    if schema.get("format") == "color":
        return "#10e020", "#e01080"
    return schema["minimum"], schema["maximum"]


def has_effect(schema: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    """Return whether the studio shows this control, as its own `hasEffect` decides."""
    return all(params[name] in choices for name, choices in schema.get("x-with", {}).items())


# They need sections, hi-hats or a cover.
WITH_ANOTHER_SONG = ("moods", "sparks", "colorSource", "spin")


@pytest.mark.long
@every_look
def test_every_control_that_the_studio_shows_changes_the_picture(
    page: Page, site: Site, track: str, look: Look
) -> None:
    def frames_of(params: Mapping[str, Any]) -> list[str]:
        document = {"look": look.name, "output": {"width": 480, "height": 270}, "params": params}
        page.evaluate("shown => harness.painter.show(shown)", shown_of(site, track, document, {}))
        return [page.evaluate("at => harness.painter.picture(at)", at) for at in FRAMES[1:]]

    parameters = look.parameters["properties"]
    defaults = {name: schema["default"] for name, schema in parameters.items()}
    dead = [
        f"{name} where {choice} is {value}"
        for choice, value in choices_of(look)
        for name, schema in parameters.items()
        if name not in (choice, *WITH_ANOTHER_SONG)
        for low, high in [extremes_of(schema)]
        if has_effect(schema, {**defaults, choice: value})
        if frames_of({choice: value, name: low}) == frames_of({choice: value, name: high})
    ]
    # The solid with the highest foot: the floor begins below the picture.
    assert dead == (["reflection where shape is tetrahedron"] if look.name == "prism" else [])
