"""Where the web processes of one machine count their requests together, whichever of them is asked for /metrics."""

import os
import shutil
from pathlib import Path

# Read by prometheus_client when it is imported: to be set before, in the process that becomes the service.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY = Path("/dev/shm")  # noqa: S108  (a folder in it is ours alone, or is refused)


def count_together(data: Path, port: int) -> None:
    """Have the processes that come from this one count together from zero, in a folder of ours. Raises OSError.

    The counts are files mapped into memory: on a disk that is full a count would be the end of its process (SIGBUS),
    so they lie in memory where the system has a folder for that (Linux), else in the data folder.
    """
    folder = _folder(data, port)
    forget_counts(data, port)
    # What somebody else has put there stays, and stands in the way.
    folder.mkdir(mode=0o700, parents=True)
    os.environ[FOLDER] = str(folder)


def forget_counts(data: Path, port: int) -> None:
    """Remove what was counted there."""
    shutil.rmtree(_folder(data, port), ignore_errors=True)


def _folder(data: Path, port: int) -> Path:
    return _MEMORY / f"oriel-{os.getuid()}-{port}" if _MEMORY.is_dir() else data / f".metrics-{port}"
