"""Doorways for the queues: ids in, one function of the domain called."""

import importlib
from collections.abc import Sequence

from oriel.rendering import hints

# The functions that a hint may name: a queue in Redis must not be able to call anything else.
RENDER_VIDEO = "oriel.rendering.jobs.render_video_job"
MEASURE_SONG = "oriel.rendering.jobs.measure_song"
DOORWAYS = (
    "oriel.rendering.jobs.measure_song",
    "oriel.rendering.jobs.send_completion_email",
    "oriel.rendering.jobs.cleanup_expired_videos",
    "oriel.rendering.jobs.cleanup_expired_uploads",
    "oriel.rendering.jobs.cleanup_left_chunks",
)


def render_video_job(_render_id: str) -> None:
    """Say that a render waits: a worker that takes this claims the row whose turn it is, which may be another one."""


def send_completion_email(_render_id: str) -> None:
    """Send what lies in the outbox: the letter about this render entered it with the render's last commit."""
    from oriel.infra.mail.dispatch import dispatch_due

    dispatch_due(limit=20)


def measure_song(upload_id: str) -> None:
    """Find out how loud an uploaded song is."""
    from oriel.media.measuring import measure_upload

    measure_upload(upload_id)


def cleanup_expired_videos() -> None:
    """Delete the videos whose time is over, to the minute."""
    from oriel.rendering import expiry

    expiry.delete_expired_videos(limit=100)


def cleanup_expired_uploads() -> None:
    """Delete the uploads that nothing uses any more."""
    from oriel.media.sweep import delete_expired

    delete_expired(limit=100)


def cleanup_left_chunks() -> None:
    """Delete the chunks of renders that have ended."""
    from oriel.rendering import expiry

    expiry.delete_left_chunks(limit=100)


def call(function: str, arguments: tuple[str, ...]) -> None:
    """Call a doorway by its name; raise ValueError for what is none."""
    if function not in DOORWAYS:
        raise ValueError(f"{function} is no job of ours")
    module, _, name = function.rpartition(".")
    getattr(importlib.import_module(module), name)(*arguments)


def hint_songs(upload_ids: Sequence[str]) -> None:
    """Have songs measured by the light worker."""
    for upload_id in upload_ids:
        hints.hint(hints.HIGH_PRIORITY, MEASURE_SONG, upload_id)


def hint_render(render_id: str) -> bool:
    """Wake a worker."""
    return hints.hint(hints.VIDEO_RENDERING, RENDER_VIDEO, render_id)
