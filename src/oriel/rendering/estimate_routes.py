"""What a render would cost, over HTTP: size, time, and what pays for it, before anything is uploaded."""

from typing import Any, Literal

from apiflask import APIBlueprint
from flask import current_app
from pydantic import BaseModel, ConfigDict, Field

from oriel.accounts.access import Who, allow, user_if_known
from oriel.billing.current_plan import plan_of
from oriel.billing.plans import CREDIT, FREE
from oriel.billing.rights import ExpectedRight, Refusal, expected_right
from oriel.infra.clock import Instant
from oriel.infra.database import db
from oriel.infra.limits import READS_A_MINUTE, address_key, rate
from oriel.rendering.look_routes import looks_of
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import LONGEST_S, parse_settings
from oriel.rendering.routes import SettingsBody
from oriel.rendering.status import expected_times
from oriel.rendering.submit import Order, complete_document, demand_of, video_s

routes = APIBlueprint("estimates", "estimates", tag="renders")


class EstimateIn(BaseModel):
    """A song and the settings of its video."""

    model_config = ConfigDict(extra="forbid")

    settings: SettingsBody = {}
    duration_s: float = Field(gt=0, le=LONGEST_S, allow_inf_nan=False, description="The length of the song in seconds")
    song_bytes: int = Field(default=0, ge=0, le=1 << 50, description="The size of the song's file, if it is known")


class RefusalOut(BaseModel):
    """Why the plan does not pay for the render: what `submit` would answer."""

    code: str
    message: str
    details: dict[str, Any] = Field(description="The limit, the value, the plan, and the plan that lifts the limit")

    @classmethod
    def of(cls, refusal: Refusal) -> "RefusalOut":
        """Return the answer for a refusal."""
        error = refusal.as_error()
        return cls(code=error.code, message=error.message, details=error.details)


class EstimateOut(BaseModel):
    """What would come out of a render, and what it would take."""

    width: int
    height: int
    fps: int
    format: Literal["mp4", "webm", "mov"]
    duration_s: float = Field(description="The length of the video in seconds")
    size_bytes: int = Field(description="About how large the video will be")
    render_s: float = Field(description="About how long rendering takes, in seconds")
    queue_wait_s: float = Field(description="About how long it would wait before, in seconds")
    signed_in: bool = Field(description="Whether it is about your account; otherwise about a new one")
    plan: str
    right: Literal["plan", "credit", "payment"] | None = Field(
        description="What would pay: your `plan`, a `credit` that you hold, or a `payment` for this render; null if"
        " only another plan allows these settings"
    )
    watermark: bool = Field(description="Whether the video would carry our watermark")
    renders_limit: int | None = Field(description="Renders a month; null without a limit")
    renders_left: int | None = Field(description="Renders left this month, before this one; null without a limit")
    renewed_at: Instant | None = Field(description="When the next month starts; null where it is the calendar's")
    credits: int = Field(description="Renders that you bought and have not used")
    allows_single: bool = Field(description="Whether a single payment allows these settings")
    single_price_cents: int = Field(description="What a single render costs, in US cents")
    refusal: RefusalOut | None = Field(description="Why your plan does not pay for it; null if it does")


@routes.post("/api/render/estimate")
@allow(Who.ANYONE)
@rate(f"{READS_A_MINUTE}/minute", by=address_key)
@routes.input(EstimateIn)
@routes.output(EstimateOut)
@routes.doc(
    summary="Estimate a render: its size, its time, and what pays for it",
    description="By the rules of `submit`, which may find that something has changed since. Settings that cannot be"
    " rendered are refused as `submit` refuses them. Without a valid token it is about a new account. Pictures are not"
    " looked at.",
)
def estimate(json_data: EstimateIn) -> EstimateOut:
    """Say what would come out."""
    user = user_if_known()
    plan = plan_of(user.id) if user else FREE
    settings = resolve(parse_settings(complete_document(Order("", json_data.settings), plan)), looks_of(current_app))
    demand = demand_of(settings, json_data.duration_s, json_data.song_bytes)
    right = expected_right(db.session, user.id if user else None, demand)
    output, seconds = settings.output, video_s(settings, json_data.duration_s)
    render_s, wait_s = _times(right, output.width * output.height * output.fps * seconds)
    return EstimateOut(
        width=output.width,
        height=output.height,
        fps=output.fps,
        format=output.format,
        duration_s=round(seconds, 3),
        size_bytes=demand.video_bytes_estimate,
        render_s=render_s,
        queue_wait_s=wait_s,
        signed_in=user is not None,
        plan=right.plan.name,
        right=right.payer,
        watermark=right.watermark,
        renders_limit=right.plan.renders,
        renders_left=right.renders_left,
        renewed_at=right.use.renewed_at,
        credits=right.credits,
        allows_single=right.allows_single,
        single_price_cents=CREDIT.price_cents,
        refusal=RefusalOut.of(right.refusal) if right.refusal else None,
    )


def _times(right: ExpectedRight, pixels: float) -> tuple[float, float]:
    terms = right.plan if right.payer == "plan" else CREDIT
    render_s, wait_s = expected_times(terms.name, terms.weight, pixels)
    return round(render_s, 1), round(wait_s, 1)
