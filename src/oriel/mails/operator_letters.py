"""What we write to whoever runs the service."""

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import greeting, short


def render_lost(title: str, job_id: str, code: str, sentence: str, attempts: int) -> Letter:
    """Tell that a render is on the list of dead letters, and how to look at it."""
    return compose(
        "render_lost",
        f"A render failed for good: {code}",
        greeting=greeting(""),
        title=short(title),
        job_id=job_id,
        code=code,
        sentence=sentence,
        attempts=attempts,
    )
