"""What customers are written about their renders; each letter enters the outbox with the change that causes it."""

import logging

from flask import current_app
from sqlalchemy.orm import Session

from oriel import mails
from oriel.accounts.models import User
from oriel.accounts.notifications import is_wanted, unsubscribe_link
from oriel.billing.plans import CREDIT
from oriel.errors import InvalidEmail
from oriel.infra.logs import facts
from oriel.infra.mail import outbox
from oriel.rendering.failure_words import next_step, told_of
from oriel.rendering.models import RenderJob
from oriel.settings import Settings

_log = logging.getLogger("oriel.letters")


def render_ready(session: Session, job: RenderJob) -> None:
    """Tell that the video is there, with its link."""
    user = session.get_one(User, job.user_id)
    assert job.expires_at is not None
    assert job.video_s is not None
    assert job.video_bytes is not None
    output = job.render_config["output"]
    details = mails.RenderDetails(
        width=output["width"],
        height=output["height"],
        fps=output["fps"],
        format=output["format"],
        duration_s=job.video_s,
        size_bytes=job.video_bytes,
        watermark=job.watermark,
    )
    letter = mails.render_ready(
        user.name,
        job.title or job.audio_filename,
        details,
        job.delivery_link,
        job.watch_link,
        job.expires_at,
        job.poster_object,
        unsubscribe=unsubscribe_link(user.id, "render_ready"),
    )
    _send(session, user, letter, "render_ready", job)


def render_failed(session: Session, job: RenderJob) -> None:
    """Tell the customer why a render failed, and the operator if it is our failure."""
    user = session.get_one(User, job.user_id)
    sentence = told_of(job)
    settings: Settings = current_app.config["ORIEL"]
    step = next_step(session, job)
    title, link = job.title or job.audio_filename, settings.base_url + step.path
    if job.plan == CREDIT.name:
        letter = mails.credit_returned(user.name, title, sentence, step.kept, step.action, link)
        _send(session, user, letter, "credit_returned", job)
    else:
        ends = unsubscribe_link(user.id, "render_failed")
        letter = mails.render_failed(user.name, title, sentence, step.kept, step.action, link, unsubscribe=ends)
        _send(session, user, letter, "render_failed", job)
    if job.fruitless:
        code, reason = job.error_code or "", job.error_message or ""
        page = f"{settings.base_url}/admin/renders/{job.id}"
        lost = mails.render_lost(job.title or job.audio_filename, job.id, code, reason, attempts=job.fence, link=page)
        _to_operator(session, lost, "render_lost", f"{job.id}-{job.fence}")


def held_up(session: Session, job: RenderJob) -> None:
    """Tell customer and operator, each once about a notice, that our side fails and the render waits."""
    user = session.get_one(User, job.user_id)
    assert job.held_since
    assert job.held_notice
    ends = unsubscribe_link(user.id, "render_held_up")
    letter = mails.render_held_up(user.name, job.title or job.audio_filename, unsubscribe=ends)
    _enqueue(session, letter, user.email, user.id, "render_held_up", job.held_notice)
    settings: Settings = current_app.config["ORIEL"]
    page = f"{settings.base_url}/admin/renders/?state=held"
    waits = mails.renders_wait(job.error_code or "", job.error_message or "", job.id, job.held_since, page)
    _to_operator(session, waits, "renders_wait", job.held_notice)


def works_again(session: Session, job: RenderJob, code: str, notice: str) -> None:
    """Tell those who got a notice that the trouble is over."""
    user = session.get_one(User, job.user_id)
    ends = unsubscribe_link(user.id, "render_goes_on")
    letter = mails.render_goes_on(user.name, job.title or job.audio_filename, unsubscribe=ends)
    _enqueue(session, letter, user.email, user.id, "render_goes_on", notice)
    _to_operator(session, mails.renders_go_on(code), "renders_go_on", notice)


def _to_operator(session: Session, letter: mails.Letter, kind: str, subject_key: str) -> None:
    settings: Settings = current_app.config["ORIEL"]
    if settings.alert_email:
        _enqueue(session, letter, settings.alert_email, None, kind, subject_key)


def expires_soon(session: Session, job: RenderJob) -> None:
    """Tell that the video will be deleted in three days."""
    user = session.get_one(User, job.user_id)
    assert job.expires_at
    title, ends = job.title or job.audio_filename, unsubscribe_link(user.id, "expires_soon")
    letter = mails.expires_soon(user.name, title, job.delivery_link, job.expires_at, unsubscribe=ends)
    _send(session, user, letter, "expires_soon", job)


def _send(session: Session, user: User, letter: mails.Letter, kind: str, job: RenderJob) -> None:
    _enqueue(session, letter, user.email, user.id, kind, job.id)


def _enqueue(session: Session, letter: mails.Letter, to: str, user_id: str | None, kind: str, subject_key: str) -> None:
    if user_id and not is_wanted(session, user_id, kind):
        return
    try:
        outbox.enqueue(session, letter, to=to, user_id=user_id, kind=kind, subject_key=subject_key)
    except InvalidEmail:
        # No reason to lose a render: what it says stands on the page as well.
        _log.warning("An email has no recipient.", extra=facts(kind=kind, subject=subject_key))
