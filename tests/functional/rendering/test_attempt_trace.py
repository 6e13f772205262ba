"""What a collector of traces gets of a render: the request that submitted it, and its attempts."""

from collections.abc import Callable, Iterator

import pytest
from tests.collector import CollectedSpan, Collector, running_collector, traced
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob
from tests.functional.rendering.test_routes import submitted

from oriel.errors import AppError, InvalidSettings, StageCrashed, StorageFailed
from oriel.infra.database import db
from oriel.rendering import attempts
from oriel.rendering.attempt_trace import note_job, traced_watch
from oriel.rendering.attempts import Attempt, Video
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.progress import Progress
from oriel.rendering.watch import Watch

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
VIDEO = Video("videos/a.mp4", 1000, "5" * 64, 8.0, "posters/a.jpg")

End = Callable[[Attempt, Watch], object]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


def attempted(job: RenderJob, collector: Collector, end: End) -> CollectedSpan:
    """Return the span of an attempt that prepares, draws four frames, and ends in this way."""
    with traced(collector.url, "worker"):
        attempt = attempts.claim("worker")
        assert attempt
        with traced_watch(attempt) as watch:
            note_job(job)
            watch.see(Progress("rendering", 0.1, None, 0))
            watch.see(Progress("rendering", 0.2, None, 4))
            end(attempt, watch)
    [span] = collector.named("render")
    return span


def complete(attempt: Attempt, watch: Watch) -> None:
    watch.upload()
    assert attempts.complete(attempt, VIDEO, watch.measurements("llvmpipe"))


def fail(error: AppError) -> End:
    return lambda attempt, watch: attempts.fail(attempt, error, watch.measurements(None))


def test_a_render_remembers_the_request_that_submitted_it(caller: Callable[..., Caller], collector: Collector) -> None:
    customer = caller()
    with traced(collector.url):
        answer = submitted(customer)
    assert answer.json
    [span] = collector.named("POST /api/render/submit")
    remembered = db.session.get_one(RenderJob, answer.json["id"]).traceparent
    assert remembered
    assert remembered.startswith(f"{span.traceparent}-")
    sent = b"".join(collector.bodies)
    assert not any(part.encode() in sent for part in (customer.email, customer.user_id, "Night Drive", "127.0.0.1"))


def test_without_a_collector_a_render_remembers_none(caller: Callable[..., Caller]) -> None:
    answer = submitted(caller())
    assert answer.json
    assert db.session.get_one(RenderJob, answer.json["id"]).traceparent is None


def test_an_attempt_is_a_child_of_the_request_with_its_stages_as_children(
    make_job: MakeJob, collector: Collector
) -> None:
    job = make_job(traceparent=f"{TRACE}-01")
    span = attempted(job, collector, complete)
    assert f"00-{span.trace_id}-{span.parent_id}" == TRACE
    assert (span.kind, span.is_error, span.resource["service.name"]) == ("consumer", False, "oriel-worker")
    assert span.attributes == {
        "oriel.render.id": job.id,
        "oriel.render.attempt": 1,
        "oriel.render.look": "prism",
        "oriel.render.width": 1280,
        "oriel.render.height": 720,
        "oriel.render.fps": 30,
        "oriel.render.backend": "llvmpipe",
        "oriel.render.frames": 4,
        "oriel.render.outcome": "completed",
    }
    stages = collector.children_of(span)
    assert [stage.name for stage in stages] == ["preparing", "rendering", "uploading"]
    times = [span.began_at, *(at for stage in stages for at in (stage.began_at, stage.ended_at)), span.ended_at]
    assert times == sorted(times)
    assert {stage.trace_id for stage in stages} == {span.trace_id}


@pytest.mark.parametrize(
    ("end", "outcome", "error"),
    [
        (fail(StageCrashed("The browser of a customer crashed.")), "retried", "STAGE_CRASHED"),
        (fail(InvalidSettings("No look is called hush.")), "failed", "INVALID_SETTINGS"),
        (fail(StorageFailed("The storage is away.")), "held_up", "STORAGE_FAILED"),
        (lambda _attempt, _watch: None, "lost", None),
    ],
)
def test_a_bad_end_is_an_error_without_its_message(
    make_job: MakeJob, collector: Collector, end: End, outcome: str, error: str | None
) -> None:
    span = attempted(make_job(), collector, end)
    assert span.attributes["oriel.render.outcome"] == outcome
    assert span.attributes.get("oriel.render.error") == error
    assert span.is_error
    assert span.events == 0


def test_an_orderly_end_is_none(make_job: MakeJob, collector: Collector) -> None:
    span = attempted(make_job(), collector, lambda attempt, _: attempts.give_back(attempt))
    assert (span.attributes["oriel.render.outcome"], span.is_error) == ("given_back", False)


def test_a_cancelled_render_is_none(make_job: MakeJob, collector: Collector) -> None:
    job = make_job()

    def cancel(attempt: Attempt, _: Watch) -> None:
        cancel_render(job.user_id, job.id)
        attempts.end_cancelled(attempt)

    span = attempted(job, collector, cancel)
    assert (span.attributes["oriel.render.outcome"], span.is_error) == ("cancelled", False)


@pytest.mark.parametrize("traceparent", [None, "not a traceparent"])
def test_a_render_without_a_traced_request_begins_a_trace(
    make_job: MakeJob, collector: Collector, traceparent: str | None
) -> None:
    span = attempted(make_job(traceparent=traceparent), collector, complete)
    assert span.parent_id == ""
