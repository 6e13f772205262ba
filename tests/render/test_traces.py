"""Traces that cross processes: from the request that submits a render to the stages of its attempt."""

import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from tests.collector import Collector, running_collector
from tests.render.command import Command
from tests.render.service import SMALL, Service

REQUESTS = 20


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def web(command: Callable[..., Command], tmp_path: Path) -> Callable[[str], Command]:
    """Run `oriel web` with a collector, answer some requests, each on a connection of its own, and tell it to end."""

    def ended(collector_url: str) -> Command:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{free.getsockname()[1]}"
        environment = {"DATA_DIR": str(tmp_path / "d"), "PORT": url.rpartition(":")[2]}
        web = command("web", OTEL_EXPORTER_OTLP_ENDPOINT=collector_url, **environment)
        web.wait_until(lambda: answers(url), "it answers")
        for _ in range(REQUESTS):
            assert httpx.get(f"{url}/hello").status_code == 200
        web.send(signal.SIGTERM)
        return web

    return ended


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_render_is_one_trace_from_request_to_stages(collector: Collector, tmp_path: Path, short_song: Path) -> None:
    with Service.running(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as service:
        customer = service.customer()
        job = customer.render(customer.upload(short_song), SMALL)
        names = ("POST /api/render/submit", "render", "uploading")
        service.command.wait_until(lambda: all(map(collector.named, names)), "its spans arrive")
    [submit] = collector.named("POST /api/render/submit")
    [attempt] = collector.children_of(submit)
    assert (submit.resource["service.name"], attempt.resource["service.name"]) == ("oriel-web", "oriel-worker")
    assert attempt.attributes["oriel.render.id"] == job["id"]
    assert (attempt.attributes["oriel.render.outcome"], attempt.attributes["oriel.render.frames"]) == ("completed", 60)
    stages = collector.children_of(attempt)
    assert [stage.name for stage in stages] == ["preparing", "analysing", "rendering", "encoding", "uploading"]
    times = [attempt.began_at, *(at for stage in stages for at in (stage.began_at, stage.ended_at)), attempt.ended_at]
    assert times == sorted(times)
    assert {span.trace_id for span in (attempt, *stages)} == {submit.trace_id}
    sent = b"".join(collector.bodies)
    personal = (customer.email, short_song.name, "127.0.0.1", str(tmp_path))
    assert not any(part.encode() in sent for part in personal)


def test_each_web_process_sends_its_last_spans_when_it_ends(
    web: Callable[[str], Command], collector: Collector
) -> None:
    assert web(collector.url).wait() == 0
    assert len(collector.named("GET /hello")) == REQUESTS
    # Processes that were forked from one do not draw the same ids.
    assert len({span.trace_id for span in collector.spans}) == len(collector.spans)
    # The library adds what it finds out about a process to what we say about it.
    assert {"service.name", "service.version"} < set(collector.spans[0].resource)
    assert not any(name.startswith(("host.", "process.", "os.")) for name in collector.spans[0].resource)


@pytest.mark.long
def test_the_web_processes_end_promptly_without_their_collector(web: Callable[[str], Command]) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        ending = web(f"http://127.0.0.1:{silent.getsockname()[1]}")
        # It gives up what never ends.
        assert ending.wait() == 0
    assert 1 <= ending.stderr.count("The collector of traces takes none") <= 2
    assert "opentelemetry" not in ending.stderr
    assert "Traceback" not in ending.stderr
