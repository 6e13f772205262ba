"""A render's progress, its ETA, and its cancel token."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from oriel.errors import Cancelled
from oriel.stop_flag import StopFlag

Stage = Literal["preparing", "analysing", "rendering", "encoding", "uploading"]

# Where each stage begins on the whole scale; a three-minute song spends its time in about these parts.
_STARTS: dict[Stage, float] = {
    "preparing": 0.0,
    "analysing": 0.02,
    "rendering": 0.06,
    "encoding": 0.96,
    "uploading": 0.99,
}
_ORDER: tuple[Stage, ...] = tuple(_STARTS)
_RATE_WINDOW_S = 15.0
_LEAST_WINDOW_S = 1.0
# What was expected counts like so many seconds of measuring when the first frame is there, and fades away by the time
# that the window is full: the first frames are slow, and by themselves would foretell many times too long.
_EXPECTED_COUNTS_S = 5.0
# Joining and verifying read every byte once: measured at about 2 % of the time that the frames took, and never nothing.
_TAIL_SHARE, _LEAST_TAIL_S = 0.02, 0.5


@dataclass(frozen=True)
class Progress:
    """A moment of a render: `fraction` is of the whole, never goes back; `eta_s` is None until it is known."""

    stage: Stage
    fraction: float
    eta_s: float | None = None
    frames_done: int = 0
    frames_total: int = 0


OnProgress = Callable[[Progress], None]


class CancelToken:
    """Cancels a render; safe to set from any thread and from a signal handler."""

    def __init__(self) -> None:
        self._stop = StopFlag()

    def cancel(self) -> None:
        """Cancel the render."""
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        """Whether the render was cancelled."""
        return self._stop.is_set

    def check(self) -> None:
        """Raise Cancelled if the render was cancelled."""
        if self._stop.is_set:
            raise Cancelled

    def wait(self, seconds: float) -> None:
        """Sleep for these seconds; raise Cancelled as soon as the render is cancelled."""
        if self._stop.wait(seconds):
            raise Cancelled


class ProgressMeter:
    """Turns what the pipeline reports into Progress values that only go forward."""

    def __init__(
        self,
        on_progress: OnProgress,
        clock: Callable[[], float] = time.monotonic,
        expected_frames_per_s: float | None = None,
    ) -> None:
        self._expected = expected_frames_per_s
        self._first_frame_at: float | None = None
        self._report = on_progress
        self._clock = clock
        self._stage: Stage = "preparing"
        self._fraction = 0.0
        self._total = 0
        self._done = 0
        self._samples: deque[tuple[float, int]] = deque()

    def stage(self, stage: Stage, part: float = 0.0) -> None:
        """Say that `stage` is done to `part`, 0..1."""
        if _ORDER.index(stage) < _ORDER.index(self._stage):
            return
        self._stage = stage
        self._move(self._on_scale(stage, part))
        self._report(self._now())

    def rendering(self, total: int, kept: int) -> None:
        """Say that frames begin: `total` of them, of which `kept` lie there from an earlier run."""
        self._total, self._done = total, kept
        self.stage("rendering", kept / total)

    def frames(self, done: int) -> None:
        """Say that `done` frames of the whole are there; fewer than before (a chunk drawn again) change nothing."""
        now = self._clock()
        if done <= self._done:
            return
        self._done = done
        self._samples.append((now, done))
        self._first_frame_at = self._first_frame_at or now
        while now - self._samples[0][0] > _RATE_WINDOW_S and len(self._samples) > 2:
            self._samples.popleft()
        self.stage("rendering", done / self._total)

    def done(self) -> None:
        """Say that nothing is left to do."""
        self._move(1.0)
        self._report(self._now())

    def restarted(self) -> None:
        """Say that the stage was replaced, so that the rate is measured anew, from the next frame on."""
        self._samples.clear()

    def _on_scale(self, stage: Stage, part: float) -> float:
        start = _STARTS[stage]
        later = [value for value in _STARTS.values() if value > start]
        return start + (min(later, default=1.0) - start) * min(max(part, 0.0), 1.0)

    def _move(self, fraction: float) -> None:
        self._fraction = max(self._fraction, fraction)

    def _now(self) -> Progress:
        return Progress(self._stage, self._fraction, self._eta(), self._done, self._total)

    def _eta(self) -> float | None:
        if self._stage != "rendering":
            return None
        seconds, frames = self._measured()
        if self._expected:
            weight = self._weight_of_expected()
            seconds, frames = seconds + weight, frames + weight * self._expected
        elif seconds < _LEAST_WINDOW_S:
            return None
        if not frames:
            return None
        seconds_per_frame = seconds / frames
        tail = max(_LEAST_TAIL_S, _TAIL_SHARE * self._total * seconds_per_frame)
        return (self._total - self._done) * seconds_per_frame + tail

    def _measured(self) -> tuple[float, float]:
        """Return the seconds of the window and the frames that were drawn in it."""
        if len(self._samples) < 2:
            return 0.0, 0
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return end - start, last - first

    def _weight_of_expected(self) -> float:
        if self._first_frame_at is None:
            return _EXPECTED_COUNTS_S
        drawing_s = self._clock() - self._first_frame_at
        return _EXPECTED_COUNTS_S * max(0.0, 1 - drawing_s / _RATE_WINDOW_S)
