"""Where the web processes of one machine count their requests together, whichever of them is asked for /metrics."""

import os
import shutil
from pathlib import Path

# Read by prometheus_client when it is imported: to be set before, in the process that becomes the service.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def count_together_in(folder: Path) -> None:
    """Have the processes that come from this one count there, from zero. Raises OSError."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[FOLDER] = str(folder)
