"""The prices, renders and limits of the plans: the one table, in numbers. Stripe's price ids are settings."""

from dataclasses import dataclass
from datetime import timedelta

_MB = 1_000_000
_GB = 1_000 * _MB
_MINUTE = 60.0


@dataclass(frozen=True)
class Plan:
    """A plan's price and limits; None means no limit."""

    name: str
    title: str
    price_cents: int
    # Per month; of the single render, in total.
    renders: int | None
    # The shorter side of a frame: 720 means 1280x720, 720x1280 and 720x720.
    largest_frame: int
    watermark: bool
    frame_rates: tuple[int, ...]
    formats: tuple[str, ...]
    song_bytes: int
    song_seconds: float
    # How many renders run at the same time; the others wait.
    at_once: int
    # How often its renders take a turn, compared with other plans.
    weight: int
    storage_bytes: int | None
    kept_for: timedelta
    writes_a_minute: int


FREE = Plan(
    name="free",
    title="Free",
    price_cents=0,
    renders=5,
    largest_frame=720,
    watermark=True,
    frame_rates=(24, 30),
    formats=("mp4",),
    song_bytes=75 * _MB,
    song_seconds=6 * _MINUTE,
    at_once=1,
    weight=1,
    storage_bytes=1 * _GB,
    kept_for=timedelta(days=30),
    writes_a_minute=30,
)
PRO = Plan(
    name="pro",
    title="Pro",
    price_cents=999,
    renders=50,
    largest_frame=1080,
    watermark=False,
    frame_rates=(24, 30, 60),
    formats=("mp4", "webm", "mov"),
    song_bytes=300 * _MB,
    song_seconds=15 * _MINUTE,
    at_once=2,
    weight=4,
    storage_bytes=20 * _GB,
    kept_for=timedelta(days=30),
    writes_a_minute=120,
)
ENTERPRISE = Plan(
    name="enterprise",
    title="Enterprise",
    price_cents=2999,
    renders=None,
    largest_frame=2160,
    watermark=False,
    frame_rates=(24, 30, 60),
    formats=("mp4", "webm", "mov"),
    song_bytes=1 * _GB,
    song_seconds=60 * _MINUTE,
    at_once=5,
    weight=8,
    storage_bytes=200 * _GB,
    kept_for=timedelta(days=30),
    writes_a_minute=600,
)
# A single render. It does not count towards the storage: its video is paid for and deleted after 30 days.
CREDIT = Plan(
    name="credit",
    title="One render",
    price_cents=499,
    renders=1,
    largest_frame=1080,
    watermark=False,
    frame_rates=(24, 30, 60),
    formats=("mp4", "webm", "mov"),
    song_bytes=300 * _MB,
    song_seconds=15 * _MINUTE,
    at_once=1,
    weight=4,
    storage_bytes=None,
    kept_for=timedelta(days=30),
    writes_a_minute=30,
)

# The plans of accounts, the smallest first.
PLANS = {plan.name: plan for plan in (FREE, PRO, ENTERPRISE)}
# The plans that are sold by the month.
PAID_PLANS = tuple(name for name, plan in PLANS.items() if plan.price_cents)
