"""How fast a machine draws is measured, remembered and expected of the next render."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob

from oriel.infra.clock import clock
from oriel.rendering import speeds
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings

PIXELS = 1280 * 720


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Be another machine from here on."""

    def become(name: str) -> None:
        monkeypatch.setattr(speeds, "machine", lambda: name)

    become("one")
    return become


def sized(make_job: MakeJob, width: int, height: int, look: str = "prism") -> RenderJob:
    output = {"width": width, "height": height}
    return make_job(render_config=parse_settings({"look": look, "output": output}).model_dump(mode="json"))


@pytest.mark.usefixtures("on")
def test_before_anything_was_measured_the_cores_are_counted(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    for cores in (2, 8):
        monkeypatch.setattr(os, "cpu_count", lambda: cores)  # noqa: B023
        assert speeds.expected_frames_per_s(job) == pytest.approx(31e6 * cores / PIXELS)


@pytest.mark.usefixtures("on")
def test_the_latest_render_counts_half(make_job: MakeJob) -> None:
    job = make_job()
    speeds.note(job, 100.0)
    assert speeds.expected_frames_per_s(job) == pytest.approx(100)
    speeds.note(job, 50.0)
    assert speeds.expected_frames_per_s(job) == pytest.approx(75)


@pytest.mark.usefixtures("on")
def test_a_tiny_render_says_nothing_about_large_ones(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    tiny, large = sized(make_job, 320, 180), sized(make_job, 1920, 1080)
    speeds.note(tiny, 10.0)
    assert speeds.expected_frames_per_s(tiny) == pytest.approx(10)
    assert speeds.expected_frames_per_s(large) == pytest.approx(62e6 / (1920 * 1080))
    assert speeds.usual_pace() == speeds.USUAL_PACE


def test_the_nearest_measure_is_taken(make_job: MakeJob, on: Callable[[str], None]) -> None:
    small, large = sized(make_job, 1280, 720), sized(make_job, 1920, 1080)
    speeds.note(small, 90.0)
    # Another size on the same machine: as many pixels in a second.
    assert speeds.expected_frames_per_s(large) == pytest.approx(90 * PIXELS / (1920 * 1080))
    speeds.note(large, 30.0)
    assert speeds.expected_frames_per_s(large) == pytest.approx(30)
    # A machine that has measured nothing: the same kind elsewhere.
    on("two")
    assert speeds.expected_frames_per_s(small) == pytest.approx(90)
    speeds.note(sized(make_job, 1280, 720, look="halo"), 20.0)
    assert speeds.expected_frames_per_s(small) == pytest.approx(20)


@pytest.mark.usefixtures("on")
def test_a_measure_of_long_ago_is_forgotten(make_job: MakeJob) -> None:
    small, large = sized(make_job, 1280, 720), sized(make_job, 1920, 1080)
    speeds.note(small, 1000.0)
    clock.shift(timedelta(days=91))
    speeds.note(large, 10.0)
    assert speeds.expected_frames_per_s(small) == pytest.approx(10 * 1920 * 1080 / PIXELS)


@pytest.mark.usefixtures("on")
def test_who_waits_is_told_by_what_was_measured_though_nothing_was_rendered_of_late(
    caller: Callable[..., Caller], make_job: MakeJob
) -> None:
    customer = caller()
    job = make_job(user_id=customer.user_id)
    speeds.note(job, 100.0)
    told = customer.get(f"/api/render/status/{job.id}").json or {}
    # Ten seconds of 30 frames, and five seconds besides.
    assert told["eta_s"] == pytest.approx(5 + 300 / 100, abs=0.1)
