"""Handing out videos: to their customer by id, to everybody by link; exactly until they expire."""

from datetime import timedelta
from pathlib import PurePath

from flask import Response, request
from sqlalchemy import select

from oriel.accounts.models import User
from oriel.errors import Expired, NotFound, StorageFailed, WrongState
from oriel.infra.database import db
from oriel.infra.storage import storage
from oriel.infra.storage.file_response import redirect_to, send_file
from oriel.names import for_files
from oriel.rendering import links
from oriel.rendering.models import COMPLETED, DELETED, FAILED, UNDER_WAY, WITHDRAWN, RenderJob

_SIGNED_FOR = timedelta(minutes=10)
_REDIRECT_KEPT_S = 300
_JPEG = "image/jpeg"
_NO_POSTER = "There is no picture at this address."
_TYPES = {".mp4": "video/mp4", ".webm": "video/webm", ".mov": "video/quicktime"}
# What somebody with the link reads: only its owner can do something about it.
_UNAVAILABLE = "This video is no longer available. If it is yours, you can render it again from My videos."
_EXPIRED = "This video has expired and was deleted. Render it again to get a new one."
_GONE = {
    DELETED: "This video was deleted. Render it again to get a new one.",
    WITHDRAWN: "This video is no longer available.",
}


def job_behind(token: str) -> RenderJob:
    """Return the render that a delivery link means.

    Raise NotFound for a forged or revoked link, and while its owner's account is disabled.
    """
    job = _job_of_open_account(links.job_id_in(token))
    if job is None or not links.is_sealed(token, job.link_generation):
        raise NotFound("There is no video at this link. It may be switched off, or a part of it is missing.")
    return job


def video_behind(token: str) -> RenderJob:
    """Return the render whose video a delivery link opens.

    Raise NotFound as `job_behind` does, WrongState while there is no video, Expired when there is none any more.
    """
    job = job_behind(token)
    refuse_unfinished(job)
    if job.is_over:
        raise Expired(_UNAVAILABLE)
    return job


def deliver_poster_behind(token: str) -> Response:
    """Return the poster of the video that a delivery link opens, or a redirect to it; raise as `video_behind` does."""
    response = _poster_of(video_behind(token))
    response.cache_control.private = True
    response.cache_control.max_age = _REDIRECT_KEPT_S
    return response


def _job_of_open_account(job_id: str) -> RenderJob | None:
    of_open_account = select(RenderJob).join(User, User.id == RenderJob.user_id).where(User.disabled_at.is_(None))
    return db.session.scalar(of_open_account.where(RenderJob.id == job_id))


def deliver_poster(token: str) -> Response:
    """Return the poster that an address means, or a redirect to it; browsers may keep it.

    Raise NotFound for a forged or revoked address, Expired when the address or the video is over.
    """
    job = _job_of_open_account(links.job_id_of_poster(token))
    if job is None:
        raise NotFound(_NO_POSTER)
    seconds = links.check_poster_token(token, job.link_generation)
    if job.is_over:
        raise Expired(_GONE.get(job.deleted_because or "", _EXPIRED))
    response = _poster_of(job)
    response.cache_control.private = True
    # A redirect must not be kept for longer than it works.
    response.cache_control.max_age = min(seconds, _REDIRECT_KEPT_S) if response.status_code == 302 else seconds
    return response


def _poster_of(job: RenderJob) -> Response:
    if not job.poster_object or not job.has_poster:
        raise NotFound(_NO_POSTER)
    name, filename = job.poster_object, file_name(job, ".jpg")
    url = storage().signed_url(name, filename=filename, content_type=_JPEG, expires_in=_SIGNED_FOR)
    if url:
        return redirect_to(url)
    path = storage().path(name)
    if path is None:
        raise NotFound(_NO_POSTER)
    response = Response(path.read_bytes(), mimetype=_JPEG)
    # Its name is a digest of its content.
    response.set_etag(PurePath(name).stem)
    response.make_conditional(request)
    return response


def deliver(job: RenderJob) -> Response:
    """Return the video, or the way to it; WrongState while there is none, Expired afterwards."""
    refuse_missing(job)
    assert job.video_object
    name, suffix = job.video_object, PurePath(job.video_object).suffix
    filename, content_type = file_name(job, suffix), _TYPES[suffix]
    # A player goes on asking at the signed address until the video's end.
    lasts = _SIGNED_FOR + timedelta(seconds=job.video_s or 0)
    url = storage().signed_url(name, filename=filename, content_type=content_type, expires_in=lasts)
    if url:
        return redirect_to(url)
    path = storage().path(name)
    if path is None:
        raise StorageFailed("We cannot find this video in our storage. We have been notified.")
    return send_file(path, filename=filename, content_type=content_type)


def refuse_missing(job: RenderJob) -> None:
    """Raise WrongState or Expired where there is no video to hand out."""
    refuse_unfinished(job)
    if job.is_over:
        raise Expired(_GONE.get(job.deleted_because or "", _EXPIRED))


def refuse_unfinished(job: RenderJob) -> None:
    """Raise WrongState where there has never been a video."""
    if job.status in UNDER_WAY:
        raise WrongState("The video is not ready yet.", status=job.status)
    if job.status != COMPLETED:
        ended = "failed" if job.status == FAILED else "was cancelled"
        raise WrongState(f"There is no video, because the render {ended}.", status=job.status)


def file_name(job: RenderJob, suffix: str) -> str:
    """Return what a browser calls the file: the song's title, without what file systems dislike."""
    return f"{for_files(job.title) or 'video'}{suffix}"
