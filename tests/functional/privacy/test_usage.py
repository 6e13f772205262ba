"""Product analytics: nothing is counted without consent, and nothing is left when it is taken back."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.accounts.person import json_of
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded

from oriel.infra.clock import clock
from oriel.infra.database import db, writing
from oriel.privacy import erasure, usage
from oriel.privacy.models import FeatureUse

MakeCaller = Callable[..., Caller]

SETTINGS = {
    "look": "halo",
    "preset": "bloom",
    "output": {"width": 360, "height": 640, "fps": 30, "format": "mp4", "quality": "draft"},
}


def counts() -> dict[str, int]:
    db.session.rollback()
    return {row.feature: row.uses for row in db.session.scalars(select(FeatureUse))}


def render(caller: Caller) -> None:
    body = {"upload_id": uploaded(caller), "settings": SETTINGS}
    answer = caller.post("/api/render/submit", json=body)
    assert answer.status_code == 202, answer.json


def share(caller: Caller) -> None:
    project = json_of(caller.post("/api/projects", json={"name": "Mine"}))["id"]
    assert caller.patch(f"/api/projects/{project}/sharing", json={"link": True}).status_code == 200
    assert caller.patch(f"/api/projects/{project}/sharing", json={"link": False}).status_code == 200
    invitation = {"email": "band@example.com", "role": "viewer"}
    assert caller.post(f"/api/projects/{project}/people", json=invitation).status_code == 201


def agree(caller: Caller, *, on: bool = True) -> Any:  # noqa: ANN401
    answer = caller.put("/api/user/privacy", json={"product_analytics": on})
    assert answer.status_code == 200, answer.json
    return answer.get_json()


def test_nothing_is_counted_without_consent(caller: MakeCaller) -> None:
    ada = caller()
    assert json_of(ada.get("/api/user/privacy")) == {"product_analytics": False, "since": None}
    render(ada)
    share(ada)
    assert counts() == {}


def test_with_consent_looks_and_features_are_counted_by_day(caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    assert agree(ada)["since"] == agree(ada)["since"]
    for someone in (ada, ada, bob):
        render(someone)
    share(ada)
    assert counts() == {
        "look:halo": 2,
        "preset:halo/bloom": 2,
        "aspect:9:16": 2,
        "format:mp4": 2,
        "share:link": 1,
        "share:invitation": 1,
    }
    clock.shift(timedelta(days=1))
    ada.refresh()
    render(ada)
    assert len(db.session.scalars(select(FeatureUse).where(FeatureUse.feature == "look:halo")).all()) == 2


def test_switching_it_off_deletes_what_was_counted(caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    for someone in (ada, bob):
        agree(someone)
        render(someone)
    assert agree(ada, on=False) == {"product_analytics": False, "since": None}
    db.session.rollback()
    assert set(db.session.scalars(select(FeatureUse.user_id))) == {bob.user_id}
    render(ada)
    assert counts()["look:halo"] == 1


def test_whoever_switches_it_off_meanwhile_leaves_nothing(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    agree(ada)

    def switch_off() -> None:
        with app.app_context():
            usage.set_consent(ada.user_id, is_on=False)

    off = threading.Thread(target=switch_off)
    with writing() as session:
        usage.record(session, ada.user_id, "look:halo")
        off.start()
    off.join()
    assert counts() == {}


def test_counts_are_kept_for_90_days(caller: MakeCaller) -> None:
    ada = caller()
    agree(ada)
    with writing() as session:
        usage.record(session, ada.user_id, "look:halo")
    clock.shift(timedelta(days=90))
    usage.tidy()
    assert counts() == {"look:halo": 1}
    clock.shift(timedelta(days=1))
    usage.tidy()
    assert counts() == {}


def test_operators_see_totals_of_those_who_agreed(caller: MakeCaller) -> None:
    for someone in (caller(), caller()):
        agree(someone)
        render(someone)
    totals = {each.feature: (each.customers, each.uses) for each in usage.totals()}
    assert totals["look:halo"] == (2, 2)


def test_counts_go_with_the_account(caller: MakeCaller) -> None:
    ada = caller()
    agree(ada)
    render(ada)
    assert erasure.begin_erasure(ada.user_id, at_once=True)
    erasure.erase_due()
    assert counts() == {}


def test_no_answer_is_no_consent(caller: MakeCaller) -> None:
    ada = caller()
    for body in ({}, {"product_analytics": None}, {"product_analytics": "yes"}, {"tracking": True}):
        assert ada.put("/api/user/privacy", json=body).status_code == 422
    assert json_of(ada.get("/api/user/privacy"))["product_analytics"] is False
