"""WebSockets: what a page is told, and when it hears no more."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
import simple_websocket
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob
from tests.websocket import open_websocket
from werkzeug.serving import BaseWSGIServer, make_server

from oriel.accounts.keys import revoke_key
from oriel.accounts.operators import disable_user
from oriel.accounts.origin import Origin
from oriel.accounts.sessions import end_sessions
from oriel.billing.fulfilment import sync_payment
from oriel.infra.database import db, writing
from oriel.infra.events import Listeners, publish
from oriel.infra.websocket import PushSocket
from oriel.rendering import events

PATIENCE_S = 120
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five seconds are long for a test."""
    monkeypatch.setattr(events, "_CHECK_S", 0.05)
    monkeypatch.setattr(events, "_LOOK_S", 0.05)


@pytest.fixture
def address(app: APIFlask) -> Iterator[str]:
    """Where the application listens."""
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    yield f"127.0.0.1:{running.port}/api/render/events"
    _stop(running, thread)


def test_a_page_is_told_of_its_renders(address: str, caller: Callable[..., Caller], make_job: MakeJob) -> None:
    ada = caller()
    job = make_job(ada.user_id)
    make_job()
    with listening(address, ticket(ada)) as socket:
        told = json.loads(socket.receive(PATIENCE_S))
        assert (told["type"], told["id"], told["status"]) == ("render", job.id, "queued")
        assert socket.receive(0.2) is None


def test_a_page_is_told_of_its_payments(address: str, app: APIFlask, caller: Callable[..., Caller]) -> None:
    ada, bob = caller(), caller()
    with listening(address, ticket(ada)) as socket, listening(address, ticket(bob)) as others:
        session_id = paid(app, ada, kind="render")
        told = until(socket, "payment", status="completed")
        assert told == {"type": "payment", **(ada.get(f"/api/payments/status/{session_id}").json or {})}
        assert others.receive(0.3) is None


def test_a_page_that_begins_to_listen_is_told_of_payments_that_wait(
    address: str, caller: Callable[..., Caller]
) -> None:
    ada = caller()
    opened = ada.post("/api/payments/create-session", json={"kind": "render"}).json or {}
    with listening(address, ticket(ada)) as socket:
        told = json.loads(socket.receive(PATIENCE_S))
        assert (told["type"], told["session_id"], told["status"]) == ("payment", opened["session_id"], "pending")


def test_a_page_is_told_of_its_plan_once_it_changes(address: str, app: APIFlask, caller: Callable[..., Caller]) -> None:
    ada = caller()
    with listening(address, ticket(ada)) as socket:
        paid(app, ada, kind="subscription", plan="pro")
        told = until(socket, "subscription", plan="pro")
        assert told == {"type": "subscription", **(ada.get("/api/billing/subscription").json or {})}


def test_a_plan_that_is_the_same_is_no_news(address: str, caller: Callable[..., Caller]) -> None:
    ada = caller()
    with listening(address, ticket(ada)) as socket:
        assert socket.receive(0.3) is None
        publish(ada.user_id, "subscription", "sub_1")
        assert socket.receive(0.5) is None


def test_without_redis_payments_and_plans_are_looked_up(
    address: str, app: APIFlask, caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listeners, "_hand_on", lambda *_: None)
    monkeypatch.setattr(Listeners, "is_connected", property(lambda _: False, lambda *_: None), raising=False)
    ada = caller()
    with listening(address, ticket(ada)) as socket:
        opened = ada.post("/api/payments/create-session", json={"kind": "subscription", "plan": "pro"}).json or {}
        assert until(socket, "payment", status="pending")["session_id"] == opened["session_id"]
        pay(app, opened["session_id"])
        told = [json.loads(socket.receive(PATIENCE_S)) for _ in range(2)]
        assert {(each["type"], each["status"]) for each in told} == {
            ("payment", "completed"),
            ("subscription", "active"),
        }


def test_what_redis_has_lost_is_told_later(
    address: str, caller: Callable[..., Caller], make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listeners, "_hand_on", lambda *_: None)
    monkeypatch.setattr(Listeners, "is_connected", property(lambda _: True, lambda *_: None), raising=False)
    monkeypatch.setattr(events, "_LOOK_AGAIN_S", 0.05)
    ada = caller()
    with listening(address, ticket(ada)) as socket:
        assert socket.receive(0.2) is None
        job = make_job(ada.user_id)
        assert json.loads(socket.receive(PATIENCE_S))["id"] == job.id


def test_the_end_of_a_socket_is_no_error_to_gunicorn() -> None:
    with pytest.raises(StopIteration):
        events._Ended(by_gunicorn=True)({}, None)


def paid(app: APIFlask, by: Caller, **wanted: str) -> str:
    """Open a payment page and pay it; return its id."""
    opened = by.post("/api/payments/create-session", json=wanted).json or {}
    pay(app, opened["session_id"])
    return str(opened["session_id"])


def pay(app: APIFlask, session_id: str) -> None:
    app.extensions["oriel.payments"].pay(session_id)
    with app.app_context():
        sync_payment(session_id)


def until(socket: Any, kind: str, **expected: str) -> dict[str, Any]:  # noqa: ANN401
    """Return the first message of this kind that says so."""
    while True:
        told: dict[str, Any] = json.loads(socket.receive(PATIENCE_S))
        if told["type"] == kind and all(told[name] == value for name, value in expected.items()):
            return told


def test_nothing_is_sent_while_a_connection_of_the_database_is_held(
    address: str, caller: Callable[..., Caller], make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = caller()
    make_job(ada.user_id)
    held: list[int] = []
    send = PushSocket.send
    pool: Any = db.engine.pool

    def watched(self: PushSocket, data: str) -> None:
        held.append(pool.checkedout())
        send(self, data)

    monkeypatch.setattr(PushSocket, "send", watched)
    opened = ticket(ada)
    # This test's own.
    db.session.rollback()
    with listening(address, opened) as socket:
        assert socket.receive(PATIENCE_S)
    assert held == [0]


def _log_out(ada: Caller) -> None:
    assert ada.post("/api/auth/logout").status_code == 204


def _change_password(ada: Caller) -> None:
    with writing() as session:
        end_sessions(session, ada.user_id, because="password changed")


def _be_disabled(ada: Caller) -> None:
    disable_user(ada.user_id)


@pytest.mark.parametrize("end", [_log_out, _change_password, _be_disabled])
def test_a_socket_ends_with_its_session(address: str, caller: Callable[..., Caller], end: Callable[..., None]) -> None:
    ada = caller()
    with listening(address, ticket(ada)) as socket:
        assert socket.receive(0.3) is None
        end(ada)
        with pytest.raises(simple_websocket.ConnectionClosed):
            socket.receive(PATIENCE_S)


def test_a_socket_ends_with_the_key_that_opened_it(address: str, caller: Callable[..., Caller]) -> None:
    ada = caller()
    key_id, secret = ada.key()
    answer = ada.client.post("/api/render/events/ticket", headers={"X-API-Key": secret})
    with listening(address, str((answer.json or {})["ticket"])) as socket:
        assert socket.receive(0.3) is None
        revoke_key(ada.user_id, key_id, Origin())
        with pytest.raises(simple_websocket.ConnectionClosed):
            socket.receive(PATIENCE_S)


def test_a_ticket_ends_with_its_session(address: str, caller: Callable[..., Caller]) -> None:
    ada = caller()
    kept = ticket(ada)
    _log_out(ada)
    assert refusal(address, kept) == (401, "NOT_AUTHENTICATED")


def test_one_customer_opens_ten_sockets(address: str, caller: Callable[..., Caller]) -> None:
    ada, bob = caller(), caller()
    with ExitStack() as opened:
        for _ in range(10):
            opened.enter_context(listening(address, ticket(ada)))
        assert refusal(address, ticket(ada)) == (429, "RATE_LIMITED")
        with listening(address, ticket(bob)) as socket:
            assert socket.connected


def ticket(by: Caller) -> str:
    answer = by.post("/api/render/events/ticket")
    assert answer.status_code == 200
    return str((answer.json or {})["ticket"])


def refusal(address: str, ticket: str) -> tuple[int, str]:
    """Return how a WebSocket is refused."""
    answer = httpx.get(f"http://{address}?ticket={ticket}", headers=UPGRADE)
    return answer.status_code, answer.json()["error"]["code"]


@contextmanager
def listening(address: str, ticket: str) -> Iterator[Any]:
    """Open a WebSocket; the library leaves its socket to the garbage collector."""
    client = open_websocket(f"ws://{address}?ticket={ticket}")
    try:
        yield client
    finally:
        if client.connected:
            client.close()
        client.thread.join(PATIENCE_S)
        client.sock.close()


def _stop(running: BaseWSGIServer, thread: threading.Thread) -> None:
    running.shutdown()
    thread.join()
    running.server_close()
