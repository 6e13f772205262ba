"""Two versions of what draws or encodes have two names."""

from pathlib import Path

from oriel.rendering.pipeline.engine import engine_id, ffmpeg_id


def fake_ffmpeg(folder: Path, name: str, avcodec: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho 'ffmpeg version 5.1'\necho 'libavcodec     {avcodec}'\n", "utf-8")
    path.chmod(0o755)
    return path


def test_another_version_of_a_library_is_another_ffmpeg(tmp_path: Path) -> None:
    one, same, other = (fake_ffmpeg(tmp_path, name, v) for name, v in (("a", "59.37"), ("b", "59.37"), ("c", "60.1")))
    assert ffmpeg_id(one) == ffmpeg_id(same)
    assert ffmpeg_id(one) != ffmpeg_id(other)


def test_ffmpeg_is_asked_once(tmp_path: Path) -> None:
    path = fake_ffmpeg(tmp_path, "ffmpeg", "59.37")
    name = ffmpeg_id(path)
    path.unlink()
    assert ffmpeg_id(path) == name


def test_another_frontend_is_another_engine(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1", "utf-8")
    before = engine_id(tmp_path)
    (tmp_path / "a.js").write_text("2", "utf-8")
    assert engine_id(tmp_path) != before
