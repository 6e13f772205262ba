"""What is kept for how long: one table for sweepers, pages and the API."""

from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import json_of

from oriel.infra import retention
from oriel.media.uploads import KEPT_FOR

NAMES = {
    *("activity", "counters", "exports", "failures", "keys", "links", "mails", "payment-events", "payments", "people"),
    *("avatar", "feature-uses", "measurements", "pieces"),
    *("admin-actions",),
    *("plan", "profile", "projects", "rendered-songs", "renders", "second-factors", "sessions", "uploads", "videos"),
}


def test_anybody_may_read_what_is_kept(client: FlaskClient) -> None:
    items = json_of(client.get("/api/privacy/retention"))["items"]
    assert {each["name"] for each in items} == NAMES
    uploads = next(each for each in items if each["name"] == "uploads")
    assert uploads["days"] == KEPT_FOR.total_seconds() / 86_400
    assert next(each for each in items if each["name"] == "profile")["days"] is None


def test_the_privacy_page_says_the_same(app: APIFlask, client: FlaskClient) -> None:
    page = client.get("/privacy").text
    for kind in retention.kinds():
        assert f"<strong>{kind.what}:</strong>" in page
    assert "30 days after they end (database)" in page
