"""A small server that gives the stage its page and its song."""

import contextlib
import mimetypes
import secrets
import shutil
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


class _QuietServer(ThreadingHTTPServer):
    def __init__(self, listener: socket.socket, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(listener.getsockname(), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: the browser tells what it did not get, and standard error is for the user."""


class Loopback:
    """Serves the built frontend and the files of one render, below a path that cannot be guessed.

    `listener` listens on 127.0.0.1, be it in a network other than ours; leaving the server closes it.
    """

    def __init__(self, web: Path, listener: socket.socket) -> None:
        self._web = web.resolve()
        self._token = secrets.token_urlsafe(16)
        self._files: dict[str, Path] = {}
        self._server = _QuietServer(listener, self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="loopback")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        """Return the address of a file of the frontend, such as stage/stage.html."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self._token}/web/{path}"

    def offer(self, name: str, path: Path) -> str:
        """Serve a file under a name and return its address."""
        self._files[name] = path
        return f"http://127.0.0.1:{self._server.server_address[1]}/{self._token}/file/{name}"

    def _find(self, request_path: str) -> Path | None:
        _, token, kind, name = [*request_path.split("?")[0].split("/", 3), "", "", ""][:4]
        # As bytes: compare_digest refuses a text with other characters than ASCII.
        if not secrets.compare_digest(token.encode(), self._token.encode()) or "\0" in name:
            return None
        if kind == "file":
            return self._files.get(name)
        # A name may be too long for any file.
        with contextlib.suppress(OSError):
            path = (self._web / name).resolve()
            if kind == "web" and path.is_relative_to(self._web) and path.is_file():
                return path
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60

            def log_message(self, *_: object) -> None:
                """Stay silent: a request per asset is no news."""

            def do_GET(self) -> None:
                path = loopback._find(self.path)
                if path is None:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                self.send_response(HTTPStatus.OK)
                self.send_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
                self.send_header("Content-Length", str(path.stat().st_size))
                # Cross-origin isolation: the worker sleeps on a SharedArrayBuffer between two looks at a fence.
                self.send_header("Cross-Origin-Opener-Policy", "same-origin")
                self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                # A browser that is ended takes nothing more, and it is ended after every song.
                with path.open("rb") as file, contextlib.suppress(ConnectionError):
                    shutil.copyfileobj(file, self.wfile, 1 << 18)

        return Handler
