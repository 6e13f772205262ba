"""Checks a render against a plan's limits; the refusals are sentences for the customer. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from oriel.billing.plans import CREDIT, PLANS, Plan
from oriel.errors import (
    PaymentRequired,
    PlanLimitDuration,
    PlanLimitFormat,
    PlanLimitFps,
    PlanLimitMonth,
    PlanLimitSize,
    PlanLimitStorage,
)
from oriel.mails.wording import day, minutes, size

_UHD = 2160


@dataclass(frozen=True)
class Demand:
    """The figures of a render that plans limit; `duration_s` and `song_bytes` are the song's."""

    width: int
    height: int
    fps: int
    format: str
    duration_s: float
    song_bytes: int
    video_bytes_estimate: int

    @property
    def frame(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)


@dataclass(frozen=True)
class Use:
    """What a customer has used of the plan so far."""

    renders: int = 0
    storage_bytes: int = 0
    # When the count of renders restarts, if that is known.
    renewed_at: datetime | None = None


@dataclass(frozen=True)
class Refusal:
    """A limit that a render exceeds: the limit, the value, and the smallest plan that allows it."""

    error: type[PaymentRequired]
    sentence: str
    limit: object
    value: object
    plan: str
    lifted_by: str | None

    def as_error(self) -> PaymentRequired:
        """Return the error to raise."""
        return self.error(self.sentence, limit=self.limit, value=self.value, plan=self.plan, lifted_by=self.lifted_by)


def allowed_by(plan: Plan, demand: Demand, use: Use | None = None) -> list[Refusal]:
    """Return the limits that a render exceeds, the most important first; empty if the plan allows it."""
    use = use or Use()
    needed = use.storage_bytes + demand.video_bytes_estimate
    return [
        *_frames(plan, demand),
        *refused_song(plan, demand.song_bytes, demand.duration_s),
        *refused_storage(plan, needed),
        *_renders(plan, use),
    ]


def refused_song(plan: Plan, size_bytes: int, duration_s: float) -> Iterator[Refusal]:
    """Yield the limits that a song exceeds."""
    if duration_s > plan.song_seconds:
        lifted = _lifting(lambda other: duration_s <= other.song_seconds)
        reason = f"This song is too long: the limit on {plan.title} is {minutes(plan.song_seconds)}."
        yield _refusal(PlanLimitDuration, reason, plan.song_seconds, duration_s, plan, lifted)
    if size_bytes > plan.song_bytes:
        lifted = _lifting(lambda other: size_bytes <= other.song_bytes)
        reason = f"This file is too large: the limit on {plan.title} is {size(plan.song_bytes)}."
        yield _refusal(PlanLimitSize, reason, plan.song_bytes, size_bytes, plan, lifted)


def refused_storage(plan: Plan, needed_bytes: int) -> Iterator[Refusal]:
    """Yield a refusal if the plan's storage holds less than this in total."""
    if plan.storage_bytes is not None and needed_bytes > plan.storage_bytes:
        lifted = _lifting(lambda other: other.storage_bytes is None or needed_bytes <= other.storage_bytes)
        reason = f"Your {size(plan.storage_bytes)} of storage is full. Delete videos, or delete projects for good."
        yield _refusal(PlanLimitStorage, reason, plan.storage_bytes, needed_bytes, plan, lifted)


def _frames(plan: Plan, demand: Demand) -> Iterator[Refusal]:
    if demand.frame > plan.largest_frame:
        lifted = _lifting(lambda other: demand.frame <= other.largest_frame)
        reason = f"{_named(plan)} allows up to {_frame(plan.largest_frame)}."
        wish = f"for {_frame(demand.frame)}"
        yield _refusal(PlanLimitSize, reason, plan.largest_frame, demand.frame, plan, lifted, wish)
    if demand.fps not in plan.frame_rates:
        lifted = _lifting(lambda other: demand.fps in other.frame_rates)
        listed = _listed([str(rate) for rate in plan.frame_rates])
        reason = f"{_named(plan)} allows {listed} frames a second."
        yield _refusal(PlanLimitFps, reason, list(plan.frame_rates), demand.fps, plan, lifted, f"for {demand.fps}")
    if demand.format not in plan.formats:
        lifted = _lifting(lambda other: demand.format in other.formats)
        listed = _listed([name.upper() for name in plan.formats])
        reason = f"{_named(plan)} allows {listed}."
        wish = f"for {demand.format.upper()}"
        yield _refusal(PlanLimitFormat, reason, list(plan.formats), demand.format, plan, lifted, wish)


def _named(plan: Plan) -> str:
    """Return the plan as the subject of a sentence."""
    return "A single render" if plan is CREDIT else plan.title


def _frame(shorter_side: int) -> str:
    """Return a size as the studio names it."""
    return "4K" if shorter_side == _UHD else f"{shorter_side}p"


def _renders(plan: Plan, use: Use) -> Iterator[Refusal]:
    wanted = use.renders + 1
    if plan.renders is not None and wanted > plan.renders:
        lifted = _lifting(lambda other: other.renders is None or wanted <= other.renders)
        reason = f"You have used all {plan.renders} renders of {plan.title} for this month."
        if use.renewed_at:
            reason += f" Your next month starts on {day(use.renewed_at)}."
        yield _refusal(PlanLimitMonth, reason, plan.renders, wanted, plan, lifted)


def _refusal(
    error: type[PaymentRequired],
    reason: str,
    limit: object,
    value: object,
    plan: Plan,
    lifted: Plan | None,
    wish: str = "to lift this limit",
) -> Refusal:
    sentence = f"{reason} Upgrade to {lifted.title} {wish}." if lifted else reason
    return Refusal(error, sentence, limit, value, plan.name, lifted.name if lifted else None)


def _lifting(allows: Callable[[Plan], bool]) -> Plan | None:
    return next((plan for plan in PLANS.values() if allows(plan)), None)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
