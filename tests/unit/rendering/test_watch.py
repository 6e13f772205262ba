"""What a worker learns from the progress of an attempt: when to give it up, and how fast the machine draws."""

import pytest

from oriel.rendering import watch as module
from oriel.rendering.pipeline.progress import Progress
from oriel.rendering.watch import Watch


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


@pytest.fixture
def watch(clock: Clock) -> Watch:
    return Watch(moved_at=clock.now, started_at=clock.now)


def see(watch: Watch, frames: int, eta_s: float | None = None, stage: str = "rendering") -> None:
    watch.see(Progress(stage, frames / 1_000_000, eta_s, frames))  # type: ignore[arg-type]


def test_the_speed_is_that_from_the_first_frame_on(watch: Watch, clock: Clock) -> None:
    see(watch, 0, stage="analysing")
    clock.now += 30
    see(watch, 1)
    assert watch.frames_per_s is None
    for frames in range(2, 62):
        clock.now += 0.02
        see(watch, frames)
    # Joining the chunks is no drawing.
    clock.now += 20
    see(watch, 61, stage="encoding")
    assert watch.frames_per_s == pytest.approx(50)


def test_an_expectation_that_was_too_good_ends_no_render(watch: Watch, clock: Clock) -> None:
    see(watch, 0, eta_s=10)
    clock.now += 50
    see(watch, 100, eta_s=3600)
    clock.now += 3000
    see(watch, 90_000, eta_s=500)
    assert not watch.is_stuck
    clock.now = 100 + 50 + 4 * 3600 + 1
    see(watch, 90_001, eta_s=500)
    assert watch.is_stuck


def test_what_takes_far_longer_than_was_measured_in_the_first_minute_is_stuck(watch: Watch, clock: Clock) -> None:
    see(watch, 1, eta_s=20)
    clock.now += 599
    see(watch, 2, eta_s=5000)
    assert not watch.is_stuck
    clock.now += 2
    see(watch, 3, eta_s=5000)
    assert watch.is_stuck


def test_a_stored_poster_is_told_with_every_heartbeat_from_then_on(watch: Watch) -> None:
    assert watch.pulse(0).poster_object is None
    watch.show_poster("videos/a.jpg")
    assert [watch.pulse(chunks).poster_object for chunks in (0, 1)] == ["videos/a.jpg"] * 2


def test_each_stage_has_its_time(watch: Watch, clock: Clock) -> None:
    watch.stage_since = clock.now
    see(watch, 0, stage="preparing")
    clock.now += 2
    see(watch, 0, stage="analysing")
    clock.now += 3
    see(watch, 0)
    clock.now += 10
    see(watch, 240)
    watch.upload()
    clock.now += 1
    stages = watch.measurements("llvmpipe").stages
    assert stages == {"preparing": 2.0, "analysing": 3.0, "rendering": 10.0, "uploading": 1.0}


def test_the_frames_of_earlier_attempts_are_not_counted_again(watch: Watch, clock: Clock) -> None:
    see(watch, 300)
    clock.now += 2.2
    see(watch, 421)
    found = watch.measurements("gpu")
    assert (found.frames, found.backend) == (121, "gpu")
    assert found.frames_per_s == pytest.approx(55)


def test_the_largest_memory_is_remembered(watch: Watch) -> None:
    assert watch.measurements(None).peak_memory_bytes is None
    for used in (5, 900, 20):
        watch.note_memory(used)
    assert watch.measurements(None).peak_memory_bytes == 900
