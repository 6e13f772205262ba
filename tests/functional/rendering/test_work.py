"""A worker's attempts in this process: a claimed row becomes a stored video, or says why not."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.conftest import service_settings
from tests.render.songs import music, write_wav

from oriel.accounts.models import User
from oriel.app import create_app, upgrade_database
from oriel.billing import rights
from oriel.billing.models import RenderRight
from oriel.billing.plans import FREE
from oriel.errors import StorageFailed
from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.redis import redis
from oriel.infra.storage import folder, storage
from oriel.monitoring.models import JobMetrics
from oriel.rendering import attempts, speeds
from oriel.rendering.cancellation import cancel_render
from oriel.rendering.models import MachineSpeed, RenderJob
from oriel.rendering.operator_actions import dead_letters
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.request import Machine
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.tools import find_chromium, find_tools
from oriel.rendering.warm_browser import WarmBrowser
from oriel.rendering.watch import Stop, Watch
from oriel.rendering.work import Workshop, work_on

pytestmark = pytest.mark.render

SMALL = {"output": {"width": 128, "height": 72, "fps": 60, "quality": "draft"}}


@pytest.fixture(autouse=True)
def context() -> None:
    """Stand in for the folder's own: what follows makes an application of its own."""


@pytest.fixture
def apart() -> Iterator[ThreadPoolExecutor]:
    """A thread for the browser: an event loop runs in it, beside which Flask cannot work."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def app(tmp_path: Path, valkey: str) -> Iterator[APIFlask]:
    app = create_app(service_settings(f"sqlite:///{tmp_path / 'oriel.sqlite3'}", valkey, tmp_path / "data"))
    with app.app_context():
        upgrade_database()
        yield app
        db.engine.dispose()
        redis().close()


@pytest.fixture
def job(app: APIFlask, tmp_path: Path) -> RenderJob:
    """A waiting render of six seconds of music, in two chunks."""
    song = write_wav(tmp_path / "song.wav", music(6.0))
    name = storage().put("uploads/song.wav", song, content_type="audio/wav").name
    demand = rights.Demand(128, 72, 30, "mp4", 6.0, 1000, 0)
    with writing() as session:
        user = User(email="a@example.com", password_hash="nobody logs in with this")  # noqa: S106
        session.add(user)
        session.flush()
        job = RenderJob(
            id=new_id(),
            user_id=user.id,
            title="Night",
            audio_filename="night.wav",
            audio_object=name,
            render_config=parse_settings(SMALL).model_dump(mode="json"),
            song_s=6.0,
            max_song_s=60.0,
            watermark=True,
            plan=FREE.name,
            weight=1,
            at_once=1,
            kept_for_s=1000,
        )
        rights.reserve(session, user.id, job.id, demand)
        session.add(job)
    return job


Work = Callable[..., bool]


@pytest.fixture
def work(app: APIFlask, apart: ThreadPoolExecutor, tmp_path: Path) -> Work:
    """Claim a render and do what a worker does, in a thread that may have a browser of its own."""
    stop = Stop()
    machine = Machine(find_tools(), find_chromium(), tmp_path / "renders")
    settings = app.config["ORIEL"]

    def attempted(before: Callable[[Workshop], object] = lambda _: None) -> bool:
        # The browser goes first, as in the worker.
        with app.app_context(), WarmBrowser(tmp_path / "browser") as browser:
            workshop = Workshop(app, settings, machine, load_looks(), browser, tmp_path / "jobs", stop)
            attempt = attempts.claim("worker")
            assert attempt
            before(workshop)
            return work_on(workshop, attempt)

    return lambda **options: apart.submit(attempted, **options).result()


def fresh(job: RenderJob) -> RenderJob:
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(RenderJob, job.id)


def right_of(job: RenderJob) -> str:
    return db.session.scalars(select(RenderRight.state).where(RenderRight.render_id == job.id)).one()


def test_a_claimed_render_is_made_stored_and_its_chunks_are_gone(
    job: RenderJob, work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    early: list[str] = []
    monkeypatch.setattr(Watch, "show_poster", lambda _, name: early.append(name))
    redis().delete("rq:queue:high_priority")
    assert work()
    assert redis().llen("rq:queue:high_priority") == 1
    done = fresh(job)
    assert (done.status, done.error_code) == ("completed", None)
    assert done.video_object
    assert done.poster_object
    found = storage().stat(done.video_object)
    assert found
    assert found.size_bytes == done.video_bytes
    assert storage().stat(done.poster_object)
    # It was shown while the chunks were still to come.
    assert early == [done.poster_object]
    assert list(storage().list("chunks/")) == []
    assert list((tmp_path / "jobs").iterdir()) == []
    assert right_of(job) == "spent"
    # The next render on this machine is expected to be drawn as fast as this one was.
    [speed] = db.session.scalars(select(MachineSpeed))
    assert speed.kind == "prism mp4 480"
    assert speeds.expected_frames_per_s(done) == pytest.approx(speed.pixels_per_s / (128 * 72))
    # Six seconds of 60 frames, and what drawing them took.
    [measured] = db.session.scalars(select(JobMetrics))
    assert (measured.outcome, measured.frames, measured.worker) == ("completed", 360, "worker")
    assert measured.backend in ("llvmpipe", "swiftshader", "gpu")
    assert {"preparing", "analysing", "rendering", "encoding", "uploading"} >= set(measured.stages) > {"rendering"}
    assert measured.run_s
    assert 0 < sum(measured.stages.values()) <= measured.run_s + 1
    # The heart beats every two seconds; Chromium alone has more than this.
    assert measured.peak_memory_bytes
    assert measured.peak_memory_bytes > 50_000_000


def test_a_worker_that_must_end_gives_the_render_back_and_the_next_one_goes_on(job: RenderJob, work: Work) -> None:
    work(before=lambda workshop: workshop.stop.ask())
    assert (fresh(job).status, fresh(job).fruitless) == ("queued", 0)


def test_a_render_cancelled_meanwhile_ends_as_cancelled_and_leaves_no_poster(
    job: RenderJob, work: Work, tmp_path: Path
) -> None:
    (tmp_path / "p.jpg").write_bytes(b"poster")
    storage().put(f"videos/{job.user_id}/{job.id}/p.jpg", tmp_path / "p.jpg", content_type="image/jpeg")
    work(before=lambda _: cancel_render(job.user_id, job.id))
    assert fresh(job).status == "cancelled"
    assert right_of(job) == "returned"
    assert list(storage().list("videos/")) == []


def test_a_song_that_is_gone_is_our_failure_and_fails_after_three_attempts(
    job: RenderJob, work: Work, tmp_path: Path
) -> None:
    storage().put("uploads/other.wav", tmp_path / "song.wav", content_type="audio/wav")
    storage().delete(job.audio_object)
    for _ in range(attempts.MOST_FRUITLESS):
        assert work()
        clock.shift(timedelta(minutes=1))
    failed = fresh(job)
    # By `fruitless` the operators are alerted, and the code makes it a dead letter.
    assert (failed.status, failed.error_code, failed.fruitless) == ("failed", "UPLOAD_LOST", 3)
    assert dead_letters(10) == [job.id]


def test_a_song_that_is_damaged_holds_no_worker_up_and_fails_after_three_attempts(
    job: RenderJob, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "_kept_checksum", lambda _: "AAAAAA==")
    for _ in range(attempts.MOST_FRUITLESS):
        # Its machine is well, and takes the next render at once.
        assert work()
        clock.shift(timedelta(minutes=1))
    failed = fresh(job)
    assert (failed.status, failed.error_code, failed.held_since) == ("failed", "STORED_FILE_DAMAGED", None)
    assert failed.error_details == {"name": job.audio_object}
    assert dead_letters(10) == [job.id]


def test_a_picture_that_is_gone_is_our_failure(job: RenderJob, work: Work) -> None:
    with writing() as session:
        row = session.get_one(RenderJob, job.id)
        row.render_config = {**row.render_config, "cover": {"source": "file", "file": "uploads/cover.png"}}
    assert work()
    assert (fresh(job).status, fresh(job).fruitless) == ("queued", 1)


def test_a_worker_that_sees_an_empty_storage_fails_no_render(job: RenderJob, work: Work) -> None:
    storage().delete(job.audio_object)
    assert not work()
    held = fresh(job)
    assert (held.status, held.error_code, held.fruitless) == ("queued", "STORAGE_FAILED", 0)


def test_a_storage_that_is_away_is_no_fault_of_the_render(
    job: RenderJob, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:  # noqa: ANN401
        raise StorageFailed("The storage is away.")

    monkeypatch.setattr(type(storage()), "get", away)
    assert not work()
    assert (fresh(job).status, fresh(job).fruitless) == ("queued", 0)


def test_a_database_that_is_away_for_a_moment_loses_no_end(
    job: RenderJob, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    complete, failures = attempts.complete, [OperationalError("x", {}, Exception("away"))]

    def unreliable(*given: Any) -> bool:  # noqa: ANN401
        if failures:
            raise failures.pop()
        return complete(*given)

    monkeypatch.setattr(attempts, "complete", unreliable)
    assert work()
    assert fresh(job).status == "completed"
