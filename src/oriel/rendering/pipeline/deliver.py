"""A finished file → the place where it was asked for, whole or not at all."""

import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from oriel.errors import OutputNotWritable
from oriel.rendering.pipeline.disk import disk_full, full_disk_is_said
from oriel.rendering.pipeline.process import nothing
from oriel.rendering.pipeline.workdir import WorkFolder, temporary_beside

_COPY_BYTES = 8 << 20


def check_output(output: Path, *inputs: Path) -> None:
    """Raise OutputNotWritable if `output` cannot become a file, or is one of the `inputs`; asked before any work."""
    try:
        _check_kind(output)
        if any(_is_same_file(output, given) for given in inputs):
            raise OutputNotWritable(f"{output} is an input of this render and would be overwritten.", path=str(output))
        if not output.parent.is_dir():
            raise OutputNotWritable(f"The folder {output.parent} does not exist.", path=str(output))
    except OSError as error:
        # A name that is too long, a folder that we may not look into.
        raise _not_writable(output, error) from error
    _try_writing(output)


def check_poster(poster: Path, output: Path, *inputs: Path) -> None:
    """Raise OutputNotWritable if the poster cannot become a file, is an input, or is the video itself."""
    check_output(poster, *inputs)
    if poster.resolve() == output.resolve():
        raise OutputNotWritable(f"{poster} cannot be both the video and its poster.", path=str(poster))


def _check_kind(output: Path) -> None:
    try:
        mode = output.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISDIR(mode):
        raise OutputNotWritable(f"{output} is a folder. Add the name of a file in it.", path=str(output))
    if not stat.S_ISREG(mode):
        raise OutputNotWritable(f"{output} is not a regular file.", path=str(output))


def _is_same_file(output: Path, given: Path) -> bool:
    # An input that cannot be looked at is refused where it is read.
    try:
        return output.samefile(given)
    except (OSError, ValueError):
        return False


def _try_writing(output: Path) -> None:
    beside = temporary_beside(output)
    try:
        beside.touch(exist_ok=False)
        beside.unlink()
    except OSError as error:
        raise _not_writable(output, error) from error


def deliver(folder: WorkFolder, finished: Path, output: Path, *, check: Callable[[], None] = nothing) -> None:
    """Move `finished` to `output` by one rename; across filesystems by a copy beside it that is renamed then."""
    output = output.resolve()
    try:
        _flush(finished)
        try:
            finished.replace(output)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_beside(folder, finished, output, check)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(output) from error
        raise _not_writable(output, error) from error


def _copy_beside(folder: WorkFolder, finished: Path, output: Path, check: Callable[[], None]) -> None:
    beside = temporary_beside(output)
    with full_disk_is_said(folder.path):
        folder.remember_temporary_output(beside)
    try:
        with finished.open("rb") as source, beside.open("xb") as target:
            while block := source.read(_COPY_BYTES):
                check()
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        shutil.copymode(finished, beside)
        beside.replace(output)
    finally:
        beside.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _not_writable(output: Path, error: OSError) -> OutputNotWritable:
    return OutputNotWritable(f"{output} cannot be written: {error.strerror}.", path=str(output))
