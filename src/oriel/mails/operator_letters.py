"""What we write to whoever runs the service."""

from datetime import datetime

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import date, greeting, short


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


def renders_wait(code: str, sentence: str, job_id: str, since: datetime) -> Letter:
    """Tell that renders wait because the storage or a machine fails, and how to look at one of them."""
    return compose(
        "renders_wait",
        f"Renders wait: {code}",
        greeting=greeting(""),
        code=code,
        sentence=sentence,
        job_id=job_id,
        since=date(since),
    )


def renders_go_on(code: str) -> Letter:
    """Tell that renders go on which had waited."""
    return compose("renders_go_on", f"Renders go on: {code} is over", greeting=greeting(""), code=code)
