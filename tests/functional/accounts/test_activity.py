"""What happened to an account, for its owner to read."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, code_of, json_of
from tests.functional.caller import Caller

from oriel.accounts import activity
from oriel.accounts.activity import TOPICS, Did
from oriel.infra.clock import clock, now


def _kinds(ada: Person) -> list[str]:
    return [item["kind"] for item in json_of(ada.call("GET", "/api/user/activity?per_page=100"))["items"]]


def test_what_matters_is_written_newest_first(person: Callable[..., Person], mailbox: Mailbox) -> None:
    ada = person()
    ada.log_in(password=OTHER_PASSWORD)
    ada.log_in()
    ada.make_key()
    ada.call("DELETE", "/api/user/sessions")
    ada.call("PUT", "/api/user/profile", json={"email": "new@example.com", "current_password": PASSWORD})
    ada.client.post("/api/auth/verify-email", json={"token": mailbox.token("confirmation")})
    ada.call("PUT", "/api/user/profile", json={"password": OTHER_PASSWORD, "current_password": PASSWORD})
    assert _kinds(ada)[::-1] == [
        "registered",
        "email_confirmed",
        "login_failed",
        "login",
        "key_created",
        "sessions_ended",
        "email_change_requested",
        "email_changed",
        "email_confirmed",
        "password_changed",
    ]


def test_a_line_tells_from_where_and_no_secret(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    ada.client.post(
        "/api/user/keys",
        json={"name": "studio", "current_password": PASSWORD},
        headers={"Authorization": f"Bearer {ada.access}", "User-Agent": "x" * 300},
    )
    line = json_of(ada.call("GET", "/api/user/activity"))["items"][0]
    assert (line["address"], line["user_agent"]) == ("127.0.0.1", "x" * 200)
    assert set(line["details"]) == {"key_id", "name"}


def test_the_list_comes_in_pages(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    answer = json_of(ada.call("GET", "/api/user/activity?page=2&per_page=2"))
    assert (answer["total"], len(answer["items"])) == (3, 1)


def test_everybody_reads_the_own_lines(person: Callable[..., Person], caller: Callable[..., Caller]) -> None:
    person().log_in()
    assert json_of(caller().get("/api/user/activity"))["total"] == 0


def test_the_list_is_filtered_by_topic(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in(password=OTHER_PASSWORD)
    ada.log_in()
    ada.make_key()
    for topic, kinds in (("sign-in", ["login", "login_failed"]), ("keys", ["key_created"]), ("password", [])):
        items = json_of(ada.call("GET", f"/api/user/activity?topic={topic}"))["items"]
        assert [item["kind"] for item in items] == kinds


def test_each_kind_of_line_has_one_topic() -> None:
    kinds = [did for topic in TOPICS.values() for did in topic]
    assert sorted(kinds) == sorted(Did)


def test_the_list_is_filtered_by_time(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    clock.shift(timedelta(minutes=5))
    between = now()
    clock.shift(timedelta(minutes=5))
    ada.make_key()
    for name, kinds in (("since", ["key_created"]), ("until", ["login", "email_confirmed", "registered"])):
        answer = ada.call("GET", "/api/user/activity", query_string={name: between.isoformat()})
        assert [item["kind"] for item in json_of(answer)["items"]] == kinds


@pytest.mark.parametrize(
    "query", ["topic=all", "since=yesterday", "until=2026-11-28", "since=0001-01-01T00:00:00%2B14:00", "from=1"]
)
def test_a_filter_that_means_nothing_is_refused(person: Callable[..., Person], query: str) -> None:
    ada = person()
    ada.log_in()
    for path in ("/api/user/activity", "/api/user/activity/export"):
        assert code_of(ada.call("GET", f"{path}?{query}")) == (422, "VALIDATION_ERROR")


def test_the_log_is_exported_as_csv(person: Callable[..., Person]) -> None:
    ada = person()
    ada.log_in()
    ada.make_key('Łódź, "2"')
    answer = ada.call("GET", "/api/user/activity/export?topic=keys")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="oriel-activity.csv"'
    names, line = csv.reader(io.StringIO(answer.text))
    made = dict(zip(names, line, strict=True))
    assert (made["kind"], made["address"]) == ("key_created", "127.0.0.1")
    assert json.loads(made["details"])["name"] == 'Łódź, "2"'
    assert made["at"].endswith("Z")


def test_a_spreadsheet_runs_nothing_from_the_export(person: Callable[..., Person]) -> None:
    ada = person()
    evil = {"User-Agent": '=HYPERLINK("https://evil.example.com")'}
    ada.client.post("/api/auth/login", json={"email": ada.email, "password": OTHER_PASSWORD}, headers=evil)
    ada.log_in()
    lines = list(csv.reader(io.StringIO(ada.call("GET", "/api/user/activity/export").text)))
    assert [line[3] for line in lines if line[1] == "login_failed"] == ["'" + evil["User-Agent"]]


def test_an_export_has_an_end(person: Callable[..., Person], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "MOST_EXPORTED", 2)
    ada = person()
    ada.log_in()
    kinds = [line[1] for line in csv.reader(io.StringIO(ada.call("GET", "/api/user/activity/export").text))]
    assert kinds == ["kind", "login", "email_confirmed"]
