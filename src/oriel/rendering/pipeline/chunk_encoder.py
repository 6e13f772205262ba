"""One FFmpeg for one chunk: raw frames in, a finished chunk file out."""

from collections.abc import Callable

from oriel.errors import EncodingFailed, ProcessTimedOut
from oriel.rendering.pipeline.disk import refuse_full_disk
from oriel.rendering.pipeline.plan import Chunk
from oriel.rendering.pipeline.process import Arguments, Process, nothing, reason_of
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.workdir import ChunkFiles

# A frame takes milliseconds; who takes none for a minute never will.
_FRAME_TIMEOUT_S = 60.0
_FLUSH_TIMEOUT_S = 120.0


class ChunkEncoder:
    """Started ahead of its first frame, closed without waiting, finished later. `stop` ends it whatever its state."""

    def __init__(
        self, chunk: Chunk, files: ChunkFiles, command: Arguments, frame_bytes: int, *, gives_way: bool = True
    ) -> None:
        self.chunk = chunk
        self._files = files
        self._frame_bytes = frame_bytes
        self._written = 0
        # Drawing is many steps one after the other, and encoding fills the gaps between them: with equal rights the
        # encoder starves, because frames come late (2 cores, prism: 42.7 against 48 frames/s).
        self._process = Process(command, access=Access(writes=(files.folder,)), gives_way=gives_way)

    @property
    def is_full(self) -> bool:
        """Whether the chunk has all its frames."""
        return self._written == self.chunk.count

    @property
    def left(self) -> int:
        """How many frames are still to come."""
        return self.chunk.count - self._written

    @property
    def has_ended(self) -> bool:
        """Whether FFmpeg has ended, so that `finish` would not wait."""
        return self._process.poll() is not None

    def write(self, frame: memoryview, check: Callable[[], None] = nothing) -> None:
        """Hand over the next frame; returns when FFmpeg has taken all of it."""
        if frame.nbytes != self._frame_bytes:
            raise EncodingFailed(f"A frame has {frame.nbytes} bytes instead of {self._frame_bytes}.")
        try:
            self._process.write(frame, timeout_s=_FRAME_TIMEOUT_S, check=check)
        except (EncodingFailed, ProcessTimedOut):
            refuse_full_disk(self._files.folder)
            raise
        self._written += 1
        if self.is_full:
            self._process.close_stdin()

    def finish(self, check: Callable[[], None] = nothing) -> None:
        """Wait for FFmpeg and finish the chunk; raise EncodingFailed or DiskFull."""
        returncode = self._process.wait(_FLUSH_TIMEOUT_S, check)
        stderr = self._process.stderr_tail()
        self._process.stop()
        if returncode or not self.is_full or not self._files.part(self.chunk).exists():
            refuse_full_disk(self._files.folder)
            raise EncodingFailed(
                f"FFmpeg could not encode frames {self.chunk.first} to {self.chunk.first + self.chunk.count - 1}:"
                f" {reason_of(returncode, stderr)}",
                chunk=self.chunk.index,
                returncode=returncode,
                stderr=stderr,
            )
        self._files.finish(self.chunk)

    def stop(self) -> None:
        """End FFmpeg at once and remove what is not finished."""
        self._process.stop()
        self._files.part(self.chunk).unlink(missing_ok=True)
