"""The poster: the right frame, in the right colours, in the right size."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.fakes import FakeLayout, FakeStage

from oriel.errors import EncodingFailed
from oriel.rendering.pipeline.plan import RenderPlan
from oriel.rendering.pipeline.poster import draw_poster, write_poster
from oriel.rendering.pipeline.settings_document import Output
from oriel.rendering.pipeline.tools import Tools

# A red of BT.709 in limited range; read as BT.601 it would be (255, 24, 16).
RED_709 = (63, 102, 240)


def nv12(layout: FakeLayout, luma: int, blue: int, red: int) -> bytes:
    pixels = layout.padded_width * layout.height
    return bytes([luma]) * pixels + bytes([blue, red]) * (pixels // 4)


def picture(tools: Tools, path: Path) -> np.ndarray:
    """Return a JPEG as RGB, read as every browser reads it."""
    probe: list[str | Path] = [
        tools.ffprobe,
        "-v",
        "error",
        "-show_entries",
        "stream=width,height",
        "-of",
        "csv=p=0",
        path,
    ]
    width, height = map(int, subprocess.check_output(probe, text=True).split(","))
    read: list[str | Path] = [
        tools.ffmpeg,
        "-v",
        "error",
        "-i",
        path,
        "-vf",
        "scale=in_color_matrix=bt601:in_range=full,format=rgb24",
    ]
    raw = subprocess.check_output([*read, "-f", "rawvideo", "-"])
    return np.frombuffer(raw, np.uint8).reshape(height, width, 3)


def output(width: int = 96, height: int = 64) -> Output:
    return Output.model_validate({"width": width, "height": height})


def test_its_colours_are_those_of_the_video(tools: Tools, tmp_path: Path) -> None:
    layout = FakeLayout("nv12", 96, 64)
    write_poster(nv12(layout, *RED_709), layout, tmp_path / "p.jpg", output(), tools)
    assert picture(tools, tmp_path / "p.jpg").mean((0, 1)) == pytest.approx((255, 0, 0), abs=4)


def test_what_is_transparent_is_black(tools: Tools, tmp_path: Path) -> None:
    layout = FakeLayout("rgba", 96, 64)
    half, none = bytes([200, 100, 50, 128]) * 96 * 32, bytes([255, 255, 255, 0]) * 96 * 32
    write_poster(half + none, layout, tmp_path / "p.jpg", output(), tools)
    seen = picture(tools, tmp_path / "p.jpg")
    assert seen[:28].mean((0, 1)) == pytest.approx((100, 50, 25), abs=4)
    assert seen[36:].mean() < 2


@pytest.mark.parametrize(
    ("width", "height", "side", "expected"),
    [
        (1920, 1080, 960, (960, 540)),
        (1080, 1920, 960, (540, 960)),
        (640, 360, 960, (640, 360)),
        (98, 66, None, (98, 66)),
    ],
)
def test_the_longer_side_is_limited(
    tools: Tools, tmp_path: Path, width: int, height: int, side: int | None, expected: tuple[int, int]
) -> None:
    # The stage pads to multiples of four; what it adds is not shown.
    layout = FakeLayout("nv12", -(-width // 4) * 4, -(-height // 4) * 4)
    size = output(width, height)
    write_poster(nv12(layout, 120, 128, 128), layout, tmp_path / "p.jpg", size, tools, largest_side=side)
    assert picture(tools, tmp_path / "p.jpg").shape[1::-1] == expected
    assert list(tmp_path.iterdir()) == [tmp_path / "p.jpg"]


def test_half_a_frame_is_an_error(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(EncodingFailed):
        write_poster(bytes(100), FakeLayout("nv12", 96, 64), tmp_path / "p.jpg", output(), tools)
    assert not (tmp_path / "p.jpg").exists()


@pytest.mark.parametrize(
    ("first", "frames", "peak_s", "expected"),
    [(0, 300, 4.0, 120), (90, 60, 3.5, 105), (90, 60, 5.0, 149), (90, 60, 2.9, 90)],
)
def test_it_is_the_strongest_frame_of_those_that_are_shown(
    monkeypatch: pytest.MonkeyPatch, first: int, frames: int, peak_s: float, expected: int
) -> None:
    asked: list[tuple[float, float]] = []

    def peak(_stage: FakeStage, _track: bytes, start_s: float, end_s: float) -> float:
        asked.append((start_s, end_s))
        return peak_s

    monkeypatch.setattr(FakeStage, "peak", peak)
    stage = FakeStage(frame_format=FakeLayout("nv12", 96, 64))
    draw_poster(stage, b"track", RenderPlan(first, frames, 30, ()))
    assert (asked, stage.runs) == ([(first / 30, (first + frames) / 30)], [(expected, 1)])
