"""What lets somebody in, for how long, and for whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from tests.functional.accounts.person import code_of, json_of
from tests.functional.caller import Caller

from oriel.accounts.access import Proof, is_still_good
from oriel.accounts.models import ApiKey, User, UserSession
from oriel.accounts.tokens import access_token
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing

MakeCaller = Callable[..., Caller]


def changed(app: APIFlask, model: type[ApiKey | User | UserSession], row_id: str, column: str) -> None:
    with app.app_context(), writing() as session:
        setattr(session.get_one(model, row_id), column, now())


def good(app: APIFlask, proof: Proof) -> bool:
    with app.app_context():
        return is_still_good(proof)


@pytest.mark.parametrize("column", ["ended_at", "expires_at"])
def test_a_session_proves_until_it_ends_or_expires(app: APIFlask, caller: MakeCaller, column: str) -> None:
    ada = caller()
    proof = Proof(ada.user_id, ada.session_id, None)
    assert good(app, proof)
    changed(app, UserSession, ada.session_id, column)
    assert not good(app, proof)


def test_a_key_proves_until_it_is_revoked(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    key_id, _ = ada.key()
    ada.key()
    assert good(app, Proof(ada.user_id, None, key_id))
    changed(app, ApiKey, key_id, "revoked_at")
    assert not good(app, Proof(ada.user_id, None, key_id))


def test_a_proof_ends_with_its_account(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    proofs = [Proof(ada.user_id, ada.session_id, None), Proof(ada.user_id, None, ada.key()[0])]
    assert all(good(app, proof) for proof in proofs)
    changed(app, User, ada.user_id, "disabled_at")
    assert not any(good(app, proof) for proof in proofs)


def test_a_session_or_key_of_somebody_else_proves_nothing(app: APIFlask, caller: MakeCaller) -> None:
    ada, eve = caller(), caller()
    assert not good(app, Proof(eve.user_id, ada.session_id, None))
    assert not good(app, Proof(eve.user_id, None, ada.key()[0]))


def test_a_token_that_names_somebody_elses_session_is_refused(app: APIFlask, caller: MakeCaller) -> None:
    ada, eve = caller(), caller()
    with app.app_context():
        token = access_token(eve.user_id, ada.session_id)
    answer = eve.get("/api/user/profile", headers={"Authorization": f"Bearer {token}"})
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize("path", ["/api/user/sessions", "/api/auth/logout"])
def test_somebody_with_neither_token_nor_key_is_asked_to_log_in(app: APIFlask, path: str) -> None:
    answer = app.test_client().open(path, method="DELETE" if "user" in path else "POST")
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")
    assert json_of(answer)["error"]["message"].startswith("Please sign in: the access token is missing")


def test_a_token_of_a_session_that_is_gone_is_refused(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    with app.app_context():
        token = access_token(ada.user_id, "0" * 26)
    answer = ada.get("/api/user/profile", headers={"Authorization": f"Bearer {token}"})
    assert code_of(answer) == (401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize("column", ["ended_at", "expires_at"])
def test_a_token_ends_with_its_session(app: APIFlask, caller: MakeCaller, column: str) -> None:
    ada = caller()
    assert ada.get("/api/user/profile").status_code == 200
    changed(app, UserSession, ada.session_id, column)
    assert code_of(ada.get("/api/user/profile")) == (401, "NOT_AUTHENTICATED")


def test_the_use_of_a_key_is_written_every_ten_minutes(app: APIFlask, caller: MakeCaller) -> None:
    ada = caller()
    key_id, secret = ada.key()
    other_id, _ = ada.key()

    def used_at(each: str) -> object:
        assert ada.client.get("/api/user/profile", headers={"X-API-Key": secret}).status_code == 200
        with app.app_context():
            return db.session.get_one(ApiKey, each).last_used_at

    first = used_at(key_id)
    assert first
    clock.shift(timedelta(minutes=9))
    assert used_at(key_id) == first
    clock.shift(timedelta(minutes=1))
    assert used_at(key_id) != first
    assert used_at(other_id) is None
