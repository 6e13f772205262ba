"""Each route lets in whom its `x-access` declares and nobody else: asked of the document, so that none is forgotten."""

from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.api.operations import Operation, operations
from tests.functional.caller import Caller
from tests.functional.media.files import uploaded
from werkzeug.test import TestResponse

from oriel.accounts.access import Who
from oriel.accounts.models import ROLE_ADMIN, User, UserSession
from oriel.accounts.scopes import Scope
from oriel.accounts.tokens import refresh_token
from oriel.infra.clock import now
from oriel.infra.database import db, writing

MakeCaller = Callable[..., Caller]

LET_IN = "let in"
NOBODY = "0" * 26


def outcome(answer: TestResponse) -> str:
    """Return the code by which somebody is kept out, or that they were let in."""
    kept_out = answer.status_code in (401, 403)
    code = (answer.json or {})["error"]["code"] if kept_out else LET_IN
    answer.close()
    return str(code)


def path_of(operation: Operation, ids: dict[str, str] | None = None) -> str:
    return operation.path.format(**{name: (ids or {}).get(name, NOBODY) for name in operation.ids})


def ask(by: Caller, operation: Operation, ids: dict[str, str] | None = None) -> TestResponse:
    """Call a route with nothing but the right to call it; what ends sessions wants the token that lives as long."""
    headers = {"Authorization": f"Bearer {_refresh_token(by)}"} if operation.access is Who.SESSION else {}
    body = {"json": BODIES[str(operation)]} if str(operation) in BODIES else {}
    return by._send(operation.method, path_of(operation, ids), headers=headers, **body)


def _refresh_token(by: Caller) -> str:
    with by.client.application.app_context():
        return refresh_token(by.user_id, by.session_id, db.session.get_one(UserSession, by.session_id).refresh_id)


def expected(app: APIFlask, outcome_of: Callable[[Operation], str]) -> dict[str, str]:
    return {str(operation): outcome_of(operation) for operation in operations(app)}


def test_the_document_names_a_proof_exactly_where_somebody_must_be_known(app: APIFlask) -> None:
    proofs = {Who.ANYONE: set(), Who.SESSION: {"bearer", "refresh_cookie"}, Who.ADMIN: {"bearer"}}
    for operation in operations(app):
        assert operation.schemes in (proofs.get(operation.access, {"bearer"}), {"bearer", "key"}), operation
        assert "key" not in operation.schemes or operation.access in (Who.USER, Who.CONFIRMED), operation


def test_somebody_unknown_is_let_in_where_anybody_is(app: APIFlask, client: FlaskClient) -> None:
    found = {str(each): outcome(client.open(path_of(each), method=each.method)) for each in operations(app)}
    assert found == expected(app, lambda each: LET_IN if each.access is Who.ANYONE else "NOT_AUTHENTICATED")


def test_a_customer_is_let_in_but_where_operators_are(app: APIFlask, caller: MakeCaller) -> None:
    found = {str(each): outcome(ask(caller(), each)) for each in operations(app)}
    assert found == expected(app, lambda each: "NOT_ALLOWED" if each.access is Who.ADMIN else LET_IN)


def test_an_unconfirmed_customer_is_kept_from_what_wants_a_confirmed_address(app: APIFlask, caller: MakeCaller) -> None:
    found = {str(each): outcome(ask(caller(confirmed=False), each)) for each in operations(app)}
    kept_out = {Who.ADMIN: "NOT_ALLOWED", Who.CONFIRMED: "EMAIL_NOT_VERIFIED"}
    assert found == expected(app, lambda each: kept_out.get(each.access, LET_IN))


def test_an_operator_is_let_in_everywhere(app: APIFlask, caller: MakeCaller) -> None:
    found = {str(each): outcome(ask(caller(role=ROLE_ADMIN), each)) for each in operations(app)}
    assert found == expected(app, lambda each: LET_IN)


@pytest.mark.parametrize("role", ["user", ROLE_ADMIN])
def test_somebody_whose_account_is_closed_is_kept_out(app: APIFlask, caller: MakeCaller, role: str) -> None:
    found = {str(each): outcome(ask(_closed(caller(role=role)), each)) for each in operations(app)}
    assert found == expected(app, lambda each: LET_IN if each.access is Who.ANYONE else "ACCOUNT_DISABLED")


def test_a_route_that_admits_keys_names_their_scope(app: APIFlask) -> None:
    for operation in operations(app):
        assert ("key" in operation.schemes) == (operation.scope is not None), operation
        # What changes something is nothing for a key that may only read.
        assert operation.scope is not Scope.READ or operation.method == "GET" or str(operation) in CHANGES_NOTHING


def test_a_key_does_what_its_scopes_say(app: APIFlask, caller: MakeCaller) -> None:
    scopes = tuple(Scope)
    for scope in scopes:
        found = {str(each): outcome(_ask_with_key(caller(), each, scope)) for each in operations(app) if each.scope}
        others = {str(each): LET_IN if each.scope is scope else "NOT_ALLOWED" for each in operations(app) if each.scope}
        assert found == others


@pytest.mark.parametrize("role", ["user", ROLE_ADMIN])
def test_a_key_opens_only_what_says_so(app: APIFlask, caller: MakeCaller, role: str) -> None:
    found = {str(each): outcome(_ask_with_key(caller(role=role), each)) for each in operations(app)}
    opened = expected(app, lambda each: LET_IN if not each.schemes or "key" in each.schemes else "NOT_AUTHENTICATED")
    assert found == opened


def test_what_somebody_owns_is_found_by_its_owner_alone(app: APIFlask, caller: MakeCaller) -> None:
    # Projects have more roles: tests/functional/projects/test_access.py.
    own = [each for each in operations(app) if "x-project-right" not in each.spec]
    about_something = [each for each in own if each.ids and each.access is not Who.ANYONE]
    assert len(about_something) >= 10
    for operation in about_something:
        owner = caller()
        ids = {name: OWNED[name](owner) for name in operation.ids}
        for stranger in (caller(), caller(role=ROLE_ADMIN)):
            assert ask(stranger, operation, ids).status_code == 404, operation
        answer = ask(owner, operation, ids)
        # A render that still waits is there, though its video is not.
        assert answer.status_code < 300 or answer.status_code == 409, (operation, answer.text)
        answer.close()


def _closed(customer: Caller) -> Caller:
    with customer.client.application.app_context(), writing() as session:
        session.get_one(User, customer.user_id).disabled_at = now()
    return customer


def _ask_with_key(customer: Caller, operation: Operation, *scopes: Scope) -> TestResponse:
    headers = {"X-API-Key": customer.key(*scopes)[1]}
    return customer.client.open(path_of(operation), method=operation.method, headers=headers)


def _payment(owner: Caller) -> str:
    opened = owner.post("/api/payments/create-session", json={"kind": "render"})
    return str((opened.json or {})["session_id"])


def _render(owner: Caller) -> str:
    answer = owner.post("/api/render/submit", json={"upload_id": uploaded(owner)})
    assert answer.status_code == 202, answer.text
    return str((answer.json or {})["id"])


def _resumable(owner: Caller) -> str:
    headers = {"Upload-Length": "1000", "Upload-Metadata": "filename c29uZy53YXY="}
    return str((owner.post("/api/uploads/resumable", headers=headers).json or {})["id"])


CHANGES_NOTHING = ("POST /api/render/events/ticket", "POST /api/projects/settings")
# How each thing that a path may name comes to be: a new name in a path wants a line here.
# Where nothing can be said without a body.
BODIES: dict[str, dict[str, object]] = {
    "PATCH /api/user/second-factor/passkeys/{passkey_id}": {"name": "Blue key"},
}
OWNED: dict[str, Callable[[Caller], str]] = {
    "job_id": _render,
    "upload_id": uploaded,
    "resumable_id": _resumable,
    "session_id": lambda owner: owner.session_id,
    "checkout_session_id": _payment,
    "key_id": lambda owner: owner.key()[0],
    "passkey_id": lambda owner: owner.passkey(),
}
