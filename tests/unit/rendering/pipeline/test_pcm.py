"""Every song becomes the same kind of PCM."""

import array
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from oriel.errors import Cancelled, SongTooLong
from oriel.rendering.pipeline.pcm import RATE, Pcm, decode_pcm, frame_count, read_pcm, write_manifest
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.tools import Tools

MakeSong = Callable[..., Path]
# Without headers of its own, so that one can follow the other.
JOINABLE = ("-write_xing", "0", "-id3v2_version", "0")


@pytest.fixture
def decode(tools: Tools, tmp_path: Path) -> Callable[..., Pcm]:
    def decoded(path: Path) -> Pcm:
        return decode_pcm(probe_song(path, tools), tmp_path / "out.pcm", tools)

    return decoded


def levels(pcm: Pcm) -> tuple[int, int]:
    """Return the peak of the left and of the right channel."""
    values = array.array("h", pcm.path.read_bytes())
    return max(map(abs, values[0::2])), max(map(abs, values[1::2]))


def test_a_song_becomes_48_khz_stereo(make_song: MakeSong, decode: Callable[..., Pcm]) -> None:
    pcm = decode(make_song("a.wav", 2, "-ar", "44100"))
    assert pcm.samples == pytest.approx(96_000, abs=64)
    assert pcm.path.stat().st_size == pcm.samples * 4
    assert pcm.warnings == ()


def test_mono_keeps_its_level_on_both_sides(make_song: MakeSong, decode: Callable[..., Pcm]) -> None:
    song = make_song("mono.wav", 1, "-ac", "1", source="sine=440:r=48000:d=1,volume=6")
    left, right = levels(decode(song))
    assert left == right == pytest.approx(4096 * 6, rel=0.01)


def test_stereo_is_copied_bit_by_bit(make_song: MakeSong, decode: Callable[..., Pcm]) -> None:
    song = make_song("s.wav", 1, "-ac", "2", source="aevalsrc=0.5*sin(900*t)|0.25*sin(1400*t):s=48000:d=1")
    assert song.read_bytes().endswith(decode(song).path.read_bytes())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("s8.wav", ("-ar", "8000")),
        ("s192.wav", ("-ar", "192000")),
        ("deep.wav", ("-c:a", "pcm_s24le")),
        ("float.wav", ("-c:a", "pcm_f32le")),
        ("a.mp3", ()),
        ("vbr.mp3", ("-q:a", "4")),
        ("low.mp3", ("-ar", "8000", "-b:a", "16k")),
        ("a.m4a", ()),
        ("alac.m4a", ("-c:a", "alac")),
    ],
)
def test_every_kind_keeps_its_length(
    make_song: MakeSong, decode: Callable[..., Pcm], name: str, options: tuple[str, ...]
) -> None:
    pcm = decode(make_song(name, 2, *options))
    assert pcm.duration_s == pytest.approx(2.0, abs=0.06)
    assert pcm.warnings == ()


def test_surround_is_mixed_down(make_song: MakeSong, decode: Callable[..., Pcm]) -> None:
    song = make_song(
        "surround.wav", 1, "-c:a", "pcm_s16le", source="aevalsrc=0|0|0.5*sin(900*t)|0|0|0:s=48000:d=1:c=5.1"
    )
    left, right = levels(decode(song))
    assert left == right > 3000


def test_a_second_channel_that_comes_later_is_heard(
    make_song: MakeSong, decode: Callable[..., Pcm], ffmpeg: Callable[..., None]
) -> None:
    path = make_song("mono.mp3", 2, *JOINABLE)
    right = make_song("right.mp3", 2, *JOINABLE, source="aevalsrc=0|0.5*sin(2000*t):s=48000:d=2")
    path.write_bytes(path.read_bytes() + right.read_bytes())
    pcm = decode(path)
    assert pcm.duration_s == pytest.approx(4.0, abs=0.15)
    values = array.array("h", pcm.path.read_bytes())
    half = RATE * 2
    early, late = values[half // 2 : half], values[-half:]
    assert max(early[0::2]) == max(early[1::2]) == pytest.approx(4096, rel=0.05)
    assert max(late[0::2]) < 50
    assert max(late[1::2]) == pytest.approx(16_384, rel=0.05)


def test_another_sample_rate_that_comes_later_keeps_pitch_and_length(
    make_song: MakeSong, decode: Callable[..., Pcm]
) -> None:
    path = make_song("a.mp3", 2, "-ar", "44100", *JOINABLE)
    path.write_bytes(path.read_bytes() + make_song("b.mp3", 2, "-ar", "32000", *JOINABLE).read_bytes())
    pcm = decode(path)
    assert pcm.duration_s == pytest.approx(4.0, abs=0.2)
    left = array.array("h", pcm.path.read_bytes())[0::2]
    for second in (left[RATE // 2 : RATE * 3 // 2], left[-RATE * 3 // 2 : -RATE // 2]):
        crossings = sum(before < 0 <= after for before, after in pairwise(second))
        assert crossings == pytest.approx(440, abs=2)


def test_silence_is_a_song(make_song: MakeSong, decode: Callable[..., Pcm]) -> None:
    pcm = decode(make_song("silence.mp3", source="anullsrc=r=44100:cl=stereo:d=2"))
    assert levels(pcm) == (0, 0)
    assert pcm.duration_s == pytest.approx(2.0, abs=0.06)


def test_the_same_song_gives_the_same_bytes(make_song: MakeSong, decode: Callable[..., Pcm]) -> None:
    song = make_song("again.mp3", 1, "-ar", "44100")
    assert decode(song).path.read_bytes() == decode(song).path.read_bytes()


@pytest.mark.parametrize("name", ["cut.mp3", "cut.wav", "cut.m4a"])
def test_a_cut_off_song_is_used_with_a_warning(make_song: MakeSong, decode: Callable[..., Pcm], name: str) -> None:
    path = make_song(name, 4, *(("-movflags", "+faststart") if name.endswith("m4a") else ()))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    pcm = decode(path)
    assert 1.0 < pcm.duration_s < 3.0
    assert "damaged" in pcm.warnings[0]


def test_a_song_that_is_longer_than_its_header_says_is_refused(
    make_song: MakeSong, tools: Tools, tmp_path: Path
) -> None:
    song = probe_song(make_song("liar.mp3", 5), tools)
    with pytest.raises(SongTooLong):
        decode_pcm(song, tmp_path / "out.pcm", tools, max_seconds=2)
    assert (tmp_path / "out.pcm").stat().st_size <= 3 * 48_000 * 4


def test_decoding_can_be_cancelled(make_song: MakeSong, tools: Tools, tmp_path: Path) -> None:
    def cancelled() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        decode_pcm(probe_song(make_song("a.mp3", 200), tools), tmp_path / "out.pcm", tools, check=cancelled)


@pytest.mark.parametrize(
    ("samples", "fps", "frames"),
    [(48_000, 30, 30), (8_640_000, 30, 5400), (800, 30, 1), (799, 30, 1), (0, 24, 1), (2399, 30, 1), (2400, 30, 2)],
)
def test_frames_are_counted_in_whole_numbers(samples: int, fps: int, frames: int) -> None:
    assert frame_count(samples, fps) == frames


def test_kept_pcm_comes_back_with_its_warnings(tmp_path: Path) -> None:
    pcm = Pcm(tmp_path / "song.s16le", 2, ("The song is damaged.",))
    pcm.path.write_bytes(bytes(8))
    assert read_pcm(pcm.path, tmp_path / "song.json") is None
    write_manifest(pcm, tmp_path / "song.json")
    assert read_pcm(pcm.path, tmp_path / "song.json") == pcm


@pytest.mark.parametrize("manifest", [b"", b"[]", b'{"samples": 3, "warnings": []}', b'{"samples": 2}'])
def test_pcm_with_another_manifest_is_not_taken(tmp_path: Path, manifest: bytes) -> None:
    (tmp_path / "song.s16le").write_bytes(bytes(8))
    (tmp_path / "song.json").write_bytes(manifest)
    assert read_pcm(tmp_path / "song.s16le", tmp_path / "song.json") is None
