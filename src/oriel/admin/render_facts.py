"""What the panel shows about a render on its page: sections of facts and tables."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from oriel.admin.cells import Preformatted, Tone, Two, badge_in, span
from oriel.admin.customers import address_of, customer_link, load_addresses
from oriel.admin.lists import Cell, Section
from oriel.admin.state_badges import payment_badge
from oriel.billing.models import RESERVED, RETURNED, SPENT, Payment, RenderRight
from oriel.billing.plans import CREDIT, PLANS
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.mails.wording import full_date, money, size
from oriel.monitoring.models import JobMetrics
from oriel.rendering import attempt_ends
from oriel.rendering.models import DELETED, FAILED, PROCESSING, QUEUED, WITHDRAWN, RenderJob
from oriel.rendering.operator_actions import right_and_payment
from oriel.rendering.status import status_of

_ENDS: Mapping[str, Tone] = {attempt_ends.COMPLETED: "good", attempt_ends.FAILED: "bad", attempt_ends.LOST: "bad"}
# Whether it counts against the plan or the credit that pays for it.
COUNTS = {RESERVED: "Not yet: reserved until it ends", SPENT: "Yes", RETURNED: "No: the customer got it back"}
_PAID_WITH = {"plan": "The plan", CREDIT.name: "A single render"}
_ATTEMPTS_SHOWN = 20
# Where an error's details hold the end of what a program wrote.
_LOGS = ("stderr", "log", "output", "console")


def sections_of(job: RenderJob) -> Sequence[Section]:
    """Return everything about a render, and the payment behind it."""
    load_addresses([job.user_id])
    right, payment = right_and_payment(job)
    return [
        *([_error(job)] if job.error_code else []),
        _course(job),
        _attempts(job),
        _customer(job),
        _paid(job, right, payment),
        _song(job),
        *([_video(job, payment)] if job.video_object else []),
        Section("Settings", {"Look": job.look, "Everything": job.render_config}),
    ]


def name_of(job: RenderJob) -> str:
    """Return the title of a render, or the name of its song's file."""
    return job.title or job.audio_filename


def plan_of(job: RenderJob) -> str:
    """Return what pays for a render: the title of a plan, or "Single render"."""
    return PLANS[job.plan].title if job.plan in PLANS else "Single render"


def _course(job: RenderJob) -> Section:
    facts: dict[str, object] = {
        "Asked for": job.created_at,
        "Stage": job.stage.capitalize() if job.stage and job.status == PROCESSING else None,
        "Progress": f"{job.progress:.1%}",
        "Place in the queue": status_of(job).queue_position if job.status == QUEUED else None,
        "Attempts": job.fence,
        "Attempts in a row without progress": job.fruitless,
        "Finished pieces kept": job.chunks_kept,
        "Worker": job.worker,
        "Kept for this worker until": job.lease_until,
        "First attempt began": job.started_at,
        "Latest attempt began": job.claimed_at if job.claimed_at != job.started_at else None,
        "First frame": job.first_frame_at,
        "Ended": job.completed_at,
        "Took": _took(job),
        "Held up since": job.held_since,
        "Next attempt": job.run_after if job.status == QUEUED and job.run_after > now() else None,
        "Moved to the front": job.moved_ahead_at,
        "Tried again": job.retried_at,
        "Cancelled": job.cancel_asked_at,
    }
    always = ("Asked for", "Progress", "Attempts")
    return Section(
        "What happened", {name: value for name, value in facts.items() if name in always or value not in (None, 0)}
    )


def _took(job: RenderJob) -> str | None:
    """Return how long the attempt ran that ended the render; after several, also the time since the first one began."""
    began, ended = job.claimed_at, job.completed_at
    # One that was cancelled while it waited ended in no attempt.
    if not began or not ended or began < job.run_after:
        return None
    took = _seconds((ended - began).total_seconds())
    if job.fence <= 1 or not job.started_at:
        return took
    whole = span(ended - job.started_at)
    return f"{took} (the last of {job.fence} attempts; {whole} since the first one began, with the waits between them)"


def _customer(job: RenderJob) -> Section:
    facts = {
        "Customer": Cell(address_of(job.user_id), customer_link(job.user_id)),
        "Watermark": job.watermark,
        "All of their renders": Cell("Show", f"/admin/renders/?search={job.user_id}"),
    }
    return Section("Customer", facts)


def _paid(job: RenderJob, right: RenderRight | None, payment: Payment | None) -> Section:
    facts: dict[str, object] = {
        "Plan": plan_of(job),
        "Paid with": _PAID_WITH.get(right.kind, right.kind) if right else None,
        "Counts": COUNTS.get(right.state, right.state) if right else None,
    }
    if payment:
        amount = f"{money(payment.amount, payment.currency)}, {full_date(payment.completed_at or payment.created_at)}"
        facts |= {"Payment": Cell(amount, f"/admin/payments/{payment.id}"), "State": payment_badge(payment)}
    return Section("Payment", facts)


def _song(job: RenderJob) -> Section:
    project = Cell(job.project_id, f"/admin/projects/{job.project_id}") if job.project_id else None
    facts = {
        "File": job.audio_filename,
        "Title": job.title,
        "Artist": job.artist,
        "Length": f"{job.song_s:.1f} s",
        "Upload": Cell(job.upload_id, f"/admin/uploads/{job.upload_id}"),
        "Project": project,
    }
    return Section("Song", facts)


def _video(job: RenderJob, payment: Payment | None) -> Section:
    facts = {
        "Length": f"{job.video_s:.1f} s" if job.video_s else None,
        "Size": size(job.video_bytes or 0),
        "Kept until": job.expires_at,
        "Deleted": job.deleted_at,
        "Why": _why_gone(job, payment),
        "Out of the storage": job.purged_at,
        "Off its customer's list": job.removed_at,
        "In the storage": job.video_object,
        "SHA-256": job.video_sha256,
    }
    return Section("Video", {name: value for name, value in facts.items() if value is not None})


def _why_gone(job: RenderJob, payment: Payment | None) -> str | None:
    """Return why a video went before its time was over; None where it did not."""
    if job.deleted_because == WITHDRAWN:
        is_refunded = payment is not None and (payment.refunded or payment.refund_wanted)
        return f"Taken away: its payment {'was refunded' if is_refunded else 'went back to the customer'}"
    return "Deleted by its customer" if job.deleted_because == DELETED else None


def _error(job: RenderJob) -> Section:
    details = dict(job.error_details or {})
    logs = {name.capitalize(): Preformatted(str(details.pop(name))) for name in _LOGS if details.get(name)}
    when = {"When": job.completed_at} if job.completed_at else {}
    facts = {"Code": job.error_code, "Sentence": job.error_message, **when, **logs}
    title = "Error" if job.status == FAILED else "Error of the last attempt"
    return Section(title, {**facts, **({"Details": details} if details else {})})


def _attempts(job: RenderJob) -> Section:
    query = select(JobMetrics).where(JobMetrics.render_id == job.id).order_by(JobMetrics.attempt.desc())
    rows = [
        (
            Two(each.attempt, each.worker),
            Two(badge_in(_ENDS, each.outcome), each.error_code),
            each.ended_at,
            _seconds(each.wait_s),
            _seconds(each.run_s),
            f"{each.frames_per_s:.1f}" if each.frames_per_s is not None else None,
            size(each.peak_memory_bytes) if each.peak_memory_bytes else None,
        )
        for each in db.session.scalars(query.limit(_ATTEMPTS_SHOWN))
    ]
    header = ("Attempt", "End", "Ended", "Waited", "Ran", "Frames/s", "Peak memory")
    return Section("Ended attempts", header=header, rows=rows, note=f"The last {_ATTEMPTS_SHOWN}, kept for 90 days.")


def _seconds(length: float | None) -> str | None:
    return f"{length:.1f} s" if length is not None else None
