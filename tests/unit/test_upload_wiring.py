"""A file that cannot be checked in time is not called damaged."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from oriel.errors import Unavailable
from oriel.rendering.pipeline import cover, song
from oriel.settings import Settings
from oriel.upload_wiring import upload_dependencies


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose FFmpeg and FFprobe say no more than their version."""
    program = tmp_path / "hangs"
    program.write_text('#!/bin/sh\n[ "$1" = -version ] || exec sleep 60\n', "utf-8")
    program.chmod(0o755)
    return Settings(
        _env_file=None,
        data_dir=tmp_path / "data",
        ffmpeg_path=program,
        ffprobe_path=program,
        secret_key=SecretStr("7d0a5f0e6a3c4b1f9d2e8c7b5a493827"),
        jwt_secret_key=SecretStr("c4b91e02f7a84d6593bd0c1e2f5a6b78"),
    )


def test_a_busy_service_asks_to_try_again(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(song, "_PROBE_TIMEOUT_S", 1.0)
    monkeypatch.setattr(cover, "_TIMEOUT_S", 1.0)
    sound, picture = tmp_path / "upload.wav", tmp_path / "upload.png"
    sound.write_bytes(b"RIFF" + (2036).to_bytes(4, "little") + b"WAVE" + bytes(2032))
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    dependencies = upload_dependencies(settings)
    for check, path in ((dependencies.probe_song, sound), (dependencies.check_picture, picture)):
        with pytest.raises(Unavailable, match="Please try again in a minute") as refusal:
            check(path, "mine")
        assert refusal.value.details == {"filename": "mine", "retry_after_s": 60}
