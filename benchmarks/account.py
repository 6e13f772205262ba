"""A customer of the running service, over the API and in a browser."""

import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx
from playwright.sync_api import BrowserContext

PASSWORD = "correct horse battery staple"  # noqa: S105  (of accounts that live as long as a benchmark)

_MAIL_S = 30.0


class Account:
    """A new customer with a confirmed address."""

    def __init__(self, url: str) -> None:
        self.email = f"{secrets.token_hex(6)}@example.com"
        self._login = {"email": self.email, "password": PASSWORD}
        self._http = httpx.Client(base_url=url, timeout=60)
        self.post("/api/auth/register", json={**self._login, "name": "Ada"})
        link = newest_link(url, self.email, "verify-email")
        self.post("/api/auth/verify-email", json={"token": parse_qs(urlparse(link).query)["token"][0]})
        token = self.post("/api/auth/login", json=self._login)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def sign_in(self, context: BrowserContext) -> None:
        """Sign a browser in: it gets the cookies that the sign-in page would give it."""
        answer = context.request.post(f"{self._http.base_url}/api/auth/login", data={**self._login, "cookie": True})
        assert answer.ok, answer.text()

    def upload(self, song: Path) -> str:
        """Send a song and return its id."""
        with song.open("rb") as file:
            return str(self.post("/api/uploads", files={"audio": (song.name, file)})["id"])

    def submit(self, upload_id: str, settings: dict[str, Any]) -> str:
        """Submit a render and return its id."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        return str(
            self.post("/api/render/submit", json={"upload_id": upload_id, "settings": settings}, headers=key)["id"]
        )

    def status(self, job_id: str) -> dict[str, Any]:
        """Return how a render is doing."""
        answer = self._http.get(f"/api/render/status/{job_id}")
        answer.raise_for_status()
        return dict(answer.json())

    def post(self, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401  (what httpx takes)
        """Send something and return the answer."""
        return self._send("POST", path, **request)

    def put(self, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401  (what httpx takes)
        """Replace something and return the answer."""
        return self._send("PUT", path, **request)

    def patch(self, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401  (what httpx takes)
        """Change something and return the answer."""
        return self._send("PATCH", path, **request)

    def delete(self, path: str) -> dict[str, Any]:
        """Delete something and return the answer."""
        return self._send("DELETE", path)

    def _send(self, method: str, path: str, **request: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = self._http.request(method, path, **request)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}


def newest_link(url: str, email: str, kind: str) -> str:
    """Wait for a mail to an address with a link of a kind, and return the link; of several the newest."""
    deadline = time.monotonic() + _MAIL_S
    while time.monotonic() < deadline:
        for mail in httpx.get(f"{url}/dev/mail.json").json():
            links = [each for each in mail["links"] if kind in each]
            if mail["to"] == email and links:
                return str(links[0])
        time.sleep(0.1)
    raise RuntimeError(f"No mail with a link to {kind} came to {email}.")
