"""The video shows what the page shows: pixel for pixel, colour for colour, at every size and in every format."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.render.conftest import Render
from tests.render.in_turn import with_looks_in_turn
from tests.render.patches import GREYS, PRIMARIES
from tests.render.songs import music, write_wav
from tests.render.videos import frame, stream

from oriel.rendering.pipeline.looks import Look, load_looks
from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.tools import Tools

TRANSPARENT = {"background": {"type": "transparent"}}
FORMATS = [
    pytest.param("a.mp4", {}, id="mp4"),
    pytest.param("a.webm", {}, id="webm"),
    pytest.param("a.mov", {}, id="mov"),
    pytest.param("a.mov", TRANSPARENT, id="mov with alpha"),
]
# A height or a width that does not divide into the blocks of 4x4 pixels in which the video is made.
AWKWARD_SIZES = [(1080, 1350), (854, 480), (1366, 768)]
COLOURS = [pytest.param(*form.values, 320, 180, id=str(form.id)) for form in FORMATS]
COLOURS += [pytest.param("a.mp4", {}, width, height, id=f"{width}x{height}") for width, height in AWKWARD_SIZES]

HD = {"width": 1280, "height": 720}
NO_TEXT = {"title": "", "artist": ""}
BT709 = {"color_space": "bt709", "color_transfer": "bt709", "color_primaries": "bt709", "color_range": "tv"}

PRESETS = [(look, preset.name) for look in load_looks().all for preset in look.presets]
every_look = pytest.mark.parametrize("look", load_looks().all, ids=lambda look: look.name)


@pytest.fixture(scope="module")
def blink(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song of eight frames."""
    return write_wav(tmp_path_factory.mktemp("song") / "blink.wav", music(8 / 30))


def screenshot(stage: Stage, index: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return what the page shows of the render that was last on the stage."""
    return np.frombuffer(stage.screenshot(index), np.uint8).reshape(height, width, 4)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Return the mean difference of the colours in levels."""
    return float(np.abs(one[..., :3].astype(int) - other[..., :3].astype(int)).mean())


@every_look
def test_the_video_of_a_look_is_what_the_page_shows(
    render: Render, stage: Stage, tools: Tools, short_song: Path, look: Look
) -> None:
    # Smaller pictures have more edges per pixel, and video has its colours at half the resolution.
    size = {"width": 640, "height": 360}
    result = render(short_song, look=look.name, output=size, text={"title": "A title", "artist": "An artist"})
    for index in (0, 17, 40, result.frames - 1):
        assert difference(screenshot(stage, index, 640, 360), frame(result.output, tools, index)) <= 2


@with_looks_in_turn("finish", [({"glow": 1.5},), ({"vignette": 1.0},), ({"grain": 0.6},), ({"aberration": 1.0},)])
def test_the_finish_of_the_video_is_that_of_the_page(
    render: Render, stage: Stage, tools: Tools, blink: Path, look: Look, finish: dict[str, float]
) -> None:
    # At high quality, because grain is the first thing that an encoder saves on.
    video = render(blink, look=look.name, finish=finish, output={**HD, "quality": "high"}).output
    assert difference(screenshot(stage, 5, 1280, 720), frame(video, tools, 5)) <= 2


@pytest.mark.long
@pytest.mark.parametrize(("look", "preset"), PRESETS, ids=[f"{look.name}-{preset}" for look, preset in PRESETS])
def test_the_video_of_a_preset_is_what_the_page_shows(
    render: Render, stage: Stage, tools: Tools, short_song: Path, look: Look, preset: str
) -> None:
    video = render(short_song, look=look.name, preset=preset, output=HD).output
    for index in (0, 17, 40):
        assert difference(screenshot(stage, index, 1280, 720), frame(video, tools, index)) <= 2


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory, tools: Tools) -> Path:
    """A picture of black and white tiles whose edges fall on no block of the video."""
    path = tmp_path_factory.mktemp("picture") / "tiles.png"
    tile = "geq=lum='255*mod(floor(X/22)+floor(Y/22),2)'"
    source = ("-f", "lavfi", "-i", f"color=s=640x360,format=gray,{tile}")
    run_checked([tools.ffmpeg, "-v", "error", *source, "-frames:v", "1", path], access=None, timeout_s=120)
    return path


def test_a_picture_behind_the_scene_is_as_sharp_as_on_the_page(
    render: Render, stage: Stage, tools: Tools, blink: Path, tiles: Path
) -> None:
    behind = {"background": {"type": "image", "image": str(tiles)}, "params": {"alpha": 0.5}, "text": NO_TEXT}
    output = {"width": 640, "height": 360, "quality": "high"}
    video = render(blink, look="patches", output=output, **behind).output
    shown = screenshot(stage, 4, 640, 360)
    assert shown[..., 1].std() > 20
    assert difference(shown, frame(video, tools, 4)) <= 2


def test_nothing_behind_what_is_opaque_is_seen(render: Render, tools: Tools, blink: Path, tiles: Path) -> None:
    greys = {"colors": ["#606060", "#a0a0a0"], "alpha": 1}
    behind = {"background": {"type": "image", "image": str(tiles)}, "params": greys, "text": NO_TEXT}
    decoded = frame(render(blink, look="patches", **behind).output, tools, 4)[..., :3].astype(int)
    assert np.abs(decoded[:, :152] - 0x60).max() <= 3
    assert np.abs(decoded[:, 168:] - 0xA0).max() <= 3


@with_looks_in_turn("width,height", AWKWARD_SIZES)
def test_every_size_is_filled_to_its_edges(
    render: Render, stage: Stage, tools: Tools, blink: Path, look: Look, width: int, height: int
) -> None:
    video = render(blink, look=look.name, output={"width": width, "height": height}).output
    shown, decoded = screenshot(stage, 4, width, height), frame(video, tools, 4)
    assert decoded.shape[:2] == (height, width)
    whole, first, last = slice(None), slice(8), slice(-8, None)
    for part in ((whole, whole), (whole, first), (whole, last), (first, whole), (last, whole)):
        assert difference(shown[part], decoded[part]) <= 2


def test_the_last_column_of_a_width_that_needs_padding_is_there(render: Render, tools: Tools, blink: Path) -> None:
    params = {"colors": ["#202020", "#404040", "#606060"]}
    output = {"width": 66, "height": 64}
    decoded = frame(render(blink, look="patches", params=params, text=NO_TEXT, output=output).output, tools, 4)
    columns = decoded[:, [0, 21, 22, 43, 44, 65]].mean(axis=(0, 2))
    assert np.abs(columns - [0x20, 0x20, 0x40, 0x40, 0x60, 0x60]).max() <= 3


@pytest.mark.parametrize(("name", "document", "width", "height"), COLOURS)
def test_primaries_and_greys_keep_their_values_and_are_tagged(
    render: Render, tools: Tools, blink: Path, name: str, document: Mapping[str, Any], width: int, height: int
) -> None:
    output = {"width": width, "height": height}
    video = render(blink, name, look="patches", text=NO_TEXT, output=output, **document).output
    about = stream(video, tools, "video")
    # ProRes has no field for its range: newer FFprobes say nothing of it.
    unsaid = {"color_range": "tv"} if about["codec_name"] == "prores" else {}
    assert {key: {**unsaid, **about}.get(key) for key in BT709} == BT709
    decoded = frame(video, tools, 4)
    for index, color in enumerate((*PRIMARIES, *GREYS)):
        wanted = rgb(color)
        middle = round((index + 0.5) * width / 16)
        found = decoded[8:-8, middle - 4 : middle + 4, :3].reshape(-1, 3).mean(axis=0)
        assert np.abs(found - wanted).max() <= 2, (color, found)


def test_half_transparent_colours_are_straight_and_half_opaque(render: Render, tools: Tools, blink: Path) -> None:
    params = {"alpha": 0.5, "colors": ["#ffffff", "#ff0000", "#00ff00", "#0000ff"]}
    document = {"params": params, "text": NO_TEXT, **TRANSPARENT}
    decoded = frame(render(blink, "a.mov", look="patches", **document).output, tools, 4, "rgba")
    for index, wanted in enumerate([(255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)]):
        middle = 80 * index + 40
        found = decoded[8:-8, middle - 8 : middle + 8].reshape(-1, 4).mean(axis=0)
        assert np.abs(found - [*wanted, 127.5]).max() <= 2, found


QUARTERS = [
    ("#800000", "upper left"),
    ("#008000", "upper right"),
    ("#000080", "lower left"),
    ("#606060", "lower right"),
]


def quarters(picture: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
    """Return the mean colour in the middle of each quarter, in reading order."""
    height, width = picture.shape[:2]
    places = [(y, x) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]
    return [picture[y - 4 : y + 4, x - 4 : x + 4, :3].mean(axis=(0, 1)) for y, x in places]


def rgb(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


@pytest.mark.parametrize(("name", "document"), FORMATS)
def test_up_is_up_and_left_is_left(
    render: Render, tools: Tools, short_song: Path, name: str, document: Mapping[str, Any]
) -> None:
    params = {"colors": [color for color, _ in QUARTERS], "rows": 2}
    text = {"title": "Up and left", "artist": ""}
    decoded = frame(render(short_song, name, look="patches", params=params, text=text, **document).output, tools, 30)
    for (color, place), found in zip(QUARTERS, quarters(decoded), strict=True):
        assert np.abs(found - rgb(color)).max() <= 3, (place, found)
    # In a wide frame the title stands lower left, and its letters are what is brightest.
    rows, columns = np.nonzero(decoded[..., :3].min(axis=2) > 0x70)
    assert len(rows) > 20
    assert (rows.min() > 90, columns.mean() < 160) == (True, True)


@pytest.mark.parametrize("behind", ["image", "cover"])
def test_a_picture_behind_the_scene_is_upright(
    render: Render, tools: Tools, blink: Path, tmp_path: Path, behind: str
) -> None:
    picture = tmp_path / "quarters.png"
    parts = [value for color, _ in QUARTERS for value in ("-f", "lavfi", "-i", f"color={color}:s=160x90")]
    joined = "[0][1]hstack[a];[2][3]hstack[b];[a][b]vstack,format=rgb24"
    run_checked(
        [tools.ffmpeg, "-v", "error", *parts, "-filter_complex", joined, "-frames:v", "1", picture],
        access=None,
        timeout_s=120,
    )
    document = {
        "image": {"background": {"type": "image", "image": str(picture)}},
        "cover": {"background": {"type": "image", "image": "cover"}, "cover": {"source": "file", "file": str(picture)}},
    }[behind]
    params = {"colors": ["#000000"], "alpha": 0}
    decoded = frame(render(blink, look="patches", params=params, text=NO_TEXT, **document).output, tools, 4)
    for (color, place), found in zip(QUARTERS, quarters(decoded), strict=True):
        # The air behind a scene is shown at half its light.
        assert np.abs(found - np.array(rgb(color)) / 2).max() <= 6, (place, found)


@every_look
def test_a_transparent_video_of_a_look_is_what_the_page_shows(
    render: Render, stage: Stage, tools: Tools, blink: Path, look: Look
) -> None:
    video = render(blink, "a.mov", look=look.name, **TRANSPARENT).output
    drawn = np.frombuffer(next(bytes(raw) for raw in stage.frames(4, 1)), np.uint8).reshape(180, 320, 4)
    decoded, shown = frame(video, tools, 4, "rgba"), screenshot(stage, 4, 320, 180)
    assert np.abs(drawn[..., 3].astype(int) - decoded[..., 3]).mean() <= 2
    # The colour of a pixel that nobody sees does not matter.
    weight = drawn[..., 3:].astype(float) / 255
    assert weight.max() > 0.5
    assert (np.abs(shown[..., :3].astype(int) - decoded[..., :3]) * weight).mean() <= 2
