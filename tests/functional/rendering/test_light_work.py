"""What the clock has others do, through queues that may be away."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from tests.functional.conftest import service_settings
from tests.functional.frozen import FrozenRedis, frozen_redis
from tests.functional.rendering.conftest import MakeJob, fresh
from tests.functional.waiting import PATIENCE_S, wait_until

from oriel import clock
from oriel.housekeeping import table
from oriel.infra import redis as redis_module
from oriel.infra.clock import now
from oriel.infra.redis import connect, redis
from oriel.rendering import hints, jobs
from oriel.rendering.models import COMPLETED, RenderJob
from oriel.settings import Settings


@pytest.fixture
def settings(valkey: str, tmp_path: Path) -> Settings:
    return service_settings("sqlite://", valkey, tmp_path)


@pytest.fixture
def light_workers(app: APIFlask, settings: Settings) -> Iterator[None]:
    over = threading.Event()
    threads = [
        threading.Thread(target=clock._work_lightly, args=(app, settings, queue, over)) for queue in clock.LIGHT_WORK
    ]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


@pytest.fixture
def expired(make_job: MakeJob) -> RenderJob:
    return make_job(status=COMPLETED, expires_at=now() - timedelta(seconds=1))


@pytest.fixture
def on_frozen_redis(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FrozenRedis]:
    monkeypatch.setattr(redis_module._Rest, "until", 0.0)
    with frozen_redis() as server:
        monkeypatch.setitem(app.extensions, "oriel.redis", connect(server.url))
        yield server


@pytest.mark.parametrize(
    ("job", "queue"),
    [
        (jobs.render_video_job, "video_rendering"),
        (jobs.send_completion_email, "high_priority"),
        (jobs.measure_song, "high_priority"),
        (jobs.cleanup_expired_videos, "cleanup"),
        (jobs.cleanup_accounts, "cleanup"),
    ],
)
def test_a_hint_waits_on_its_queue_under_the_jobs_name(
    settings: Settings, job: Callable[..., None], queue: str
) -> None:
    assert jobs.ask_for(job)
    assert redis().lrange(f"rq:queue:{queue}", 0, -1)
    taken = hints.take(queue, connect(settings.redis_address, timeout_s=3.0), 1)
    assert taken == (f"oriel.rendering.jobs.{job.__name__}", ())


@pytest.mark.usefixtures("light_workers")
def test_the_light_worker_does_it(expired: RenderJob) -> None:
    clock.keep_house(table.job_named("expired-videos"))
    wait_until(lambda: fresh(expired).purged_at)


@pytest.mark.usefixtures("light_workers")
def test_what_is_no_job_of_ours_is_not_called_and_holds_nothing_up(expired: RenderJob, tmp_path: Path) -> None:
    assert hints.hint(hints.CLEANUP, "os.mkdir", str(tmp_path / "made"))
    assert hints.hint(hints.CLEANUP, "oriel.rendering.expiry.delete_left_videos", "1000")
    jobs.ask_for(jobs.cleanup_expired_videos)
    wait_until(lambda: fresh(expired).purged_at)
    assert not (tmp_path / "made").exists()


@pytest.mark.usefixtures("on_frozen_redis")
def test_with_redis_frozen_the_clock_does_it_itself(expired: RenderJob) -> None:
    clock.keep_house(table.job_named("expired-videos"))
    assert fresh(expired).purged_at


def test_a_frozen_redis_is_waited_for_once_and_then_left_alone(
    on_frozen_redis: FrozenRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody's rest is over because this machine is slow.
    monkeypatch.setattr(redis_module, "_REST_S", 3600.0)
    assert not any(jobs.ask_for(jobs.cleanup_accounts) for _ in range(10))
    assert on_frozen_redis.waits() == 1


def test_hints_do_not_pile_up(app: APIFlask) -> None:
    for _ in range(150):
        jobs.ask_for(jobs.cleanup_accounts)
    assert redis().llen("rq:queue:cleanup") == 100
