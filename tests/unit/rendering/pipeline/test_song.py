"""Which files are songs, and what they say about themselves."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from oriel.errors import (
    EmptySong,
    InvalidConfiguration,
    SongNotFound,
    SongTooLong,
    SongWithoutSound,
    UndecodableSong,
    UnsupportedAudioFormat,
)
from oriel.rendering.pipeline.song import input_arguments, probe_song, tag_text
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.whitelist import decoders_for

MakeSong = Callable[..., Path]


def test_a_song_says_what_it_is(make_song: MakeSong, tools: Tools) -> None:
    song = probe_song(make_song("Night Drive.wav", 1.5, "-ac", "2"), tools)
    assert (song.format, song.codec, song.channels, song.sample_rate) == ("wav", "pcm_s16le", 2, 48_000)
    assert song.duration_s == pytest.approx(1.5)
    assert (song.title, song.artist, song.has_cover, song.missing_s) == ("Night Drive", "", False, 0)


@pytest.mark.parametrize("name", ["a.mp3", "a.MP3", "a.m4a", "a.wav"])
def test_all_three_formats_are_taken(make_song: MakeSong, tools: Tools, name: str) -> None:
    assert probe_song(make_song(name), tools).format == name[-3:].lower()


@pytest.mark.parametrize("name", ["b.mp3", "b.m4a", "b.wav"])
def test_title_and_artist_come_from_the_tags(make_song: MakeSong, tools: Tools, name: str) -> None:
    song = probe_song(make_song(name, 1, "-metadata", "title=Ähm 🎵", "-metadata", "artist=Die Band"), tools)
    assert (song.title, song.artist) == ("Ähm 🎵", "Die Band")


@pytest.mark.parametrize(
    "name",
    ["with space.wav", 'it\'s "quoted".wav', "🎸 söng.wav", "-x.wav", "100%d.wav", "a:b;c.wav", "concat:x|y.wav"],
)
def test_odd_names_are_only_names(
    make_song: MakeSong, tools: Tools, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_song(name)
    monkeypatch.chdir(path.parent)
    assert probe_song(Path(name), tools).title == name.removesuffix(".wav")


@pytest.mark.parametrize(
    "options",
    [
        ("-ac", "1"),
        ("-ar", "8000"),
        ("-ar", "192000"),
        ("-c:a", "pcm_s24le"),
        ("-c:a", "pcm_f32le"),
        ("-ac", "6"),
        ("-rf64", "always"),
    ],
)
def test_unusual_wavs_are_taken(make_song: MakeSong, tools: Tools, options: tuple[str, ...]) -> None:
    assert probe_song(make_song("odd.wav", 1, *options), tools).duration_s == pytest.approx(1.0)


def test_half_a_second_is_enough(make_song: MakeSong, tools: Tools) -> None:
    assert probe_song(make_song("short.mp3", 0.5), tools).duration_s == pytest.approx(0.5, abs=0.1)


def test_a_variable_bit_rate_is_taken(make_song: MakeSong, tools: Tools) -> None:
    assert probe_song(make_song("vbr.mp3", 3, "-q:a", "5"), tools).duration_s == pytest.approx(3, abs=0.1)


def test_a_cover_inside_is_noticed(make_song: MakeSong, tools: Tools, ffmpeg: Callable[..., None]) -> None:
    plain, covered = make_song("plain.mp3"), make_song("plain.mp3").with_name("covered.mp3")
    picture = ("-f", "lavfi", "-i", "testsrc=s=64x64:d=0.04:r=25", "-map", "0:a", "-map", "1:v")
    ffmpeg("-i", plain, *picture, "-c:a", "copy", "-c:v", "png", "-disposition:v", "attached_pic", covered)
    assert probe_song(covered, tools).has_cover


def test_an_extra_format_is_taken_where_the_operator_allows_it(make_song: MakeSong, tools: Tools) -> None:
    assert probe_song(make_song("a.flac"), tools, formats=("mp3", "flac")).format == "flac"


def refused(path: Path, tools: Tools) -> UnsupportedAudioFormat:
    with pytest.raises(UnsupportedAudioFormat) as refusal:
        probe_song(path, tools)
    return refusal.value


@pytest.mark.parametrize(
    ("content", "received"),
    [
        (b"Dear diary, this is no song.\n" * 9, "text"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "png"),
        (b"ffconcat version 1.0\nfile secret.wav\n", "text"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n#EXT-X-ENDLIST\n", "m3u8"),
        (b"MThd\0\0\0\x06\0\x01", "midi"),
        (b"\xff" * 100, "unknown"),
    ],
)
@pytest.mark.parametrize("suffix", ["mp3", "wav", "m4a"])
def test_other_content_under_a_songs_name_is_refused(
    tmp_path: Path, tools: Tools, content: bytes, received: str, suffix: str
) -> None:
    path = tmp_path / f"song.{suffix}"
    path.write_bytes(content)
    assert refused(path, tools).details["received_format"] == received


def test_another_name_is_refused_with_what_is_supported(make_song: MakeSong, tools: Tools) -> None:
    refusal = refused(make_song("a.flac"), tools)
    assert refusal.message == "Audio file must be MP3, WAV, or M4A format"
    assert refusal.details == {"received_format": "flac", "supported_formats": ["mp3", "wav", "m4a"]}


@pytest.mark.parametrize(("name", "received"), [("song.txt", "txt"), ("song", "unknown"), (".mp3", "unknown")])
def test_a_song_under_another_name_is_refused(make_song: MakeSong, tools: Tools, name: str, received: str) -> None:
    song = make_song("song.mp3").rename(make_song().with_name(name))
    assert refused(song, tools).details["received_format"] == received


def test_a_strangers_file_is_read_by_one_demuxer_and_from_disk_alone() -> None:
    assert input_arguments(Path("/a/-x.mp3"), "mp3") == [
        *("-protocol_whitelist", "file,pipe"),
        *("-format_whitelist", "mp3"),
        *("-codec_whitelist", decoders_for("mp3")),
        *("-f", "mp3"),
        *("-i", "file:/a/-x.mp3"),
    ]


def test_a_playlist_behind_an_id3_header_reads_no_neighbour(make_song: MakeSong, tools: Tools) -> None:
    neighbour = make_song("neighbour.wav")
    for text in (f"ffconcat version 1.0\nfile {neighbour.name}\n", f"#EXTM3U\n#EXTINF:1,\n{neighbour.name}\n"):
        path = neighbour.with_name("song.mp3")
        path.write_bytes(b"ID3\x03\0\0\0\0\0\0" + text.encode())
        with pytest.raises(UndecodableSong):
            probe_song(path, tools)


def test_an_empty_file_is_refused(tmp_path: Path, tools: Tools) -> None:
    path = tmp_path / "empty.mp3"
    path.touch()
    with pytest.raises(EmptySong):
        probe_song(path, tools)


def test_a_missing_file_is_refused(tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(SongNotFound, match="No such file"):
        probe_song(tmp_path / "none.mp3", tools)


def test_a_folder_is_refused(tmp_path: Path, tools: Tools) -> None:
    (tmp_path / "folder.mp3").mkdir()
    with pytest.raises(SongNotFound, match="is not a file"):
        probe_song(tmp_path / "folder.mp3", tools)


def test_a_film_without_sound_is_refused(tmp_path: Path, tools: Tools, ffmpeg: Callable[..., None]) -> None:
    path = tmp_path / "silent.m4a"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=0.2", "-c:v", "libx264", "-f", "mp4", path)
    with pytest.raises(SongWithoutSound):
        probe_song(path, tools)


def test_an_m4a_without_its_index_is_refused(make_song: MakeSong, tools: Tools) -> None:
    path = make_song("cut.m4a", 2)
    path.write_bytes(path.read_bytes()[:8_000])
    with pytest.raises(UndecodableSong):
        probe_song(path, tools)


def test_a_wav_header_with_absurd_values_is_refused(tmp_path: Path, tools: Tools) -> None:
    path = tmp_path / "absurd.wav"
    form = struct.pack("<HHIIHH", 1, 0, 0, 0, 0, 16)
    path.write_bytes(b"RIFF\xff\0\0\0WAVEfmt " + struct.pack("<I", len(form)) + form + b"data\x10\0\0\0" + b"\0" * 16)
    with pytest.raises(UndecodableSong):
        probe_song(path, tools)


def test_a_song_that_nobody_can_decode_is_refused(make_song: MakeSong, tools: Tools) -> None:
    path = make_song("noise.m4a", 1, "-movflags", "+faststart")
    content = path.read_bytes()
    sound = content.index(b"mdat") + 4
    path.write_bytes(content[:sound] + b"\xff" * (len(content) - sound))
    with pytest.raises(UndecodableSong):
        probe_song(path, tools)


def test_a_song_over_the_limit_is_refused_with_both_lengths(make_song: MakeSong, tools: Tools) -> None:
    with pytest.raises(SongTooLong, match="3 seconds long and the limit is 2 seconds"):
        probe_song(make_song("long.wav", 3), tools, max_seconds=2)


def test_an_unknown_format_in_the_settings_is_refused(make_song: MakeSong, tools: Tools) -> None:
    with pytest.raises(InvalidConfiguration, match="“mid”"):
        probe_song(make_song(), tools, formats=("mid",))


def test_tags_that_would_fill_the_memory_are_refused(make_song: MakeSong, tools: Tools) -> None:
    """FFprobe prints six bytes for each control character."""
    song = make_song("a.mp3", 1, "-id3v2_version", "0")
    text = b"\3" + b"\1" * 3_000_000
    frame = b"TIT2" + synchsafe(len(text)) + b"\0\0" + text
    song.write_bytes(b"ID3\4\0\0" + synchsafe(len(frame)) + frame + song.read_bytes())
    with pytest.raises(UndecodableSong):
        probe_song(song, tools)


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def test_tags_become_one_printable_line() -> None:
    assert tag_text(" a\nb\x00\u2028c ") == "a b c"
    assert tag_text("a\x1bb\x7fc\x9fd\ud800") == "a b c d"
    assert len(tag_text("x" * 999)) == 200


def test_a_name_that_is_too_long_is_refused(tmp_path: Path, tools: Tools) -> None:
    with pytest.raises(SongNotFound, match="File name too long"):
        probe_song(tmp_path / f"{'a' * 300}.mp3", tools)


def test_a_decoder_that_no_song_needs_is_never_reached(make_song: MakeSong, tools: Tools) -> None:
    with pytest.raises(UndecodableSong):
        probe_song(make_song("strange.wav", 1, "-c:a", "wmav2"), tools)
