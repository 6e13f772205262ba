"""Shared state of a worker's threads about the current attempt, and when it has to end."""

import time
from dataclasses import dataclass, field

from oriel.infra.traces import Period
from oriel.rendering.attempt_ends import Measurements
from oriel.rendering.attempts import Pulse
from oriel.rendering.pipeline.progress import CancelToken, Progress
from oriel.stop_flag import StopFlag

# An attempt ends without a new frame for so long, and after so many times of what it promised in its first minute.
_NO_FRAME_S = 60.0
_LEAST_LIMIT_S = 600.0
_PATIENCE = 4.0
_ESTIMATES_COUNT_S = 60.0
_LEAST_MEASURED_S = 0.5


@dataclass
class Watch:
    """What the drawing thread tells the heartbeat, and what the heartbeat wants of it."""

    cancel: CancelToken = field(default_factory=CancelToken)
    reason: str = ""
    progress: Progress = field(default_factory=lambda: Progress("preparing", 0.0))
    moved_at: float = field(default_factory=time.monotonic)
    started_at: float = field(default_factory=time.monotonic)
    limit_s: float | None = None
    first_eta_at: float | None = None
    # When the first and the latest new frame came, and how many there were by then.
    first_frame: tuple[float, int] | None = None
    latest_frame: tuple[float, int] | None = None
    uploading: bool = False
    # The poster's name in the storage, once it is there.
    poster_object: str | None = None
    # The present stage and since when it goes on, and the earlier ones.
    stage: str = "preparing"
    stage_since: float = field(default_factory=time.monotonic)
    earlier_stages: list[Period] = field(default_factory=list)
    # Frames that earlier attempts had made, known when the drawing begins.
    frames_before: int | None = None
    peak_memory_bytes: int = 0

    def see(self, progress: Progress) -> None:
        """Take the pipeline's progress."""
        at = time.monotonic()
        self._enter(progress.stage, at)
        if progress.stage == "rendering" and self.frames_before is None:
            self.frames_before = progress.frames_done
        if (progress.stage, progress.fraction) != (self.progress.stage, self.progress.fraction):
            self.moved_at = at
        if progress.stage == "rendering" and progress.frames_done > self.progress.frames_done:
            self.latest_frame = (at, progress.frames_done)
            self.first_frame = self.first_frame or self.latest_frame
        if progress.eta_s is not None:
            self._allow(at, progress.eta_s)
        self.progress = progress

    def upload(self) -> None:
        """Say that the video is made and goes to the storage."""
        self._enter("uploading", time.monotonic())
        self.uploading = True

    def _enter(self, stage: str, at: float) -> None:
        if stage != self.stage:
            self.earlier_stages.append(Period(self.stage, self.stage_since, at))
            self.stage, self.stage_since = stage, at

    def stage_periods(self) -> list[Period]:
        """Return the stages until now, in order; a stage that was entered twice is there twice."""
        return [*self.earlier_stages, Period(self.stage, self.stage_since, time.monotonic())]

    def note_memory(self, used_bytes: int) -> None:
        """Remember the largest of these."""
        self.peak_memory_bytes = max(self.peak_memory_bytes, used_bytes)

    def measurements(self, backend: str | None) -> Measurements:
        """Return what this attempt took until now."""
        stages: dict[str, float] = {}
        for period in self.stage_periods():
            stages[period.name] = stages.get(period.name, 0.0) + period.ended_at - period.began_at
        return Measurements(
            stages={stage: round(seconds, 3) for stage, seconds in stages.items()},
            frames=max(0, self.progress.frames_done - (self.frames_before or 0)),
            frames_per_s=self.frames_per_s,
            peak_memory_bytes=self.peak_memory_bytes or None,
            backend=backend,
        )

    def _allow(self, at: float, eta_s: float) -> None:
        """Raise the limit by the estimates of the first minute: the very first one is expected and not measured."""
        self.first_eta_at = self.first_eta_at or at
        if at - self.first_eta_at <= _ESTIMATES_COUNT_S:
            allowed = at - self.started_at + _PATIENCE * eta_s
            self.limit_s = max(self.limit_s or _LEAST_LIMIT_S, allowed)

    @property
    def frames_per_s(self) -> float | None:
        """How fast it was drawn, from the first new frame on; None where that was too short to tell."""
        if not self.first_frame or not self.latest_frame:
            return None
        seconds = self.latest_frame[0] - self.first_frame[0]
        frames = self.latest_frame[1] - self.first_frame[1]
        return frames / seconds if frames and seconds >= _LEAST_MEASURED_S else None

    def end(self, reason: str) -> None:
        """Ask for the end, once."""
        self.reason = self.reason or reason
        self.cancel.cancel()

    @property
    def is_stuck(self) -> bool:
        """Whether nothing has moved for a minute, or all of it takes far longer than promised."""
        at = time.monotonic()
        # The analysis and the start of a browser report in their own time, and have limits of their own.
        idle = self.progress.stage == "rendering" and at - self.moved_at > _NO_FRAME_S
        return idle or (self.limit_s is not None and at - self.started_at > self.limit_s)

    def pulse(self, chunks: int) -> Pulse:
        """Return what is written into the row."""
        seen = self.progress
        stage = "uploading" if self.uploading else seen.stage
        return Pulse(stage, min(seen.fraction, 0.99), seen.eta_s, seen.frames_done, chunks, self.poster_object)

    def show_poster(self, name: str) -> None:
        """Report with the next heartbeat that the storage has the poster."""
        self.poster_object = name


class Stop:
    """Asks this worker to stop, which ends the attempt under way at once, or to drain, which lets it finish."""

    def __init__(self) -> None:
        self._asked = StopFlag()
        self._draining = StopFlag()
        self._watch: Watch | None = None

    @property
    def is_asked(self) -> bool:
        """Whether the worker was asked to stop."""
        return self._asked.is_set

    @property
    def is_draining(self) -> bool:
        """Whether the worker takes no other render."""
        return self._draining.is_set

    def drain(self) -> None:
        """Ask the worker to leave after the render under way; safe from a signal handler."""
        self._draining.set()

    def ask(self) -> None:
        """Ask the worker to stop; safe from a signal handler."""
        self._asked.set()
        self._draining.set()
        if self._watch:
            self._watch.end("stop")

    def heard_by(self, watch: Watch) -> None:
        """End this attempt when the worker is asked to stop."""
        self._watch = watch
        if self.is_asked:
            watch.end("stop")

    def wait(self, seconds: float) -> None:
        """Sleep until the seconds have passed or the worker is asked to stop or to drain."""
        self._draining.wait(seconds)
