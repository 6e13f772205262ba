"""A process of ours keeps its secrets from other programs of the same user."""

import os
import subprocess
import sys

import pytest

CODE = """
import os, subprocess, sys
from oriel.infra.own_memory import hide_memory
if sys.argv[1] == "hidden":
    hide_memory()
finished = subprocess.run(["cat", f"/proc/{os.getpid()}/environ"], capture_output=True, env={})
print(finished.returncode, b"sk_live_1" in finished.stdout)
"""
# Root reads everything, unless it lacks the right to.
UNPRIVILEGED = ["/usr/bin/setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
@pytest.mark.parametrize(("how", "said"), [("hidden", "1 False"), ("shown", "0 True")])
def test_a_child_cannot_read_the_secrets_in_our_environment(how: str, said: str) -> None:
    environment = {**os.environ, "STRIPE_SECRET_KEY": "sk_live_1"}
    command = [*UNPRIVILEGED, sys.executable, "-c", CODE, how]
    assert subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout.strip() == said


MAIN = "from oriel import cli; cli.main(['{}', '--help'])"
GUNICORN = """
from gunicorn.config import Config
config = Config()
config.set("worker_class", "oriel.infra.web_server.BufferingWorker")
config.worker_class
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")
@pytest.mark.parametrize(
    ("code", "is_dumpable"),
    [
        (MAIN.format("up"), "0"),
        (MAIN.format("worker"), "0"),
        (MAIN.format("clock"), "0"),
        (GUNICORN, "0"),
        (MAIN.format("render"), "1"),
    ],
    ids=["up", "worker", "clock", "gunicorn", "render"],
)
def test_the_services_processes_hide_theirs(code: str, is_dumpable: str) -> None:
    get_dumpable = 3
    tells = (
        f"import atexit, ctypes; atexit.register(lambda: print(ctypes.CDLL(None).prctl({get_dumpable}, 0, 0, 0, 0)))"
    )
    command = [sys.executable, "-c", f"{tells}\n{code}"]
    finished = subprocess.run(command, capture_output=True, check=True, text=True)
    assert finished.stdout.splitlines()[-1] == is_dumpable
