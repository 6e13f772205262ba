"""What can be bought, and what one has."""

from apiflask import APIBlueprint
from pydantic import BaseModel

from oriel.accounts.access import Who, allow, current_user
from oriel.billing.plans import CREDIT, PLANS, Plan
from oriel.billing.subscription import subscription_of
from oriel.infra.clock import in_iso

routes = APIBlueprint("billing", "billing", url_prefix="/api/billing", tag="billing")


class PlanOut(BaseModel):
    """One column of the table of plans; null where there is no limit."""

    name: str
    title: str
    price_cents: int
    renders: int | None
    largest_frame: int
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
        """Return what is told about a plan."""
        return cls(
            name=plan.name,
            title=plan.title,
            price_cents=plan.price_cents,
            renders=plan.renders,
            largest_frame=plan.largest_frame,
            watermark=plan.watermark,
            frame_rates=list(plan.frame_rates),
            formats=list(plan.formats),
            song_bytes=plan.song_bytes,
            song_seconds=plan.song_seconds,
            renders_at_once=plan.at_once,
            storage_bytes=plan.storage_bytes,
            kept_for_days=plan.kept_for.days,
            writes_a_minute=plan.writes_a_minute,
        )


class PlansOut(BaseModel):
    """The plans, the smallest first, and the render that is bought by itself."""

    plans: list[PlanOut]
    render: PlanOut


class SubscriptionOut(BaseModel):
    """A customer's plan; the period's end is null where nothing is paid."""

    plan: str
    status: str
    current_period_end: str | None
    cancel_at_period_end: bool
    pending_plan: str | None


@routes.get("/plans")
@allow(Who.ANYONE)
@routes.output(PlansOut)
@routes.doc(summary="What each plan costs, gives and limits")
def plans() -> PlansOut:
    """Answer the table of plans."""
    return PlansOut(plans=[PlanOut.of(plan) for plan in PLANS.values()], render=PlanOut.of(CREDIT))


@routes.get("/subscription")
@allow(Who.USER)
@routes.output(SubscriptionOut)
@routes.doc(summary="The plan that one is on")
def subscription() -> SubscriptionOut:
    """Answer the caller's plan and what becomes of it."""
    found = subscription_of(current_user().id)
    return SubscriptionOut(
        plan=found.plan.name,
        status=found.status,
        current_period_end=in_iso(found.period_end),
        cancel_at_period_end=found.cancel_at_period_end,
        pending_plan=found.pending_plan,
    )
