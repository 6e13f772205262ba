"""Files that cannot be used: one sentence each, and the studio goes on."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.pages.conftest import Visit, Visitor
from tests.pages.steps import choose_file, drop, open_song
from tests.render.songs import RATE, music, write_wav

from oriel.rendering.pipeline.tools import find_ffmpeg

UNREADABLE = "We can't read that file. It may be damaged; MP3, WAV and M4A work."
NO_AUDIO = "That file isn't audio we can read. Try MP3, WAV or M4A."
NO_SETTINGS = "This is not a settings file. Choose one that was saved here or under My videos."
LOSSLESS = "That song is in Apple Lossless, which browsers cannot play. Save it as WAV, MP3 or AAC, then try again."
EMPTY = "There is no sound in that file. Try another one."
NO_PICTURE = "That file isn't a picture we can read. Try JPEG, PNG or WebP."


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([find_ffmpeg(), "-nostdin", "-v", "error", "-y", *arguments], check=True, timeout=120)


def says(page: Page, sentence: str) -> None:
    """The page says this in a message, and only this."""
    expect(page.locator(".toast")).to_have_text(sentence)


@pytest.fixture
def bad_songs(tmp_path: Path, song: Path) -> dict[Path, str]:
    """Files that are no songs, with what is said about each."""
    sentences = {
        "notes.txt": NO_AUDIO,
        "page.mp3": UNREADABLE,
        "tune.mid": NO_AUDIO,
        "cut off.m4a": UNREADABLE,
        "silent film.m4a": UNREADABLE,
        "lossless.m4a": LOSSLESS,
        "nothing.mp3": EMPTY,
        "header.wav": EMPTY,
        "an hour.wav": "That song is longer than 60 minutes. Try a shorter one.",
    }
    files = {tmp_path / name: sentence for name, sentence in sentences.items()}
    (tmp_path / "notes.txt").write_bytes(b"\x00\x01 not a song <b>at all</b> " * 400)
    (tmp_path / "page.mp3").write_text("<!doctype html><title>404</title>" * 50, "utf-8")
    (tmp_path / "tune.mid").write_bytes(b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\4\0\xff\x2f\0")
    ffmpeg("-i", song, "-c:a", "aac", tmp_path / "whole.m4a")
    ffmpeg("-i", song, "-c:a", "alac", tmp_path / "lossless.m4a")
    whole = (tmp_path / "whole.m4a").read_bytes()
    (tmp_path / "cut off.m4a").write_bytes(whole[: len(whole) // 2])
    ffmpeg("-f", "lavfi", "-i", "color=s=64x64:d=1", "-c:v", "libx264", "-f", "mp4", tmp_path / "silent film.m4a")
    (tmp_path / "nothing.mp3").touch()
    (tmp_path / "header.wav").write_bytes(song.read_bytes()[:44])
    with write_wav(tmp_path / "an hour.wav", music(0.1)[:, :1], rate=8000).open("r+b") as hour:
        size = 3700 * 8000 * 2
        hour.truncate(44 + size)
        hour.seek(4)
        hour.write((36 + size).to_bytes(4, "little"))
        hour.seek(40)
        hour.write(size.to_bytes(4, "little"))
    return files


def test_a_file_that_is_no_song_is_refused_in_one_sentence(
    visit: Visit, bad_songs: dict[Path, str], song: Path
) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/studio")
    for number, (file, sentence) in enumerate(bad_songs.items()):
        if number % 2:
            drop(page, file)
        else:
            choose_file(page, file)
        expect(page.get_by_role("alert")).to_have_text(sentence)
    assert visitor.accessible() == []
    drop(page, song)
    expect(page.locator(".invite")).to_have_count(0)
    # A song that is open stays.
    drop(page, *list(bad_songs)[:1])
    expect(page.get_by_role("alert")).to_have_text(NO_AUDIO)
    page.get_by_role("button", name="Keep Night Drive").click()
    expect(page.locator(".invite")).to_have_count(0)


@pytest.fixture
def studio(visit: Visit, song: Path) -> Visitor:
    """A visitor in the studio, with a song."""
    visitor = visit()
    open_song(visitor, song)
    return visitor


def test_a_picture_that_cannot_be_used_is_refused_in_one_sentence(studio: Visitor, tmp_path: Path) -> None:
    page = studio.page
    (tmp_path / "notes.jpg").write_text("not a picture", "utf-8")
    (tmp_path / "nothing.png").touch()
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=640x640", "-frames:v", "1", tmp_path / "good.jpg")
    whole = (tmp_path / "good.jpg").read_bytes()
    (tmp_path / "cut off.jpg").write_bytes(whole[: len(whole) * 6 // 10])
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64", "-frames:v", "1", tmp_path / "loop.gif")
    ffmpeg("-f", "lavfi", "-i", "color=s=10000x5000", "-frames:v", "1", tmp_path / "large.png")
    for name in ("notes.jpg", "nothing.png", "cut off.jpg", "loop.gif"):
        drop(page, tmp_path / name)
        says(page, NO_PICTURE)
        page.evaluate("document.querySelector('.toast').remove()")
    drop(page, tmp_path / "large.png")
    says(page, "That picture has more than 40 megapixels. Try a smaller one.")
    page.locator("#tab-text").click()
    expect(page.get_by_alt_text("The cover")).to_have_count(0)
    drop(page, tmp_path / "good.jpg")
    expect(page.get_by_alt_text("The cover")).to_be_visible()


def test_settings_that_cannot_be_used_are_refused_in_one_sentence(studio: Visitor, tmp_path: Path) -> None:
    page = studio.page
    contents = {
        "no json": NO_SETTINGS,
        "null": NO_SETTINGS,
        "[1]": NO_SETTINGS,
        '{"version": 2, "look": "halo"}': "These settings have version 2, but this program supports versions up to 1.",
    }
    file = tmp_path / "settings.json"
    for content, sentence in contents.items():
        file.write_text(content, "utf-8")
        drop(page, file)
        says(page, sentence)
    file.write_text(json.dumps({"shape": "cube", "size": 6}), "utf-8")
    drop(page, file)
    expect(page.get_by_role("radio", name="Cube")).to_be_checked()
    expect(page.locator("#p-size")).to_have_value("6")


def test_what_is_dropped_together_or_in_quick_succession_is_sorted_out(
    visit: Visit, song: Path, tmp_path: Path
) -> None:
    visitor = visit()
    page = visitor.page
    visitor.open("/studio")
    album = tmp_path / "Album"
    album.mkdir()
    drop(page, album)
    says(page, "That is a folder. Drop the song itself.")
    other = tmp_path / "Other.wav"
    other.write_bytes(song.read_bytes())
    (tmp_path / "notes.txt").write_text("read me", "utf-8")
    drop(page, tmp_path / "notes.txt", song, other)
    expect(page.locator(".toast")).to_contain_text("One song at a time: this is")
    expect(page.locator(".name")).to_have_value("Night Drive")
    long = long_song(tmp_path / "Long.wav")
    drop(page, long)
    expect(page.get_by_text("Listening to Long.wav")).to_be_visible()
    drop(page, other)
    expect(page.locator(".name")).to_have_value("Other")
    expect(page.locator(".invite")).to_have_count(0)


def long_song(path: Path) -> Path:
    """Write five minutes, which take some seconds to read."""
    return write_wav(path, music(5.0).repeat(60, axis=0), rate=RATE)
