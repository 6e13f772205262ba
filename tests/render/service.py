"""`oriel up` as the tests drive it: with a data folder of its own, over HTTP, its processes in plain sight."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import httpx
from examples.journey import Journey
from tests.render.command import Command
from tests.render.processes import arguments, descendants

SMALL: dict[str, Any] = {"look": "prism", "output": {"width": 128, "height": 72, "fps": 30}}
PATIENCE_S = 300.0
# Workers are nicer than the tests beside them, and make no haste on busy cores.
_RENDER_PATIENCE_S = 300.0
# For calls by httpx: each would else read every certificate of the system, which takes longer than the call.
TLS = ssl.create_default_context()

Start = Callable[..., Command]


class Service:
    """`oriel up` with a data folder of its own."""

    def __init__(self, command: Start, folder: Path, workers: int = 1, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.data = folder / "d"
        self.customers: list[Journey] = []
        arguments = ("up", "--port", str(self.port), "--data", self.data, "--workers", str(workers))
        self.command = command(*arguments, **environment)
        self.command.wait_until(self.is_healthy, "it answers")

    @classmethod
    @contextlib.contextmanager
    def running(cls, folder: Path, workers: int = 1, **environment: str) -> Iterator[Self]:
        """Run a service in a folder of its own."""
        with contextlib.ExitStack() as started:

            def start(*arguments: str | Path, **environment: str) -> Command:
                parts = [str(part) for part in arguments]
                return started.enter_context(Command(folder / "command", parts, environment))

            service = cls(start, folder, workers, **environment)
            started.callback(service.close)
            yield service

    def close(self) -> None:
        """Let go of the customers' connections."""
        for customer in self.customers:
            customer.close()

    def is_healthy(self) -> bool:
        try:
            return bool(httpx.get(f"{self.url}/status", timeout=5, verify=TLS).json()["status"] == "ok")
        except httpx.HTTPError:
            return False

    def customer(self) -> Journey:
        journey = Journey(self.url, lambda _: None)
        self.customers.append(journey)
        journey.register()
        return journey

    def process(self, name: str) -> int:
        """Return the id of one of its processes: web, clock, worker."""
        (found,) = self.processes(name)
        return found

    def processes(self, name: str) -> list[int]:
        """Return the ids of its processes of a name."""
        return [pid for pid in descendants(self.command.pid) if arguments(pid)[1:4] == ["-m", "oriel", name]]

    def wait_for(self, journey: Journey, job_id: str, status: str) -> dict[str, Any]:
        deadline = time.monotonic() + _RENDER_PATIENCE_S
        while (job := journey.status(job_id))["status"] != status:
            assert time.monotonic() < deadline, f"{job}\n{self.command.stderr}"
            # A customer may ask 300 times a minute.
            time.sleep(0.25)
        return job
