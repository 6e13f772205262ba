"""One attempt at one render, from the claimed row to the stored video."""

import contextlib
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from oriel.errors import AppError, Cancelled, OurError, StageHung
from oriel.infra.database import db
from oriel.infra.logs import correlation, facts
from oriel.infra.pulse import touch_pulse
from oriel.infra.storage import storage
from oriel.rendering import attempts, jobs, speeds
from oriel.rendering.attempt_trace import note_job, traced_watch
from oriel.rendering.attempts import HEARTBEAT_S, Attempt, Video
from oriel.rendering.chunk_store import ChunkStore
from oriel.rendering.models import CANCELLED, FAILED, RenderJob
from oriel.rendering.pipeline.disk import file_sha256
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest, RenderResult
from oriel.rendering.pipeline.settings_document import THE_COVER, parse_settings
from oriel.rendering.process_memory import memory_of_tree
from oriel.rendering.source_files import fetch
from oriel.rendering.warm_browser import WarmBrowser
from oriel.rendering.watch import Stop, Watch
from oriel.settings import Settings

_log = logging.getLogger("oriel.worker")

_AGAIN_S = 0.5
# Pixels of a poster's longer side: a page shows it while the video is made, a letter and a list smaller still.
_POSTER_SIDE = 960
_TYPES = {"mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime"}


Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Workshop:
    """What a worker works with, for as long as it lives."""

    app: Flask
    settings: Settings
    machine: Machine
    looks: Looks
    browser: WarmBrowser
    folder: Path
    stop: Stop


def work_on(workshop: Workshop, attempt: Attempt) -> bool:
    """Do everything that a claimed render needs; every end is written into its row.

    Returns False where this machine is to blame, so that others had better take the next one.
    """
    correlation.set(attempt.job_id)
    with traced_watch(attempt) as watch:
        workshop.stop.heard_by(watch)
        _log.info("render started", extra=facts(job=attempt.job_id, attempt=attempt.fence))
        with ChunkStore(storage(), attempt.job_id) as chunks, _heart(workshop, attempt, watch, chunks):
            failure = _attempted(workshop, attempt, watch, chunks)
    if _surely(lambda: attempts.has_ended(attempt)):
        # Now that the last upload is through; what cannot be deleted is swept by the clock.
        with contextlib.suppress(AppError):
            chunks.forget()
            _delete_poster_without_video(attempt)
    return failure is None or not failure.of_machine


def _delete_poster_without_video(attempt: Attempt) -> None:
    job = db.session.get_one(RenderJob, attempt.job_id, populate_existing=True)
    is_without, prefix = job.status in (FAILED, CANCELLED), f"{_prefix(job)}/"
    db.session.commit()
    if is_without:
        storage().delete_all(prefix)


def _attempted(workshop: Workshop, attempt: Attempt, watch: Watch, chunks: ChunkStore) -> AppError | None:
    try:
        _render(workshop, attempt, watch, chunks)
    except Cancelled:
        _surely(lambda: _ended(workshop, attempt, watch))
        return None
    except AppError as error:
        _log.warning(error.message, exc_info=error, extra=facts(job=attempt.job_id, code=error.code))
        failure = error
    except Exception as error:  # noqa: BLE001  (a worker's edge: whatever a render does must not end it)
        _log.exception("A render failed unexpectedly.", extra=facts(job=attempt.job_id))
        failure = _unexpected(error)
    else:
        return None
    # With the chunks that it has made since the last heartbeat.
    _surely(lambda: attempts.beat(attempt, watch.pulse(chunks.made)))
    _surely(lambda: attempts.fail(attempt, failure, watch.measurements(workshop.browser.backend)))
    return failure


def _surely(write: Callable[[], Outcome]) -> Outcome | None:
    """Write an attempt's end, again and again until its lease is over: a database may be away for a moment."""
    deadline = time.monotonic() + attempts.LEASE.total_seconds()
    while True:
        try:
            return write()
        except SQLAlchemyError:
            db.session.rollback()
            if time.monotonic() > deadline:
                _log.warning("The end of an attempt could not be saved: the database is unavailable.", exc_info=True)
                return None
            time.sleep(_AGAIN_S)


def _render(workshop: Workshop, attempt: Attempt, watch: Watch, chunks: ChunkStore) -> None:
    job = db.session.get_one(RenderJob, attempt.job_id)
    note_job(job)
    expected = speeds.expected_frames_per_s(job)
    # No transaction stays open while the song is fetched, and while minutes of work go by.
    db.session.commit()
    with _folder(workshop.folder / f"{job.id}-{attempt.fence}") as folder:
        request = replace(
            _request(workshop, job, folder, chunks),
            expected_frames_per_s=expected,
            on_poster=lambda poster: _show_poster(job, poster, watch, chunks),
        )
        workshop.browser.begin()
        result = render_song(request, watch.see, watch.cancel, stage_factory=workshop.browser.stage)
        watch.upload()
        video = _store(job, request, result)
    if watch.frames_per_s:
        _remember_speed(job, watch.frames_per_s)
    if _surely(lambda: attempts.complete(attempt, video, watch.measurements(result.backend))):
        jobs.ask_for(jobs.send_completion_email, job.id)
        _log.info("render done", extra=facts(job=job.id, frames_per_s=round(result.frames_per_s, 1)))


def _remember_speed(job: RenderJob, frames_per_s: float) -> None:
    try:
        speeds.note(job, frames_per_s)
    except SQLAlchemyError:
        # No reason to lose a video.
        db.session.rollback()


def _request(workshop: Workshop, job: RenderJob, folder: Path, chunks: ChunkStore) -> RenderRequest:
    song = folder / f"song{Path(job.audio_object).suffix}"
    fetch(job.audio_object, song)
    document = _with_pictures(job.render_config, folder)
    # A song without tags is called by its file's name: the customer's, not ours.
    text = {"title": job.title, **{key: value for key, value in document["text"].items() if value is not None}}
    return RenderRequest(
        song=song,
        output=folder / f"video.{document['output']['format']}",
        settings=parse_settings({**document, "text": text}),
        looks=workshop.looks,
        machine=workshop.machine,
        formats=workshop.settings.audio_formats,
        max_seconds=job.max_song_s,
        watermark=job.watermark,
        poster=folder / "poster.jpg",
        poster_side=_POSTER_SIDE,
        keeper=chunks,
    )


def _with_pictures(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the settings with the names of stored pictures replaced by files."""
    copy = deepcopy(document)
    for part, key in (("cover", "file"), ("background", "image")):
        name = copy[part].get(key)
        if isinstance(name, str) and name != THE_COVER:
            picture = folder / f"{part}{Path(name).suffix}"
            fetch(name, picture)
            copy[part][key] = str(picture)
    return copy


def _show_poster(job: RenderJob, poster: Path, watch: Watch, chunks: ChunkStore) -> None:
    name = _poster_name(job, poster)
    chunks.publish(poster, name, "image/jpeg", lambda: watch.show_poster(name))


def _poster_name(job: RenderJob, poster: Path) -> str:
    return f"{_prefix(job)}/{file_sha256(poster)}.jpg"


def _prefix(job: RenderJob) -> str:
    return f"videos/{job.user_id}/{job.id}"


def _store(job: RenderJob, request: RenderRequest, result: RenderResult) -> Video:
    """Put video and poster into the storage under names from their content: written twice, they are the same."""
    assert request.poster
    suffix = request.output.suffix
    video = storage().put(
        f"{_prefix(job)}/{result.sha256}{suffix}", request.output, content_type=_TYPES[suffix[1:]], once=True
    )
    poster_name = _poster_name(job, request.poster)
    # Stored early as well, unless the storage was away then.
    storage().put(poster_name, request.poster, content_type="image/jpeg", once=True)
    return Video(video.name, video.size_bytes, result.sha256, result.duration_s, poster_name)


def _ended(workshop: Workshop, attempt: Attempt, watch: Watch) -> None:
    measurements = watch.measurements(workshop.browser.backend)
    _log.info("render ended early", extra=facts(job=attempt.job_id, reason=watch.reason))
    match watch.reason:
        case "cancel":
            attempts.end_cancelled(attempt, measurements)
        case "stuck":
            sentence = "The render stopped making progress and was ended."
            attempts.fail(attempt, StageHung(sentence), measurements)
        case "lost":
            pass
        case _:
            attempts.give_back(attempt, measurements)


def _unexpected(error: Exception) -> AppError:
    return OurError("Something went wrong on our side while we made your video.", kind=type(error).__name__)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[Path]:
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _heart(workshop: Workshop, attempt: Attempt, watch: Watch, chunks: ChunkStore) -> Iterator[None]:
    """Beat while the block runs, in a thread of its own."""
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(workshop, attempt, watch, chunks, over), name="heart", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat(workshop: Workshop, attempt: Attempt, watch: Watch, chunks: ChunkStore, over: threading.Event) -> None:
    with workshop.app.app_context():
        while True:
            touch_pulse(workshop.settings)
            watch.note_memory(memory_of_tree(os.getpid()))
            if watch.is_stuck:
                watch.end("stuck")
            try:
                word = attempts.beat(attempt, watch.pulse(chunks.made))
            except SQLAlchemyError:
                # Away for longer than the lease, the render is somebody else's, and the next beat tells.
                _log.warning("No heartbeat: the database is unavailable.")
                db.session.rollback()
                word = "go"
            if word != "go":
                watch.end(word)
            if over.wait(HEARTBEAT_S):
                return
