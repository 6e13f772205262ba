"""A finished file → the place where it was asked for, whole or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from oriel.errors import OutputNotWritable
from oriel.rendering.pipeline.disk import disk_full, full_disk_is_said
from oriel.rendering.pipeline.process import nothing
from oriel.rendering.pipeline.workdir import WorkFolder

_COPY_BYTES = 8 << 20


def check_output(output: Path, *inputs: Path) -> None:
    """Raise OutputNotWritable if `output` cannot become a file, or is one of the `inputs`; asked before any work."""
    if output.is_dir():
        raise OutputNotWritable(f"{output} is a folder: name the file in it as well.", path=str(output))
    if output.exists() and not output.is_file():
        raise OutputNotWritable(f"{output} is no regular file.", path=str(output))
    if any(output.exists() and given.exists() and output.samefile(given) for given in inputs):
        raise OutputNotWritable(f"{output} is an input of this render and would be overwritten.", path=str(output))
    if not output.parent.is_dir():
        raise OutputNotWritable(f"The folder {output.parent} does not exist.", path=str(output))
    _try_writing(output)


def _try_writing(output: Path) -> None:
    beside = _temporary(output)
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
    beside = _temporary(output)
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


def _temporary(output: Path) -> Path:
    return output.with_name(f".{output.name[:100]}.{secrets.token_hex(4)}.part")


def _not_writable(output: Path, error: OSError) -> OutputNotWritable:
    return OutputNotWritable(f"{output} cannot be written: {error.strerror}.", path=str(output))
