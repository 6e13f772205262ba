"""Progress only goes forward, and its estimate is measured."""

import pytest

from oriel.errors import Cancelled
from oriel.rendering.pipeline.progress import CancelToken, Progress, ProgressMeter


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seen() -> list[Progress]:
    return []


@pytest.fixture
def meter(seen: list[Progress], clock: Clock) -> ProgressMeter:
    return ProgressMeter(seen.append, clock)


def draw(meter: ProgressMeter, clock: Clock, first: int, last: int, seconds_per_frame: float) -> None:
    for frame in range(first, last + 1):
        clock.now += seconds_per_frame
        meter.frames(frame)


def test_a_whole_render_goes_from_0_to_1_without_a_step_back(
    meter: ProgressMeter, seen: list[Progress], clock: Clock
) -> None:
    meter.stage("preparing")
    meter.stage("analysing", 0.5)
    meter.rendering(300, 0)
    draw(meter, clock, 1, 300, 0.02)
    meter.stage("encoding", 0.5)
    meter.done()
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)


def test_the_estimate_follows_the_measured_rate(meter: ProgressMeter, seen: list[Progress], clock: Clock) -> None:
    meter.rendering(1000, 0)
    draw(meter, clock, 1, 500, 0.02)
    assert seen[-1].eta_s == pytest.approx(500 * 0.02 + 0.5, rel=0.05)


def test_getting_ready_for_the_first_frame_is_no_part_of_the_rate(
    meter: ProgressMeter, seen: list[Progress], clock: Clock
) -> None:
    meter.rendering(1000, 0)
    clock.now += 3
    draw(meter, clock, 1, 60, 0.02)
    assert seen[-1].eta_s == pytest.approx(940 * 0.02 * 1.02, rel=0.02)


def test_the_estimate_forgets_what_is_long_ago(meter: ProgressMeter, seen: list[Progress], clock: Clock) -> None:
    meter.rendering(10_000, 0)
    draw(meter, clock, 1, 100, 1.0)
    draw(meter, clock, 101, 2000, 0.01)
    assert seen[-1].eta_s == pytest.approx(8000 * 0.01, rel=0.1)


def test_there_is_no_estimate_before_anything_was_measured(meter: ProgressMeter, seen: list[Progress]) -> None:
    meter.stage("analysing", 0.9)
    meter.rendering(1000, 0)
    meter.frames(1)
    assert all(progress.eta_s is None for progress in seen)


def test_slow_first_frames_do_not_foretell_ten_times_too_long(seen: list[Progress], clock: Clock) -> None:
    # As it was seen: shaders are compiled in the first second, and 1,800 frames took 23 s in all.
    meter = ProgressMeter(seen.append, clock, expected_frames_per_s=75.0)
    meter.rendering(1800, 0)
    assert seen[-1].eta_s == pytest.approx(1800 / 75, rel=0.1)
    draw(meter, clock, 1, 9, 0.125)
    assert seen[-1].eta_s is not None
    assert 20 < seen[-1].eta_s < 32


def test_a_wrong_expectation_is_forgotten_within_the_window(seen: list[Progress], clock: Clock) -> None:
    meter = ProgressMeter(seen.append, clock, expected_frames_per_s=1000.0)
    meter.rendering(10_000, 0)
    draw(meter, clock, 1, 151, 0.1)
    assert seen[-1].eta_s == pytest.approx((10_000 - 151) * 0.1, rel=0.03)


def test_kept_frames_count_but_do_not_flatter_the_rate(
    meter: ProgressMeter, seen: list[Progress], clock: Clock
) -> None:
    meter.rendering(1000, 600)
    assert seen[-1].frames_done == 600
    draw(meter, clock, 601, 700, 0.1)
    assert seen[-1].eta_s == pytest.approx(300 * 0.1, rel=0.15)


def test_frames_drawn_again_take_nothing_back(meter: ProgressMeter, seen: list[Progress], clock: Clock) -> None:
    meter.rendering(300, 0)
    draw(meter, clock, 1, 100, 0.02)
    meter.restarted()
    before = len(seen)
    draw(meter, clock, 1, 50, 0.02)
    assert len(seen) == before
    assert seen[-1].frames_done == 100


def test_a_part_that_shrinks_takes_nothing_back(meter: ProgressMeter, seen: list[Progress]) -> None:
    meter.stage("analysing", 0.9)
    meter.stage("analysing", 0.1)
    assert seen[1].fraction == seen[0].fraction


def test_an_earlier_stage_is_not_returned_to(meter: ProgressMeter, seen: list[Progress]) -> None:
    meter.stage("encoding")
    meter.stage("analysing", 1.0)
    assert seen[-1].stage == "encoding"


def test_a_token_raises_once_somebody_has_asked() -> None:
    token = CancelToken()
    token.check()
    token.wait(0)
    token.cancel()
    assert token.cancelled
    with pytest.raises(Cancelled):
        token.check()
    with pytest.raises(Cancelled):
        token.wait(60)
