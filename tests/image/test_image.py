"""The image's steps, carried out in a clean Debian root, make a service that runs as another user than root."""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.image.dockerfile import stages
from tests.image.root import CACHE, PROJECT, Roots, home_of, started

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("mmdebstrap"), reason="needs root and mmdebstrap: `make test-image`"
    ),
]

_STAGES = stages(PROJECT / "Dockerfile")
_IMAGE = _STAGES[-1]
_START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Container:
    """The image's process, and how to run another command beside it."""

    process: subprocess.Popen[bytes]
    port: int
    inside: list[str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, as `docker exec` does."""
        return subprocess.run([*self.inside, *command], capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """The image's own start command, read-only as in compose.yaml, with the least settings that production wants."""
    roots, port = Roots(CACHE, _STAGES), _free_port()
    root, state = roots.build(), roots.state()
    settings = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PUBLIC_URL": "https://oriel.example.com",
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_SECRET_KEY": secrets.token_hex(32),
        "SMTP_URL": "smtp://127.0.0.1:9",
    }
    command = [*json.loads(_IMAGE.last("ENTRYPOINT")), *json.loads(_IMAGE.last("CMD"))]
    read, write = os.pipe()
    start = started(root, state, settings, tmp_path_factory.mktemp("data"), ["--info-fd", str(write)])
    process = subprocess.Popen([*start, *command], pass_fds=(write,))
    os.close(write)
    with os.fdopen(read) as info:
        child = json.load(info)["child-pid"]
    user, _, group = state.user.partition(":")
    variables = [
        f"{name}={value}" for name, value in {**state.environment, "HOME": home_of(root, user), **settings}.items()
    ]
    inside = ["nsenter", f"--target={child}", "--pid", "--mount", "--root", f"--wdns={state.folder}", "env", "-i"]
    inside += [*variables, "setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--"]
    try:
        _await_health(process, port)
        yield Container(process, port, inside)
    finally:
        # bubblewrap takes it along only until it changes its user.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()


def test_it_answers_and_is_healthy(container: Container) -> None:
    assert container.run("healthy").returncode == 0


def test_a_clock_of_its_own_beats_where_the_health_check_looks(container: Container) -> None:
    assert container.run("timeout", "--preserve-status", "20", "oriel", "clock").returncode == 0
    assert container.run("find", "/tmp/oriel.pulse", "-newermt", "1 minute ago").stdout  # noqa: S108  (in the container)


def test_it_runs_as_a_user_who_can_change_nothing_of_it(container: Container) -> None:
    assert container.run("id", "--user").stdout == "10001\n"
    assert container.run("find", "/opt", "/usr", "/etc", "-writable", "-not", "-type", "l").stdout == ""
    assert container.run("ls", "-A", "/src", "/dist").stdout == ""


def test_everything_that_a_render_needs_is_in_it_and_confined(container: Container) -> None:
    done = container.run("oriel", "doctor", "--json")
    findings = json.loads(done.stdout)["checks"]
    assert [finding for finding in findings if not finding["ok"]] == []
    confined = [finding["name"] for finding in findings if "in a sandbox" in finding["found"]]
    assert confined == ["Protection", "Browser protection"]


def test_the_health_check_notices_a_web_process_that_does_not_answer(container: Container) -> None:
    assert container.run("env", f"PORT={_free_port()}", "healthy").returncode != 0


def test_it_ends_in_order(container: Container) -> None:
    # bubblewrap passes no signals on; Docker sends them to the container's first process.
    child = next(int(part.partition("=")[2]) for part in container.inside if part.startswith("--target="))
    os.kill(child, signal.SIGTERM)
    assert container.process.wait(60) == 0


def _await_health(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.suppress(OSError), contextlib.closing(connection):
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"/health did not answer; exit code {process.poll()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
