"""A render is laid out before its first frame."""

import dataclasses

import pytest

from oriel.errors import InvalidRange, InvalidSettings
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.plan import (
    Chunk,
    RenderPlan,
    Scene,
    consecutive,
    plan_render,
    range_warnings,
    render_key,
    shown_frames,
)
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import Range, parse_settings

SCENE = Scene("Title", "Artist")


@pytest.fixture
def settings(looks: Looks) -> ResolvedSettings:
    return resolve(parse_settings({}), looks)


def plan(
    settings: ResolvedSettings,
    scene: Scene = SCENE,
    frames: range = range(750),
    features: str = "f",
    engine: str = "1",
    backend: str = "llvmpipe",
) -> RenderPlan:
    return plan_render(settings, scene, frames=frames, features_sha256=features, engine=engine, backend_id=backend)


def test_the_grid_covers_every_frame_once(settings: ResolvedSettings) -> None:
    laid = plan(settings)
    assert (laid.frames, laid.duration_s) == (750, 25.0)
    assert [(chunk.index, chunk.first, chunk.count) for chunk in laid.chunks] == [
        (0, 0, 300),
        (1, 300, 300),
        (2, 600, 150),
    ]


def test_equal_plans_have_equal_keys(settings: ResolvedSettings) -> None:
    assert plan(settings) == plan(settings)


def test_every_chunk_has_its_own_key(settings: ResolvedSettings) -> None:
    assert len({chunk.key for chunk in plan(settings).chunks}) == 3


def test_whatever_changes_a_frame_changes_every_key(settings: ResolvedSettings, looks: Looks) -> None:
    plans = [
        plan(settings),
        plan(settings, features="g"),
        plan(settings, engine="2"),
        plan(settings, backend="swiftshader"),
        plan(settings, Scene("Other", "Artist")),
        plan(settings, Scene("Title", "Other")),
        plan(settings, dataclasses.replace(SCENE, cover_sha256="c")),
        plan(settings, dataclasses.replace(SCENE, background_sha256="b")),
        plan(settings, dataclasses.replace(SCENE, watermark=True)),
        plan(settings, dataclasses.replace(SCENE, fonts="f")),
        plan(resolve(parse_settings({"seed": 2}), looks)),
        plan(resolve(parse_settings({"output": {"quality": "high"}}), looks)),
        plan(resolve(parse_settings({"output": {"format": "webm"}}), looks)),
    ]
    keys = [chunk.key for laid in plans for chunk in laid.chunks]
    assert len(set(keys)) == len(keys)


def test_a_longer_song_shares_the_first_chunks(settings: ResolvedSettings) -> None:
    assert plan(settings).chunks[:2] == plan(settings, frames=range(1800)).chunks[:2]


def test_a_part_is_cut_from_the_songs_own_frames(settings: ResolvedSettings) -> None:
    laid = plan(settings, frames=range(100, 500))
    assert (laid.first, laid.frames) == (100, 400)
    assert [(chunk.index, chunk.first, chunk.count) for chunk in laid.chunks] == [(0, 100, 300), (1, 400, 100)]


def test_a_tiny_song_has_one_frame() -> None:
    assert shown_frames(1, 30, Range()) == range(1)


@pytest.mark.parametrize(
    ("start_s", "duration_s", "frames"),
    [
        (0, None, range(60)),
        (0.5, 1.25, range(15, 53)),
        (1.5, 9, range(45, 60)),
        (1.99, None, range(60, 60)),
        (1, 0.001, range(30, 31)),
    ],
)
def test_a_range_lies_on_the_grid_of_the_song(start_s: float, duration_s: float | None, frames: range) -> None:
    shown = Range(start_s=start_s, duration_s=duration_s)
    if frames:
        assert shown_frames(96_000, 30, shown) == frames
    else:
        with pytest.raises(InvalidRange):
            shown_frames(96_000, 30, shown)


@pytest.mark.parametrize(("start_s", "duration_s"), [(14, 6), (14, 6.05), (0, None), (14, None), (0, 20)])
def test_a_range_that_the_song_fills_is_no_news(start_s: float, duration_s: float | None) -> None:
    assert range_warnings(960_000, Range(start_s=start_s, duration_s=duration_s)) == ()


def test_a_range_beyond_the_end_is_warned_of() -> None:
    (warning,) = range_warnings(960_000, Range(start_s=14, duration_s=15))
    assert warning == "The song ends at 20.00 s, so the video is 6.00 s long instead of 15 s."


def test_a_range_behind_the_end_is_refused() -> None:
    with pytest.raises(InvalidRange, match=r"starts at 5 s, but the song ends at 2.00 s"):
        shown_frames(96_000, 30, Range(start_s=5))


def test_a_transparent_video_over_five_minutes_is_refused(looks: Looks) -> None:
    document = {"background": {"type": "transparent"}, "output": {"format": "mov"}}
    transparent = resolve(parse_settings(document), looks)
    assert plan(transparent, frames=range(9000)).frames == 9000
    with pytest.raises(InvalidSettings, match="at most 5 minutes"):
        plan(transparent, frames=range(9001))


def test_the_render_key_names_song_settings_and_engine(settings: ResolvedSettings) -> None:
    keys = {
        render_key(settings, song_sha256=song, engine=engine, extras=extras)
        for song, engine, extras in (("a", "1", []), ("b", "1", []), ("a", "2", []), ("a", "1", [True]))
    }
    assert len(keys) == 4


def test_chunks_that_follow_each_other_are_drawn_together() -> None:
    chunks = [Chunk(index, index * 300, 300, str(index)) for index in (4, 0, 1, 5, 7)]
    assert [[chunk.index for chunk in group] for group in consecutive(chunks)] == [[0, 1], [4, 5], [7]]
    assert consecutive([]) == []
