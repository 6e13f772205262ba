"""The service in a process that kills itself after so many pieces. Arguments: PORT DATABASE VALKEY DATA PIECES."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.functional.conftest import service_settings
from werkzeug.serving import make_server

from oriel.app import create_app
from oriel.media import pieces, resumable

port, database, valkey, data, lives = sys.argv[1:]
left = int(lives)
pieces.PIECE_BYTES = 1_000_000
add = resumable._add


def add_and_die(*given: Any) -> None:  # noqa: ANN401  (as it is called)
    global left
    add(*given)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)


vars(resumable)["_add"] = add_and_die
make_server(
    "127.0.0.1", int(port), create_app(service_settings(database, valkey, Path(data))), threaded=True
).serve_forever()
