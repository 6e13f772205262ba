"""Letters to operators."""

from collections.abc import Sequence
from datetime import datetime

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import date, greeting, short


def render_lost(title: str, job_id: str, code: str, sentence: str, attempts: int) -> Letter:
    """Tell the operator that a render has failed, and how to inspect it."""
    return compose(
        "render_lost",
        f"A render has failed: {code}",
        greeting=greeting(""),
        title=short(title),
        job_id=job_id,
        code=code,
        sentence=sentence,
        attempts=attempts,
    )


def renders_wait(code: str, sentence: str, job_id: str, since: datetime) -> Letter:
    """Tell the operator that a failing machine or storage delays renders, and how to inspect them."""
    return compose(
        "renders_wait",
        f"Renders are delayed: {code}",
        greeting=greeting(""),
        code=code,
        sentence=sentence,
        job_id=job_id,
        since=date(since),
    )


def renders_go_on(code: str) -> Letter:
    """Tell the operator that delayed renders are running again."""
    return compose("renders_go_on", f"Renders are running again after {code}", greeting=greeting(""), code=code)


def alert_opened(title: str, sentence: str, since: datetime, commands: Sequence[tuple[str, str]]) -> Letter:
    """Tell the operator that something is wrong, and which commands help."""
    return compose(
        "alert_opened",
        f"Alert: {title}",
        greeting=greeting(""),
        title=title,
        sentence=sentence,
        since=date(since),
        commands=tuple(commands),
    )


def alert_closed(title: str, sentence: str, since: datetime) -> Letter:
    """Tell the operator that an incident is over."""
    return compose(
        "alert_closed",
        f"All clear: {title}",
        greeting=greeting(""),
        title=title,
        sentence=sentence,
        since=date(since),
    )
