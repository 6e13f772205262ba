"""The last error of a render, on its row: of an attempt that is tried again, of what holds it up, or of its end."""

from typing import Any

from oriel.errors import AppError
from oriel.rendering.models import RenderJob

_LONGEST_SENTENCE = 1000


def note(job: RenderJob, error: AppError) -> None:
    """Write an error down, in place of the one before."""
    job.error_code, job.error_message, job.error_details = error.code, error.message[:_LONGEST_SENTENCE], _plain(error)


def forget(job: RenderJob) -> None:
    """Forget it, as when the render has gone on to its end."""
    job.error_code = job.error_message = job.error_details = None


def _plain(error: AppError) -> dict[str, Any]:
    plain = (int, float, str, bool, type(None))
    return {name: value if isinstance(value, plain) else str(value) for name, value in error.details.items()}
