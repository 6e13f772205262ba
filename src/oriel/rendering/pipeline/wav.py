"""Reads the chunks of a WAV: where its samples lie, how they are stored, and how many of them are there.

FFmpeg believes the header where files in the field prove it wrong: placeholder sizes, sizes that were never updated,
and samples in containers wider than their valid bits.
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST_CHUNKS = 1000
_EXTENSIBLE = 0xFFFE
_LARGEST = 1 << 48
# Programs that write into a pipe leave a size near the end of a signed or an unsigned number of 32 bits.
_PLACEHOLDERS = (range(0x7FFF0000, 0x80000001), range(0xFFFF0000, 0x100000000))
_INTEGER, _FLOAT, _A_LAW, _MU_LAW = 1, 3, 6, 7
# By format and by bytes of one sample, whatever number of them is said to be valid: they are the upper ones.
_CODECS: Mapping[tuple[int, int], str] = {
    (_INTEGER, 1): "pcm_u8",
    (_INTEGER, 2): "pcm_s16le",
    (_INTEGER, 3): "pcm_s24le",
    (_INTEGER, 4): "pcm_s32le",
    (_INTEGER, 8): "pcm_s64le",
    (_FLOAT, 4): "pcm_f32le",
    (_FLOAT, 8): "pcm_f64le",
    (_A_LAW, 1): "pcm_alaw",
    (_MU_LAW, 1): "pcm_mulaw",
}


@dataclass(frozen=True)
class Wav:
    """How the samples lie in the file; sizes in bytes, and `codec` is None where it is no plain PCM.

    `announced` is what the header says, or `readable` where it says nothing that could be true.
    """

    codec: str | None
    bytes_per_second: int
    announced: int
    readable: int
    # Whether FFmpeg must read on to the end of the file.
    ignores_size: bool

    @property
    def duration_s(self) -> float:
        """The length of the sound that is there, exact for plain PCM."""
        return self.readable / self.bytes_per_second

    @property
    def announced_s(self) -> float:
        """The length of the sound that the header announces."""
        return self.announced / self.bytes_per_second


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    start: int
    size: int


@dataclass(frozen=True)
class _Form:
    """The content of the "fmt " chunk."""

    tag: int
    channels: int
    rate: int
    block: int

    @property
    def codec(self) -> str | None:
        return None if self.block % self.channels else _CODECS.get((self.tag, self.block // self.channels))


def read_wav(path: Path) -> Wav | None:
    """Return how a WAV, RF64 or BW64 file stores its sound; None where its header makes no sense."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        large, form = 0, None
        for chunk in _chunks(file, 12, size):
            if chunk.name == b"ds64":
                large = int.from_bytes(_content(file, chunk, 24)[8:16], "little")
            elif chunk.name == b"fmt ":
                form = _form(_content(file, chunk, 40))
            elif chunk.name == b"data":
                return _sound(file, form, chunk, large, size) if form else None
    return None


def find_chunks(file: BinaryIO, names: tuple[bytes, ...]) -> list[int]:
    """Return where the content of each chunk of these names begins."""
    return [chunk.start for chunk in _chunks(file, 12, file.seek(0, 2)) if chunk.name in names]


def _chunks(file: BinaryIO, at: int, end: int) -> Iterator[_Chunk]:
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        header = file.read(8)
        if len(header) < 8 or at >= end:
            return
        chunk = _Chunk(header[:4], at + 8, int.from_bytes(header[4:], "little"))
        yield chunk
        at = chunk.start + chunk.size + chunk.size % 2


def _content(file: BinaryIO, chunk: _Chunk, most: int) -> bytes:
    file.seek(chunk.start)
    return file.read(min(chunk.size, most))


def _form(content: bytes) -> _Form | None:
    if len(content) < 16:
        return None
    tag, channels, rate, _, block, _ = struct.unpack("<HHIIHH", content[:16])
    if tag == _EXTENSIBLE and len(content) >= 26:
        tag = int.from_bytes(content[24:26], "little")
    return _Form(tag, channels, rate, block) if channels and rate and block else None


def _sound(file: BinaryIO, form: _Form, data: _Chunk, large: int, file_size: int) -> Wav:
    there, said = file_size - data.start, large or data.size
    unknown = any(said in sizes for sizes in _PLACEHOLDERS) or said > _LARGEST or _goes_on(file, data, said, form)
    readable = there if unknown else min(said, there)
    whole = readable - readable % form.block
    return Wav(form.codec, form.block * form.rate, whole if unknown else said, whole, unknown)


def _goes_on(file: BinaryIO, data: _Chunk, said: int, form: _Form) -> bool:
    """Whether samples follow behind the end that the header names, because nobody has updated its size.

    Other chunks may follow in every WAV, and zeros where a recorder has reserved room.
    """
    end = data.start + said + said % 2
    rest = file.seek(0, 2) - end
    if rest < form.block * form.rate // 10:
        return False
    file.seek(end)
    next_name = file.read(4)
    is_chunk = all(0x20 <= byte <= 0x7E for byte in next_name)
    return not is_chunk and (not said or any(next_name))
