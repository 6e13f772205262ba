"""One locked work folder for each active render, from which a killed render resumes."""

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oriel.errors import WorkFolderUnusable
from oriel.rendering.pipeline.disk import file_sha256, refuse_full_disk, write_whole
from oriel.rendering.pipeline.plan import Chunk

ABANDONED_AFTER_S = 24 * 3600.0

_LOCK = "lock"
# The lock's content: a folder without it was made by somebody else, whatever its name is.
_MARK = b"oriel-work\n"
_TEMPORARY_OUTPUT = "temporary-output"
_TEMPORARY_NAME = re.compile(r"\..{0,100}\.[0-9a-f]{8}\.part", re.DOTALL)
_NAME = re.compile(r"(?:[0-9a-f]{32}|doctor)(?:-\d)?(?P<gone>\.gone-[0-9a-f]{8})?")
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
    def pcm_manifest(self) -> Path:
        """What is known about the canonical PCM besides its bytes."""
        return self.path / "song.json"

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


def temporary_beside(output: Path) -> Path:
    """Return an unused name in the folder of `output`, of the one form that a sweep removes there."""
    # Cut in bytes, since that is what a file system counts: its longest name has 255.
    start = os.fsencode(output.name)[:100].decode("utf-8", "ignore")
    return output.with_name(f".{start}.{secrets.token_hex(4)}.part")


@contextlib.contextmanager
def work_folder(root: Path, key: str) -> Iterator[WorkFolder]:
    """Open the folder of this render below `root`, and remove it in the end; first sweep what others left behind."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        sweep(root)
        folder = _lock_one(root, key)
    except OSError as error:
        # Where the folder cannot even be looked at, its room is no question.
        with contextlib.suppress(OSError):
            refuse_full_disk(root)
        raise WorkFolderUnusable(
            f"The work folder {root} cannot be used: {error.strerror}. Choose another one with --work.", path=str(root)
        ) from error
    with folder:
        yield folder


def sweep(root: Path, *, now: float | None = None) -> None:
    """Remove the folders of renders below `root` that nobody holds and that have not been touched for a day.

    The root may be any folder of the caller's, so only what bears our name and our mark and is ours alone is removed.
    """
    before = (time.time() if now is None else now) - ABANDONED_AFTER_S
    for path in root.iterdir():
        # What another start removes meanwhile, or what we may not look into, is none of our business.
        with contextlib.suppress(OSError):
            if _is_abandoned(path, before):
                _remove_unheld(path)


def remove_folder(path: Path) -> None:
    """Remove a render's folder, which the caller holds locked, and what it has written down as lying outside."""
    _remove_temporary_output(path)
    gone = _set_aside(path)
    # A browser that is being killed may still write for a moment; what stays is swept by a later start, by its mark.
    for _ in range(2):
        for inner in _content_of(gone):
            _remove(inner)
    with contextlib.suppress(OSError):
        if not _content_of(gone):
            (gone / _LOCK).unlink()
            gone.rmdir()


def _set_aside(path: Path) -> Path:
    """Give a folder that is to go a name of its own, so that the next start of the same render never meets it."""
    if ".gone-" in path.name:
        return path
    gone = path.with_name(f"{path.name}.gone-{secrets.token_hex(4)}")
    try:
        return path.rename(gone)
    except OSError:
        return path


def _content_of(path: Path) -> list[Path]:
    try:
        return [inner for inner in path.iterdir() if inner.name != _LOCK]
    except OSError:
        return []


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _remove_temporary_output(path: Path) -> None:
    """Remove the file outside that a killed render has begun, if it is one that a render makes, and forget it."""
    with contextlib.suppress(OSError):
        beside = Path(os.fsdecode((path / _TEMPORARY_OUTPUT).read_bytes()))
        if _is_temporary_output(beside):
            beside.unlink()
    with contextlib.suppress(OSError):
        (path / _TEMPORARY_OUTPUT).unlink()


def _is_temporary_output(path: Path) -> bool:
    named = path.is_absolute() and _TEMPORARY_NAME.fullmatch(path.name) is not None
    return named and path.parent.stat().st_uid == os.geteuid() and stat.S_ISREG(path.lstat().st_mode)


def _is_abandoned(path: Path, before: float) -> bool:
    name = _NAME.fullmatch(path.name)
    if not name or not _is_private(path) or not _is_marked(path):
        return False
    return bool(name["gone"]) or _last_use(path) < before


def _remove_unheld(path: Path) -> None:
    lock = _try_lock(path, os.O_RDWR)
    if lock is not None:
        remove_folder(path)
        os.close(lock)


def _is_private(path: Path) -> bool:
    """Whether it is a folder, no link to one, that nobody but us can have written into."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _is_marked(path: Path) -> bool:
    lock = path / _LOCK
    return os.path.lexists(lock) and stat.S_ISREG(lock.lstat().st_mode) and lock.read_bytes() == _MARK


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
        lock = _take(root / name)
        if lock is not None:
            # What was begun beside the output would be forgotten as soon as we write down one of our own.
            _remove_temporary_output(root / name)
            return WorkFolder(root / name, lock)
    raise WorkFolderUnusable(
        f"This render already runs {_TWINS} times in {root}, or another program uses the names of its folders.",
        path=str(root),
    )


def _take(path: Path) -> int | None:
    """Lock a new folder, or one that a render left; return None if it is foreign or locked."""
    path.mkdir(mode=0o700, exist_ok=True)
    try:
        ours = _is_private(path) and (_is_marked(path) or _is_new(path))
    except FileNotFoundError:
        return None
    lock = _try_lock(path, os.O_RDWR | os.O_CREAT) if ours else None
    if lock is not None:
        os.pwrite(lock, _MARK, 0)
    return lock


def _is_new(path: Path) -> bool:
    """Whether nothing is there but the lock, still empty: made by us just now, or by a start killed right then."""
    return not _content_of(path) and (not (path / _LOCK).exists() or not (path / _LOCK).stat().st_size)


def _try_lock(path: Path, flags: int) -> int | None:
    """Lock a folder, or return None where somebody holds it, or removed it meanwhile."""
    try:
        lock = os.open(path / _LOCK, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
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
    on_finished: Callable[[Path], None] = lambda _: None

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
        self.on_finished(self.path(chunk))
        self.on_finished(self._manifest(chunk))

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
