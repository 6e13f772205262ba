"""What ends or counts sessions and keys touches one account, in its own state, and says so in its activity."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from sqlalchemy import select
from tests.functional.accounts.person import PASSWORD
from tests.functional.caller import Caller

from oriel.accounts import keys, operators
from oriel.accounts import sessions as user_sessions
from oriel.accounts.access import Proof, Who, allow, current_proof, is_operator
from oriel.accounts.models import ROLE_ADMIN, ROLE_USER, Activity, ApiKey, User, UserSession
from oriel.accounts.origin import Origin
from oriel.accounts.scopes import Scope
from oriel.accounts.sessions import refresh_session
from oriel.accounts.tokens import Claims
from oriel.errors import Conflict, NotAuthenticated, NotFound, WeakPassword, WrongLogin
from oriel.infra.clock import clock, now
from oriel.infra.database import db, writing
from oriel.infra.ids import new_id

MakeCaller = Callable[..., Caller]
HOME = Origin("192.0.2.1", "Browser")


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> Iterator[None]:
    with app.app_context():
        yield


def a_session(user_id: str, **columns: Any) -> UserSession:  # noqa: ANN401
    with writing() as session:
        begun = UserSession(**{"user_id": user_id, "expires_at": now() + timedelta(days=1), **columns})
        session.add(begun)
    return begun


def a_key(user_id: str, **columns: Any) -> ApiKey:  # noqa: ANN401
    with writing() as session:
        key = ApiKey(**{"user_id": user_id, "name": "studio", "prefix": "", "secret_hash": new_id(), **columns})
        session.add(key)
    return key


def activity_of(user_id: str) -> list[tuple[str, dict[str, object]]]:
    query = select(Activity).where(Activity.user_id == user_id).order_by(Activity.id)
    return [(line.kind, line.details) for line in db.session.scalars(query)]


def ended(*found: UserSession) -> list[str | None]:
    db.session.expire_all()
    return [each.ended_because for each in found]


def test_of_all_sessions_one_users_live_ones_end(caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    mine, kept, others = a_session(ada.user_id), a_session(ada.user_id), a_session(bob.user_id)
    before = a_session(ada.user_id, ended_at=now() - timedelta(days=1), ended_because="logout")
    with writing() as session:
        # One more is that of the caller.
        assert user_sessions.end_sessions(session, ada.user_id, because="test", but=kept.id) == 2
    assert ended(mine, kept, others, before) == ["test", None, None, "logout"]


def test_live_sessions_are_ones_own_and_listed_from_the_newest(caller: MakeCaller) -> None:
    ada = caller().user_id
    with writing() as session:
        user_sessions.end_sessions(session, ada, because="test")
    at = now()
    last, first, second = (
        a_session(ada, id=name * 26, created_at=at - timedelta(seconds=age)).id
        for name, age in (("z", 60), ("b", 0), ("a", 0))
    )
    a_session(caller().user_id)
    a_session(ada, expires_at=now() - timedelta(seconds=1))
    a_session(ada, ended_at=now())
    found = db.session.scalars(user_sessions.live_sessions(ada)).all()
    assert [each.id for each in found] == [first, second, last]


def test_ending_sessions_is_written_to_the_activity(caller: MakeCaller) -> None:
    ada = caller()
    first, second, third = (a_session(ada.user_id) for _ in range(3))
    user_sessions.log_out(ada.user_id, first.id, HOME)
    user_sessions.end_session(ada.user_id, second.id, HOME)
    user_sessions.end_other_sessions(ada.user_id, third.id, HOME)
    assert ended(first, second, third) == ["logout", "ended by its user", None]
    assert activity_of(ada.user_id) == [
        ("logout", {}),
        ("session_ended", {"session_id": second.id}),
        ("sessions_ended", {"count": 1}),
    ]
    with pytest.raises(NotFound):
        user_sessions.end_session(ada.user_id, second.id, HOME)


def test_a_renewal_turns_its_own_session(caller: MakeCaller) -> None:
    ada, bob = caller(), caller()
    other = a_session(bob.user_id)
    mine = a_session(ada.user_id)
    first = mine.refresh_id
    clock.shift(timedelta(hours=1))
    turned = refresh_session(Claims(ada.user_id, mine.id, first), HOME)
    assert (turned.id, turned.previous_refresh_id) == (mine.id, first)
    assert turned.refresh_id != first
    assert (turned.address, turned.user_agent) == (HOME.address, HOME.user_agent)
    assert turned.last_used_at - turned.created_at >= timedelta(hours=1)
    assert turned.last_used_at == turned.refreshed_at
    assert db.session.get_one(UserSession, other.id).previous_refresh_id is None


def test_a_renewal_lengthens_no_session_beyond_half_a_year(caller: MakeCaller) -> None:
    ada, began = caller(), now() - timedelta(days=160)
    mine = a_session(ada.user_id, created_at=began)
    assert refresh_session(Claims(ada.user_id, mine.id, mine.refresh_id), HOME).expires_at == began + timedelta(
        days=180
    )


def test_the_token_before_is_good_for_ten_seconds(caller: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = caller()
    mine = a_session(ada.user_id)
    claims = Claims(ada.user_id, mine.id, mine.refresh_id)
    turned_at = refresh_session(claims, HOME).refreshed_at
    following = refresh_session(claims, HOME).refresh_id
    end = turned_at + timedelta(seconds=10)
    monkeypatch.setattr(user_sessions, "now", lambda: end - timedelta(microseconds=1))
    assert refresh_session(claims, HOME).refresh_id == following
    monkeypatch.setattr(user_sessions, "now", lambda: end)
    with pytest.raises(NotAuthenticated):
        refresh_session(claims, HOME)
    assert ended(mine) == ["reused"]


@pytest.mark.parametrize("gone", ["ended", "expired", "another's", "unknown"])
def test_a_token_of_a_session_that_is_over_renews_nothing_and_is_no_theft(caller: MakeCaller, gone: str) -> None:
    ada, bob = caller(), caller()
    columns = {"ended": {"ended_at": now()}, "expired": {"expires_at": now()}}.get(gone, {})
    mine = a_session(ada.user_id, **columns)
    claims = Claims(
        bob.user_id if gone == "another's" else ada.user_id, new_id() if gone == "unknown" else mine.id, mine.refresh_id
    )
    with pytest.raises(NotAuthenticated):
        refresh_session(claims, HOME)
    assert ended(mine) == [None]
    assert activity_of(ada.user_id) == activity_of(bob.user_id) == []


def test_a_token_that_comes_back_names_the_session_that_it_ended(caller: MakeCaller) -> None:
    ada = caller()
    mine = a_session(ada.user_id)
    with pytest.raises(NotAuthenticated):
        refresh_session(Claims(ada.user_id, mine.id, new_id()), HOME)
    assert ended(mine) == ["reused"]
    assert activity_of(ada.user_id) == [("session_reused", {"session_id": mine.id})]


def test_keys_are_listed_for_their_owner_from_the_newest(caller: MakeCaller) -> None:
    ada, at = caller().user_id, now()
    last, first, second = (
        a_key(ada, id=name * 26, created_at=at - timedelta(seconds=age)).id
        for name, age in (("z", 60), ("b", 0), ("a", 0))
    )
    a_key(ada, revoked_at=now())
    a_key(caller().user_id)
    assert [key.id for key in db.session.scalars(keys.keys_of(ada))] == [first, second, last]


def test_all_keys_of_one_user_are_revoked(caller: MakeCaller) -> None:
    ada, bob, long_ago = caller().user_id, caller().user_id, now() - timedelta(days=1)
    mine, others = [a_key(ada), a_key(ada)], a_key(bob)
    before = a_key(ada, revoked_at=long_ago)
    with writing() as session:
        assert keys.revoke_keys(session, ada) == 2
    db.session.expire_all()
    assert all(key.revoked_at for key in mine)
    assert (others.revoked_at, before.revoked_at) == (None, long_ago)


def test_the_keys_of_others_and_revoked_ones_do_not_count(
    known: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "MOST_KEYS", 2)
    ada = known()
    for _ in range(2):
        a_key(known().user_id)
        a_key(ada.user_id, revoked_at=now())
    user = db.session.get_one(User, ada.user_id)
    for name in (" first ", "second"):
        key, secret = keys.make_own_key(user, name, password=PASSWORD, session_id=ada.session_id, origin=HOME)
        assert (key.name, key.prefix) == (name.strip(), secret[:12])
        assert secret.startswith("oriel_")
    with pytest.raises(Conflict) as caught:
        keys.make_own_key(user, "third", password=PASSWORD, session_id=ada.session_id, origin=HOME)
    assert caught.value.details == {"most": 2}


def test_a_password_that_was_changed_meanwhile_makes_no_key(
    known: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = known()
    monkeypatch.setattr(keys, "prove", lambda *_: "the hash of another password")
    with pytest.raises(WrongLogin):
        keys.make_own_key(
            db.session.get_one(User, ada.user_id), "studio", password=PASSWORD, session_id=ada.session_id, origin=HOME
        )


def test_making_and_revoking_a_key_is_written_to_the_activity(known: Callable[..., Caller]) -> None:
    ada = known()
    key, _ = keys.make_own_key(
        db.session.get_one(User, ada.user_id), "studio", password=PASSWORD, session_id=ada.session_id, origin=HOME
    )
    keys.revoke_key(ada.user_id, key.id, HOME)
    details = {"key_id": key.id, "name": "studio"}
    assert activity_of(ada.user_id) == [("key_created", details), ("key_revoked", details)]
    with pytest.raises(NotFound):
        keys.revoke_key(ada.user_id, new_id(), HOME)


def test_a_new_operator_is_nobody_else(caller: MakeCaller) -> None:
    ada = caller()
    root = operators.create_admin("root@example.com", PASSWORD)
    db.session.expire_all()
    assert root.id != ada.user_id
    assert db.session.get_one(User, ada.user_id).role == ROLE_USER
    assert activity_of(root.id) == [("role_admin", {})]


def test_a_password_of_ones_own_address_is_too_weak_for_an_operator() -> None:
    with pytest.raises(WeakPassword):
        operators.create_admin("lantern.violet@example.com", "lantern.violet@example.com")


def test_an_account_that_becomes_an_operators_is_open_and_has_nothing_of_before(caller: MakeCaller) -> None:
    ada = caller()
    confirmed_at = now() - timedelta(days=9)
    key = a_key(ada.user_id)
    with writing() as session:
        user = session.get_one(User, ada.user_id)
        user.email_verified_at, user.disabled_at, user.pending_email = confirmed_at, now(), "thief@example.com"
    operators.create_admin(ada.email, PASSWORD)
    db.session.expire_all()
    assert user.email_verified_at == confirmed_at
    assert user.disabled_at is None
    assert user.pending_email is None
    assert ended(db.session.get_one(UserSession, ada.session_id)) == ["made admin"]
    assert key.revoked_at


def test_a_closed_account_begins_again_without_its_sessions(caller: MakeCaller) -> None:
    ada = caller()
    operators.disable_user(ada.user_id)
    closed_at = db.session.get_one(User, ada.user_id).disabled_at
    assert closed_at
    operators.disable_user(ada.user_id)
    db.session.expire_all()
    assert db.session.get_one(User, ada.user_id).disabled_at == closed_at
    operators.enable_user(ada.user_id)
    db.session.expire_all()
    assert db.session.get_one(User, ada.user_id).disabled_at is None
    assert ada.get("/api/user/profile").status_code == 401
    kinds = [kind for kind, _ in activity_of(ada.user_id)]
    assert kinds == ["account_disabled", "account_disabled", "account_enabled"]


def test_a_proof_names_the_session_or_the_key(app: APIFlask, known: Callable[..., Caller]) -> None:
    ada = known()
    key, secret = keys.make_own_key(
        db.session.get_one(User, ada.user_id), "studio", password=PASSWORD, session_id=ada.session_id, origin=HOME
    )
    proof = allow(Who.USER, keys=Scope.READ)(current_proof)
    for headers, expected in (
        (ada.headers, Proof(ada.user_id, ada.session_id, None)),
        ({"X-API-Key": secret}, Proof(ada.user_id, None, key.id)),
    ):
        with app.test_request_context(headers=headers):
            assert proof() == expected


def test_what_is_for_operators_is_not_for_their_keys(app: APIFlask, caller: MakeCaller) -> None:
    root = caller(role=ROLE_ADMIN)
    key = {"X-API-Key": root.key()[1]}

    @allow(Who.ADMIN)
    def act() -> str:
        return "done"

    with app.test_request_context(headers=root.headers):
        assert act() == "done"
        assert is_operator()
    with app.test_request_context(headers=key):
        with pytest.raises(NotAuthenticated):
            act()
        assert not is_operator()
    with app.test_request_context(headers={**key, "Authorization": "Bearer none"}):
        assert not is_operator()
