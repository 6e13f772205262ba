"""Locust scenarios: visitors, customers and an operator, as they use the service.

locust -f tests/load/locustfile.py [--host http://127.0.0.1:5000] [--own-addresses] [--operator-cookie COOKIE]

`make load-test` starts a service for it. Customers confirm their addresses by the mails under /dev, so the service must
be a development one. Bounds of users and time are in pyproject.toml, [tool.locust]. docs/scaling.md has figures.
"""

import io
import itertools
import json
import math
import random
import secrets
import struct
import time
import wave
from argparse import ArgumentParser
from typing import Any
from urllib.parse import parse_qs, urlparse

import gevent
import requests
from locust import FastHttpUser, HttpUser, between, events, task
from locust.exception import StopUser

import websocket

_RATE = 22_050
_SONG_S = 2
_SETTINGS = {"look": "prism", "output": {"width": 128, "height": 72, "fps": 24, "quality": "draft"}}
_PAGES = ("/", "/pricing", "/studio", "/login", "/register", "/help")
_PATIENCE_S = 300.0
_POLL_S = 2.0
# Among all addresses for documentation and private use, one for each simulated person.
_addresses = itertools.count(1)


@events.init_command_line_parser.add_listener
def add_options(parser: ArgumentParser) -> None:
    """Add our own options."""
    parser.add_argument(
        "--own-addresses",
        action="store_true",
        env_var="LOAD_OWN_ADDRESSES",
        help="Give each user an address in X-Forwarded-For; the service needs TRUSTED_PROXIES=1. Without it, all share"
        " the limits of one address.",
    )
    parser.add_argument(
        "--operator-cookie",
        default="",
        env_var="LOAD_OPERATOR_COOKIE",
        help="The Cookie header of somebody signed in to /admin. Without it, the operator only asks for /status.",
    )


def song() -> bytes:
    """Return two seconds of music as a WAV file: a chord, with a beat four times a second."""
    frames = bytearray()
    for number in range(_RATE * _SONG_S):
        at = number / _RATE
        beat = math.exp(-30 * (at % 0.25))
        tone = sum(math.sin(math.tau * pitch * at) for pitch in (220, 277.2, 329.6)) / 6
        frames += struct.pack("<h", int(20_000 * (tone * 0.5 + beat * 0.4 * math.sin(math.tau * 60 * at))))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(bytes(frames))
    return file.getvalue()


_SONG = song()


def _headers(user: Any) -> dict[str, str]:  # noqa: ANN401  (locust has no types)
    if not user.environment.parsed_options.own_addresses:
        return {}
    number = next(_addresses)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "http"}


class Visitor(FastHttpUser):
    """Looks around without an account."""

    host = "http://127.0.0.1:5000"
    weight = 4
    wait_time = between(1, 5)

    def on_start(self) -> None:
        """Come from an address of its own."""
        self.headers = _headers(self)

    @task(4)
    def page(self) -> None:
        """Open a page."""
        self.client.get(random.choice(_PAGES), headers=self.headers)

    @task(2)
    def looks(self) -> None:
        """Ask for what the studio shows."""
        self.client.get("/api/looks", headers=self.headers)

    @task
    def plans(self) -> None:
        """Ask for the prices."""
        self.client.get("/api/billing/plans", headers=self.headers)


class Customer(HttpUser):
    """Registers, uploads a song, has a video made, watches its progress, and downloads it. Then comes another one."""

    host = "http://127.0.0.1:5000"
    weight = 4
    wait_time = between(1, 3)

    def on_start(self) -> None:
        """Create an account and log in."""
        self.client.headers.update(_headers(self))
        self.email, password = f"load-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(18)
        account = {"email": self.email, "password": password}
        self._post("/api/auth/register", json={**account, "name": "Load"})
        self._post("/api/auth/verify-email", json={"token": self._token_of_mail()})
        login = self._post("/api/auth/login", json=account)
        self.client.headers["Authorization"] = f"Bearer {login['access_token']}"

    @task
    def journey(self) -> None:
        """Make a video, and look at it."""
        self.client.get("/api/looks")
        upload = self._post("/api/uploads", files={"audio": ("song.wav", _SONG, "audio/wav")})
        settings = {**_SETTINGS, "seed": random.randrange(1 << 30)}
        job = self._post("/api/render/submit", json={"upload_id": upload["id"], "settings": settings})
        pages = gevent.spawn(self._watch_events)
        job = self._await(job)
        pages.kill()
        if job["status"] == "completed":
            with self.client.get(job["video_url"], name="/d/[token]", stream=True, catch_response=True) as answer:
                if len(answer.content) != job["size_bytes"]:
                    answer.failure("the video has another size")
        for _ in range(5):
            self.client.get("/dashboard")
            self.client.get("/api/projects")
            self.client.get("/api/renders")
            gevent.sleep(random.uniform(1, 3))
        raise StopUser

    def _await(self, job: dict[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while job["status"] in ("queued", "processing") and time.monotonic() < deadline:
            gevent.sleep(_POLL_S)
            answer = self.client.get(f"/api/render/status/{job['id']}", name="/api/render/status/[id]")
            job = answer.json() if answer.ok else job
        return job

    def _watch_events(self) -> None:
        """Hold a WebSocket open as the page does; how long it takes to open is counted as a request."""
        ticket = self._post("/api/render/events/ticket")["ticket"]
        address = f"{self.host.replace('http', 'ws', 1)}/api/render/events"
        began, failure = time.monotonic(), None
        socket = None
        try:
            socket = websocket.create_connection(f"{address}?ticket={ticket}")
        except (OSError, websocket.WebSocketException) as error:
            failure = error
        events.request.fire(
            request_type="WS",
            name="/api/render/events",
            response_time=(time.monotonic() - began) * 1000,
            response_length=0,
            exception=failure,
            context={},
        )
        if socket:
            _read_news(socket)

    def _token_of_mail(self) -> str:
        """Return the token of the link in the mail, which is no part of the load."""
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            mails = requests.get(f"{self.host}/dev/mail.json", timeout=_PATIENCE_S).json()
            links = [link for mail in mails if mail["to"] == self.email for link in mail["links"]]
            if tokens := [parse_qs(urlparse(link).query).get("token") for link in links if "verify-email" in link]:
                return str((tokens[0] or [""])[0])
            gevent.sleep(1)
        raise StopUser

    def _post(self, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401  (what requests takes)
        with self.client.post(path, catch_response=True, **request) as answer:
            if not answer.ok:
                answer.failure(f"{answer.status_code} {answer.text[:200]}")
                raise StopUser
            return dict(json.loads(answer.text))


def _read_news(socket: Any) -> None:  # noqa: ANN401  (the library has no types)
    """Read what the service says until it closes the socket, or until the page is left."""
    try:
        while socket.recv():
            pass
    except (OSError, websocket.WebSocketException):
        return
    finally:
        socket.close()


class Operator(FastHttpUser):
    """Looks how the service is, every few seconds."""

    host = "http://127.0.0.1:5000"
    fixed_count = 1
    wait_time = between(3, 6)

    def on_start(self) -> None:
        """Come from an address of its own."""
        self.headers = _headers(self)
        self.cookie = self.environment.parsed_options.operator_cookie

    @task
    def status(self) -> None:
        """Ask for the state of the service, as monitoring does."""
        self.client.get("/status", headers=self.headers)

    @task
    def panel(self) -> None:
        """Open the panel's first page."""
        if self.cookie:
            headers = {**self.headers, "Cookie": self.cookie}
            with self.client.get("/admin/", headers=headers, allow_redirects=False, catch_response=True) as answer:
                if answer.status_code != 200:
                    answer.failure(f"the operator is not let in: {answer.status_code}")
