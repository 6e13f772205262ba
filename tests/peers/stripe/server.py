"""The HTTP side: keys, idempotency, and the ways in which a network fails."""

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.peers.stripe.account import API_VERSION, Account
from tests.peers.stripe.clock import DAY_S
from tests.peers.stripe.expansion import expanded
from tests.peers.stripe.parameters import checked
from tests.peers.stripe.routes import Route, find_route
from tests.peers.stripe.wire import Obj, Refused, read_form

_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(\.\w+)?")
_LONGEST_KEY = 255


@dataclass(frozen=True)
class Call:
    """A call that arrived, as it came."""

    method: str
    path: str
    form: Obj
    idempotency_key: str | None
    version: str | None


@dataclass
class Reply:
    """What goes back."""

    status: int
    body: Obj
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Kept:
    """The answer to an idempotency key; none yet while the first call is under way."""

    call: tuple[str, str, str]
    at: int
    request_id: str
    reply: Reply | None = None
    done: bool = False


@dataclass
class Troubles:
    """What is wrong with the network or with Stripe at the moment."""

    down: bool = False
    hang_s: float = 0.0
    # How many calls still come through before an answer is lost.
    calls_before_loss: int | None = None
    busy: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def let_go(self) -> None:
        """Answer what hangs now; later calls may hang again."""
        hanging, self.released = self.released, threading.Event()
        hanging.set()


class Server:
    """Answers calls about one account, on a port of its own."""

    def __init__(self, account: Account, key: str) -> None:
        self.account = account
        self.key = key
        self.troubles = Troubles()
        self.calls: list[Call] = []
        self.bugs: list[Exception] = []
        self._kept: dict[str, _Kept] = {}
        self._http: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._holding: socket.socket | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_closed(self) -> bool:
        """Whether it refuses connections."""
        return self._http is None

    def listen(self) -> None:
        """Begin to answer: on the same port as before, if there was one."""
        if self._holding:
            self._holding.close()
            self._holding = None
        self._http = _Http(("127.0.0.1", self.port), _handler(self))
        self.port = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self, *, keep_port: bool = False) -> None:
        """Stop listening; `keep_port` holds the port without answering on it."""
        if self._http is None:
            return
        if not keep_port:
            self.troubles.hang_s = 0.0
            self.troubles.let_go()
        self._http.shutdown()
        self._http.server_close()
        assert self._thread
        self._thread.join()
        self._http = None
        if keep_port:
            # Bound, but nobody listens: connections are refused, and no one else gets the port.
            self._holding = socket.socket()
            self._holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._holding.bind(("127.0.0.1", self.port))

    def forget(self) -> None:
        """Let go of the port that was held."""
        if self._holding:
            self._holding.close()
            self._holding = None

    def answer(self, method: str, path: str, encoded: str, headers: Message) -> Reply:
        """Answer a call, whose parameters are `encoded`."""
        key, version = headers.get("Idempotency-Key"), headers.get("Stripe-Version")
        try:
            call = Call(method, path, read_form(encoded), key, version)
        except Refused as refused:
            return Reply(refused.status, refused.body)
        self.calls.append(call)
        return self._reply(call, encoded, headers.get("Authorization", ""))

    def _reply(self, call: Call, encoded: str, authorization: str) -> Reply:
        request_id = self.account.new_id("req", 14)
        headers = {"Request-Id": request_id, "Stripe-Version": call.version or API_VERSION}
        if call.idempotency_key and call.method == "POST":
            headers["Idempotency-Key"] = call.idempotency_key
        try:
            reply = self._answer(call, encoded, authorization, request_id)
        except Refused as refused:
            reply = Reply(refused.status, refused.body)
        except Exception as bug:  # noqa: BLE001 - a fault of the peer must fail the test that meets it
            self.bugs.append(bug)
            reply = Reply(500, {"error": {"type": "api_error", "message": f"The peer failed: {bug!r}"}})
        return Reply(reply.status, reply.body, {**headers, **reply.headers})

    def _answer(self, call: Call, encoded: str, authorization: str, request_id: str) -> Reply:
        if self.troubles.down:
            raise Refused("Stripe is down.", status=503, kind="api_error")
        self._check_key(authorization)
        if self.troubles.busy > 0:
            self.troubles.busy -= 1
            raise Refused("Request rate limit exceeded.", status=429, code="rate_limit")
        if call.version and not _VERSION.fullmatch(call.version):
            raise Refused(f"Invalid Stripe API version: {call.version}")
        route, names = find_route(call.method, call.path)
        # What fails here was never begun: Stripe keeps no answer for it.
        params = checked(call.form, route.spec)
        with self._once(call, encoded, request_id) as kept:
            if kept.reply is None:
                kept.reply = self._do(call, route, params, names, request_id)
                self._wait()
                return kept.reply
            replayed = {"Idempotent-Replayed": "true", "Original-Request": kept.request_id}
            return Reply(kept.reply.status, kept.reply.body, replayed)

    def _check_key(self, authorization: str) -> None:
        scheme, _, key = authorization.partition(" ")
        if scheme != "Bearer" or not key:
            raise Refused("You did not provide an API key. Set it in the Authorization header.", status=401)
        if key != self.key:
            raise Refused(f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}", status=401)

    @contextlib.contextmanager
    def _once(self, call: Call, encoded: str, request_id: str) -> Iterator[_Kept]:
        key = call.idempotency_key
        fresh = _Kept((call.method, call.path, encoded), self.account.now, request_id)
        kept = fresh if call.method != "POST" or key is None else self._keep(key, fresh)
        yield kept
        kept.done = True

    def _keep(self, key: str, fresh: _Kept) -> _Kept:
        if len(key) > _LONGEST_KEY:
            raise Refused(f"Idempotency keys can have up to {_LONGEST_KEY} characters.", kind="idempotency_error")
        with self.account.lock:
            kept = self._kept.get(key)
            if kept is None or kept.at < self.account.now - DAY_S:
                self._kept[key] = fresh
                return fresh
        _check_same(key, kept.call, fresh.call)
        if not kept.done:
            raise Refused(
                "There is currently another in-progress request using this Idempotent Key (that probably means you "
                f"submitted twice, and the other request is still going through): {key}. Please try again later.",
                status=409,
                code="idempotency_key_in_use",
            )
        return kept

    def _do(self, call: Call, route: Route, params: Obj, names: tuple[str, ...], request_id: str) -> Reply:
        with self.account.lock:
            self.account.request = {"id": request_id, "idempotency_key": call.idempotency_key}
            try:
                answer = route.answer(self.account, params, *names)
                return Reply(200, expanded(self.account, answer, params.get("expand", [])))
            except Refused as refused:
                return Reply(refused.status, refused.body)
            finally:
                self.account.request = {"id": None, "idempotency_key": None}

    def _wait(self) -> None:
        if self.troubles.hang_s:
            self.troubles.released.wait(self.troubles.hang_s)

    def loses_this_answer(self) -> bool:
        """Say whether the answer that is ready never arrives; once, after so many that did."""
        with self.account.lock:
            left = self.troubles.calls_before_loss
            if left is None:
                return False
            self.troubles.calls_before_loss = None if left == 0 else left - 1
            return left == 0


def _check_same(key: str, first: tuple[str, str, str], now: tuple[str, str, str]) -> None:
    if first == now:
        return
    if first[:2] != now[:2]:
        differs = f"for the same endpoint they were first used for ('{first[1]}' vs '{now[1]}')"
    else:
        differs = "with the same parameters they were first used with"
    raise Refused(
        f"Keys for idempotent requests can only be used {differs}. Try using a key other than '{key}' if you meant to "
        "execute a different request.",
        kind="idempotency_error",
    )


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    # Twenty calls at once must find room.
    request_queue_size = 64


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            encoded = body if self.command == "POST" else parts.query
            reply = server.answer(self.command, parts.path, encoded, self.headers)
            if server.loses_this_answer():
                self.close_connection = True
                return
            self._send(reply)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815

        def _send(self, reply: Reply) -> None:
            content = json.dumps(reply.body, indent=2).encode()
            # A client that hung up has its own test.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
