"""The span of an attempt at a render: a child of the request that submitted it, with a child for each stage."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind, StatusCode, get_current_span
from sqlalchemy.orm import Session

from oriel.infra.traces import Attributes, add_children, span
from oriel.rendering.attempt_ends import CANCELLED, COMPLETED, GIVEN_BACK, LOST, AttemptEnd
from oriel.rendering.attempts import Attempt
from oriel.rendering.models import RenderJob
from oriel.rendering.watch import Watch

_GOOD_ENDS = (COMPLETED, CANCELLED, GIVEN_BACK)


@contextmanager
def traced_watch(attempt: Attempt) -> Iterator[Watch]:
    """Return the watch of an attempt, whose stages become spans below that of the block."""
    attributes: Attributes = {
        "oriel.render.id": attempt.job_id,
        "oriel.render.attempt": attempt.fence,
        # Until `note_end` hears of another end: a worker that has lost its lease writes none.
        "oriel.render.outcome": LOST,
    }
    with span("render", SpanKind.CONSUMER, attributes, attempt.traceparent) as opened:
        opened.set_status(StatusCode.ERROR)
        watch = Watch()
        try:
            yield watch
        finally:
            add_children(watch.stage_periods())


def note_job(job: RenderJob) -> None:
    """Add what is rendered to the span of the attempt under way."""
    output = job.render_config["output"]
    attributes = {f"oriel.render.{name}": output[name] for name in ("width", "height", "fps")}
    get_current_span().set_attributes({"oriel.render.look": job.look, **attributes})


def note_end(_session: Session, end: AttemptEnd) -> None:
    """Add how it ended to the span of the attempt under way; without one, as in the clock, do nothing."""
    current = get_current_span()
    measured = {"backend": end.measurements.backend, "frames": end.measurements.frames, "error": end.error_code}
    attributes = {name: value for name, value in measured.items() if value is not None}
    attributes["outcome"] = end.outcome
    current.set_attributes({f"oriel.render.{name}": value for name, value in attributes.items()})
    if end.outcome in _GOOD_ENDS:
        current.set_status(StatusCode.OK)
