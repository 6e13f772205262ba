"""Letters to operators."""

from collections.abc import Sequence
from datetime import datetime

from oriel.mails.letter import Letter, compose
from oriel.mails.wording import date, greeting, short


def render_lost(title: str, job_id: str, code: str, sentence: str, attempts: int, link: str) -> Letter:
    """Tell the operator that a render has failed, with its page in the panel."""
    return compose(
        "render_lost",
        f"A render has failed: {code}",
        greeting=greeting(""),
        title=short(title),
        job_id=job_id,
        code=code,
        sentence=sentence,
        attempts=attempts,
        link=link,
    )


def renders_wait(code: str, sentence: str, job_id: str, since: datetime, link: str) -> Letter:
    """Tell the operator that a failing machine or storage delays renders, with the panel's page of them."""
    return compose(
        "renders_wait",
        f"Renders are delayed: {code}",
        greeting=greeting(""),
        code=code,
        sentence=sentence,
        job_id=job_id,
        since=date(since),
        link=link,
    )


def renders_go_on(code: str) -> Letter:
    """Tell the operator that delayed renders are running again."""
    return compose("renders_go_on", f"Renders are running again after {code}", greeting=greeting(""), code=code)


def alert_opened(title: str, sentence: str, since: datetime, commands: Sequence[tuple[str, str]], link: str) -> Letter:
    """Tell the operator that something is wrong, with the panel's page about it and the commands that help."""
    return compose(
        "alert_opened",
        f"Alert: {title}",
        greeting=greeting(""),
        title=title,
        sentence=sentence,
        since=date(since),
        commands=tuple(commands),
        link=link,
    )


def alert_closed(title: str, sentence: str, since: datetime, link: str) -> Letter:
    """Tell the operator that an incident is over, with the panel's page about it."""
    return compose(
        "alert_closed",
        f"All clear: {title}",
        greeting=greeting(""),
        title=title,
        sentence=sentence,
        since=date(since),
        link=link,
    )
