"""The client that the pages use, tus-js-client, against a service that is killed in the middle of a song."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.files import wav

from oriel.infra.storage import storage
from oriel.settings import Settings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

ROOT = Path(__file__).parents[3]
SONG = wav(220.0)
PATIENCE_S = 120.0


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def serve(app: APIFlask, port: int) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """Start the service, to kill itself after so many pieces."""
    settings: Settings = app.config["ORIEL"]
    with ExitStack() as ending:

        def start(lives: int) -> subprocess.Popen[bytes]:
            where = [settings.database_address, settings.redis_address, str(settings.data_root)]
            command = [sys.executable, "-m", "tests.functional.media.mortal_server", str(port), *where, str(lives)]
            process = ending.enter_context(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL))
            ending.callback(process.kill)
            _wait_for(port, process)
            return process

        yield start
    # A service that is killed leaves what it was receiving; the clock removes that hours later.
    for folder in (settings.data_root / "incoming").iterdir():
        shutil.rmtree(folder)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if not probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.02)
    raise AssertionError("the service has not started")


def client(customer: Caller, port: int, *more: str) -> subprocess.Popen[str]:
    token = customer.headers["Authorization"].removeprefix("Bearer ")
    endpoint = f"http://127.0.0.1:{port}/api/uploads/resumable"
    command = ["node", str(Path(__file__).with_name("tus_client.mjs")), endpoint, token, *more]
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PATH": path})


def told(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    output, _ = process.communicate(timeout=PATIENCE_S)
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("is_reloaded", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_song_survives_a_killed_service_and_a_reloaded_page(
    app: APIFlask,
    caller: Callable[..., Caller],
    serve: Callable[[int], subprocess.Popen[bytes]],
    port: int,
    tmp_path: Path,
    is_reloaded: bool,
) -> None:
    customer, song = caller(), tmp_path / "Long drive.wav"
    song.write_bytes(SONG)
    given = [str(song), str(tmp_path / "urls.json")] if is_reloaded else [str(song)]
    first = serve(2)
    sending = client(customer, port, *given)
    first.wait(PATIENCE_S)
    if is_reloaded:
        assert told(sending)[-1].keys() == {"error"}
        assert sending.returncode == 3
    serve(1000)
    answers = told(client(customer, port, *given) if is_reloaded else sending)
    assert [(answer["method"], answer.get("offset"), answer["status"]) for answer in answers[-3:-1]] == [
        ("HEAD", None, 200),
        ("PATCH", "2000000", 204),
    ]
    upload = customer.get(f"/api/uploads/{answers[-1]['id']}").json or {}
    assert (upload["sha256"], upload["filename"]) == (hashlib.sha256(SONG).hexdigest(), "Long drive.wav")
    with app.app_context():
        assert len(list(storage().list(f"uploads/{customer.user_id}/"))) == 1
