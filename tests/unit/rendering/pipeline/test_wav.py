"""A WAV's samples are found wherever they are, whatever its header says about them."""

import array
import struct
from pathlib import Path

import pytest

from oriel.rendering.pipeline.pcm import decode_pcm
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.wav import read_wav

RATE = 48_000
LEFT, RIGHT = 1000, -2000
# Half a second in which both channels differ from each other and from zero.
SAMPLES = [LEFT, RIGHT] * (RATE // 2)
SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")
LIST = b"LIST" + struct.pack("<I", 96_000) + b"INFO" + bytes(95_996)


def form(bits: int = 16, container: int = 2, channels: int = 2, tag: int = 1) -> bytes:
    """Return a "fmt " chunk for samples of so many bytes each."""
    block = container * channels
    return b"fmt " + struct.pack("<IHHIIHH", 16, tag, channels, RATE, RATE * block, block, bits)


def extensible(valid: int, container: int, tag: int = 1) -> bytes:
    """Return an extensible "fmt " chunk: so many valid bits in a container of so many bytes."""
    block = container * 2
    head = struct.pack("<HHIIHH", 0xFFFE, 2, RATE, RATE * block, block, container * 8)
    content = head + struct.pack("<HHIH", 22, valid, 3, tag) + SUBFORMAT
    return b"fmt " + struct.pack("<I", len(content)) + content


def stored(container: int) -> bytes:
    """Return the samples in the upper bits of containers of so many bytes."""
    return b"".join(struct.pack("<h", value).rjust(container, b"\0") for value in SAMPLES)


def wav(head: bytes, data: bytes, size: int | None = None, riff: int | None = None, magic: bytes = b"RIFF") -> bytes:
    """Return a WAV whose header may lie about its sizes."""
    chunk = b"data" + struct.pack("<I", len(data) if size is None else size) + data
    whole = 4 + len(head) + len(chunk)
    return magic + struct.pack("<I", whole if riff is None else riff) + b"WAVE" + head + chunk


def heard(content: bytes, tools: Tools, tmp_path: Path) -> tuple[float, set[tuple[int, int]]]:
    """Return how long the song is said to be, and every pair of samples that is decoded from it."""
    path = tmp_path / "song.wav"
    path.write_bytes(content)
    song = probe_song(path, tools)
    assert song.missing_s == 0
    pcm = decode_pcm(song, tmp_path / "out.pcm", tools)
    assert (pcm.warnings, pcm.duration_s) == ((), song.duration_s)
    values = array.array("h", pcm.path.read_bytes())
    return song.duration_s, set(zip(values[0::2], values[1::2], strict=True))


MUSIC = (0.5, {(LEFT, RIGHT)})


@pytest.mark.parametrize(("valid", "container"), [(16, 2), (16, 3), (24, 3), (16, 4), (24, 4), (8, 2)])
def test_fewer_valid_bits_than_the_container_has_are_the_upper_ones(
    tools: Tools, tmp_path: Path, valid: int, container: int
) -> None:
    assert heard(wav(extensible(valid, container), stored(container)), tools, tmp_path) == MUSIC


def test_the_block_alignment_counts_in_a_plain_header_too(tools: Tools, tmp_path: Path) -> None:
    assert heard(wav(form(bits=24, container=4), stored(4)), tools, tmp_path) == MUSIC


@pytest.mark.parametrize(
    ("riff", "size"),
    [
        (0x7FFFF024, 0x7FFFF000),
        (0, 0),
        (36, 0),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFDB),
        (0x80000024, 0x80000000),
        (0x7FFFFFFF, 0x7FFFFFDB),
        (None, 0x7FFFF000),
        (0x7FFFF024, None),
        (1_000_000, None),
        (36, None),
    ],
)
def test_sizes_that_were_not_known_when_they_were_written_announce_nothing(
    tmp_path: Path, riff: int | None, size: int | None
) -> None:
    (tmp_path / "song.wav").write_bytes(wav(form(), stored(2), size, riff))
    told = read_wav(tmp_path / "song.wav")
    assert told
    assert (told.duration_s, told.announced_s) == (0.5, 0.5)
    assert told.ignores_size == (size is not None)


@pytest.mark.parametrize("size", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_song_that_was_written_into_a_pipe_is_heard_whole(tools: Tools, tmp_path: Path, size: int) -> None:
    assert heard(wav(form(), stored(2), size, size), tools, tmp_path) == MUSIC


@pytest.mark.parametrize("size", [4, 24_000])
def test_a_size_that_was_never_updated_hides_no_sound(tools: Tools, tmp_path: Path, size: int) -> None:
    assert heard(wav(form(), stored(2), size), tools, tmp_path) == MUSIC


@pytest.mark.parametrize("behind", [LIST, bytes(200_000), b"\1\2\3"], ids=["a chunk", "reserved room", "a few bytes"])
def test_what_follows_the_sound_is_not_heard(tools: Tools, tmp_path: Path, behind: bytes) -> None:
    assert heard(wav(form(), stored(2)) + behind, tools, tmp_path) == MUSIC


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
def test_large_wavs_keep_their_size_elsewhere(tools: Tools, tmp_path: Path, magic: bytes) -> None:
    data = stored(2)
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, len(data) + 72, len(data), len(SAMPLES) // 2, 0)
    content = wav(ds64 + form(), data, 0xFFFFFFFF, 0xFFFFFFFF, magic)
    assert heard(content, tools, tmp_path) == MUSIC
    (tmp_path / "cut.wav").write_bytes(content[:50_000])
    assert probe_song(tmp_path / "cut.wav", tools).missing_s == pytest.approx(0.24, abs=0.001)


@pytest.mark.parametrize("share", [0.1, 0.6, 0.95])
def test_what_is_cut_off_is_found(tools: Tools, tmp_path: Path, share: float) -> None:
    content = wav(extensible(16, 3), stored(3))
    path = tmp_path / "song.wav"
    path.write_bytes(content[: int(len(content) * share)])
    song = probe_song(path, tools)
    assert song.duration_s == pytest.approx(share / 2, abs=0.001)
    assert song.missing_s == pytest.approx((1 - share) / 2, abs=0.001)
    pcm = decode_pcm(song, tmp_path / "out.pcm", tools)
    assert pcm.warnings == (f"The song is damaged: {song.duration_s:.1f} of 0.5 seconds could be read.",)


def test_many_channels_without_a_layout_are_mixed_in_pairs(tools: Tools, tmp_path: Path) -> None:
    data = struct.pack("<10h", *[LEFT, RIGHT] * 5) * (RATE // 2)
    assert heard(wav(form(channels=10), data), tools, tmp_path) == MUSIC


def test_a_single_channel_for_the_left_speaker_is_heard_on_both_sides(tools: Tools, tmp_path: Path) -> None:
    head = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, RATE, RATE * 2, 2, 16, 22, 16, 1, 1) + SUBFORMAT
    content = wav(b"fmt " + struct.pack("<I", len(head)) + head, struct.pack("<h", LEFT) * (RATE // 2))
    assert heard(content, tools, tmp_path) == (0.5, {(LEFT, LEFT)})


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF\0\0\0\0WAVE", wav(b"", b"xx"), wav(form(channels=0), b"xx"), wav(b"fmt \x02\0\0\0\1\0", b"xx")],
)
def test_a_header_without_sense_says_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "song.wav").write_bytes(content)
    assert read_wav(tmp_path / "song.wav") is None
