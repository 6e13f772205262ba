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

from oriel.errors import AnimatedPicture, Cancelled, InvalidPicture
from oriel.rendering.pipeline import cover, length
from oriel.rendering.pipeline import song as song_module
from oriel.rendering.pipeline.cover import convert_picture, extract_cover
from oriel.rendering.pipeline.pcm import decode_pcm
from oriel.rendering.pipeline.process import Limits
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.tags import read_pictures
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.turnstile import one_of

MakeSong = Callable[..., Path]
RunFfmpeg = Callable[..., None]


def size_of(picture: Path, tools: Tools) -> tuple[str, int, int]:
    command: list[str | Path] = [tools.ffprobe, "-v", "error", "-show_streams", "-of", "json", picture]
    stream = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=120).stdout)["streams"][0]
    return stream["codec_name"], stream["width"], stream["height"]


def covered_song(make_song: MakeSong, ffmpeg: RunFfmpeg, codec: str, suffix: str) -> Path:
    plain = make_song(f"plain.{suffix}")
    covered = plain.with_name(f"covered.{suffix}")
    picture = ("-f", "lavfi", "-i", "testsrc=s=2000x1000:d=0.04:r=25", "-map", "0:a", "-map", "1:v")
    ffmpeg("-i", plain, *picture, "-c:a", "copy", "-c:v", codec, "-disposition:v", "attached_pic", covered)
    return covered


@pytest.mark.parametrize("codec", ["png", "mjpeg"])
@pytest.mark.parametrize("suffix", ["mp3", "m4a", "flac"])
def test_the_picture_inside_a_song_is_taken_out(
    make_song: MakeSong, ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path, codec: str, suffix: str
) -> None:
    song = probe_song(covered_song(make_song, ffmpeg, codec, suffix), tools, formats=("mp3", "m4a", "flac"))
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
    """Return a PNG of one colour, which is small however many pixels it has."""
    packer, rows = zlib.compressobj(), bytes(4 * width + 1) * 100
    # A full flush makes what follows independent of what came before, so the second piece fits again and again.
    first, again = (packer.compress(rows) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", first + again * (height // 100)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


@pytest.fixture
def little_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow programs less processor time than it takes to decode 256 megapixels, and far more than anything else."""
    monkeypatch.setattr(song_module, "Limits", lambda **_: Limits(cpu_s=2))
    for module in (cover, length):
        monkeypatch.setattr(module, "_LIMITS", Limits(cpu_s=2))


@pytest.mark.usefixtures("little_time")
def test_a_bomb_of_pixels_is_refused_before_it_is_decoded(tools: Tools, tmp_path: Path) -> None:
    (tmp_path / "bomb.png").write_bytes(png_of(16_000, 16_000))
    with pytest.raises(InvalidPicture, match="16000 x 16000 pixels"):
        convert_picture(tmp_path / "bomb.png", tmp_path / "out.png", tools)


@pytest.mark.usefixtures("little_time")
def test_a_song_is_read_without_decoding_its_pictures(make_song: MakeSong, tools: Tools, tmp_path: Path) -> None:
    plain = make_song("plain.mp3", 1, "-id3v2_version", "0")
    path = plain.with_name("bomb.mp3")
    path.write_bytes(id3([(b"APIC", apic(3, png_of(16_000, 16_000), b"image/png"))]) + plain.read_bytes())
    found = probe_song(path, tools)
    assert (found.has_cover, found.missing_s) == (True, 0)
    assert decode_pcm(found, tmp_path / "out.pcm", tools).warnings == ()
    assert not extract_cover(found, tmp_path / "cover.png", tools)


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


GREEN, RED, BROKEN = "green", "red", "broken"


@pytest.fixture(scope="module")
def pictures(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return a picture of each format and colour as bytes, and a broken one."""
    made = {BROKEN: b"\xff\xd8\xff\xe0" + bytes(200)}
    folder = tmp_path_factory.mktemp("pictures")
    for name, colour in [("green.jpg", GREEN), ("red.jpg", RED), ("red.png", RED), ("red.webp", RED)]:
        source = ("-f", "lavfi", "-i", f"color={colour}:s=64x64:d=0.04:r=25", "-frames:v", "1")
        subprocess.run([tools.ffmpeg, "-v", "error", *source, folder / name], check=True, timeout=120)
        made[name] = (folder / name).read_bytes()
    return made


def apic(kind: int, data: bytes, mime: bytes = b"image/jpeg", description: bytes = b"d") -> bytes:
    """Return the content of an APIC frame."""
    return b"\0" + mime + b"\0" + bytes([kind]) + description + b"\0" + data


def id3(frames: list[tuple[bytes, bytes]], version: int = 3, flags: int = 0) -> bytes:
    """Return an ID3v2 tag with these frames."""
    body = b""
    for name, plain in frames:
        # The newest version counts what is written, the older ones what is meant.
        content = plain.replace(b"\xff", b"\xff\0") if flags & 0x80 and version == 4 else plain
        size = len(content)
        written = size.to_bytes(3 if version == 2 else 4, "big") if version < 4 else synchsafe(size)
        body += name + written + (b"" if version == 2 else b"\0\0") + content
    if flags & 0x80 and version < 4:
        body = body.replace(b"\xff", b"\xff\0")
    return b"ID3" + bytes([version, 0, flags]) + synchsafe(len(body)) + body


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def colour_of(song: Path, tools: Tools, out: Path) -> str | None:
    """Return the colour of the cover that is taken out of a song."""
    probed = probe_song(song, tools)
    if not extract_cover(probed, out, tools):
        return None
    assert probed.has_cover
    command: list[str | Path] = [tools.ffmpeg, "-v", "error", "-i", out, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    red, green, _ = subprocess.run(command, check=True, capture_output=True, timeout=120).stdout[:3]
    return RED if red > 200 > green else GREEN if green > 100 > red else "another"


COVERS = [
    pytest.param([(4, "green.jpg"), (3, "red.jpg")], RED, id="the front cover behind the back cover"),
    pytest.param([(1, "green.jpg"), (0, "red.jpg")], RED, id="any picture before an icon"),
    pytest.param([(3, BROKEN), (4, "red.jpg")], RED, id="a good one behind a broken front cover"),
    pytest.param([(3, BROKEN)], None, id="a broken one alone"),
    pytest.param([(3, "red.webp"), (4, "green.jpg")], RED, id="WebP"),
    pytest.param([(3, "red.png"), (4, "green.jpg")], RED, id="PNG under the label of a JPEG"),
]


@pytest.mark.parametrize(("embedded", "colour"), COVERS)
def test_the_best_picture_of_several_is_chosen(
    make_song: MakeSong, tools: Tools, pictures: dict[str, bytes], embedded: list[tuple[int, str]], colour: str | None
) -> None:
    song = make_song("a.mp3", 1, "-id3v2_version", "0")
    tag = id3([(b"APIC", apic(kind, pictures[name])) for kind, name in embedded])
    song.write_bytes(tag + song.read_bytes())
    assert colour_of(song, tools, song.with_name("cover.png")) == colour


@pytest.mark.parametrize("mime", [b"", b"image/gif", b"JPG", b"nonsense"])
@pytest.mark.parametrize(("version", "flags"), [(3, 0), (3, 0x80), (4, 0), (4, 0x80)])
def test_the_label_of_a_picture_does_not_count(
    make_song: MakeSong, tools: Tools, pictures: dict[str, bytes], mime: bytes, version: int, flags: int
) -> None:
    song = make_song("a.mp3", 0.5, "-id3v2_version", "0")
    tag = id3([(b"TIT2", b"\0T"), (b"APIC", apic(3, pictures["red.jpg"], mime))], version, flags)
    song.write_bytes(tag + song.read_bytes())
    read = read_pictures(song, "mp3")
    assert [(picture.kind, picture.data) for picture in read] == [(3, pictures["red.jpg"])]


def test_old_tags_have_pictures_too(make_song: MakeSong, pictures: dict[str, bytes]) -> None:
    song = make_song("a.mp3", 0.5, "-id3v2_version", "0")
    song.write_bytes(id3([(b"PIC", b"\0PNG\3d\0" + pictures["red.png"])], version=2) + song.read_bytes())
    assert [picture.data for picture in read_pictures(song, "mp3")] == [pictures["red.png"]]


@pytest.mark.parametrize("name", ["red.webp", "red.png"])
def test_a_wrong_label_in_an_m4a_does_not_count(
    make_song: MakeSong, ffmpeg: RunFfmpeg, tools: Tools, pictures: dict[str, bytes], name: str
) -> None:
    covered = covered_song(make_song, ffmpeg, "mjpeg", "m4a")
    content = covered.read_bytes()
    start = content.index(b"covr") + 4
    size = int.from_bytes(content[start : start + 4], "big")
    # The picture is replaced, and the rest filled up, so that nothing else moves.
    data = pictures[name]
    head = (16 + len(data)).to_bytes(4, "big") + content[start + 4 : start + 16]
    filler = size - 16 - len(data)
    free = filler.to_bytes(4, "big") + b"free" + bytes(filler - 8)
    covered.write_bytes(content[:start] + head + data + free + content[start + size :])
    assert colour_of(covered, tools, covered.with_name("cover.png")) == RED


@pytest.mark.parametrize(
    ("name", "tag", "artist"),
    [
        ("a.mp3", id3([(b"TPE1", b"\3Ann\0Bob")], 4), "Ann, Bob"),
        ("a.mp3", id3([(b"TPE1", b"\1" + "Ann\0Żoë".encode("utf-16"))], 3), "Ann, Żoë"),
        ("a.mp3", id3([(b"TPE1", b"\0Ann")], 3), "Ann"),
        ("a.mp3", id3([(b"TP1", b"\0Ann\0Bob\0Ann\0")], 2), "Ann, Bob"),
    ],
)
def test_all_artists_are_named(make_song: MakeSong, tools: Tools, name: str, tag: bytes, artist: str) -> None:
    song = make_song(name, 0.5, "-id3v2_version", "0")
    song.write_bytes(tag + song.read_bytes())
    assert probe_song(song, tools).artist == artist


@pytest.mark.parametrize("size", [b"\x7f\x7f\x7f\x7f", b"\xff\xff\xff\xff", b"\0\0\0\0"])
def test_a_tag_with_absurd_sizes_has_no_pictures(tmp_path: Path, size: bytes) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(b"ID3\4\0\0" + size + b"APIC" + size + b"\0\0" + bytes(100))
    assert read_pictures(path, "mp3") == []
    path.write_bytes(b"\0\0\0\x14ftypM4A " + bytes(8) + size + b"moov" + size + b"udta")
    assert read_pictures(path, "m4a") == []


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_picture_that_is_cut_off_is_refused(
    ffmpeg: RunFfmpeg, tools: Tools, tmp_path: Path, name: str, share: float
) -> None:
    picture = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=200x200", "-frames:v", "1", picture)
    picture.write_bytes(picture.read_bytes()[: int(picture.stat().st_size * share)])
    with pytest.raises(InvalidPicture, match="damaged"):
        convert_picture(picture, tmp_path / "out.png", tools)


def test_an_animated_webp_is_refused_as_what_it_is(tools: Tools, tmp_path: Path) -> None:
    chunk = b"VP8X" + struct.pack("<I", 10) + b"\x02" + bytes(9)
    (tmp_path / "a.webp").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk)
    with pytest.raises(AnimatedPicture, match="animated"):
        convert_picture(tmp_path / "a.webp", tmp_path / "out.png", tools)
