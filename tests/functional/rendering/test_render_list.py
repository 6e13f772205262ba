"""The list of a customer's renders: filtered, searched, sorted, in pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob
from tests.functional.rendering.test_status import queries

from oriel.billing.current_plan import set_plan
from oriel.infra.clock import now
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings

# A fixed one: test processes must agree on the names of tests.
PROJECT = "06h28mqgedus51ut8b06fn3bhs"


@pytest.fixture
def ada(caller: Callable[..., Caller]) -> Caller:
    """A customer who may make any number of renders."""
    customer = caller()
    set_plan(customer.user_id, "enterprise")
    return customer


@pytest.fixture
def history(ada: Caller, make_job: MakeJob) -> list[RenderJob]:
    """One render in each state, the oldest first."""
    day = timedelta(days=1)
    rows: list[dict[str, Any]] = [
        {"title": "Éclair", "status": "completed", "expires_at": now() + 9 * day, "artist": "Zoë"},
        {"title": "Dusk", "status": "completed", "expires_at": now() + 2 * day, "render_config": _with_look("halo")},
        {"title": "Noon", "status": "completed", "expires_at": now() - day, "project_id": PROJECT},
        {"title": "Gone", "status": "completed", "expires_at": now() + day, "deleted_at": now()},
        {"title": "", "status": "failed", "audio_filename": "Broken_100%.wav"},
        {"title": "Stopped", "status": "cancelled", "render_config": _with_look("halo"), "project_id": PROJECT},
        {"title": "Waiting", "status": "queued"},
    ]
    begin = now() - 8 * day
    return [
        make_job(user_id=ada.user_id, plan="enterprise", created_at=begin + number * day, **row)
        for number, row in enumerate(rows)
    ]


def _with_look(look: str) -> dict[str, Any]:
    return parse_settings({"look": look, "output": {"width": 1280, "height": 720}}).model_dump(mode="json")


def listed(customer: Caller, query: str = "") -> list[str]:
    answer = customer.get(f"/api/renders?{query}")
    assert answer.status_code == 200, answer.text
    return [each["title"] for each in answer.get_json()["items"]]


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Waiting", "Stopped", "", "Gone", "Noon", "Dusk", "Éclair"]),
        ("state=under_way", ["Waiting"]),
        ("state=available", ["Dusk", "Éclair"]),
        ("state=deleted", ["Gone", "Noon"]),
        ("state=failed", [""]),
        ("state=cancelled", ["Stopped"]),
        ("look=halo", ["Stopped", "Dusk"]),
        (f"project_id={PROJECT}", ["Stopped", "Noon"]),
        (f"project_id={PROJECT}&look=halo&state=cancelled&search=stop", ["Stopped"]),
        ("search=%C3%89CLAIR", ["Éclair"]),
        ("search=zo%C3%AB+ecl", []),
        ("search=zo%C3%AB+prism", ["Éclair"]),
        ("search=100%25", [""]),
        ("search=halo", ["Stopped", "Dusk"]),
        ("sort=oldest", ["Éclair", "Dusk", "Noon", "Gone", "", "Stopped", "Waiting"]),
        ("sort=name", ["", "Dusk", "Gone", "Noon", "Stopped", "Waiting", "Éclair"]),
        ("sort=expires", ["Dusk", "Éclair", "Waiting", "Stopped", "", "Gone", "Noon"]),
        ("sort=oldest&page=2&per_page=3", ["Gone", "", "Stopped"]),
    ],
)
def test_a_list_holds_the_renders_that_pass_its_filter(
    ada: Caller, history: list[RenderJob], query: str, titles: list[str]
) -> None:
    assert len(history) == 7
    assert listed(ada, query) == titles


def test_a_filter_shows_nothing_of_others(ada: Caller, caller: Callable[..., Caller], history: list[RenderJob]) -> None:
    assert history
    assert listed(caller(), f"project_id={PROJECT}") == []


@pytest.mark.parametrize(
    "query",
    ["state=lost", "sort=size", f"search={'x' * 201}", "look=", f"project_id={'x' * 41}", "per_page=101", "other=1"],
)
def test_a_query_out_of_bounds_is_refused(ada: Caller, query: str) -> None:
    assert ada.get(f"/api/renders?{query}").status_code == 422


@pytest.mark.parametrize("query", ["", "state=available&search=night&look=prism&sort=expires", "sort=name"])
def test_a_list_takes_four_queries_however_long(ada: Caller, make_job: MakeJob, query: str) -> None:
    for _ in range(20):
        row = {"status": "completed", "expires_at": now() + timedelta(days=1)}
        make_job(user_id=ada.user_id, plan="enterprise", **row)
    with queries() as asked:
        assert len(listed(ada, f"per_page=30&{query}")) == 20
    assert len(asked) <= 4, asked


def test_what_has_no_video_is_taken_off_the_list_and_put_back(ada: Caller, history: list[RenderJob]) -> None:
    before = listed(ada)
    for job in history:
        answer = ada.delete(f"/api/renders/{job.id}")
        stays = job.title in ("Éclair", "Dusk", "Waiting")
        assert answer.status_code == (409 if stays else 204), answer.text
    assert listed(ada) == ["Waiting", "Dusk", "Éclair"]
    # Twice is as once, and the page of a render stays.
    assert ada.delete(f"/api/renders/{history[-2].id}").status_code == 204
    assert ada.get(f"/api/render/status/{history[-2].id}").status_code == 200
    assert [each["title"] for each in (ada.get("/api/user/history").json or {})["renders"]["items"]] == listed(ada)
    for job in history:
        assert ada.post(f"/api/renders/{job.id}/restore").status_code == 200
    assert listed(ada) == before


def test_a_render_under_way_or_with_a_video_says_why_it_stays(ada: Caller, history: list[RenderJob]) -> None:
    for job, reason in ((history[0], "Delete that first."), (history[-1], "Cancel it first.")):
        error = (ada.delete(f"/api/renders/{job.id}").json or {})["error"]
        assert error["code"] == "WRONG_STATE"
        assert error["message"].endswith(reason)


def test_nobody_takes_a_render_off_the_list_of_another(
    ada: Caller, caller: Callable[..., Caller], history: list[RenderJob]
) -> None:
    other = caller()
    assert other.delete(f"/api/renders/{history[-2].id}").status_code == 404
    assert other.post(f"/api/renders/{history[-2].id}/restore").status_code == 404
    assert "Stopped" in listed(ada)
