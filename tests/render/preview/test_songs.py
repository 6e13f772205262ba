"""The studio hears what the render hears: the same samples and the same feature track, whatever the file."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from tests.render.preview.conftest import Site, compared, open_harness, read
from tests.render.songs import click_times, clicks, music, write_wav

from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.tools import Tools

Encode = Callable[..., Path]

AT_44100 = ("-ar", "44100")
FORMATS = [
    pytest.param("xing.mp3", (*AT_44100, "-b:a", "192k"), id="MP3"),
    pytest.param("bare.mp3", (*AT_44100, "-q:a", "3", "-write_xing", "0"), id="MP3 without Xing"),
    pytest.param("aac.m4a", (*AT_44100, "-c:a", "aac", "-b:a", "192k"), id="AAC"),
    pytest.param("plain.wav", AT_44100, id="WAV"),
]
MORE_FORMATS = [
    pytest.param("low.mp3", ("-ar", "22050", "-ac", "1"), id="MPEG 2"),
    pytest.param("edit.m4a", ("-c:a", "aac", "-use_editlist", "0"), id="AAC without edit list"),
    pytest.param("six.m4a", ("-ac", "6", "-c:a", "aac"), id="AAC 5.1"),
    pytest.param("six.wav", ("-ac", "6"), id="WAV 5.1"),
    pytest.param("mono.wav", ("-ac", "1"), id="mono"),
    pytest.param("float.wav", ("-ar", "96000", "-c:a", "pcm_f32le"), id="floats"),
    pytest.param("24.wav", ("-ar", "88200", "-c:a", "pcm_s24le"), id="24 bits"),
    pytest.param("mulaw.wav", ("-ar", "8000", "-c:a", "pcm_mulaw"), id="mu-law"),
    pytest.param("odd.wav", ("-ar", "44056"), id="odd rate"),
]
# One level of 255, on the scale of the track.
LEVEL = 65535 / 255
# Strengths of onsets are shares of what is strongest in the song, which may be hardly anything.
STRENGTH = 65535 / 50
LIMITS = {"balance": 1.0, "wave": 1.0, "onsetKinds": 0.0, "onsetSamples": 480.0, "beatSamples": 480.0}
LIMITS |= dict.fromkeys(("onsetStrength", "onsetLow", "onsetMid", "onsetHigh", "beatStrengths"), STRENGTH)


@pytest.fixture(scope="session")
def original(site: Site) -> Path:
    """Music with clicks over it and a hiss, so that no band is empty."""
    seconds = 5.3
    hiss = np.random.default_rng(5).normal(0, 300, (round(seconds * 48_000), 2))
    mixed = music(seconds) * 0.6 + clicks(click_times(seconds), seconds) * 0.3 + hiss
    return write_wav(site.folder / "original.wav", np.clip(mixed, -32768, 32767).astype(np.int16))


@pytest.fixture
def encode(original: Path, tools: Tools) -> Encode:
    def encoded(name: str, *options: str) -> Path:
        out = original.with_name(name)
        command: list[str | Path] = [tools.ffmpeg, "-nostdin", "-v", "error", "-y", "-i", original, *options, out]
        run_checked(command, access=None, timeout_s=120)
        return out

    return encoded


def assert_heard_alike(page: Page, site: Site, stage: Stage, tools: Tools, song: Path) -> None:
    told = read(page, site, song)
    assert "samples" in told, told
    found = compared(page, site, stage, tools, song)
    ours, theirs = found["pcm"]["length"]
    assert ours == theirs == told["samples"]
    # Of 65,536 levels.
    assert found["pcm"]["most"] <= 8
    assert found["pcm"]["mean"] <= 0.3
    track = found["track"]
    assert track["rows"][0] == track["rows"][1]
    for name, difference in track["arrays"].items():
        assert difference["length"][0] == difference["length"][1], name
        assert difference["most"] <= LIMITS.get(name, LEVEL), name
    assert abs(track["drop"][0] - track["drop"][1]) <= 480
    assert [part["label"] for part in track["sections"][0]] == [part["label"] for part in track["sections"][1]]


@pytest.mark.parametrize(("name", "options"), FORMATS)
def test_a_song_is_heard_as_the_render_hears_it(
    page: Page, site: Site, stage: Stage, tools: Tools, encode: Encode, name: str, options: tuple[str, ...]
) -> None:
    assert_heard_alike(page, site, stage, tools, encode(name, *options))


@pytest.mark.long
@pytest.mark.parametrize(("name", "options"), MORE_FORMATS)
def test_a_rarer_song_is_heard_as_the_render_hears_it(
    page: Page, site: Site, stage: Stage, tools: Tools, encode: Encode, name: str, options: tuple[str, ...]
) -> None:
    assert_heard_alike(page, site, stage, tools, encode(name, *options))


def test_a_song_tells_its_tags_its_cover_and_how_far_it_is(page: Page, site: Site, encode: Encode) -> None:
    picture = ("-f", "lavfi", "-i", "color=red:s=64x64:d=0.04,format=rgb24", "-map", "0", "-map", "1")
    tags = ("-metadata", "title=<b>Ä title</b>", "-metadata", "artist=An artist")
    told = read(page, site, encode("tags.mp3", *picture, "-disposition:v", "attached_pic", *tags))
    assert (told["title"], told["artist"]) == ("<b>Ä title</b>", "An artist")
    assert told["cover"] > 50
    assert told["fractions"] == sorted(set(told["fractions"]))
    assert told["fractions"][-1] >= 0.9
    bare = read(page, site, encode("No tags at all.wav", "-map_metadata", "-1"))
    assert (bare["title"], bare["artist"], bare["cover"]) == ("No tags at all", "", 0)


@pytest.mark.parametrize("rate", ["44100", "22050"])
def test_a_song_whose_channels_or_rate_change_is_heard_to_its_end(
    page: Page, site: Site, stage: Stage, tools: Tools, encode: Encode, rate: str
) -> None:
    mp3 = ("-write_xing", "0", "-id3v2_version", "0", "-b:a", "128k")
    mono = encode("mono.mp3", "-ac", "1", *AT_44100, *mp3).read_bytes()
    song = encode("both.mp3", "-ar", rate, *mp3)
    song.write_bytes(mono + song.read_bytes())
    told = read(page, site, song)
    assert "samples" in told, told
    pcm = compared(page, site, stage, tools, song)["pcm"]
    # There FFmpeg sets its filters up anew and loses up to 14 ms; without one of the halves seconds would be missing.
    ours, theirs = pcm["length"]
    assert abs(ours - theirs) <= 800
    assert pcm["mean"] <= 800


def test_the_length_is_what_the_frames_say(page: Page, site: Site, encode: Encode) -> None:
    # By its first frame, of the lowest rate, it would last for more than an hour.
    quiet = encode("quiet.mp3", *AT_44100, "-af", "volume=0", "-b:a", "32k", "-t", "0.1", "-write_xing", "0")
    loud = encode("loud.mp3", *AT_44100, "-b:a", "320k", "-write_xing", "0", "-id3v2_version", "0").read_bytes()
    quiet.write_bytes(quiet.read_bytes() + 70 * loud)
    told = read(page, site, quiet)
    assert told["samples"] / 48_000 == pytest.approx(70 * 5.3, abs=3)


def test_all_artists_and_the_front_cover_are_read_as_the_service_reads_them(
    page: Page, site: Site, tools: Tools, encode: Encode
) -> None:
    front, broken = picture(site, tools, "red", "png"), picture(site, tools, "blue", "jpg")
    whole, half = front.read_bytes(), broken.read_bytes()[:-200]
    pictures = [(4, "image/jpeg", broken.read_bytes()), (3, "image/jpeg", half), (3, "", whole)]
    song = encode("tags.mp3", *AT_44100, "-id3v2_version", "0")
    for version in (3, 4):
        song.write_bytes(id3(version, ["One", "Another"], pictures) + song.read_bytes())
        told = read(page, site, song)
        assert told["artist"] == "One, Another" == probe_song(song, tools).artist
        assert told["cover"] == len(whole)
        song.write_bytes(song.read_bytes()[len(id3(version, ["One", "Another"], pictures)) :])
    wav = encode("tags.wav")
    tag = id3(4, ["One", "Another"], pictures[:1])
    wav.write_bytes(wav.read_bytes() + b"id3 " + len(tag).to_bytes(4, "little") + tag + b"\0" * (len(tag) % 2))
    told = read(page, site, wav)
    assert (told["artist"], told["cover"]) == ("One, Another", len(broken.read_bytes()))


def test_the_cover_of_an_m4a_is_read_by_its_bytes(page: Page, site: Site, tools: Tools, encode: Encode) -> None:
    art = picture(site, tools, "green", "png")
    cover = ("-i", art, "-map", "0", "-map", "1", "-c:v", "copy", "-disposition:v", "attached_pic")
    told = read(page, site, encode("cover.m4a", *cover, "-c:a", "aac", "-metadata", "artist=Somebody"))
    assert (told["artist"], told["cover"]) == ("Somebody", art.stat().st_size)


def picture(site: Site, tools: Tools, color: str, kind: str) -> Path:
    out = site.folder / f"{color}.{kind}"
    source = f"color={color}:s=64x64:d=0.04,format=rgb24,noise=alls=40"
    command: list[str | Path] = [tools.ffmpeg, "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source]
    run_checked([*command, "-frames:v", "1", "-update", "1", out], access=None, timeout_s=120)
    return out


def id3(version: int, artists: list[str], pictures: list[tuple[int, str, bytes]]) -> bytes:
    """Return a tag with all artists in one frame, and pictures by (type, MIME type, bytes)."""

    def number(size: int, is_safe: bool) -> bytes:
        return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0)) if is_safe else size.to_bytes(4, "big")

    def frame(name: bytes, content: bytes) -> bytes:
        return name + number(len(content), version == 4) + b"\0\0" + content

    frames = frame(b"TPE1", b"\1" + b"\0\0".join(name.encode("utf-16") for name in artists))
    for kind, mime, data in pictures:
        frames += frame(b"APIC", b"\0" + mime.encode() + bytes([0, kind]) + b"a picture\0" + data)
    return b"ID3" + bytes([version, 0, 0]) + number(len(frames), True) + frames


def test_reading_a_song_can_be_cancelled(page: Page, site: Site, encode: Encode) -> None:
    told = read(page, site, encode("cancelled.mp3"), 0.1)
    assert told["name"] == "AbortError"
    assert max(told["fractions"]) < 0.9


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.mp3", b"", "There is no sound in that file. Try another one."),
        ("text.mp3", b"not a song " * 200, "We can't read that file. It may be damaged; MP3, WAV and M4A work."),
        ("half.m4a", None, "We can't read that file. It may be damaged; MP3, WAV and M4A work."),
        ("silent.wav", "header", "There is no sound in that file. Try another one."),
    ],
)
def test_what_is_no_song_is_refused_in_a_sentence(
    page: Page, site: Site, encode: Encode, original: Path, name: str, content: bytes | str | None, sentence: str
) -> None:
    song = site.folder / name
    if isinstance(content, bytes):
        song.write_bytes(content)
    elif content == "header":
        song.write_bytes(original.read_bytes()[:44])
    else:
        # The index of an M4A is at its end.
        song.write_bytes(encode("whole.m4a", "-c:a", "aac").read_bytes()[:40_000])
    told = read(page, site, song)
    assert (told["name"], told["message"]) == ("SongError", sentence)


def test_a_damaged_song_is_read_as_far_as_it_can_be(page: Page, site: Site, encode: Encode) -> None:
    whole = encode("to-be-damaged.m4a", "-c:a", "aac", "-b:a", "192k")
    song = whole.with_name("damaged.m4a")
    bytes_of_it = bytearray(whole.read_bytes())
    bytes_of_it[40_000:43_000] = np.random.default_rng(2).bytes(3_000)
    song.write_bytes(bytes_of_it)
    told, sound = read(page, site, song), read(page, site, whole)
    assert 0.9 < told["samples"] / sound["samples"] <= 1


def test_a_browser_that_decodes_no_packets_decodes_the_whole(visitors: Browser, site: Site, encode: Encode) -> None:
    page = visitors.new_page()
    page.add_init_script("delete window.AudioDecoder")
    open_harness(page, site)
    told = read(page, site, encode("at-once.mp3", *AT_44100))
    page.close()
    assert abs(told["samples"] - round(5.3 * 48_000)) <= 1
    assert told["title"] == "at-once"
