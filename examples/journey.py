"""The journey of a new customer over HTTP: register, confirm, log in, upload, render, read the mail, download.

python examples/journey.py SONG --url http://127.0.0.1:5000 --output video.mp4

Without --url it asks the service on this machine, on the port that PORT names (5000 by default). It needs a
development service (`make run`), because it reads the mail under /dev/mail.json.
"""

import argparse
import math
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx

_POLL_S = 0.5
_TIMEOUT_S = 60.0


def local_url() -> str:
    """Return the address of the service on this machine."""
    return f"http://127.0.0.1:{os.environ.get('PORT') or 5000}"


class Journey:
    """A new customer; a refused step raises RuntimeError with the reason."""

    def __init__(self, url: str, say: Callable[[str], None]) -> None:
        self.email = f"demo-{secrets.token_hex(4)}@example.com"
        self._password = secrets.token_urlsafe(18)
        self._http = httpx.Client(base_url=url, timeout=_TIMEOUT_S)
        self._log_in_again_at = math.inf
        self._say = say

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def move(self, url: str) -> None:
        """Continue at another address of the same service."""
        self._http.base_url = httpx.URL(url)

    def register(self) -> None:
        """Create an account, confirm its address with the emailed link, and log in."""
        self._post("/api/auth/register", json={"email": self.email, "password": self._password, "name": "Demo"})
        self._say(f"registered {self.email}")
        link = self._link("verify-email")
        self._post("/api/auth/verify-email", json={"token": parse_qs(urlparse(link).query)["token"][0]})
        self._say("confirmed the address with the link from the mail")
        self._log_in()

    def upload(self, song: Path) -> str:
        """Send the song and return its id."""
        with song.open("rb") as file:
            upload = self._post("/api/uploads", files={"audio": (song.name, file)})
        self._say(f"uploaded {upload['filename']}, {upload['duration_s']:.0f} s")
        return str(upload["id"])

    def render(self, upload_id: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Submit a render and wait for its end."""
        job = self.submit(upload_id, settings)
        shown = ""
        while job["status"] in ("queued", "processing"):
            shown = self._tell(job, shown)
            time.sleep(_POLL_S)
            job = self.status(job["id"])
        if job["status"] != "completed":
            reason = f": {job['error']['message']}" if job["error"] else "."
            raise RuntimeError(f"The render is {job['status']}{reason}")
        return job

    def submit(self, upload_id: str, settings: dict[str, Any]) -> dict[str, Any]:
        """Submit a render and return its status."""
        key = {"Idempotency-Key": secrets.token_hex(16)}
        job: dict[str, Any] = self._post(
            "/api/render/submit", json={"upload_id": upload_id, "settings": settings}, headers=key
        )
        return job

    def status(self, job_id: str) -> dict[str, Any]:
        """Return a render's status."""
        job: dict[str, Any] = self._get(f"/api/render/status/{job_id}")
        return job

    def cancel(self, job_id: str) -> dict[str, Any]:
        """Cancel a render and return its status."""
        job: dict[str, Any] = self._post(f"/api/render/cancel/{job_id}")
        return job

    def ticket(self) -> str:
        """Return a ticket for the WebSocket."""
        return str(self._post("/api/render/events/ticket")["ticket"])

    def history(self) -> dict[str, Any]:
        """Return all payments and renders."""
        history: dict[str, Any] = self._get("/api/user/history")
        return history

    def download(self, output: Path) -> str:
        """Wait for the email, download the video by its link without a login, and return the link."""
        link = self._link("/d/")
        self._say("got the mail with the download link")
        with httpx.stream("GET", link, timeout=_TIMEOUT_S, follow_redirects=True) as answer, output.open("wb") as file:
            answer.raise_for_status()
            for block in answer.iter_bytes():
                file.write(block)
        return link

    def _tell(self, job: dict[str, Any], shown: str) -> str:
        where = job["stage"] or f"waiting, place {job['queue_position']} in the queue"
        tenth = f"{int(job['progress'] * 10) * 10:3d} % {where}"
        if tenth != shown:
            eta = f", {job['eta_s']:.0f} s left" if job["eta_s"] else ""
            self._say(f"{tenth}{eta}")
        return tenth

    def _link(self, part: str) -> str:
        """Wait for an email with a link that contains `part`, and return the link."""
        deadline = time.monotonic() + _TIMEOUT_S
        while time.monotonic() < deadline:
            mails = self._get("/dev/mail.json")
            links = [link for mail in mails if mail["to"] == self.email for link in mail["links"]]
            if ours := [link for link in links if part in link]:
                return str(ours[0])
            time.sleep(_POLL_S)
        raise RuntimeError(f"No mail with a link to {part} arrived within {_TIMEOUT_S:.0f} s.")

    def _log_in(self) -> None:
        account = {"email": self.email, "password": self._password}
        login = self._answer(self._http.post("/api/auth/login", json=account))
        self._http.headers["Authorization"] = f"Bearer {login['access_token']}"
        self._log_in_again_at = time.monotonic() + login["expires_in"] / 2

    def _get(self, path: str) -> Any:  # noqa: ANN401  (JSON)
        return self._send("GET", path)

    def _post(self, path: str, **request: Any) -> Any:  # noqa: ANN401  (JSON)
        return self._send("POST", path, **request)

    def _send(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401  (JSON)
        # A long song takes longer than an access token lives.
        if time.monotonic() > self._log_in_again_at:
            self._log_in()
        return self._answer(self._http.request(method, path, **request))

    def _answer(self, answer: httpx.Response) -> Any:  # noqa: ANN401  (JSON)
        if answer.is_error:
            raise RuntimeError(sentence_of(answer))
        return answer.json()


def sentence_of(answer: httpx.Response) -> str:
    """Return the sentence of an error, or its status and URL if it is not one of ours."""
    try:
        return str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.method} {answer.request.url} answers {answer.status_code} {answer.reason_phrase}."


def main() -> None:
    """Run the journey and print the path of the video."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path)
    parser.add_argument("--url", default=local_url())
    parser.add_argument("--output", type=Path, default=Path("video.mp4"))
    parser.add_argument("--look", default="prism")
    args = parser.parse_args()
    journey = Journey(args.url, say_below)
    try:
        journey.register()
        journey.render(journey.upload(args.song), {"look": args.look})
        link = journey.download(args.output)
    except httpx.ConnectError:
        sys.exit(f"Nothing answers at {args.url}: start the service with `make run`, or name another one with --url.")
    except (RuntimeError, OSError, httpx.HTTPError) as error:
        sys.exit(f"Error: {error}")
    finally:
        journey.close()
    say_below(f"the link in the mail: {link}")
    print(args.output)


def say_below(line: str) -> None:
    """Print a line of progress on standard error."""
    print(f"   {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
