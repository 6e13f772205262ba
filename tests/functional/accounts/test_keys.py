"""API keys."""

from collections.abc import Callable

from apiflask import APIFlask
from tests.functional.accounts.person import OTHER_PASSWORD, PASSWORD, Mailbox, code_of, json_of
from tests.functional.caller import Caller

from oriel.accounts.operators import disable_user


def _asking(name: object, password: str = PASSWORD) -> dict[str, object]:
    return {"name": name, "current_password": password}


def _make(someone: Caller, name: str = "studio") -> tuple[str, dict[str, str]]:
    answer = someone.post("/api/user/keys", json=_asking(name))
    assert answer.status_code == 201
    return json_of(answer)["id"], {"X-API-Key": json_of(answer)["secret"]}


def test_a_key_calls_for_its_owner(known: Callable[..., Caller]) -> None:
    ada = known()
    _, key = _make(ada)
    assert json_of(ada.client.get("/api/user/profile", headers=key))["id"] == ada.user_id
    verified = json_of(ada.client.get("/api/user/session/verify", headers=key))
    assert (verified["valid"], verified["expires_at"]) == (True, None)


def test_the_secret_is_shown_once(known: Callable[..., Caller]) -> None:
    ada = known()
    _, key = _make(ada)
    listed = ada.get("/api/user/keys")
    assert key["X-API-Key"] not in listed.text
    item = json_of(listed)["items"][0]
    assert set(item) == {"id", "name", "prefix", "scopes", "created_at", "last_used_at"}
    assert key["X-API-Key"].startswith(item["prefix"])
    assert item["last_used_at"] is None


def test_a_new_key_is_told_by_mail(known: Callable[..., Caller], mailbox: Mailbox) -> None:
    ada = known()
    _make(ada, "Build server")
    [mail] = mailbox.mails("api_key_made")
    assert "“Build server” is a new API key of your account." in mail.text
    assert "It can also upload songs" in mail.text
    assert "/account#keys" in mail.text
    assert "from the IP address 127.0.0.1." in mail.text
    ada.post("/api/user/keys", json={**_asking("viewer"), "scopes": ["read"]})
    assert "It can also upload songs" not in mailbox.mails("api_key_made")[0].text


def test_a_key_that_may_only_read_renders_nothing(known: Callable[..., Caller]) -> None:
    ada = known()
    made = json_of(ada.post("/api/user/keys", json={**_asking("viewer"), "scopes": ["read"]}))
    assert made["scopes"] == ["read"]
    key = {"X-API-Key": made["secret"]}
    assert ada.client.get("/api/renders", headers=key).status_code == 200
    refused = ada.client.post("/api/render/submit", headers=key, json={"upload_id": "0" * 26})
    assert code_of(refused) == (403, "NOT_ALLOWED")
    assert json_of(refused)["error"]["details"] == {"scope": "render"}


def test_a_key_that_may_render_may_read(known: Callable[..., Caller]) -> None:
    made = known().post("/api/user/keys", json={**_asking("uploader"), "scopes": ["render"]})
    assert json_of(made)["scopes"] == ["read", "render"]


def test_a_key_needs_a_scope_that_there_is(known: Callable[..., Caller]) -> None:
    ada = known()
    for scopes in ([], ["admin"], "read", ["read", "read", "read"]):
        answer = ada.post("/api/user/keys", json={**_asking("x"), "scopes": scopes})
        assert code_of(answer) == (422, "VALIDATION_ERROR")


def test_its_last_use_is_told(known: Callable[..., Caller]) -> None:
    ada = known()
    _, key = _make(ada)
    ada.client.get("/api/user/profile", headers=key)
    assert json_of(ada.get("/api/user/keys"))["items"][0]["last_used_at"]


def test_a_revoked_key_does_nothing(known: Callable[..., Caller]) -> None:
    ada = known()
    key_id, key = _make(ada)
    assert ada.delete(f"/api/user/keys/{key_id}").status_code == 204
    assert code_of(ada.client.get("/api/user/profile", headers=key)) == (401, "NOT_AUTHENTICATED")
    assert code_of(ada.delete(f"/api/user/keys/{key_id}")) == (404, "NOT_FOUND")
    assert json_of(ada.get("/api/user/keys"))["total"] == 0


def test_a_key_of_somebody_else_is_not_found(known: Callable[..., Caller]) -> None:
    ada = known()
    key_id, key = _make(ada)
    assert code_of(known().delete(f"/api/user/keys/{key_id}")) == (404, "NOT_FOUND")
    assert ada.client.get("/api/user/profile", headers=key).status_code == 200


def test_an_unknown_key_is_refused(known: Callable[..., Caller]) -> None:
    ada = known()
    _make(ada)
    answer = ada.client.get("/api/user/profile", headers={"X-API-Key": "oriel_é"})
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")


def test_a_key_does_not_change_the_account(known: Callable[..., Caller]) -> None:
    ada = known()
    _, key = _make(ada)
    for method, path in (
        ("PUT", "/api/user/profile"),
        ("POST", "/api/user/keys"),
        ("DELETE", "/api/user/sessions"),
        ("POST", "/api/auth/logout"),
    ):
        answer = ada.client.open(path, method=method, headers=key, json={})
        assert code_of(answer) == (401, "NOT_AUTHENTICATED")
        assert json_of(answer)["error"]["message"].startswith("An API key cannot do this. Please sign in")


def test_a_token_counts_where_a_key_comes_along(known: Callable[..., Caller]) -> None:
    ada = known()
    _, key = _make(ada)
    assert ada.put("/api/user/profile", headers=key, json={"name": "x"}).status_code == 200


def test_a_closed_account_has_no_keys(app: APIFlask, known: Callable[..., Caller]) -> None:
    ada = known()
    _, key = _make(ada)
    with app.app_context():
        disable_user(ada.user_id)
    assert code_of(ada.client.get("/api/user/profile", headers=key)) == (403, "ACCOUNT_DISABLED")


def test_who_is_not_confirmed_makes_no_keys(known: Callable[..., Caller]) -> None:
    answer = known(confirmed=False).post("/api/user/keys", json=_asking("x"))
    assert code_of(answer) == (403, "EMAIL_NOT_VERIFIED")


def test_twenty_keys_are_enough(known: Callable[..., Caller]) -> None:
    ada = known()
    for number in range(20):
        _make(ada, f"key {number}")
    assert code_of(ada.post("/api/user/keys", json=_asking("one more"))) == (409, "CONFLICT")


def test_a_key_needs_a_name(known: Callable[..., Caller]) -> None:
    for name in ("", "  ", "x" * 81, "a\x00b", 5):
        assert code_of(known().post("/api/user/keys", json=_asking(name))) == (422, "VALIDATION_ERROR")


def test_a_key_wants_the_password(known: Callable[..., Caller]) -> None:
    ada = known()
    assert code_of(ada.post("/api/user/keys", json={"name": "x"})) == (422, "VALIDATION_ERROR")
    assert code_of(ada.post("/api/user/keys", json=_asking("x", OTHER_PASSWORD))) == (422, "INVALID_CREDENTIALS")
    assert json_of(ada.get("/api/user/keys"))["total"] == 0


def test_guessing_the_password_for_a_key_has_to_wait(known: Callable[..., Caller]) -> None:
    ada = known()
    for _ in range(6):
        ada.post("/api/user/keys", json=_asking("x", OTHER_PASSWORD))
    assert code_of(ada.post("/api/user/keys", json=_asking("x"))) == (429, "RATE_LIMITED")
