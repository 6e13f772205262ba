"""How often somebody may ask."""

import io
import time
import wave
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.caller import Caller

from oriel.infra.redis import redis

PATH = "/api/auth/reset-password"
BODY = {"email": "nobody@example.com"}


def wav() -> bytes:
    """Return a second of silence."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(96_000))
    return content.getvalue()


def test_who_asks_too_often_has_to_wait(client: FlaskClient) -> None:
    asked = [client.post(PATH, json=BODY) for _ in range(40)]
    refused = next(answer for answer in asked if answer.status_code == 429)
    assert refused.json
    assert refused.json["error"]["code"] == "RATE_LIMITED"
    # A window of a minute, and a second because the counter rounds up.
    assert 0 < int(refused.headers["Retry-After"]) <= 61
    # From the first refusal on all are refused: a limiter that falls back to its own memory counts anew.
    assert {answer.status_code for answer in asked[asked.index(refused) :]} == {429}


def test_who_need_not_wait_is_not_told_to(client: FlaskClient) -> None:
    answer = client.post(PATH, json=BODY)
    assert "Retry-After" not in answer.headers
    assert answer.headers["RateLimit-Remaining"]


def test_the_limit_is_told_in_both_styles(client: FlaskClient) -> None:
    for _ in range(21):
        answer = client.post(PATH, json=BODY)
        told = answer.headers
        assert told["RateLimit-Limit"] == told["X-RateLimit-Limit"] == "20"
        assert told["RateLimit-Remaining"] == told["X-RateLimit-Remaining"]
        # Seconds from now, and the same moment in seconds since 1970.
        assert 0 <= int(told["RateLimit-Reset"]) <= 61
        assert abs(time.time() + int(told["RateLimit-Reset"]) - float(told["X-RateLimit-Reset"])) < 5
    assert (answer.status_code, told["RateLimit-Remaining"]) == (429, "0")


def test_a_limited_request_asks_redis_once(app: APIFlask, caller: Callable[..., Caller]) -> None:
    customer = caller()
    with app.app_context():
        server = redis()

    def asked() -> dict[str, int]:
        told = server.info("commandstats")
        return {name: told.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("evalsha", "get", "ttl")}

    assert customer.get("/api/user/session/verify").headers["RateLimit-Remaining"]
    before = asked()
    assert customer.get("/api/user/session/verify").headers["RateLimit-Remaining"]
    # The one script counts, and asks when the window ends.
    assert asked() == {**before, "evalsha": before["evalsha"] + 1, "ttl": before["ttl"] + 1}


def test_a_domains_own_wait_is_told_in_the_header_too(
    caller: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oriel.rendering.submit.MOST_QUEUED", 0)
    customer = caller()
    upload = customer.post("/api/uploads", data={"audio": (io.BytesIO(wav()), "a.wav")}).json or {}
    answer = customer.post("/api/render/submit", json={"upload_id": upload["id"]})
    assert answer.json
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert answer.json["error"]["details"]["retry_after_s"] == 60
