"""A relay in front of the service that keeps back the answers to one address until it is told to let them go."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
from tests.render.service import PATIENCE_S, TLS

# They belong to one connection, and httpx has unpacked the body.
_OF_ONE_CONNECTION = {"connection", "transfer-encoding", "content-encoding", "content-length", "keep-alive"}


class SlowAnswers:
    """The relay; `url` stands for the service's own."""

    def __init__(self, service: str, held: str) -> None:
        self.is_held = threading.Event()
        self.may_go = threading.Event()
        self.may_go.set()
        relay = self

        class Handler(BaseHTTPRequestHandler):
            def _relay(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                # Some of the browser's compressions are none of ours.
                address, headers = f"{service}{self.path}", {**self.headers, "Accept-Encoding": "identity"}
                answer = httpx.request(
                    self.command, address, headers=headers, content=body, verify=TLS, timeout=PATIENCE_S
                )
                if self.path == held and not relay.may_go.is_set():
                    relay.is_held.set()
                    relay.may_go.wait(PATIENCE_S)
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._answer(answer)

            def _answer(self, answer: httpx.Response) -> None:
                self.send_response(answer.status_code)
                for name, value in answer.headers.multi_items():
                    if name not in _OF_ONE_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = _relay  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Say nothing: the service's own log has every request."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    @classmethod
    @contextlib.contextmanager
    def to(cls, service: str, held: str) -> Iterator["SlowAnswers"]:
        """Run a relay to a service that can hold the answers of one path."""
        relay = cls(service, held)
        thread = threading.Thread(target=relay.server.serve_forever, daemon=True)
        thread.start()
        try:
            yield relay
        finally:
            relay.may_go.set()
            relay.server.shutdown()
            relay.server.server_close()
            thread.join()

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Hold the answers; afterwards let them go."""
        self.is_held.clear()
        self.may_go.clear()
        yield
        self.may_go.set()
