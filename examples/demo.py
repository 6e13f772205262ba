"""The demo: a song through a service of its own, for a new customer, one who buys a render, and one who subscribes.

python -m examples.demo [SONG]

It composes the example song unless you give it one. It does not touch an installation: of all settings, in the
environment and in .env, it uses only those that name programs and folders for rendering.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
from dotenv import dotenv_values
from examples import paying
from examples.journey import Journey

from oriel.settings import Settings

_ROOT = Path(__file__).resolve().parent.parent
_OUT = Path("out")
# The settings that rendering on this machine needs.
_OF_THE_MACHINE = ("CHROMIUM_PATH", "FFMPEG_PATH", "FFPROBE_PATH", "WORK_DIR", "XDG_CACHE_HOME")
_START_S = 120.0
_STOP_S = 30.0
_POLL_S = 0.3
_INTERRUPTED = 130


class DemoFailed(Exception):  # noqa: N818  (named for its situation, as those of oriel.errors)
    """The demo cannot go on; the sentence says why."""


def main() -> None:
    """Run the demo: the path of the song's video goes to standard output, progress to standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path, nargs="?", help="the example song by default")
    song: Path | None = parser.parse_args().song
    # So that the service ends with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_INTERRUPTED))
    try:
        _demonstrate(song)
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    except (DemoFailed, RuntimeError, OSError) as error:
        sys.exit(f"The demo failed. {error}")
    except httpx.HTTPError as error:
        sys.exit(f"The demo failed. Its service does not answer ({error}). Its log is {_OUT / 'service.log'}.")


def own_environment(outer: Mapping[str, str], dotenv: Mapping[str, str | None]) -> dict[str, str]:
    """Return the outer environment without any of the service's settings.

    Only the settings that rendering needs stay, also if only .env has them.
    """
    ours = {name.upper() for name in Settings.model_fields}
    free = {name: value for name, value in outer.items() if name.upper() not in ours}
    named = {name.upper(): value for variables in (dotenv, outer) for name, value in variables.items() if value}
    return free | {name: _absolute(named[name]) for name in _OF_THE_MACHINE if name in named}


def _absolute(path: str) -> str:
    """Return an absolute path; a bare name stays, and is searched on the PATH."""
    return str((_ROOT / path).absolute()) if "/" in path else path


def _demonstrate(song: Path | None) -> None:
    _OUT.mkdir(exist_ok=True)
    song = song or _composed()
    if not song.is_file():
        raise DemoFailed(f"There is no file {song}.")
    video = _OUT / f"{song.stem}.mp4"
    bought = video.with_stem(f"{video.stem}-bought")
    with _service() as url:
        _say("A new customer on the Free plan:")
        _send(song, url, video)
        _say("Two customers who pay (nothing is charged: the demo uses the offline payment service):")
        paying.pay(song, url, bought, _say_below)
    _say(f"The video that was bought, 5 seconds in 1080p without a watermark: {bought.absolute()}")
    _say("The whole song, made on the Free plan:")
    print(video.absolute())


def _composed() -> Path:
    _say("Composing the example song, which takes a few seconds.")
    song = _OUT / "first-light.wav"
    composer = [sys.executable, "examples/compose.py", str(song), "--cover", str(song.with_suffix(".png"))]
    done = subprocess.run(composer, check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise DemoFailed(f"The example song could not be composed. {_last_line(done.stderr)}")
    return song


@contextlib.contextmanager
def _service() -> Iterator[str]:
    """Run a service on a free port with a temporary data folder; yield its URL."""
    log = _OUT / "service.log"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, log.open("wb") as output:
        port = _free_port()
        _say("Starting a service for the demo.")
        service = subprocess.Popen(
            [sys.executable, "-m", "oriel", "up", "--port", str(port), "--data", str(Path(folder) / "data")],
            # A folder without .env.
            cwd=folder,
            env=own_environment(os.environ, dotenv_values(_ROOT / ".env")),
            stdout=output,
            stderr=output,
            # Ctrl-C must reach only us; we stop the service.
            start_new_session=True,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await(service, url, log)
            _say(f"It runs at {url} until the demo ends (log: {log}).")
            yield url
        finally:
            _end(service)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _await(service: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while not _is_healthy(url):
        if service.poll() is not None:
            said = _last_line(log.read_text("utf-8", "replace")).removeprefix("Error: ")
            raise DemoFailed(f"Its service does not start. {said}")
        if time.monotonic() > deadline:
            raise DemoFailed(f"Its service does not answer within {_START_S:.0f} s. Its log is {log}.")
        time.sleep(_POLL_S)


def _is_healthy(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/status", timeout=5).json()["status"] == "ok")
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def _end(service: "subprocess.Popen[bytes]") -> None:
    service.send_signal(signal.SIGINT)
    try:
        service.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        service.kill()
        service.wait()


def _send(song: Path, url: str, video: Path) -> None:
    journey = Journey(url, _say_below)
    try:
        journey.register()
        journey.render(journey.upload(song), {"look": "prism"})
        journey.download(video)
    finally:
        journey.close()


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _say_below(line: str) -> None:
    _say(f"   {line}")


if __name__ == "__main__":
    main()
