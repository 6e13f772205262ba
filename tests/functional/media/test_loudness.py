"""How loud a song is, known some seconds after its upload."""

import io
import math
import struct
import wave
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller

from oriel.infra.database import db
from oriel.infra.storage import storage
from oriel.media.loudness import measure_upload, unmeasured
from oriel.media.models import Upload


def tone(amplitude: float) -> tuple[io.BytesIO, str]:
    """Return two and a half seconds of a sine of 997 Hz in both channels, which EBU Tech 3341 takes for a measure."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        values = [round(amplitude * 32767 * math.sin(2 * math.pi * 997 * n / 48_000)) for n in range(120_000)]
        file.writeframes(b"".join(struct.pack("<hh", value, value) for value in values))
    content.seek(0)
    return content, "tone.wav"


@pytest.mark.parametrize(("amplitude", "loudness"), [(0.1, -20.0), (0.0, None)])
def test_a_song_is_measured_after_its_upload(
    app: APIFlask, caller: Callable[..., Caller], amplitude: float, loudness: float | None
) -> None:
    customer = caller()
    upload = customer.post("/api/uploads", data={"audio": tone(amplitude)}).json
    assert upload
    assert upload["loudness_lufs"] is None
    with app.app_context():
        assert unmeasured(limit=5) == [upload["id"]]
        measure_upload(upload["id"])
        assert unmeasured(limit=5) == []
    measured = (customer.get(f"/api/uploads/{upload['id']}").json or {})["loudness_lufs"]
    assert measured == (loudness if loudness is None else pytest.approx(loudness, abs=0.2))


def test_a_song_whose_file_is_gone_is_asked_for_once(app: APIFlask, caller: Callable[..., Caller]) -> None:
    upload_id = (caller().post("/api/uploads", data={"audio": tone(0.1)}).json or {})["id"]
    with app.app_context():
        upload = db.session.get_one(Upload, upload_id)
        storage().delete(upload.object_name)
        measure_upload(upload_id)
        assert unmeasured(limit=5) == []
        assert upload.loudness_lufs is None


def test_a_song_that_is_gone_is_not_measured(app: APIFlask) -> None:
    with app.app_context():
        measure_upload("nothing")
