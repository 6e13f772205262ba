"""Doorways for the queues: ids in, one function of the domain called. A hint can call these and nothing else."""

from collections.abc import Callable

from oriel.accounts import cleanup
from oriel.infra.mail.dispatch import dispatch_due
from oriel.media import resumable
from oriel.media.loudness import measure_upload
from oriel.media.sweep import delete_expired
from oriel.projects.projects import forget_deleted
from oriel.rendering import expiry, hints

_AT_ONCE = 100


def render_video_job(_render_id: str) -> None:
    """Say that a render waits: a worker that takes this claims the row whose turn it is, which may be another one."""


def send_completion_email(_render_id: str) -> None:
    """Send what lies in the outbox: the letter about this render entered it with the render's last commit."""
    dispatch_due(limit=20)


def measure_song(upload_id: str) -> None:
    """Find out how loud an uploaded song is."""
    measure_upload(upload_id)


def cleanup_expired_videos() -> None:
    """Delete the videos whose time is over, to the minute."""
    expiry.delete_expired_videos(limit=_AT_ONCE)


def cleanup_expired_uploads() -> None:
    """Delete the uploads that nothing uses any more."""
    delete_expired(limit=_AT_ONCE)
    resumable.delete_expired(limit=_AT_ONCE)


def cleanup_left_chunks() -> None:
    """Delete the chunks of renders that have ended."""
    expiry.delete_left_chunks(limit=_AT_ONCE)


def cleanup_left_videos() -> None:
    """Delete the videos that no render knows: their workers died between storing and telling."""
    expiry.delete_left_videos(limit=_AT_ONCE)


def cleanup_deleted_projects() -> None:
    """Delete the projects for good that nobody has brought back."""
    forget_deleted(limit=_AT_ONCE)


def cleanup_accounts() -> None:
    """Delete sessions, links of mails and log entries whose time is over."""
    cleanup.cleanup_accounts()


_CLEANUPS = (
    cleanup_expired_videos,
    cleanup_expired_uploads,
    cleanup_left_chunks,
    cleanup_left_videos,
    cleanup_deleted_projects,
    cleanup_accounts,
)
_QUEUES: dict[Callable[..., None], str] = {
    render_video_job: hints.VIDEO_RENDERING,
    send_completion_email: hints.HIGH_PRIORITY,
    measure_song: hints.HIGH_PRIORITY,
    **dict.fromkeys(_CLEANUPS, hints.CLEANUP),
}
_DOORWAYS = {f"{job.__module__}.{job.__name__}": job for job in _QUEUES}


def ask_for(job: Callable[..., None], *arguments: str) -> bool:
    """Put a job on its queue; return False where Redis is away, which loses nothing: the clock asks again."""
    return hints.hint(_QUEUES[job], f"{job.__module__}.{job.__name__}", *arguments)


def call(function: str, arguments: tuple[str, ...]) -> None:
    """Call a doorway by its name; raise ValueError for what is none."""
    if function not in _DOORWAYS:
        raise ValueError(f"{function} is no job of ours")
    _DOORWAYS[function](*arguments)
