"""Why a render failed and what its customer can do next, in sentences for mails, pages and programs."""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from oriel import errors
from oriel.errors import CallerError, error_classes
from oriel.infra.clock import now
from oriel.infra.masking import without_folders
from oriel.media.models import Upload
from oriel.rendering.models import RenderJob

# What is about a customer's own song or settings may be told as it is; the rest names our folders and programs.
CUSTOMERS_OWN = {error.code for error in error_classes() if issubclass(error, CallerError) and not error.of_machine}
_OURS = "Something went wrong on our side, and we have been notified. Please try again later."
_LOST = {errors.UploadLost.code: "lost", errors.StoredFileDamaged.code: "damaged"}
_OF_SONG = {
    error.code
    for error in (
        errors.SongNotFound,
        errors.UnsupportedAudioFormat,
        errors.EmptySong,
        errors.UndecodableSong,
        errors.SongWithoutSound,
    )
}
_OF_PICTURE = {error.code for error in (errors.InvalidPicture, errors.AnimatedPicture, errors.UnsupportedPictureFormat)}


@dataclass(frozen=True)
class NextStep:
    """What a mail about a failed render says at its end: what is still there, and where its button leads."""

    kept: str
    action: str
    path: str


def told_of(job: RenderJob) -> str:
    """Return why a render failed and what to do about it; a failure of ours is told without our machines."""
    if lost := lost_upload(job):
        what = "Your song" if lost == job.upload_id else "A picture of your video"
        reason = f"{what} was {_LOST[job.error_code or '']} in our storage. We are sorry."
        return f"{reason} Please upload it again, and render your video once more."
    if job.error_code not in CUSTOMERS_OWN or not job.error_message:
        return _OURS
    return _with_advice(job.error_code, _by_its_own_name(job, without_folders(job.error_message)))


def details_of(job: RenderJob) -> dict[str, Any]:
    """Return the facts about a failure that its customer may read; `upload` is the id of one that is lost."""
    if lost := lost_upload(job):
        return {"upload": lost}
    if job.error_code not in CUSTOMERS_OWN:
        return {}
    details = (job.error_details or {}).items()
    return {name: without_folders(value) if isinstance(value, str) else value for name, value in details}


def is_retryable(job: RenderJob) -> bool:
    """Return whether the same order may succeed when it is sent again, because the failure was ours and may pass."""
    return job.error_code not in CUSTOMERS_OWN and lost_upload(job) is None


def lost_upload(job: RenderJob) -> str | None:
    """Return the upload whose lost or damaged file has made a render fail; None after any other failure."""
    name = str((job.error_details or {}).get("name", ""))
    # A damaged chunk was ours, and another attempt draws it again.
    return PurePath(name).stem if job.error_code in _LOST and name.startswith("uploads/") else None


def next_step(session: Session, job: RenderJob) -> NextStep:
    """Return what the mail about a failed render says at its end."""
    studio, lost = f"/studio?render={job.id}", lost_upload(job)
    if lost == job.upload_id or not _has_song(session, job):
        return NextStep("Your settings are still there.", "Choose the song again", studio)
    if lost:
        return NextStep("Your song and your other settings are still there.", "Choose the picture again", studio)
    kept = "Your song and your settings are still there."
    if not is_retryable(job):
        return NextStep(kept, "Change it in the studio", studio)
    return NextStep(kept, "Open it and try again", f"/render/{job.id}")


def _has_song(session: Session, job: RenderJob) -> bool:
    """Return whether the song can be rendered again: a render that was held up for long may outlive it."""
    is_kept = or_(Upload.expires_at.is_(None), Upload.expires_at > now())
    there = (Upload.id == job.upload_id, Upload.deleted_at.is_(None), Upload.purged_at.is_(None), is_kept)
    return session.scalar(select(Upload.id).where(*there)) is not None


def _by_its_own_name(job: RenderJob, sentence: str) -> str:
    """Return the sentence with the song called as its customer calls it: a worker's copy is "song.mp3"."""
    return sentence.replace(f"song{PurePath(job.audio_object).suffix}", job.audio_filename)


def _with_advice(code: str, sentence: str) -> str:
    # Some errors bring advice of their own.
    if "Please" in sentence:
        return sentence
    if code in _OF_SONG:
        advice = "Please choose another file of the song in the studio, and render it again."
    elif code in _OF_PICTURE:
        advice = "Please choose another picture in the studio, and render the video again."
    elif code == errors.SongTooLong.code:
        advice = "Please choose a shorter song in the studio, or a larger plan."
    else:
        advice = "Please change this in the studio, and render the video again."
    return f"{sentence.rstrip('.')}. {advice}"
