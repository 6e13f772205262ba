"""What is refused, with the status and the details that are promised; nothing is left of any of it."""

import io
import subprocess
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.files import EMPTY, part, png, send, send_body, wav
from tests.functional.media.test_uploads import left_behind
from werkzeug.test import TestResponse

from oriel.infra.storage import storage


@pytest.fixture
def customer(app: APIFlask, caller: Callable[..., Caller]) -> Iterator[Caller]:
    """A customer of whom nothing may be kept."""
    made = caller()
    yield made
    assert left_behind(app) == []
    with app.app_context():
        assert list(storage().list(f"uploads/{made.user_id}/")) == []


def refused(answer: TestResponse, status: int, code: str) -> dict[str, object]:
    """Return the details of a refusal of this kind, which names no path of ours."""
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (status, code)
    assert "/" not in answer.get_json()["error"]["message"].replace("multipart/form-data", "")
    assert "path" not in answer.get_json()["error"]["details"]
    return dict(answer.get_json()["error"]["details"])


@pytest.mark.parametrize(
    ("name", "data", "received"),
    [
        ("song.flac", b"fLaC", "flac"),
        ("song", wav(), "unknown"),
        ("song.exe", wav(), "exe"),
        ("song.wav.exe", wav(), "exe"),
        ("song.mp3", wav(), "wav"),
        ("song.mp3", b"fLaC\0\0\0\x22" + bytes(5000), "flac"),
        ("song.wav", png(), "png"),
        ("song.mp3", b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:1,\nfile:///etc/passwd\n", "m3u8"),
        ("song.mp3", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "text"),
        ("song.wav", b"ffconcat version 1.0\nfile song.wav\n" * 300, "text"),
        ("song.m4a", b"#!/bin/sh\nid\n", "text"),
        ("song.mp3", bytes(range(256)) * 40, "unknown"),
        ("song.mp3", b"PK\x03\x04" + bytes(5000), "zip"),
        ("song.mp3", bytes(5000), "unknown"),
    ],
)
def test_what_is_no_song_is_refused_with_what_we_take(customer: Caller, name: str, data: bytes, received: str) -> None:
    details = refused(send(customer, data, name), 415, "INVALID_AUDIO_FORMAT")
    assert details["supported_formats"] == ["mp3", "wav", "m4a"]
    assert details["received_format"] == received


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("song.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(3000)),
        ("song.mp3", b"ID3\x04\0\0\0\0\0\x10" + b"ffconcat version 1.0\nfile '/etc/passwd'\n" * 10),
        ("song.wav", wav()[:20]),
        ("song.wav", wav()[:44]),
        ("song.m4a", b"\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom" + bytes(5000)),
        ("song.wav", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + b"\xff" * 2000),
    ],
)
def test_what_cannot_be_decoded_is_refused(customer: Caller, name: str, data: bytes) -> None:
    details = refused(send(customer, data, name), 422, "UNDECODABLE_AUDIO")
    assert details == {"filename": name}


@pytest.mark.parametrize(
    ("name", "options", "kept"),
    [("song.mp3", [], 3000), ("song.m4a", ["-movflags", "+faststart"], 60_000), ("song.wav", [], 900_000)],
)
def test_a_song_that_is_cut_off_is_refused_with_what_can_be_read(
    customer: Caller, tmp_path: Path, name: str, options: list[str], kept: int
) -> None:
    tone = ["-f", "lavfi", "-i", "sine=r=48000:d=60", "-b:a", "128k", *options]
    subprocess.run(["ffmpeg", "-v", "error", *tone, tmp_path / name], check=True, timeout=120)
    answer = send(customer, (tmp_path / name).read_bytes()[:kept], name)
    details = refused(answer, 422, "UNDECODABLE_AUDIO")
    assert (details["filename"], details["announced_s"]) == (name, pytest.approx(60, abs=0.05))
    assert 0.1 < float(str(details["readable_s"])) < 11
    assert f"Only {details['readable_s']:.1f} of the 60.0 seconds" in answer.get_json()["error"]["message"]


def test_tags_that_unpack_to_a_gigabyte_do_no_harm(customer: Caller) -> None:
    packed = zlib.compress(bytes(200_000_000), 9)
    frame = b"TIT2" + synchsafe(len(packed) + 4) + b"\0\x09" + synchsafe(200_000_000) + packed
    song = b"ID3\x04\0\0" + synchsafe(len(frame)) + frame + b"\0" * 100
    refused(send(customer, song, "song.mp3"), 422, "UNDECODABLE_AUDIO")


def test_an_empty_file_is_refused(customer: Caller) -> None:
    refused(send(customer, b""), 422, "EMPTY_AUDIO")


def test_no_file_is_refused(customer: Caller) -> None:
    refused(customer.post("/api/uploads", data={"audio": "text"}), 422, "VALIDATION_ERROR")
    refused(customer.post("/api/uploads", json={}), 422, "VALIDATION_ERROR")
    refused(customer.post("/api/uploads"), 422, "VALIDATION_ERROR")


def test_two_files_are_refused(customer: Caller) -> None:
    data = {"audio": (io.BytesIO(wav()), "a.wav"), "picture": (io.BytesIO(png()), "a.png")}
    refused(customer.post("/api/uploads", data=data), 422, "VALIDATION_ERROR")
    twice = {"audio": [(io.BytesIO(wav()), "a.wav"), (io.BytesIO(wav()), "b.wav")]}
    refused(customer.post("/api/uploads", data=twice), 422, "VALIDATION_ERROR")


@pytest.mark.parametrize("empty", EMPTY)
def test_a_field_in_which_no_file_was_chosen_is_no_file(customer: Caller, empty: str) -> None:
    refused(send_body(customer, part(empty, b"") + b"--b--\r\n"), 422, "VALIDATION_ERROR")
    song = part('name="audio"; filename="song.wav"', wav())
    refused(send_body(customer, song + part(empty, b"x") + b"--b--\r\n"), 422, "VALIDATION_ERROR")


def test_a_field_that_nobody_asked_for_is_refused(customer: Caller) -> None:
    assert refused(send(customer, wav(), colour="red"), 422, "VALIDATION_ERROR")["field"] == "colour"
    refused(send(customer, wav(), field="file"), 422, "VALIDATION_ERROR")


def test_many_parts_are_refused(customer: Caller) -> None:
    body = b"".join(b'--b\r\nContent-Disposition: form-data; name="x%d"\r\n\r\n\r\n' % n for n in range(5000))
    refused(send_body(customer, body + b"--b--\r\n"), 413, "TOO_LARGE")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"nothing like a form", 400, "UPLOAD_INCOMPLETE"),
        (b"--b\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n--b--\r\n", 422, "VALIDATION_ERROR"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nRIFF\r\n--b--\r\n", 422, "VALIDATION_ERROR"),
        (b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"\r\n\r\nRIFF\r\n--b--\r\n', 422, "VALIDATION_ERROR"),
        (
            b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\nRIFF',
            400,
            "UPLOAD_INCOMPLETE",
        ),
        (b"--b\r\nX: " + b"y" * 300_000 + b"\r\n\r\n\r\n--b--\r\n", 413, "TOO_LARGE"),
    ],
)
def test_a_broken_form_is_refused(customer: Caller, body: bytes, status: int, code: str) -> None:
    refused(send_body(customer, body), status, code)


def test_a_body_without_a_boundary_is_refused(customer: Caller) -> None:
    answer = customer.post("/api/uploads", data=b"x", content_type="multipart/form-data")
    refused(answer, 422, "VALIDATION_ERROR")


def test_a_song_announced_too_large_is_refused_before_it_is_read(customer: Caller) -> None:
    answer = customer.post(
        "/api/uploads",
        input_stream=Unread(),
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": "310000000"},
    )
    details = refused(answer, 413, "TOO_LARGE")
    assert (details["limit"], details["lifted_by"]) == (75_000_000, "enterprise")


def test_a_song_that_grows_too_large_is_refused(customer: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oriel.media.upload_stream._limit", lambda _kind, _user: 10_000)
    refused(send(customer, wav(10)), 413, "TOO_LARGE")


def test_a_picture_may_have_20_megabytes(customer: Caller) -> None:
    assert (
        refused(send(customer, png() + bytes(20_000_000), "a.png", "picture"), 413, "TOO_LARGE")["limit"] == 20_000_000
    )


@pytest.mark.parametrize(
    ("name", "data"), [("a.gif", b"GIF89a"), ("a.svg", b"<svg/>"), ("a.png", b"GIF89a" + bytes(50))]
)
def test_other_pictures_are_refused_with_what_we_take(customer: Caller, name: str, data: bytes) -> None:
    details = refused(send(customer, data, name, "picture"), 415, "INVALID_PICTURE_FORMAT")
    assert details["supported_formats"] == ["png", "jpeg", "webp"]


@pytest.mark.parametrize(
    "data", [png()[:40], png(30_000, 30_000), b"", b"#EXTM3U but not really", b"\x89PNG\r\n\x1a\n" + bytes(100)]
)
def test_damaged_and_gigantic_pictures_are_refused(customer: Caller, data: bytes) -> None:
    assert send(customer, data, "a.png", "picture").status_code in (415, 422)


def test_an_animated_picture_is_refused_as_what_it_is(customer: Caller) -> None:
    chunk = b"VP8X" + (10).to_bytes(4, "little") + b"\x02" + bytes(9)
    animated = b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk
    answer = send(customer, animated, "a.webp", "picture")
    assert refused(answer, 422, "ANIMATED_PICTURE") == {"filename": "a.webp"}
    assert "still picture" in answer.get_json()["error"]["message"]


def synchsafe(number: int) -> bytes:
    """Return a number as ID3 writes it: four bytes of seven bits."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


class Unread(io.BytesIO):
    """A body that must not be looked at."""

    def read(self, _size: int | None = -1, /) -> bytes:
        raise AssertionError("the body was read")
