"""Songs that arrive in pieces: the tus protocol step by step, each refusal, and what is left of it."""

import base64
import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.caller import Caller
from tests.functional.media.files import png, uploaded, wav
from werkzeug.test import TestResponse

from oriel.billing.current_plan import set_plan
from oriel.billing.plans import FREE
from oriel.errors import StorageFailed
from oriel.infra.clock import clock
from oriel.infra.storage import storage
from oriel.media import pieces, resumable
from oriel.media.dependencies import dependencies

PATH = "/api/uploads/resumable"
SONG = wav(1.0)
PIECE = "application/offset+octet-stream"


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest.fixture(autouse=True)
def context(app: APIFlask) -> Iterator[None]:
    with app.app_context():
        yield


def encoded(name: str) -> str:
    return "filename " + base64.b64encode(name.encode()).decode()


def begun(customer: Caller, size: int = len(SONG), name: str = "Ångström.wav", **options: Any) -> TestResponse:  # noqa: ANN401
    headers = {"Upload-Length": str(size), "Upload-Metadata": encoded(name), "Tus-Resumable": "1.0.0"}
    return customer.post(PATH, headers=headers | options.pop("headers", {}), **options)


def location(customer: Caller, **options: Any) -> str:  # noqa: ANN401
    answer = begun(customer, **options)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def sent(customer: Caller, at: str, offset: object, data: bytes, **headers: str) -> TestResponse:
    told = {"Upload-Offset": str(offset), "Tus-Resumable": "1.0.0", "Content-Type": PIECE, **headers}
    return customer.patch(at, headers=told, data=data)


def code_of(answer: TestResponse) -> tuple[int, str]:
    return answer.status_code, (answer.json or {})["error"]["code"]


def stored(customer: Caller) -> list[str]:
    return [found.name for found in storage().list(f"uploads/{customer.user_id}/")]


def test_a_song_in_three_pieces_becomes_an_upload(customer: Caller) -> None:
    at = location(customer)
    for first in (0, 5000):
        answer = sent(customer, at, first, SONG[first : first + 5000])
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(first + 5000))
        assert "X-Upload-Id" not in answer.headers
    state = customer.head(at)
    assert (state.headers["Upload-Offset"], state.headers["Upload-Length"]) == ("10000", str(len(SONG)))
    assert state.headers["Cache-Control"] == "no-store"
    assert state.headers["Upload-Expires"].endswith("GMT")
    last = sent(customer, at, 10_000, SONG[10_000:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(SONG)))
    upload = customer.get(f"/api/uploads/{last.headers['X-Upload-Id']}").json or {}
    assert upload["sha256"] == hashlib.sha256(SONG).hexdigest()
    assert (upload["filename"], upload["duration_s"], upload["size_bytes"]) == ("Ångström.wav", 1.0, len(SONG))
    # Only the song is left.
    assert [name.count("/") for name in stored(customer)] == [2]
    assert list(dependencies().incoming.iterdir()) == []
    assert (customer.get(at).json or {})["upload_id"] == upload["id"]
    assert customer.post("/api/render/submit", json={"upload_id": upload["id"]}).status_code == 202


def test_a_long_body_is_stored_piece_by_piece(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1000)
    at = location(customer)
    sent(customer, at, 0, SONG[:7500])
    assert sorted(name.rpartition("/")[2][:12] for name in stored(customer)) == [
        f"{first:012d}" for first in range(0, 7001, 1000)
    ]
    last = sent(customer, at, 7500, SONG[7500:])
    upload = customer.get(f"/api/uploads/{last.headers['X-Upload-Id']}").json or {}
    assert upload["sha256"] == hashlib.sha256(SONG).hexdigest()


def test_the_first_bytes_may_come_with_the_announcement(customer: Caller) -> None:
    answer = begun(customer, headers={"Content-Type": PIECE}, data=SONG)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(SONG)))
    assert customer.get(f"/api/uploads/{answer.headers['X-Upload-Id']}").status_code == 200


class Vanishing(io.BytesIO):
    """A body whose sender goes after its first 3,000 bytes."""

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (as io.BytesIO has it)
        block = self.read(min(len(buffer), 3000 - self.tell()))
        if not block:
            raise ConnectionResetError
        buffer[: len(block)] = block
        return len(block)


def test_what_came_before_the_sender_went_is_kept(customer: Caller) -> None:
    at = location(customer)
    headers = {"Upload-Offset": "0", "Tus-Resumable": "1.0.0", "Content-Type": PIECE}
    answer = customer.patch(at, headers=headers, input_stream=Vanishing(SONG))
    assert code_of(answer) == (400, "UPLOAD_INCOMPLETE")
    assert customer.head(at).headers["Upload-Offset"] == "3000"
    assert sent(customer, at, 3000, SONG[3000:]).headers["X-Upload-Id"]


def test_the_last_piece_can_be_sent_again_when_the_storage_was_away(
    customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = location(customer)
    sent(customer, at, 0, SONG[:5000])
    put = type(storage()).put

    def fail(*_: object, **__: object) -> None:
        raise StorageFailed("The storage is away.")

    monkeypatch.setattr(type(storage()), "put", fail)
    assert sent(customer, at, 5000, SONG[5000:]).status_code == 503
    assert customer.head(at).headers["Upload-Offset"] == "5000"
    monkeypatch.setattr(type(storage()), "put", put)
    assert sent(customer, at, 5000, SONG[5000:]).headers["X-Upload-Id"]


@pytest.mark.parametrize("offset", [4999, 5001, 0, len(SONG), "", "x", "-1", "5000.0", "9" * 30])
def test_bytes_from_elsewhere_are_refused(customer: Caller, offset: object) -> None:
    at = location(customer)
    sent(customer, at, 0, SONG[:5000])
    answer = sent(customer, at, offset, SONG[5000:])
    assert code_of(answer) == (409, "WRONG_OFFSET")
    assert (answer.json or {})["error"]["details"] == {"offset": 5000}
    assert customer.head(at).headers["Upload-Offset"] == "5000"


def test_of_two_requests_with_the_same_bytes_one_counts(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    at = location(customer)
    put, answers = type(storage()).put, []

    def overtaken(*given: Any, **options: Any) -> Any:  # noqa: ANN401
        monkeypatch.setattr(type(storage()), "put", put)
        answers.append(sent(customer, at, 0, SONG[:5000]).status_code)
        return put(*given, **options)

    monkeypatch.setattr(type(storage()), "put", overtaken)
    assert code_of(sent(customer, at, 0, SONG[:5000])) == (409, "WRONG_OFFSET")
    assert answers == [204]
    assert len(stored(customer)) == 1
    assert sent(customer, at, 5000, SONG[5000:]).headers["X-Upload-Id"]


def test_of_two_requests_that_finish_at_once_one_makes_the_upload(
    customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = location(customer)
    put, answers = type(storage()).put, []

    def overtaken(*given: Any, **options: Any) -> Any:  # noqa: ANN401
        monkeypatch.setattr(type(storage()), "put", put)
        answers.append(sent(customer, at, 0, SONG).headers["X-Upload-Id"])
        return put(*given, **options)

    monkeypatch.setattr(type(storage()), "put", overtaken)
    assert code_of(sent(customer, at, 0, SONG)) == (409, "WRONG_OFFSET")
    assert customer.head(at).headers["X-Upload-Id"] == answers[0]
    assert (customer.get("/api/uploads").json or {})["total"] == 1
    assert len(stored(customer)) == 1


def test_more_bytes_than_announced_are_refused(customer: Caller) -> None:
    at = location(customer, size=6000)
    assert code_of(sent(customer, at, 0, SONG)) == (413, "TOO_LARGE")
    assert customer.head(at).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"size": 300_000_001}, 413, "TOO_LARGE"),
        ({"size": 0}, 422, "EMPTY_AUDIO"),
        ({"headers": {"Upload-Length": "many"}}, 422, "EMPTY_AUDIO"),
        ({"name": "song.exe"}, 415, "INVALID_AUDIO_FORMAT"),
        ({"headers": {"Upload-Metadata": ""}}, 422, "VALIDATION_ERROR"),
        ({"headers": {"Upload-Metadata": "filename not-base64!"}}, 422, "VALIDATION_ERROR"),
        ({"headers": {"Upload-Metadata": "filename " + base64.b64encode(b"\xff").decode()}}, 422, "VALIDATION_ERROR"),
        ({"name": "a\0.wav"}, 422, "VALIDATION_ERROR"),
        ({"headers": {"Tus-Resumable": "0.2.2"}}, 412, "UNSUPPORTED_TUS_VERSION"),
    ],
)
def test_what_cannot_be_taken_is_refused_before_any_byte(
    customer: Caller, options: dict[str, Any], status: int, code: str
) -> None:
    assert code_of(begun(customer, **options)) == (status, code)
    assert (customer.get(PATH).json or {})["total"] == 0


def test_a_larger_plan_takes_larger_songs(customer: Caller) -> None:
    set_plan(customer.user_id, "enterprise")
    assert begun(customer, size=301_000_000).status_code == 201


def test_a_full_storage_is_told_before_any_byte(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded(customer)
    object.__setattr__(FREE, "storage_bytes", 20_000)
    try:
        assert code_of(begun(customer)) == (402, "PLAN_LIMIT_STORAGE")
    finally:
        object.__setattr__(FREE, "storage_bytes", 1_000_000_000)


def test_another_content_is_refused_with_the_first_piece_and_nothing_is_left(customer: Caller) -> None:
    at = location(customer, size=1_000_000)
    assert code_of(sent(customer, at, 0, png() + bytes(5000))) == (415, "INVALID_AUDIO_FORMAT")
    assert customer.head(at).status_code == 410
    assert stored(customer) == []


def test_a_damaged_song_is_refused_at_its_end_and_nothing_is_left(customer: Caller) -> None:
    damaged = SONG[:44] + b"x" * 10
    at = location(customer, size=len(damaged), name="a.mp3")
    assert sent(customer, at, 0, damaged).status_code in (415, 422)
    assert customer.head(at).status_code == 410
    assert stored(customer) == []


def test_a_song_that_is_too_long_for_the_plan_waits_for_a_better_one(customer: Caller) -> None:
    song = wav(901.0)
    at = location(customer, size=len(song))
    answer = sent(customer, at, 0, song)
    assert code_of(answer) == (402, "PLAN_LIMIT_DURATION")
    set_plan(customer.user_id, "enterprise")
    kept = int(customer.head(at).headers["Upload-Offset"])
    assert sent(customer, at, kept, song[kept:]).headers["X-Upload-Id"]


def test_at_most_five_are_unfinished(customer: Caller) -> None:
    places = [location(customer) for _ in range(5)]
    assert code_of(begun(customer)) == (429, "RATE_LIMITED")
    listed = (customer.get(PATH).json or {})["items"]
    assert [item["id"] for item in listed] == [place.rpartition("/")[2] for place in reversed(places)]
    assert customer.delete(places[0]).status_code == 204
    sent(customer, places[1], 0, SONG)
    assert [begun(customer).status_code for _ in range(3)] == [201, 201, 429]


def test_a_cancelled_one_is_gone_with_its_pieces(customer: Caller) -> None:
    at = location(customer)
    sent(customer, at, 0, SONG[:5000])
    assert customer.delete(at).status_code == 204
    assert stored(customer) == []
    assert [code_of(answer)[0] for answer in (sent(customer, at, 5000, b"x"), customer.delete(at))] == [410, 410]


def test_another_customers_is_not_there(customer: Caller, caller: Callable[..., Caller]) -> None:
    at, stranger = location(customer), caller()
    assert stranger.head(at).status_code == 404
    assert code_of(sent(stranger, at, 0, SONG))[0] == 404
    assert stranger.delete(at).status_code == 404
    assert (stranger.get(PATH).json or {})["total"] == 0
    assert customer.head(at).headers["Upload-Offset"] == "0"


def test_it_expires_a_day_after_the_latest_piece_and_is_swept(customer: Caller) -> None:
    at = location(customer)
    clock.shift(timedelta(hours=23))
    customer.refresh()
    sent(customer, at, 0, SONG[:5000])
    clock.shift(timedelta(hours=23))
    customer.refresh()
    assert customer.head(at).status_code == 200
    clock.shift(timedelta(hours=2))
    customer.refresh()
    assert code_of(sent(customer, at, 5000, SONG[5000:])) == (410, "EXPIRED")
    assert len(stored(customer)) == 1
    assert resumable.delete_expired(10) == 1
    assert stored(customer) == []
    assert resumable.delete_expired(10) == 0
    assert customer.head(at).status_code == 410
    clock.shift(timedelta(days=7))
    customer.refresh()
    resumable.delete_expired(10)
    assert customer.head(at).status_code == 404


def test_it_lasts_a_week_at_most(customer: Caller) -> None:
    at = location(customer)
    for day in range(8):
        answer = sent(customer, at, day, SONG[day : day + 1])
        assert answer.status_code == 204
        clock.shift(timedelta(hours=23))
        customer.refresh()
    assert customer.head(at).status_code == 410


def test_pieces_of_the_wrong_type_are_refused(customer: Caller) -> None:
    at = location(customer)
    answer = sent(customer, at, 0, SONG, **{"Content-Type": "application/octet-stream"})
    assert code_of(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert code_of(sent(customer, at, 0, SONG, **{"Tus-Resumable": "2.0.0"})) == (412, "UNSUPPORTED_TUS_VERSION")


def test_anybody_may_ask_what_we_understand(client: FlaskClient) -> None:
    for path in (PATH, f"{PATH}/{'0' * 26}"):
        answer = client.options(path)
        assert answer.status_code == 204
        assert answer.headers["Tus-Version"] == "1.0.0"
        assert answer.headers["Tus-Extension"] == "creation,creation-with-upload,expiration,termination"
