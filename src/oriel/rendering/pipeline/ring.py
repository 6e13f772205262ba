"""The reading end of the ring file through which frames leave the browser."""

import contextlib
import mmap
import os
import stat
import struct
from pathlib import Path
from typing import BinaryIO

from oriel.errors import StageCrashed

# Layout in bytes, numbers little-endian uint32: the same as in frontend/stage/ring.js.
MAGIC = 0x474E524F
HEADER, HEAD, TAIL, STATE, MESSAGE, EDGE = 4096, 64, 128, 192, 512, 64
RUNNING, DONE, FAILED = 1, 2, 3
STOP = 320  # set by the reader: no more frames are wanted
_WORD = struct.Struct("<I")


class Ring:
    """Maps a file, closes it, and hands out frames in order; freeing a slot is the back-pressure on the browser."""

    def __init__(self, file: BinaryIO) -> None:
        with file:
            self._map = mmap.mmap(file.fileno(), 0)
        self._view = memoryview(self._map)
        self._id, magic, self.frame_bytes, self._stride, self.slots = struct.unpack_from("<5I", self._map, 0)
        if magic != MAGIC:
            raise StageCrashed("The browser's ring file is damaged.")
        self._tail = 0

    def reset(self) -> None:
        """Forget what was read; call it before the writer starts anew."""
        self._tail = 0
        for word in (HEAD, TAIL, STATE, STOP):
            _WORD.pack_into(self._map, word, 0)

    @property
    def ready(self) -> int:
        """Frames that are written and not yet freed."""
        head: int = _WORD.unpack_from(self._map, HEAD)[0]
        return head - self._tail

    @property
    def state(self) -> int:
        """RUNNING, DONE or FAILED."""
        state: int = _WORD.unpack_from(self._map, STATE)[0]
        return state

    @property
    def failure(self) -> str:
        """What the writer said when it failed."""
        length: int = _WORD.unpack_from(self._map, MESSAGE)[0]
        return self._map[MESSAGE + 4 : MESSAGE + 4 + length].decode("utf8", "replace")

    def frame(self, index: int) -> memoryview:
        """Return the next frame's bytes, valid until `free`; it must be frame `index` of the song, whole."""
        start = HEADER + (self._tail % self.slots) * self._stride
        first = _WORD.unpack_from(self._map, start)[0]
        last = _WORD.unpack_from(self._map, start + EDGE + self.frame_bytes)[0]
        if not first == last == index:
            raise StageCrashed("The browser mixed up its frames.", reason=f"{index} was due, {first} to {last} came")
        return self._view[start + EDGE : start + EDGE + self.frame_bytes]

    def free(self) -> None:
        """Give the slot of the frame last read back to the writer."""
        self._tail += 1
        _WORD.pack_into(self._map, TAIL, self._tail)

    def stop(self) -> None:
        """Ask the writer to end its run."""
        _WORD.pack_into(self._map, STOP, 1)

    def close(self) -> None:
        """Unmap the file; where a frame is still held, as soon as it is let go of."""
        with contextlib.suppress(BufferError):
            self._view.release()
            self._map.close()


def open_file(profile: Path, size: int, prefix: bytes) -> BinaryIO:
    """Open a file of the page's private file system by its size and first bytes: its name is Chromium's own affair.

    No link is followed: a browser that has been taken over could put one there, and we can open more than it can.
    """
    # What Chromium deletes meanwhile is passed over.
    with contextlib.suppress(FileNotFoundError):
        for folder, inner, names, descriptor in os.fwalk(profile):
            if Path(folder) in (profile, profile / "Default"):
                inner[:] = [name for name in inner if name in ("Default", "File System")]
                continue
            for name in names:
                with contextlib.suppress(OSError):
                    if file := _opened(name, descriptor, size, prefix):
                        return file
    raise StageCrashed("The browser lost a file.", reason=f"no file of {size} bytes is in its file system")


def _opened(name: str, folder: int, size: int, prefix: bytes) -> BinaryIO | None:
    # Without O_NONBLOCK a pipe would have us wait.
    descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with contextlib.ExitStack() as closing:
        file = closing.enter_context(os.fdopen(descriptor, "r+b"))
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_size == size and os.pread(descriptor, len(prefix), 0) == prefix:
            closing.pop_all()
            return file
    return None
