"""What the panel shows about a customer: few queries, each for the newest rows of one kind."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g
from sqlalchemy import ColumnElement, func, select

from oriel.accounts.activity import activity_of
from oriel.accounts.models import Activity, ApiKey, AuthenticatorApp, Passkey, RecoveryCode, User, UserSession
from oriel.admin import mails
from oriel.admin.actions import ACTIONS
from oriel.admin.lists import Cell, Section
from oriel.admin.models import AdminAction
from oriel.admin.render_facts import plan_of
from oriel.admin.state_badges import payment_badge, render_badge
from oriel.billing import rights
from oriel.billing.current_plan import current_period, period_at
from oriel.billing.letters import what_of
from oriel.billing.models import HELD, Credit, Payment, PlanHolding
from oriel.billing.plans import PLANS
from oriel.billing.storage_use import storage_used
from oriel.infra.clock import now
from oriel.infra.database import db
from oriel.infra.mail import OutboxMail
from oriel.mails.wording import date, money, size
from oriel.media.models import Upload
from oriel.projects.models import Project
from oriel.rendering.models import RenderJob
from oriel.rendering.render_list import own_renders

SHOWN = 10
SHOWN_TO_CUSTOMER = 50


@dataclass(frozen=True)
class Standing:
    """A customer's plan, credits and second factors, read in one query."""

    holding: PlanHolding | None
    credits_held: int
    credits_given: int
    has_app: bool
    passkeys: int
    recovery_codes: int


def standing_of(user_id: str) -> Standing:
    """Return a customer's plan, credits and second factors, read once for a page: facts and buttons need them."""
    known: dict[str, Standing] = g.setdefault("panel_standings", {})
    if user_id not in known:
        known[user_id] = _read_standing(user_id)
    return known[user_id]


def end_of_subscription(holding: PlanHolding | None, *, is_disabled: bool) -> str:
    """Return what disabling an account does to its subscription, or what enabling it does not; "" without one."""
    if holding is None or holding.subscription_id is None:
        return ""
    name = f"paid subscription to {PLANS[holding.plan].title}"
    if holding.ends_at:
        stays = "stays cancelled" if is_disabled else "is cancelled already"
        return f"Its {name} {stays} and ends on {date(holding.ends_at)}."
    if is_disabled:
        return f"Its {name} goes on."
    when = f"ends on {date(holding.period_end)}" if holding.period_end else "ends with its period"
    return f"Its {name} is cancelled too: it {when}, also if you enable the account again."


def _read_standing(user_id: str) -> Standing:
    held = (Credit.user_id == user_id, Credit.state == HELD)
    unused = (RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    query = (
        select(
            PlanHolding,
            _count(Credit.id, *held),
            _count(Credit.id, *held, Credit.payment_id.is_(None)),
            _count(AuthenticatorApp.confirmed_at, AuthenticatorApp.user_id == user_id),
            _count(Passkey.id, Passkey.user_id == user_id),
            _count(RecoveryCode.id, *unused),
        )
        .select_from(User)
        .outerjoin(PlanHolding, PlanHolding.user_id == User.id)
        .where(User.id == user_id)
    )
    holding, held_count, given, apps, passkeys, codes = db.session.execute(query).one()
    return Standing(holding, held_count, given, bool(apps), passkeys, codes)


def sections_of(user: User, standing: Standing) -> Sequence[Section]:
    """Return everything about a customer that the panel shows."""
    return (
        _account(user),
        _plan(standing),
        _factors(standing),
        _listed(
            "Renders",
            user.id,
            ("Created", "State", "Song", "Plan", "Error"),
            map(_render_row, _newest(RenderJob, user.id)),
        ),
        _listed(
            "Payments", user.id, ("Created", "Status", "Amount", "For"), map(_payment_row, _newest(Payment, user.id))
        ),
        _listed("Projects", user.id, ("Changed", "Name", "Look"), map(_project_row, _projects(user.id, SHOWN))),
        _listed("Uploads", user.id, ("Created", "File", "Size", "Expires"), map(_upload_row, _newest(Upload, user.id))),
        _table(
            "Sessions", ("Began", "Last used", "Ended", "Address", "Browser"), map(_session_row, _sessions(user.id))
        ),
        _table("API keys", ("Created", "Name", "Begins with", "Last used", "Revoked"), map(_key_row, _keys(user.id))),
        _listed(
            "Mails", user.id, ("Created", "Kind", "State", "Subject"), map(_mail_row, _newest(OutboxMail, user.id))
        ),
        _table("Activity", ("When", "What", "Address", "Details"), map(_activity_row, _activity(user.id))),
        _table("Audit trail", ("When", "Who", "Action", "Detail"), map(_trail_row, _acts(user.id))),
    )


def dashboard_of(user: User) -> Sequence[Section]:
    """Return what a customer's own dashboard shows: use, projects and renders, with nothing to press."""
    renders = db.session.scalars(own_renders(user.id).limit(SHOWN_TO_CUSTOMER)).all()
    projects = _projects(user.id, SHOWN_TO_CUSTOMER)
    return (
        _use(user.id),
        Section(
            "My videos: projects",
            header=("Name", "Look", "Changed"),
            rows=[(project.name, project.look, project.changed_at) for project in projects],
            note=f"The tab “Projects”: the last {SHOWN_TO_CUSTOMER} that they changed, without deleted ones.",
        ),
        Section(
            "My videos: videos",
            header=("Title", "State", "Song", "Asked for", "Kept until"),
            rows=[_own_render_row(job) for job in renders],
            note=f"The tab “Videos”: the last {SHOWN_TO_CUSTOMER}, without those that they took off the list.",
        ),
    )


def _count(column: Any, *conditions: ColumnElement[bool]) -> Any:  # noqa: ANN401  (SQLAlchemy's own types)
    return select(func.count(column)).where(*conditions).scalar_subquery()


def _newest(model: Any, user_id: str) -> Sequence[Any]:  # noqa: ANN401  (any model with these columns)
    query = select(model).where(model.user_id == user_id).order_by(model.created_at.desc(), model.id.desc())
    return db.session.scalars(query.limit(SHOWN)).all()


def _projects(user_id: str, limit: int) -> Sequence[Project]:
    query = select(Project).where(Project.user_id == user_id, Project.deleted_at.is_(None))
    return db.session.scalars(query.order_by(Project.changed_at.desc(), Project.id.desc()).limit(limit)).all()


def _sessions(user_id: str) -> Sequence[UserSession]:
    query = select(UserSession).where(UserSession.user_id == user_id)
    return db.session.scalars(query.order_by(UserSession.created_at.desc()).limit(SHOWN)).all()


def _keys(user_id: str) -> Sequence[ApiKey]:
    query = select(ApiKey).where(ApiKey.user_id == user_id).order_by(ApiKey.created_at.desc())
    return db.session.scalars(query.limit(SHOWN)).all()


def _activity(user_id: str) -> Sequence[Activity]:
    return db.session.scalars(activity_of(user_id).limit(SHOWN)).all()


def _acts(user_id: str) -> Sequence[AdminAction]:
    query = select(AdminAction).where(AdminAction.kind == "user", AdminAction.object_id == user_id)
    return db.session.scalars(query.order_by(AdminAction.id.desc()).limit(SHOWN)).all()


def _table(title: str, header: Sequence[str], rows: Any) -> Section:  # noqa: ANN401  (an iterable of rows)
    return Section(title, header=header, rows=list(rows))


def _listed(title: str, user_id: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Section:
    """Return the newest rows of a kind that has a list of its own, with the way to all of this customer's."""
    shown = list(rows)
    more = f"/admin/{title.lower()}/?search={user_id}" if shown else None
    return Section(title, header=header, rows=shown, more=more)


def _account(user: User) -> Section:
    facts = {
        "Email": user.email,
        "Email confirmed": user.email_verified_at,
        "New email, not confirmed yet": user.pending_email,
        "Name": user.name,
        "Role": user.role,
        "Created": user.created_at,
        "Last login": user.last_login_at,
        "Disabled": user.disabled_at,
        "To be erased": user.deletion_due_at,
        "Agreed to analytics": user.analytics_since,
        "Id": user.id,
    }
    return Section("Account", facts)


def _plan(standing: Standing) -> Section:
    period = period_at(standing.holding, now())
    holding = standing.holding
    facts: dict[str, object] = {
        "Plan": period.plan.title,
        "Period began": _beginning_of(period.period),
        "Period ends": period.ends_at,
        "Credits": standing.credits_held,
        "Given by operators": standing.credits_given,
    }
    if holding:
        pending = PLANS[holding.pending_plan].title if holding.pending_plan else None
        facts |= {"Status": _words(holding.status).capitalize(), "Next plan": pending, "Ends": holding.ends_at}
        facts |= {"Trial until": holding.trial_until, "Subscription at Stripe": holding.subscription_id}
    return Section("Plan and credits", facts)


def _use(user_id: str) -> Section:
    """Return what a customer has used of the plan: the answer to "why may I not render?"."""
    plan = current_period(db.session, user_id).plan
    renders, stored = rights.used_this_period(db.session, user_id), storage_used(db.session, user_id)
    most_renders = f"of {plan.renders:,}" if plan.renders is not None else "without a limit"
    most_stored = f"of {size(plan.storage_bytes)}" if plan.storage_bytes is not None else "without a limit"
    facts = {"Renders of this month": f"{renders:,} {most_renders}", "Storage": f"{size(stored)} {most_stored}"}
    return Section("Use of the plan", facts)


def _beginning_of(period: str) -> datetime:
    """Return when a period began, which is named by that time or by its calendar month, such as "2026-11"."""
    return datetime.fromisoformat(period if "T" in period else f"{period}-01T00:00:00+00:00")


def _factors(standing: Standing) -> Section:
    facts = {
        "Authenticator app": standing.has_app,
        "Passkeys": standing.passkeys,
        "Recovery codes left": standing.recovery_codes,
    }
    return Section("Second factors", facts)


def _render_row(job: RenderJob) -> Sequence[object]:
    linked = Cell(job.created_at, f"/admin/renders/{job.id}")
    return (linked, render_badge(job), job.title or job.audio_filename, plan_of(job), job.error_code)


def _own_render_row(job: RenderJob) -> Sequence[object]:
    return (
        job.title or job.audio_filename,
        render_badge(job),
        job.audio_filename,
        job.created_at,
        job.expires_at,
    )


def _payment_row(payment: Payment) -> Sequence[object]:
    linked = Cell(payment.created_at, f"/admin/payments/{payment.id}")
    return (linked, payment_badge(payment), money(payment.amount, payment.currency), what_of(payment))


def _project_row(project: Project) -> Sequence[object]:
    return (Cell(project.changed_at, f"/admin/projects/{project.id}"), project.name, project.look)


def _upload_row(upload: Upload) -> Sequence[object]:
    linked = Cell(upload.created_at, f"/admin/uploads/{upload.id}")
    return (linked, upload.filename, size(upload.size_bytes), upload.expires_at)


def _session_row(session: UserSession) -> Sequence[object]:
    return (session.created_at, session.last_used_at, session.ended_at, session.address, session.user_agent)


def _key_row(key: ApiKey) -> Sequence[object]:
    return (key.created_at, key.name, key.prefix, key.last_used_at, key.revoked_at)


def _mail_row(mail: OutboxMail) -> Sequence[object]:
    return (Cell(mail.created_at, f"/admin/mails/{mail.id}"), _words(mail.kind), mails.state_badge(mail), mail.subject)


def _activity_row(line: Activity) -> Sequence[object]:
    return (line.at, _words(line.kind), line.address, line.details or None)


def _trail_row(line: AdminAction) -> Sequence[object]:
    return (Cell(line.at, f"/admin/trail/{line.id}"), line.actor, _title_of(line.action), line.detail or None)


def _title_of(action: str) -> str:
    return ACTIONS[action].title if action in ACTIONS else action


def _words(kind: str) -> str:
    """Return such as "render failed" for the name that a row has for it."""
    return kind.replace("_", " ")
