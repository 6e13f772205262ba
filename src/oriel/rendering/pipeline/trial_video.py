"""One second of drawn frames through the encoder, the join and the verification of a real render, without a browser."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from oriel.errors import AppError, ProcessTimedOut, VerificationError
from oriel.rendering.pipeline.assemble import assemble
from oriel.rendering.pipeline.chunk_encoder import ChunkEncoder
from oriel.rendering.pipeline.disk import full_disk_is_said
from oriel.rendering.pipeline.encode import audio_command, audio_suffix, chunk_command, chunk_suffix, codec_of
from oriel.rendering.pipeline.pcm import RATE
from oriel.rendering.pipeline.plan import Chunk
from oriel.rendering.pipeline.process import run_checked
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.settings_document import Format, Output
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.verify import Expected, verify
from oriel.rendering.pipeline.workdir import ChunkFiles

WIDTH, HEIGHT, FRAMES = 320, 180, 30
FPS: Literal[30] = 30
# Two chunks, so that the join is tried as well.
_CHUNKS = (Chunk(0, 0, 15, "trial"), Chunk(1, 15, 15, "trial"))
_SOUND_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class TrialFormat:
    """A kind of video that customers can choose."""

    title: str
    format: Format
    transparent: bool = False


TRIAL_FORMATS = (
    TrialFormat("MP4", "mp4"),
    TrialFormat("WebM", "webm"),
    TrialFormat("MOV", "mov"),
    TrialFormat("MOV with transparency", "mov", transparent=True),
)


@dataclass(frozen=True)
class _Frames:
    """A gradient that moves by four pixels a frame."""

    pixel: Literal["nv12", "rgba"]
    padded_width: int = WIDTH
    height: int = HEIGHT

    @property
    def frame_bytes(self) -> int:
        return self.padded_width * self.height * (8 if self.pixel == "rgba" else 3) // 2

    def draw(self, chunk: Chunk) -> Iterator[memoryview]:
        for index in range(chunk.first, chunk.first + chunk.count):
            levels = [16 + (x + 4 * index) % 220 for x in range(self.padded_width)]
            if self.pixel == "rgba":
                row = bytes(part for x, level in enumerate(levels) for part in (level, 128, 255 - level, x % 256))
                yield memoryview(row * self.height)
            else:
                yield memoryview(bytes(levels) * self.height + b"\x80" * (self.padded_width * self.height // 2))


def try_format(trial: TrialFormat, folder: Path, tools: Tools, *, timeout_s: float) -> str:
    """Make a video of one second in `folder`, which exists, and return what came out, for a person to read.

    Raises AppError that says what failed: EncodingFailed, ProcessFailed, VerificationError, ProcessTimedOut, DiskFull.
    """
    output = Output(width=WIDTH, height=HEIGHT, fps=FPS, format=trial.format)
    check = _deadline(timeout_s)
    with full_disk_is_said(folder):
        chunks = _encode(output, trial.transparent, folder, tools, check)
        audio = _encode_sound(output, folder, tools, check)
        video = folder / f"video.{output.format}"
        assemble(chunks, audio, video, output, tools, title="Trial", artist="Oriel", check=check)
        codec = codec_of(output, trial.transparent)
        starts = [chunk.first for chunk in _CHUNKS]
        expected = Expected(codec, WIDTH, HEIGHT, FPS, FRAMES, starts, alpha=trial.transparent)
        try:
            verify(video, expected, tools, check=check)
        except (ValueError, LookupError, TypeError) as error:
            raise VerificationError("FFprobe's description of the video cannot be read.") from error
        sound = "opus" if codec == "vp9" else "aac"
        return f"{codec} and {sound}, {FRAMES} frames in 1 s, {video.stat().st_size // 1000} kB, verified"


def missing_encoder(error: AppError) -> str | None:
    """Return the encoder that FFmpeg says it does not have, or None where the error is another one."""
    found = re.search(r"Unknown encoder '([^']+)'", str(error.details.get("stderr", "")))
    return found[1] if found else None


def _deadline(timeout_s: float) -> Callable[[], None]:
    end = time.monotonic() + timeout_s

    def check() -> None:
        if time.monotonic() >= end:
            raise ProcessTimedOut(f"The trial video was not ready after {timeout_s:g} s.")

    return check


def _encode(output: Output, transparent: bool, folder: Path, tools: Tools, check: Callable[[], None]) -> list[Path]:
    frames = _Frames("rgba" if transparent else "nv12")
    files = ChunkFiles(folder, chunk_suffix(codec_of(output, transparent)))
    for chunk in _CHUNKS:
        command = chunk_command(tools.ffmpeg, files.part(chunk), frames, output, transparent)
        # Nothing is drawn beside it, and on a busy machine an encoder that gives way would miss the time limit.
        encoder = ChunkEncoder(chunk, files, command, frames.frame_bytes, gives_way=False)
        try:
            for frame in frames.draw(chunk):
                check()
                encoder.write(frame, check)
            encoder.finish(check)
        finally:
            encoder.stop()
    return [files.path(chunk) for chunk in _CHUNKS]


def _encode_sound(output: Output, folder: Path, tools: Tools, check: Callable[[], None]) -> Path:
    pcm, audio = folder / "sound.pcm", folder / f"audio{audio_suffix(output)}"
    # A saw tooth of 480 Hz, the same on both channels.
    wave = b"".join((level * 100 - 5000).to_bytes(2, "little", signed=True) * 2 for level in range(100))
    pcm.write_bytes(wave * (RATE // 100))
    command = audio_command(tools.ffmpeg, pcm, audio, range(FRAMES), output)
    run_checked(command, access=Access(reads=(pcm,), writes=(folder,)), timeout_s=_SOUND_TIMEOUT_S, check=check)
    return audio
