"""Billing routes: plans, subscription, plan changes, invoices."""

from dataclasses import asdict
from typing import Any, Literal, cast

from apiflask import APIBlueprint
from flask import current_app
from pydantic import BaseModel, ConfigDict, Field

from oriel.accounts.access import Who, allow, current_user
from oriel.accounts.scopes import Scope
from oriel.billing import subscription_sync
from oriel.billing.checkout import open_portal
from oriel.billing.gateway import Invoice, payments
from oriel.billing.history import refunded_invoices
from oriel.billing.models import PayingCustomer
from oriel.billing.plan_change import Preview, change_plan, preview_change
from oriel.billing.plans import CREDIT, PLANS, Plan
from oriel.billing.rates import writes
from oriel.billing.subscription import subscription_of
from oriel.infra.clock import Instant
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, rate
from oriel.infra.paging import Page, PageQuery, page_of
from oriel.settings import Settings

routes = APIBlueprint("billing", "billing", url_prefix="/api/billing", tag="billing")


class PlanOut(BaseModel):
    """A plan's price and limits; null means without a limit."""

    name: str
    title: str
    price_cents: int = Field(description="In US cents: for a month, or for the single render")
    renders: int | None = Field(description="Renders a month; null without a limit")
    largest_frame: int = Field(description="The largest shorter side of a video in pixels: 1080 allows 1920 × 1080")  # noqa: RUF001
    watermark: bool
    frame_rates: list[int]
    formats: list[str]
    song_bytes: int
    song_seconds: float
    renders_at_once: int
    storage_bytes: int | None
    kept_for_days: int
    writes_a_minute: int

    @classmethod
    def of(cls, plan: Plan) -> "PlanOut":
        """Return the answer for a plan."""
        return cls(**asdict(plan), renders_at_once=plan.at_once, kept_for_days=plan.kept_for.days)


class PreviewIn(BaseModel):
    """The plan to change to."""

    model_config = ConfigDict(extra="forbid")

    plan: str = Field(max_length=20, examples=["enterprise"])


class ChangeIn(PreviewIn):
    """Another plan, with the token of the preview that the customer has seen."""

    token: str = Field(max_length=1000, description="From `POST /api/billing/change/preview`, valid for ten minutes")


class PreviewOut(BaseModel):
    """What a change of the plan costs; amounts in the currency's smallest unit."""

    plan: str
    starts_at: Instant = Field(description="When the plan begins: now, or with the next period")
    amount_now: int = Field(description="What the change charges at once")
    credit: int = Field(description="The unused part of the paid period, already deducted from `amount_now`")
    next_amount: int = Field(description="The next charge")
    next_at: Instant = Field(description="When `next_amount` is charged, and monthly from then on")
    currency: str = Field(examples=["usd"])
    token: str = Field(description="Send it to `POST /api/billing/change`, which charges exactly these amounts")
    expires_at: Instant = Field(description="When the token expires")

    @classmethod
    def of(cls, preview: Preview) -> "PreviewOut":
        """Return the answer for a plan change's preview."""
        return cls(**asdict(preview.quote), **asdict(preview))


class InvoiceOut(BaseModel):
    """A subscription's invoice."""

    id: str
    number: str | None
    amount: int = Field(description="In the currency's smallest unit: 999 USD are $9.99, 999 JPY are ¥999")
    currency: str
    status: Literal["open", "paid", "uncollectible", "void"]
    refunded: int = Field(description="How much of it was refunded, in the same unit")
    created_at: Instant
    page_url: str | None = Field(description="The invoice's page, where an open invoice can be paid")
    pdf_url: str | None

    @classmethod
    def of(cls, invoice: Invoice, refunded: int) -> "InvoiceOut":
        """Return the answer for an invoice that is not a draft."""
        return cls(**asdict(invoice), status=cast("Any", invoice.state), refunded=refunded)


class InvoiceList(Page[InvoiceOut]):
    """A customer's invoices, the latest first."""


class PortalOut(BaseModel):
    """The payment service's page for cards and invoices."""

    url: str


class PlansOut(BaseModel):
    """The plans, the smallest first, and the single render."""

    plans: list[PlanOut]
    render: PlanOut
    trial_days: int = Field(description="How many days of a customer's first subscription are free")


class SubscriptionOut(BaseModel):
    """A customer's plan; the period's end is null without a subscription."""

    plan: str
    status: str
    current_period_end: Instant | None
    cancel_at_period_end: bool = Field(description="True if the plan ends with the paid period")
    ends_at: Instant | None = Field(description="When the plan ends for good; null while it continues")
    pending_plan: str | None
    trial_ends_at: Instant | None = Field(description="When the free trial ends; null without a trial")

    @classmethod
    def of(cls, user_id: str) -> "SubscriptionOut":
        """Return the answer for a customer's plan."""
        current = subscription_of(user_id)
        return cls(
            plan=current.plan.name,
            status=current.status,
            current_period_end=current.period_end,
            cancel_at_period_end=current.cancel_at_period_end,
            ends_at=current.ends_at,
            pending_plan=current.pending_plan,
            trial_ends_at=current.trial_until,
        )


@routes.get("/plans")
@allow(Who.ANYONE)
@routes.output(PlansOut)
@routes.doc(summary="List the plans with their prices and limits")
def plans() -> PlansOut:
    """Return the plans."""
    settings: Settings = current_app.config["ORIEL"]
    columns = [PlanOut.of(plan) for plan in PLANS.values()]
    return PlansOut(plans=columns, render=PlanOut.of(CREDIT), trial_days=settings.trial_days)


@routes.get("/subscription")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.output(SubscriptionOut)
@routes.doc(summary="Show your plan")
def subscription() -> SubscriptionOut:
    """Return the caller's plan and its coming changes."""
    return SubscriptionOut.of(current_user().id)


@routes.post("/change/preview")
@allow(Who.CONFIRMED)
@rate(writes, scope="writes")
@routes.input(PreviewIn)
@routes.output(PreviewOut)
@routes.doc(
    summary="Preview the cost of a plan change",
    responses=[409, 503],
    description="Changes nothing. A higher plan starts a new period at once, less the unused part of the paid one;"
    " a lower one starts when the period ends.",
)
def preview(json_data: PreviewIn) -> PreviewOut:
    """Return the cost and dates of a change, with its token."""
    return PreviewOut.of(preview_change(current_user().id, json_data.plan))


@routes.post("/change")
@allow(Who.CONFIRMED)
@rate(writes, scope="writes")
@routes.input(ChangeIn)
@routes.output(SubscriptionOut)
@routes.doc(
    summary="Change your plan: an upgrade at once, a downgrade when the period ends",
    responses=[402, 409, 503],
    description="Takes the `token` of a preview and charges its amount. 409 PREVIEW_OUTDATED if the price or the"
    " subscription has changed: ask for a new preview.",
)
def change(json_data: ChangeIn) -> SubscriptionOut:
    """Change the plan of the caller's subscription."""
    change_plan(current_user().id, json_data.plan, json_data.token)
    return SubscriptionOut.of(current_user().id)


@routes.post("/cancel")
@allow(Who.CONFIRMED)
@rate(writes, scope="writes")
@routes.output(SubscriptionOut)
@routes.doc(summary="Cancel your subscription when the paid period ends", responses=[409, 503])
def cancel() -> SubscriptionOut:
    """Cancel the caller's subscription."""
    subscription_sync.set_cancellation(current_user().id, "cancel")
    return SubscriptionOut.of(current_user().id)


@routes.post("/resume")
@allow(Who.CONFIRMED)
@rate(writes, scope="writes")
@routes.output(SubscriptionOut)
@routes.doc(summary="Resume a cancelled subscription before the period ends", responses=[409, 503])
def resume() -> SubscriptionOut:
    """Resume the caller's subscription."""
    subscription_sync.set_cancellation(current_user().id, "resume")
    return SubscriptionOut.of(current_user().id)


@routes.post("/portal")
@allow(Who.CONFIRMED)
@rate(writes, scope="writes")
@routes.output(PortalOut)
@routes.doc(summary="Open the payment service's page for your cards and invoices", responses=[503])
def portal() -> PortalOut:
    """Return the URL of the page."""
    settings: Settings = current_app.config["ORIEL"]
    return PortalOut(url=open_portal(current_user(), f"{settings.base_url}/billing"))


@routes.get("/invoices")
@allow(Who.USER, keys=Scope.READ)
@rate(f"{READS_A_MINUTE}/minute", scope="reads")
@routes.input(PageQuery, location="query")
@routes.output(InvoiceList)
@routes.doc(summary="List the invoices of your subscription, newest first", responses=[503])
def invoices(query_data: PageQuery) -> InvoiceList:
    """List the caller's invoices; empty for a customer who never paid."""
    known = db.session.get(PayingCustomer, current_user().id)
    refunded = refunded_invoices(current_user().id)
    db.session.commit()
    bills = payments().invoices(known.customer_id) if known else []
    shown = [InvoiceOut.of(bill, refunded.get(bill.id, 0)) for bill in bills if bill.state != "draft"]
    return page_of(InvoiceList, shown, query_data)
