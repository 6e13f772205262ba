"""Emails that an account does not need: switched off on the page, by a link, or by a mail program with one POST."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.accounts.person import code_of, json_of
from tests.functional.caller import Caller

from oriel.accounts.models import User
from oriel.accounts.notifications import TOPICS, is_wanted, unsubscribe_link
from oriel.infra.database import db, writing

MakeCaller = Callable[..., Caller]


def topics(caller: Caller) -> dict[str, bool]:
    items = json_of(caller.get("/api/user/notifications"))["items"]
    return {each["topic"]: each["is_on"] for each in items}


def switched(caller: Caller, topic: str, *, on: bool) -> Any:  # noqa: ANN401
    return caller.put("/api/user/notifications", json={"topic": topic, "is_on": on})


def link_of(app: APIFlask, caller: Caller, kind: str = "render_ready") -> str:
    with app.app_context():
        return "/unsubscribe" + unsubscribe_link(caller.user_id, kind).partition("/unsubscribe")[2]


def wants(app: APIFlask, caller: Caller, kind: str) -> bool:
    with app.app_context():
        return is_wanted(db.session, caller.user_id, kind)


def test_all_are_on_at_first_and_each_can_be_switched_off(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    assert topics(ada) == {topic.name: True for topic in TOPICS}
    assert switched(ada, "ready", on=False).status_code == 200
    assert switched(ada, "ready", on=False).status_code == 200
    assert topics(ada)["ready"] is False
    assert not wants(app, ada, "render_ready")
    assert wants(app, ada, "render_failed")
    switched(ada, "ready", on=True)
    assert wants(app, ada, "render_ready")


@pytest.mark.parametrize("kind", ["password_changed", "receipt", "deletion_asked", "confirmation", "credit_returned"])
def test_what_an_account_needs_comes_whatever_is_switched_off(app: APIFlask, caller: MakeCaller, kind: str) -> None:
    ada = caller()
    for topic in TOPICS:
        switched(ada, topic.name, on=False)
    assert wants(app, ada, kind)


def test_an_unknown_topic_is_refused(caller: MakeCaller) -> None:
    assert code_of(switched(caller(), "weather", on=False)) == (404, "NOT_FOUND")


def test_another_customer_still_gets_them(app: APIFlask, caller: MakeCaller) -> None:
    switched(caller(), "ready", on=False)
    assert wants(app, caller(), "render_ready")


class TestLinks:
    def test_a_mail_program_ends_them_with_one_post(
        self, app: APIFlask, client: FlaskClient, caller: MakeCaller
    ) -> None:
        ada = caller()
        # As RFC 8058 has it: no cookie, no login, the form in the body.
        answer = client.post(link_of(app, ada), data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert topics(ada)["ready"] is False
        assert client.post(link_of(app, ada), data={"List-Unsubscribe": "One-Click"}).status_code == 200

    def test_a_scanner_that_opens_the_link_ends_nothing(
        self, app: APIFlask, client: FlaskClient, caller: MakeCaller
    ) -> None:
        ada = caller()
        page = client.get(link_of(app, ada))
        assert page.status_code == 200
        assert topics(ada)["ready"] is True
        # The button sends the token.
        found = re.search(r'name="token" value="([^"]+)"', page.text)
        assert found
        done = client.post("/unsubscribe", data={"token": found[1]})
        assert "You will not get these emails any more" in done.text
        assert topics(ada)["ready"] is False

    @pytest.mark.parametrize("at", [2, 30, 45])
    def test_a_changed_link_ends_nothing(self, app: APIFlask, client: FlaskClient, caller: MakeCaller, at: int) -> None:
        ada = caller()
        head, _, token = link_of(app, ada).partition("=")
        changed = token[:at] + ("a" if token[at] != "a" else "b") + token[at + 1 :]
        assert client.post(f"{head}={changed}").status_code == 422
        assert client.get(f"{head}={changed}").status_code == 422
        assert topics(ada)["ready"] is True

    @pytest.mark.parametrize("token", ["", "x", "é" * 40, "0" * 26])
    def test_what_is_no_link_ends_nothing(self, client: FlaskClient, token: str) -> None:
        assert client.post("/unsubscribe", query_string={"token": token}).status_code == 422

    def test_the_link_of_a_deleted_account_says_so(
        self, app: APIFlask, client: FlaskClient, caller: MakeCaller
    ) -> None:
        ada = caller()
        link = link_of(app, ada)
        with app.app_context(), writing() as session:
            session.delete(session.get_one(User, ada.user_id))
        assert "no longer exists" in client.get(link).text
