"""What customers are told of a failed render: the cause, what is still there, and what helps."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, fresh

from oriel import errors
from oriel.errors import AppError
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id
from oriel.infra.mail.outbox import OutboxMail
from oriel.media.models import SONG, Upload
from oriel.rendering import attempts
from oriel.rendering.failure_words import is_retryable, told_of
from oriel.rendering.failures import RENDER_ERRORS
from oriel.rendering.models import RenderJob

FailedJob = Callable[..., RenderJob]


@pytest.fixture
def failed_job(make_job: MakeJob, caller: Callable[..., Caller]) -> FailedJob:
    """Have a render fail for good with this error; its song is kept for so long."""

    def fail(
        error: AppError, kept_for: timedelta = timedelta(days=7), user_id: str | None = None, paid_with: str = "free"
    ) -> RenderJob:
        song_id, owner = new_id(), user_id or caller().user_id
        name = f"uploads/{owner}/{song_id}.mp3"
        facts = {"filename": "Night Drive.mp3", "format": "mp3", "size_bytes": 1, "sha256": "x"}
        with writing() as session:
            kept = {"stored_at": now(), "expires_at": now() + kept_for}
            session.add(Upload(id=song_id, user_id=owner, kind=SONG, object_name=name, **facts, **kept))
        job = make_job(user_id=owner, audio_object=name, audio_filename="Night Drive.mp3")
        if error.details.get("name") == "SONG":
            error = type(error)(error.message, name=name)
        with writing() as session:
            row = session.get_one(RenderJob, job.id)
            row.plan = paid_with
            attempts.end_badly(session, row, error)
        return fresh(job)

    return fail


def letter() -> str:
    return db.session.scalars(select(OutboxMail.text)).one()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (errors.UploadLost("Missing.", name="SONG"), "Your song was lost in our storage."),
        (errors.StoredFileDamaged("Damaged.", name="SONG"), "Your song was damaged in our storage."),
    ],
    ids=["lost", "damaged"],
)
@pytest.mark.parametrize("plan", ["free", "credit"])
def test_nobody_is_told_that_a_lost_song_is_still_there(
    failed_job: FailedJob, error: AppError, sentence: str, plan: str
) -> None:
    job = failed_job(error, paid_with=plan)
    assert told_of(job).startswith(f"{sentence} We are sorry. Please upload it again")
    assert "Your song and your settings" not in letter()
    assert "Your settings are still there." in letter()
    assert f"Choose the song again:\nhttp://127.0.0.1:5000/studio?render={job.id}" in letter()


def test_a_lost_picture_is_told_from_the_song(failed_job: FailedJob) -> None:
    job = failed_job(errors.UploadLost("Missing.", name="uploads/a/cover.png"))
    assert told_of(job).startswith("A picture of your video was lost in our storage.")
    assert "Your song and your other settings are still there." in letter()
    assert "Choose the picture again:" in letter()


def test_the_api_names_the_lost_upload(failed_job: FailedJob, caller: Callable[..., Caller]) -> None:
    customer = caller()
    job = failed_job(errors.UploadLost("Missing.", name="SONG"), user_id=customer.user_id)
    error = customer.get(f"/api/render/status/{job.id}").get_json()["error"]
    assert (error["code"], error["details"], error["retryable"]) == ("UPLOAD_LOST", {"upload": job.upload_id}, False)


def test_a_failure_of_ours_may_be_tried_again_as_it_is(failed_job: FailedJob) -> None:
    job = failed_job(errors.StageCrashed("The browser crashed.", stderr="/srv/data"))
    assert is_retryable(job)
    assert "Something went wrong on our side" in letter()
    assert "Your song and your settings are still there." in letter()
    assert f"Open it and try again:\nhttp://127.0.0.1:5000/render/{job.id}" in letter()


def test_a_damaged_chunk_is_no_damaged_song(failed_job: FailedJob) -> None:
    job = failed_job(errors.StoredFileDamaged("Damaged.", name="chunks/a/0.mkv"))
    assert is_retryable(job)
    assert "song" not in told_of(job)


def test_a_song_that_has_expired_meanwhile_is_not_said_to_be_there(failed_job: FailedJob) -> None:
    failed_job(errors.StageCrashed("The browser crashed."), kept_for=timedelta(seconds=-1))
    assert "Your song and your settings" not in letter()
    assert "Choose the song again:" in letter()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            errors.UndecodableSong("The file /folder/a/song.mp3 is damaged: no sound can be read from it."),
            "The file Night Drive.mp3 is damaged: no sound can be read from it. Please choose another file of the song"
            " in the studio, and render it again.",
        ),
        (
            errors.UnsupportedAudioFormat("flac", ("mp3", "wav")),
            "Audio file must be MP3 or WAV format. Please choose another file of the song in the studio, and render it"
            " again.",
        ),
        (
            errors.AnimatedPicture("An animated WebP cannot be used. Please choose a still picture."),
            "An animated WebP cannot be used. Please choose a still picture.",
        ),
        (
            errors.InvalidPicture("The picture in cover.png is damaged."),
            "The picture in cover.png is damaged. Please choose another picture in the studio, and render the video"
            " again.",
        ),
        (
            errors.SongTooLong("The song is 400 seconds long and the limit is 360 seconds."),
            "The song is 400 seconds long and the limit is 360 seconds. Please choose a shorter song in the studio, or"
            " a larger plan.",
        ),
        (
            errors.UnknownLook("There is no look “x”: choose “halo”."),
            "There is no look “x”: choose “halo”. Please change this in the studio, and render the video again.",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, AppError) else "",
)
def test_a_failure_by_the_song_or_the_settings_says_what_to_change(
    failed_job: FailedJob, error: AppError, sentence: str
) -> None:
    job = failed_job(error)
    assert told_of(job) == sentence
    assert not is_retryable(job)
    assert f"Change it in the studio:\nhttp://127.0.0.1:5000/studio?render={job.id}" in letter()


def test_every_failure_tells_what_to_do(failed_job: FailedJob) -> None:
    job = failed_job(errors.StageCrashed("The browser crashed."))
    for error in RENDER_ERRORS:
        job.error_code, job.error_message = error.code, "This is the reason."
        assert "Please" in told_of(job), error.code
