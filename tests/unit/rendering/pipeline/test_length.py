"""How long a song is comes from reading it, and what its header says only tells whether all of it is there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from oriel.errors import SongTooLong, UndecodableSong
from oriel.rendering.pipeline import song as song_module
from oriel.rendering.pipeline.length import missing_seconds, read_seconds
from oriel.rendering.pipeline.pcm import decode_pcm
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.tools import Tools

MakeSong = Callable[..., Path]
ALL = ("mp3", "wav", "m4a", "flac", "ogg", "opus", "aac")
PLAIN = ("-write_xing", "0", "-id3v2_version", "0")
LOUD_THEN_SILENT = "sine=440:r=48000:d=2[a];anullsrc=r=48000:cl=mono:d=20[b];[a][b]concat=v=0:a=1"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp3", ()),
        ("a.mp3", ("-q:a", "2", *PLAIN)),
        ("low.mp3", ("-ar", "8000", "-b:a", "16k")),
        ("a.m4a", ()),
        ("alac.m4a", ("-c:a", "alac")),
        ("a.aac", ()),
        ("a.flac", ()),
        ("a.opus", ()),
        ("adpcm.wav", ("-c:a", "adpcm_ms")),
    ],
)
def test_the_length_is_that_of_the_decoded_sound(
    make_song: MakeSong, tools: Tools, tmp_path: Path, name: str, options: tuple[str, ...]
) -> None:
    song = probe_song(make_song(name, 3, *options), tools, formats=ALL)
    pcm = decode_pcm(song, tmp_path / "out.pcm", tools)
    assert song.duration_s == pytest.approx(pcm.duration_s, abs=0.025)
    assert (song.missing_s, pcm.warnings) == (0, ())


def test_an_estimate_is_not_believed(make_song: MakeSong, tools: Tools) -> None:
    """The bit rate of the first frames is far above that of the silence behind them."""
    song = probe_song(make_song("a.mp3", 22, "-q:a", "0", *PLAIN, source=LOUD_THEN_SILENT), tools, max_seconds=23)
    assert song.duration_s == pytest.approx(22.0, abs=0.1)
    assert (song.announced_s, song.missing_s) == (None, 0)


@pytest.mark.parametrize(
    ("name", "options", "announced_s"),
    [("a.mp3", (), 4.0), ("a.m4a", ("-movflags", "+faststart"), 4.0), ("a.flac", (), 4.0), ("a.aac", (), None)],
)
def test_what_is_cut_off_is_not_counted(
    make_song: MakeSong, tools: Tools, name: str, options: tuple[str, ...], announced_s: float | None
) -> None:
    path = make_song(name, 4, *options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    song = probe_song(path, tools, formats=ALL)
    assert song.duration_s == pytest.approx(2.0, abs=0.5)
    assert song.announced_s == (announced_s and pytest.approx(announced_s, abs=0.1))
    assert song.missing_s == pytest.approx((announced_s or song.duration_s) - song.duration_s, abs=0.1)


def test_a_header_that_was_left_from_a_longer_song_limits_nothing(make_song: MakeSong, tools: Tools) -> None:
    path = make_song("a.mp3", 8)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 4])
    song = probe_song(path, tools, max_seconds=4)
    assert song.duration_s == pytest.approx(2, abs=0.1)
    with pytest.raises(SongTooLong, match=r"The song is [23] seconds long"):
        probe_song(path, tools, max_seconds=1)


def test_two_songs_in_a_row_are_one_of_both_lengths(make_song: MakeSong, tools: Tools) -> None:
    path = make_song("a.mp3", 2)
    path.write_bytes(path.read_bytes() * 2)
    song = probe_song(path, tools)
    assert song.duration_s == pytest.approx(4.0, abs=0.15)
    assert song.missing_s == 0


def test_nothing_longer_than_six_hours_is_read(
    make_song: MakeSong, tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oriel.rendering.pipeline.length.LONGEST_S", 2.0)
    monkeypatch.setattr(song_module, "LONGEST_S", 2.0)
    with pytest.raises(SongTooLong, match=r"The song is [34] seconds long and the limit is 2 seconds"):
        probe_song(make_song("a.mp3", 20), tools)


def test_a_file_that_cannot_be_read_says_so(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(UndecodableSong):
        read_seconds(["-i", str(tmp_path / "none.mp3")], "1/1000", 48_000, Access(), tools)


@pytest.mark.parametrize(
    ("announced_s", "readable_s", "is_exact", "missing_s"),
    [
        (None, 1.0, False, 0),
        (60.0, 60.0, False, 0),
        (60.0, 59.9, False, 0),
        (60.0, 59.5, False, 0.5),
        (3600.0, 3597.0, False, 0),
        (3600.0, 3590.0, False, 10),
        (60.0, 61.0, False, 0),
        (60.0, 59.99, True, 0),
        (60.0, 59.9, True, 0.1),
    ],
)
def test_a_frame_more_or_less_is_a_matter_of_rounding(
    announced_s: float | None, readable_s: float, is_exact: bool, missing_s: float
) -> None:
    assert missing_seconds(announced_s, readable_s, is_exact=is_exact) == pytest.approx(missing_s)
