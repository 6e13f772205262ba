"""Each limit of the table refuses with its code, the limit, the value and the plan that lifts it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from oriel.billing.plans import CREDIT, ENTERPRISE, FREE, PLANS, PRO, Plan
from oriel.billing.refusals import Demand, Use, allowed_by

MODEST = Demand(
    width=1280, height=720, fps=30, format="mp4", duration_s=180, song_bytes=5_000_000, video_bytes_estimate=50_000_000
)


@pytest.mark.parametrize("plan", [*PLANS.values(), CREDIT])
def test_a_modest_render_is_allowed_everywhere(plan: object) -> None:
    assert allowed_by(plan, MODEST) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (720, 720), (1720, 720)])
def test_720p_is_the_shorter_side(width: int, height: int) -> None:
    assert allowed_by(FREE, replace(MODEST, width=width, height=height)) == []


@pytest.mark.parametrize(
    ("change", "code", "limit", "value", "lifted_by"),
    [
        ({"width": 1920, "height": 1080}, "PLAN_LIMIT_SIZE", 720, 1080, "pro"),
        ({"width": 3840, "height": 2160}, "PLAN_LIMIT_SIZE", 720, 2160, "enterprise"),
        ({"width": 4096, "height": 4096}, "PLAN_LIMIT_SIZE", 720, 4096, None),
        ({"fps": 60}, "PLAN_LIMIT_FPS", [24, 30], 60, "pro"),
        ({"format": "webm"}, "PLAN_LIMIT_FORMAT", ["mp4"], "webm", "pro"),
        ({"duration_s": 360.5}, "PLAN_LIMIT_DURATION", 360.0, 360.5, "pro"),
        ({"duration_s": 900.0}, "PLAN_LIMIT_DURATION", 360.0, 900.0, "pro"),
        ({"duration_s": 900.5}, "PLAN_LIMIT_DURATION", 360.0, 900.5, "enterprise"),
        ({"song_bytes": 75_000_001}, "PLAN_LIMIT_SIZE", 75_000_000, 75_000_001, "pro"),
        ({"song_bytes": 300_000_000}, "PLAN_LIMIT_SIZE", 75_000_000, 300_000_000, "pro"),
        ({"song_bytes": 300_000_001}, "PLAN_LIMIT_SIZE", 75_000_000, 300_000_001, "enterprise"),
        ({"video_bytes_estimate": 1_000_000_001}, "PLAN_LIMIT_STORAGE", 1_000_000_000, 1_000_000_001, "pro"),
        ({"video_bytes_estimate": 20_000_000_000}, "PLAN_LIMIT_STORAGE", 1_000_000_000, 20_000_000_000, "pro"),
        ({"video_bytes_estimate": 20_000_000_001}, "PLAN_LIMIT_STORAGE", 1_000_000_000, 20_000_000_001, "enterprise"),
    ],
)
def test_free_refuses_what_is_beyond_it(
    change: dict[str, object], code: str, limit: object, value: object, lifted_by: str | None
) -> None:
    [refusal] = allowed_by(FREE, replace(MODEST, **change))  # type: ignore[arg-type]
    assert (refusal.error.code, refusal.limit, refusal.value, refusal.lifted_by) == (code, limit, value, lifted_by)
    error = refusal.as_error()
    assert error.http_status == 402
    assert error.details == {"limit": limit, "value": value, "plan": "free", "lifted_by": lifted_by}


def test_the_limit_itself_is_allowed() -> None:
    assert allowed_by(FREE, replace(MODEST, duration_s=360.0, song_bytes=75_000_000)) == []


def test_the_months_last_render_is_allowed_and_the_next_is_not() -> None:
    assert allowed_by(FREE, MODEST, Use(renders=4)) == []
    [refusal] = allowed_by(FREE, MODEST, Use(renders=5))
    assert (refusal.error.code, refusal.lifted_by) == ("PLAN_LIMIT_MONTH", "pro")
    assert (refusal.limit, refusal.value) == (5, 6)


def test_who_has_used_up_the_month_is_told_when_the_next_one_begins() -> None:
    [refusal] = allowed_by(FREE, MODEST, Use(renders=5))
    assert "Your next month" not in refusal.sentence
    [refusal] = allowed_by(FREE, MODEST, Use(renders=5, renewed_at=datetime(2026, 12, 1, tzinfo=UTC)))
    assert "for this month. Your next month starts on 1 December. Upgrade to Pro to lift" in refusal.sentence


def test_pro_helps_up_to_fifty_renders_and_after_that_only_enterprise() -> None:
    [refusal] = allowed_by(FREE, MODEST, Use(renders=49))
    assert refusal.lifted_by == "pro"
    [refusal] = allowed_by(PRO, MODEST, Use(renders=50))
    assert refusal.lifted_by == "enterprise"


def test_enterprise_counts_no_renders() -> None:
    assert allowed_by(ENTERPRISE, MODEST, Use(renders=100_000)) == []


def test_storage_counts_what_is_there_already() -> None:
    assert allowed_by(FREE, MODEST, Use(storage_bytes=950_000_000)) == []
    [refusal] = allowed_by(FREE, MODEST, Use(storage_bytes=950_000_001))
    assert refusal.error.code == "PLAN_LIMIT_STORAGE"


@pytest.mark.parametrize(
    ("plan", "change", "sentence"),
    [
        (FREE, {"width": 1920, "height": 1080}, "Free allows up to 720p. Upgrade to Pro for 1080p."),
        (FREE, {"fps": 60}, "Free allows 24 or 30 frames a second. Upgrade to Pro for 60."),
        (FREE, {"format": "webm"}, "Free allows MP4. Upgrade to Pro for WEBM."),
        (
            FREE,
            {"duration_s": 361},
            "This song is too long: the limit on Free is 6 minutes. Upgrade to Pro to lift this limit.",
        ),
        (
            FREE,
            {"song_bytes": 75_000_001},
            "This file is too large: the limit on Free is 75 MB. Upgrade to Pro to lift this limit.",
        ),
        (
            FREE,
            {"video_bytes_estimate": 1_000_000_001},
            "Your 1 GB of storage is full. Delete videos, or delete projects for good."
            " Upgrade to Pro to lift this limit.",
        ),
    ],
)
def test_every_sentence_says_what_is_missing_and_what_helps(
    plan: Plan, change: dict[str, object], sentence: str
) -> None:
    [refusal] = allowed_by(plan, replace(MODEST, **change))  # type: ignore[arg-type]
    assert refusal.sentence == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"fps": 50}, "Enterprise allows 24, 30 or 60 frames a second."),
        ({"format": "gif"}, "Enterprise allows MP4, WEBM or MOV."),
        ({"song_bytes": 1_000_000_001}, "This file is too large: the limit on Enterprise is 1 GB."),
        ({"duration_s": 3601}, "This song is too long: the limit on Enterprise is 60 minutes."),
    ],
)
def test_what_no_plan_offers_is_refused_without_an_upgrade(change: dict[str, object], sentence: str) -> None:
    [refusal] = allowed_by(ENTERPRISE, replace(MODEST, **change))  # type: ignore[arg-type]
    assert (refusal.sentence, refusal.lifted_by) == (sentence, None)


def test_a_single_render_is_named_as_one() -> None:
    [refusal] = allowed_by(CREDIT, replace(MODEST, width=3840, height=2160))
    assert refusal.sentence == "A single render allows up to 1080p. Upgrade to Enterprise for 4K."
