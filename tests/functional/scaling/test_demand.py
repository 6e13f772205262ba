"""The demand as the database has it: what may start now, and how long it will take."""

from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.rendering.conftest import MakeJob

from oriel.infra.clock import clock, now
from oriel.rendering import attempts, presence, speeds
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.scaling.demand import busy_workers, current_demand
from oriel.scaling.figures import scaling_figures

PIXELS = 1280 * 720 * 30 * 10


def test_a_waiting_render_takes_what_was_measured_of_its_kind(make_job: MakeJob) -> None:
    job = make_job()
    assert list(current_demand().waiting_s) == pytest.approx([5 + PIXELS / speeds.USUAL_PACE])
    speeds.note(job, 60.0)
    assert list(current_demand().waiting_s) == pytest.approx([5 + 300 / 60])


def test_a_kind_without_a_measurement_takes_the_mean_of_the_others(make_job: MakeJob) -> None:
    speeds.note(make_job(), 60.0)
    document = parse_settings({"look": "halo", "output": {"width": 640, "height": 360}}).model_dump(mode="json")
    make_job(render_config=document, created_at=now() + timedelta(seconds=1))
    assert current_demand().waiting_s[1] == pytest.approx(5 + 300 / 240)


def test_renders_beyond_a_customers_limit_do_not_count(make_job: MakeJob) -> None:
    first = make_job(plan="pro", at_once=2)
    for _ in range(3):
        make_job(user_id=first.user_id, plan="pro", at_once=2)
    make_job()
    assert len(current_demand().waiting_s) == 3
    assert attempts.claim("worker-1")
    assert (len(current_demand().waiting_s), len(current_demand().running_s)) == (2, 1)


def test_a_render_that_waits_for_its_next_attempt_does_not_count_yet(make_job: MakeJob) -> None:
    make_job(run_after=now() + timedelta(minutes=5))
    assert current_demand().waiting_s == ()
    clock.shift(timedelta(minutes=6))
    assert len(current_demand().waiting_s) == 1


def test_a_running_render_has_left_what_it_says_and_before_that_what_is_expected(make_job: MakeJob) -> None:
    speeds.note(make_job(), 10.0)
    begun = now()
    attempt = attempts.claim("worker-1")
    assert attempt
    clock.shift(timedelta(seconds=15))
    [left_s] = current_demand().running_s
    # 35 s are expected. The test itself takes time, too.
    assert 35 - (now() - begun).total_seconds() <= left_s <= 20
    attempts.beat(attempt, attempts.Pulse("rendering", 0.5, 7.0, 150, 0))
    assert current_demand().running_s == (7.0,)
    assert busy_workers() == {"worker-1"}


def test_the_figures_are_told_to_this_machine(client: FlaskClient, make_job: MakeJob) -> None:
    make_job()
    presence.report("worker-2")
    told = client.get("/metrics/workers").json
    assert told
    assert (told["wanted_workers"], told["waiting"], told["idle_workers"], told["minimum"]) == (1, 1, 1, 1)
    assert "oriel_wanted_workers 1.0" in client.get("/metrics").text
    assert 'oriel_workers{state="idle"} 1.0' in client.get("/metrics").text


def test_the_limits_of_the_settings_hold(app: APIFlask, make_job: MakeJob) -> None:
    for _ in range(4):
        make_job(song_s=3000.0)
    settings = app.config["ORIEL"]
    assert scaling_figures(settings).wanted_workers == 4
    assert scaling_figures(settings.model_copy(update={"autoscale_maximum": 2})).wanted_workers == 2


def test_another_machine_gets_no_figures(client: FlaskClient) -> None:
    assert client.get("/metrics/workers", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404
