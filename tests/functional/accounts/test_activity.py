"""What happened to an account, for its owner to read."""

from collections.abc import Callable

from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, Person, json_of
from tests.functional.caller import Caller


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
