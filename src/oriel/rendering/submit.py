"""Submits a render: checks its settings, reserves its right, writes its row."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from oriel.accounts.models import User
from oriel.billing import checkout, current_plan, rights
from oriel.billing.orders import OrderBody
from oriel.billing.plans import CREDIT, Plan
from oriel.billing.refusals import Demand
from oriel.errors import IdempotencyMismatch, InvalidRange, TooManyRequests, WrongState
from oriel.infra import retention
from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.ids import new_id
from oriel.infra.traces import current_traceparent
from oriel.media import uploads
from oriel.media.models import Upload
from oriel.privacy import usage
from oriel.projects.access import Right, open_project
from oriel.rendering import jobs
from oriel.rendering.announcement import announce
from oriel.rendering.lost_uploads import find_lost
from oriel.rendering.models import QUEUED, UNDER_WAY, RenderJob
from oriel.rendering.pipeline.estimate import video_bytes
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import THE_COVER, parse_settings

MOST_QUEUED = 200
_KEYS_LIVE = timedelta(hours=24)
# A song that a render waits for is kept at least so long, and every attempt and pause lies well within.
_SONG_KEPT = retention.keep(
    "rendered-songs",
    "Songs and pictures of renders",
    retention.STORAGE,
    timedelta(days=7),
    "after the render is ordered",
)
# However often somebody opens a page to pay for it.
_LONGEST_KEPT = timedelta(days=30)
_FULL_HD = 1080
# Those that the studio offers, by width over height.
_ASPECTS = {1.78: "16:9", 0.56: "9:16", 1.0: "1:1", 0.8: "4:5"}
_COME_BACK_S = 60


@dataclass(frozen=True)
class Order:
    """What a customer asks for."""

    upload_id: str
    settings: dict[str, Any]
    pay_with: Literal["plan", "credit"] | None = None
    idempotency_key: str | None = None
    project_id: str | None = None
    # What makes the same order the same; of a song that came along, its content instead of its id.
    song_sha256: str | None = None

    @property
    def request_hash(self) -> str:
        """A digest of all that was asked for."""
        asked = [self.song_sha256 or self.upload_id, self.settings, self.pay_with]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def submit_render(user_id: str, order: Order, looks: Looks) -> RenderJob:
    """Accept a render, once for each idempotency key, and wake a worker.

    Raises InvalidSettings; NotFound, Expired and UploadLost for an upload; 402 where nothing pays for it;
    TooManyRequests.
    """
    try:
        job = _accept(user_id, order, looks)
    except IntegrityError:
        # The same key was accepted in the same moment by another thread: now its row is there.
        job = _accept(user_id, order, looks)
    if job.status == QUEUED:
        begin(user_id, job.id)
    return job


def begin(user_id: str, job_id: str) -> None:
    """Wake a worker for a render that was committed, and tell its customer's pages."""
    jobs.ask_for(jobs.render_video_job, job_id)
    announce(user_id, job_id)


def _accept(user_id: str, order: Order, looks: Looks) -> RenderJob:
    document = complete_document(order, current_plan.plan_of(user_id))
    lost = find_lost(user_id, order.upload_id, document)
    with writing() as session:
        # One submit of a customer at a time: what the other one accepted is seen below, and locks have one order.
        current_plan.lock_customer(session, user_id)
        if before := _accepted_before(session, user_id, order):
            return before
        _refuse_label(session, user_id, order.project_id)
        paid_for = {"upload_id": order.upload_id, "settings": document}
        if bought := _bought_before(session, user_id, paid_for):
            return bought
        if lost:
            raise lost
        _refuse_crowd(session, user_id)
        job = _add(session, user_id, order, document, looks)
        if not job.watermark:
            # With one it is not the video that is about to be paid.
            checkout.settled_otherwise(session, user_id, paid_for, job.id)
    return job


def check_order(user_id: str, body: OrderBody, looks: Looks) -> OrderBody:
    """Return an order that is about to be paid with every setting spelt out, or raise why it cannot be rendered."""
    order = Order(body["upload_id"], body["settings"], "credit", project_id=body.get("project_id"))
    document = complete_document(order, CREDIT)
    if lost := find_lost(user_id, order.upload_id, document):
        raise lost
    with writing() as session:
        _refuse_label(session, user_id, order.project_id)
        upload = uploads.open_upload(session, user_id, order.upload_id)
        settings = _resolved(session, user_id, document, looks)
        _refuse_repeat(session, user_id, upload, settings)
        for refusal in rights.allowed_by(CREDIT, demand_of(settings, upload.duration_s, upload.size_bytes)):
            raise refusal.as_error()
        # Until it is paid, and long enough for somebody to notice where that goes wrong.
        uploads.keep_until(session, upload, min(now() + _SONG_KEPT, upload.created_at + _LONGEST_KEPT))
    return {"upload_id": order.upload_id, "settings": document, "project_id": order.project_id}


def accept_paid(session: Session, user_id: str, body: OrderBody, payment_id: str, looks: Looks) -> str:
    """Make an order that was paid a render, within the transaction that gave the credit for it; return its id.

    Its project may be gone by now: that is no reason to refuse a paid render.
    """
    order = Order(body["upload_id"], body["settings"], "credit", project_id=body.get("project_id"))
    return _add(session, user_id, order, body["settings"], looks, payment_id).id


def _add(
    session: Session,
    user_id: str,
    order: Order,
    document: dict[str, Any],
    looks: Looks,
    payment_id: str | None = None,
) -> RenderJob:
    """Reserve what pays for a render and add its row."""
    upload = uploads.open_upload(session, user_id, order.upload_id)
    settings = _resolved(session, user_id, document, looks)
    if payment_id:
        _refuse_repeat(session, user_id, upload, settings)
    job_id = new_id()
    demand = demand_of(settings, upload.duration_s, upload.size_bytes)
    grant = rights.reserve(session, user_id, job_id, demand, order.pay_with, payment_id=payment_id)
    job = _row(job_id, user_id, order, upload, settings, grant)
    job.payment_id = payment_id
    uploads.keep_until(session, upload, now() + _SONG_KEPT)
    session.add(job)
    usage.record(session, user_id, *_features_of(settings))
    return job


def _refuse_label(session: Session, user_id: str, project_id: str | None) -> None:
    """Raise NotFound or NotAllowed if a render may not be listed under this project."""
    if project_id:
        open_project(session, session.get_one(User, user_id), project_id, Right.EDIT)


def _features_of(settings: ResolvedSettings) -> list[str]:
    """Return what a render uses, as product analytics names it."""
    output = settings.output
    aspect = _ASPECTS.get(round(output.width / output.height, 2), "other")
    preset = [f"preset:{settings.look}/{settings.preset}"] if settings.preset else []
    return [f"look:{settings.look}", *preset, f"aspect:{aspect}", f"format:{output.format}"]


def _bought_before(session: Session, user_id: str, order: OrderBody) -> RenderJob | None:
    """Return the render that the same order has bought, while it is under way: nobody wants to pay for it twice."""
    job_id = checkout.paid_render(session, user_id, order)
    job = session.get(RenderJob, job_id) if job_id else None
    return job if job and job.status in UNDER_WAY else None


def _refuse_repeat(session: Session, user_id: str, upload: Upload, settings: ResolvedSettings) -> None:
    """Raise WrongState while the same video is being made without watermark: nobody wants to pay for it twice."""
    same_song = (RenderJob.user_id == user_id, RenderJob.audio_object == upload.object_name)
    under_way = (RenderJob.status.in_(UNDER_WAY), RenderJob.watermark.is_(False))
    for job in session.scalars(select(RenderJob).where(*same_song, *under_way)):
        if job.render_config == settings.as_json():
            raise WrongState("This video is already being made.", render=job.id)


def complete_document(order: Order, plan: Plan) -> dict[str, Any]:
    """Return the settings as a whole document: every key is there, and the size is one that the payer allows."""
    settings = parse_settings(order.settings)
    document = settings.model_dump(mode="json")
    if "width" not in settings.output.model_fields_set:
        payer = CREDIT if order.pay_with == "credit" else plan
        short = min(_FULL_HD, payer.largest_frame)
        document["output"] |= {"width": short * 16 // 9, "height": short}
    return document


def _accepted_before(session: Session, user_id: str, order: Order) -> RenderJob | None:
    if order.idempotency_key is None:
        return None
    query = select(RenderJob).where(RenderJob.user_id == user_id, RenderJob.idempotency_key == order.idempotency_key)
    job = session.scalar(query)
    if job is None:
        return None
    if job.created_at < now() - _KEYS_LIVE:
        job.idempotency_key = None
        session.flush()
        return None
    if job.request_hash != order.request_hash:
        raise IdempotencyMismatch(
            "This Idempotency-Key was already used for another request. Use a new key for each request."
        )
    return job


def _refuse_crowd(session: Session, user_id: str) -> None:
    query = select(func.count(RenderJob.id)).where(RenderJob.user_id == user_id, RenderJob.status == QUEUED)
    if (session.scalar(query) or 0) >= MOST_QUEUED:
        sentence = f"{MOST_QUEUED} of your renders are already waiting. Please submit more when some have finished."
        raise TooManyRequests(sentence, retry_after_s=_COME_BACK_S, limit=MOST_QUEUED)


def _resolved(session: Session, user_id: str, document: dict[str, Any], looks: Looks) -> ResolvedSettings:
    """Return everything that decides the video: a later version of a look changes nothing about a render."""
    return resolve(parse_settings(_with_stored_pictures(session, user_id, document)), looks)


def _with_stored_pictures(session: Session, user_id: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with pictures named as the storage has them: a customer names uploads and nothing else."""
    stored = {**document, "cover": dict(document["cover"]), "background": dict(document["background"])}
    for part, key in (("cover", "file"), ("background", "image")):
        name = stored[part].get(key)
        if name is None or (part == "background" and name == THE_COVER):
            continue
        picture = uploads.open_upload(session, user_id, name, kind="picture")
        uploads.keep_until(session, picture, now() + _SONG_KEPT)
        stored[part][key] = picture.object_name
    return stored


def look_of(document: dict[str, Any], looks: Looks) -> str:
    """Return the look of settings that can be rendered; raise InvalidSettings and its kin for others."""
    return resolve(parse_settings(document), looks).look


def demand_of(settings: ResolvedSettings, song_s: float, song_bytes: int) -> Demand:
    """Return the figures of a render that plans limit; raise InvalidRange where it begins after the song."""
    seconds = video_s(settings, song_s)
    output = settings.output
    return Demand(
        width=output.width,
        height=output.height,
        fps=output.fps,
        format=output.format,
        duration_s=song_s,
        song_bytes=song_bytes,
        video_bytes_estimate=video_bytes(settings, seconds),
    )


def video_s(settings: ResolvedSettings, song_s: float) -> float:
    """Return how long the video of a song of this length will be in seconds; a song of 0 has an unknown length."""
    start, wanted = settings.range.start_s, settings.range.duration_s
    if not song_s:
        return wanted or 0.0
    if start >= song_s:
        raise InvalidRange("The range starts after the end of the song.", setting="range.start_s")
    return min(wanted or song_s, song_s - start)


def _row(
    job_id: str, user_id: str, order: Order, upload: Upload, settings: ResolvedSettings, grant: rights.Grant
) -> RenderJob:
    title, artist = settings.text.title, settings.text.artist
    return RenderJob(
        id=job_id,
        user_id=user_id,
        title=(upload.title or PurePath(upload.filename).stem) if title is None else title,
        artist=upload.artist if artist is None else artist,
        audio_filename=upload.filename,
        audio_object=upload.object_name,
        render_config=settings.as_json(),
        watermark=grant.watermark,
        song_s=upload.duration_s,
        max_song_s=grant.plan.song_seconds,
        idempotency_key=order.idempotency_key,
        request_hash=order.request_hash,
        traceparent=current_traceparent(),
        plan=grant.plan.name,
        weight=grant.plan.weight,
        at_once=grant.plan.at_once,
        project_id=order.project_id,
        kept_for_s=int(grant.plan.kept_for.total_seconds()),
    )
