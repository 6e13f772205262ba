"""Pictures of strangers become small PNG files, or are refused."""

import contextlib
import json
import os
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from oriel.errors import Cancelled, InvalidPicture
from oriel.rendering.pipeline.cover import convert_picture, extract_cover
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.turnstile import one_of

MakeSong = Callable[..., Path]
RunFfmpeg = Callable[..., None]


def size_of(picture: Path, tools: Tools) -> tuple[str, int, int]:
    command: list[str | Path] = [tools.ffprobe, "-v", "error", "-show_streams", "-of", "json", picture]
    stream = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)["streams"][0]
    return stream["codec_name"], stream["width"], stream["height"]


def covered_song(make_song: MakeSong, ffmpeg: RunFfmpeg, codec: str, suffix: str) -> Path:
    plain = make_song(f"plain.{suffix}")
    covered = plain.with_name(f"covered.{suffix}")
    picture = ("-f", "lavfi", "-i", "testsrc=s=2000x1000:d=0.04:r=25", "-map", "0:a", "-map", "1:v")
    ffmpeg("-i", plain, *picture, "-c:a", "copy", "-c:v", codec, "-disposition:v", "attached_pic", covered)
    return covered


@pytest.mark.parametrize("codec", ["png", "mjpeg"])
@pytest.mark.parametrize("suffix", ["mp3", "m4a"])
def test_the_picture_inside_a_song_is_taken_out(
    make_song: MakeSong, ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path, codec: str, suffix: str
) -> None:
    song = probe_song(covered_song(make_song, ffmpeg, codec, suffix), tools)
    assert extract_cover(song, tmp_path / "cover.png", tools)
    assert size_of(tmp_path / "cover.png", tools) == ("png", 1024, 512)


def test_a_song_without_picture_gives_none(make_song: MakeSong, tools: Tools, tmp_path: Path) -> None:
    assert not extract_cover(probe_song(make_song(), tools), tmp_path / "cover.png", tools)


def test_a_broken_picture_inside_is_left_out(
    make_song: MakeSong, ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path
) -> None:
    path = covered_song(make_song, ffmpeg, "png", "mp3")
    song = probe_song(path, tools)
    content = path.read_bytes()
    at = content.index(b"IHDR")
    path.write_bytes(content[:at] + b"\0" * 4000 + content[at + 4000 :])
    assert not extract_cover(song, tmp_path / "cover.png", tools)


def test_a_named_pipe_is_no_picture(tools: Tools, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InvalidPicture, match="not a regular file"):
        convert_picture(tmp_path / "pipe.png", tmp_path / "out.png", tools)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_file_is_converted(ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path, name: str) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=300x200:d=0.04:r=25", "-frames:v", "1", tmp_path / name)
    convert_picture(tmp_path / name, tmp_path / "out.png", tools)
    assert size_of(tmp_path / "out.png", tools) == ("png", 300, 200)


def test_the_same_picture_gives_the_same_bytes(ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=1500x1500:d=0.04:r=25", "-frames:v", "1", tmp_path / "a.png")
    for name in ("one.png", "two.png"):
        convert_picture(tmp_path / "a.png", tmp_path / name, tools)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def png_of(width: int, height: int) -> bytes:
    """Return a PNG that announces so many pixels and brings none of them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def test_a_bomb_of_pixels_is_refused_before_it_is_decoded(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of(16_000, 16_000))
    with pytest.raises(InvalidPicture, match="16000 x 16000 pixels"):
        convert_picture(tmp_path / "bomb.png", tmp_path / "out.png", tools)


def test_more_than_40_megapixels_are_refused(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png_of(8001, 5000))
    with pytest.raises(InvalidPicture, match="40 megapixels are the limit"):
        convert_picture(tmp_path / "a.png", tmp_path / "out.png", tools)


def test_a_third_picture_waits_for_two_others(
    ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=0.04:r=25", "-frames:v", "1", tmp_path / "a.png")

    def cancelled() -> None:
        raise Cancelled

    def convert() -> None:
        convert_picture(tmp_path / "a.png", tmp_path / "out.png", tools, check=cancelled)

    def place() -> contextlib.AbstractContextManager[None]:
        return one_of(2, "pictures", timeout_s=0, check=lambda: None)

    with place():
        with place(), pytest.raises(Cancelled):
            convert()
        assert not (tmp_path / "out.png").exists()
        convert_picture(tmp_path / "a.png", tmp_path / "out.png", tools)
    assert (tmp_path / "out.png").exists()


@pytest.mark.parametrize("content", [b"", b"GIF89a" + b"\0" * 50, b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_another_kind_of_picture_is_refused(tools: Tools, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InvalidPicture, match="must be a PNG, JPEG or WebP"):
        convert_picture(tmp_path / "a.png", tmp_path / "out.png", tools)


def test_a_damaged_picture_is_refused(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"nothing else")
    with pytest.raises(InvalidPicture, match="damaged"):
        convert_picture(tmp_path / "a.jpg", tmp_path / "out.png", tools)


def test_a_missing_picture_is_refused(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(InvalidPicture, match="cannot be read"):
        convert_picture(tmp_path / "none.png", tmp_path / "out.png", tools)


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, tools: Tools, name: str) -> None:
    with pytest.raises(InvalidPicture):
        convert_picture(tmp_path / name, tmp_path / "out.png", tools)
