"""Songs and pictures as bytes, real ones and hostile ones."""

import io
import struct
import wave
import zlib

from tests.functional.caller import Caller
from werkzeug.test import TestResponse

RATE = 8_000
# How forms send a file's field in which no file was chosen: Swagger's page as an empty text, browsers without a name.
EMPTY = ['name="picture"', 'name="picture"; filename=""']


def wav(seconds: float = 1.0) -> bytes:
    """A silent mono WAV."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(round(seconds * RATE) * 2))
    return out.getvalue()


def wav_with_tags(title: str, artist: str) -> bytes:
    """A WAV whose LIST chunk names it."""
    parts = b"INFO" + _chunk(b"INAM", title.encode() + b"\0") + _chunk(b"IART", artist.encode() + b"\0")
    whole = wav() + _chunk(b"LIST", parts)
    return b"RIFF" + struct.pack("<I", len(whole) - 8) + whole[8:]


def png(width: int = 8, height: int = 8) -> bytes:
    """A black PNG; a large one is small as a file."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + bytes(width)) * min(height, 4096), 9)
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", head) + _png_chunk(b"IDAT", rows) + _png_chunk(b"IEND", b"")


def send(customer: Caller, data: bytes, name: str = "song.wav", field: str = "audio", **texts: str) -> TestResponse:
    """Upload a file, with texts behind it."""
    file = part(f'name="{field}"; filename="{name}"', data)
    body = file + b"".join(part(f'name="{name}"', text.encode()) for name, text in texts.items())
    return send_body(customer, body + b"--b--\r\n")


def send_body(customer: Caller, body: bytes) -> TestResponse:
    """Send a form as it stands; the test client's own way keeps large files open."""
    return customer.post(
        "/api/uploads",
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=b",
        content_length=len(body),
    )


def uploaded(customer: Caller, data: bytes | None = None, name: str = "song.wav") -> str:
    """Upload a song and return its id."""
    answer = send(customer, wav() if data is None else data, name)
    assert answer.status_code == 201, answer.json
    return str(answer.get_json()["id"])


def part(described: str, data: bytes) -> bytes:
    """One part of a form."""
    return f"--b\r\nContent-Disposition: form-data; {described}\r\n\r\n".encode() + data + b"\r\n"


def _chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
