"""One locked folder for each render under way, from which a killed render goes on; it is removed with the render."""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import WorkFolderUnusable
from oriel.rendering.pipeline.disk import file_sha256, refuse_full_disk, write_whole
from oriel.rendering.pipeline.plan import Chunk

ABANDONED_AFTER_S = 24 * 3600.0

_LOCK = "lock"
_TEMPORARY_OUTPUT = "temporary-output"
# The same render started again while the first one runs gets a folder of its own.
_TWINS = 8


class WorkFolder:
    """The folder of one render, locked. Leaving it removes it, unless `keep` was set."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.keep = False
        self._lock = lock
        for folder in (self.chunks, self.tmp, self.profile):
            folder.mkdir(exist_ok=True)

    @property
    def chunks(self) -> Path:
        """Finished chunk files with their manifests."""
        return self.path / "chunks"

    @property
    def tmp(self) -> Path:
        """TMPDIR of every program that this render starts."""
        return self.path / "tmp"

    @property
    def profile(self) -> Path:
        """The browser's profile."""
        return self.path / "profile"

    @property
    def pcm(self) -> Path:
        """The canonical PCM."""
        return self.path / "song.s16le"

    @property
    def track(self) -> Path:
        """The encoded feature track."""
        return self.path / "track.orft"

    @property
    def cover(self) -> Path:
        """The cover, made harmless."""
        return self.path / "cover.png"

    @property
    def background(self) -> Path:
        """The background picture, made harmless."""
        return self.path / "background.png"

    def __enter__(self) -> "WorkFolder":
        return self

    def __exit__(self, *_: object) -> None:
        if not self.keep:
            remove_folder(self.path)
        os.close(self._lock)

    def remember_temporary_output(self, path: Path) -> None:
        """Write down a file outside this folder that a sweep must remove if we are killed."""
        write_whole(self.path / _TEMPORARY_OUTPUT, os.fsencode(path))


@contextlib.contextmanager
def work_folder(root: Path, key: str) -> Iterator[WorkFolder]:
    """Open the folder of this render below `root`, and remove it in the end; first sweep what others left behind."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        sweep(root)
        folder = _lock_one(root, key)
    except OSError as error:
        if root.is_dir():
            refuse_full_disk(root)
        raise WorkFolderUnusable(
            f"The work folder {root} cannot be used: {error.strerror}. Choose another one with --work.", path=str(root)
        ) from error
    with folder:
        yield folder


def sweep(root: Path, *, now: float | None = None) -> None:
    """Remove the folders below `root` that nobody holds and that have not been touched for a day."""
    before = (time.time() if now is None else now) - ABANDONED_AFTER_S
    for path in root.iterdir():
        if (path / _LOCK).is_file() and _last_use(path) < before:
            lock = _try_lock(path)
            if lock is not None:
                remove_folder(path)
                os.close(lock)


def remove_folder(path: Path) -> None:
    """Remove a render's folder and what it has written down as lying outside."""
    with contextlib.suppress(OSError):
        Path(os.fsdecode((path / _TEMPORARY_OUTPUT).read_bytes())).unlink()
    # A browser that is being killed may still write for a moment; what stays is swept by a later start.
    shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)


def _last_use(path: Path) -> float:
    times = [path.stat().st_mtime]
    for inner in (path / "chunks", path / _LOCK):
        with contextlib.suppress(OSError):
            times.append(inner.stat().st_mtime)
    return max(times)


def _lock_one(root: Path, key: str) -> WorkFolder:
    names = [key, *(f"{key}-{twin}" for twin in range(1, _TWINS))]
    # A folder that is already there comes first: it may hold finished chunks.
    for name in sorted(names, key=lambda name: not (root / name).is_dir()):
        path = root / name
        path.mkdir(exist_ok=True)
        lock = _try_lock(path)
        if lock is not None:
            return WorkFolder(path, lock)
    raise WorkFolderUnusable(f"The same render runs {_TWINS} times already below {root}.", path=str(root))


def _try_lock(path: Path) -> int | None:
    """Lock a folder, or return None where somebody holds it, or removed it meanwhile."""
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_ino == (path / _LOCK).stat().st_ino:
            os.utime(lock)
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None


@dataclass(frozen=True)
class ChunkFiles:
    """The chunk files of a render: a chunk is finished when its manifest is there and tells the truth."""

    folder: Path
    suffix: str

    def path(self, chunk: Chunk) -> Path:
        """Return where the finished chunk lies."""
        return self.folder / f"{chunk.index:05d}-{chunk.key[:16]}{self.suffix}"

    def part(self, chunk: Chunk) -> Path:
        """Return where the chunk is written."""
        return self.folder / f"{chunk.index:05d}-{chunk.key[:16]}.part{self.suffix}"

    def finish(self, chunk: Chunk) -> None:
        """Declare what was written as `part` to be the chunk."""
        self.part(chunk).replace(self.path(chunk))
        manifest = {"key": chunk.key, "frames": chunk.count, **_content(self.path(chunk))}
        write_whole(self._manifest(chunk), json.dumps(manifest).encode())

    def is_finished(self, chunk: Chunk) -> bool:
        """Whether the chunk is there, whole, and the one that the plan means."""
        try:
            manifest = json.loads(self._manifest(chunk).read_bytes())
            return bool(manifest == {"key": chunk.key, "frames": chunk.count, **_content(self.path(chunk))})
        except (OSError, ValueError):
            return False

    def _manifest(self, chunk: Chunk) -> Path:
        return self.path(chunk).with_suffix(".json")


def _content(path: Path) -> dict[str, object]:
    return {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
