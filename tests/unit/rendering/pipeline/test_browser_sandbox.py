"""What runs in the browser's place sees a browser's files, us, and nobody else, where the machine has bubblewrap."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from oriel.errors import StageCrashed
from oriel.rendering.pipeline import browser_sandbox
from oriel.rendering.pipeline.browser_sandbox import Entrance, browser_unconfined_because, entrance
from oriel.rendering.pipeline.process import clean_environment

# The system's own, as the tests' may lie in somebody's home.
PYTHON = Path(shutil.which("python3", path="/usr/bin:/usr/local/bin") or "/usr/bin/python3").resolve()
_TIMEOUT_S = 120.0

needs_protection = pytest.mark.skipif(
    not PYTHON.exists() or browser_unconfined_because(PYTHON) is not None,
    reason="browsers cannot be confined here",
)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A secret, a profile, and a temporary folder with too long a name for a socket."""
    (tmp_path / "secret").write_text("secret")
    for name in ("profile", "tmp" * 40):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def start(folders: Path) -> Iterator[Entrance]:
    """Python, started as a browser is."""
    with entrance(PYTHON, folders / "profile", folders / ("tmp" * 40), clean_environment("DISPLAY")) as start:
        yield start


def started(start: Entrance, code: str) -> subprocess.Popen[bytes]:
    guarded = f"import os, socket\ntry:\n    {code}\nexcept OSError as error:\n    print(type(error).__name__)\n"
    command = [str(start.program), "-c", guarded]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=start.environ)


def said(start: Entrance, code: str) -> str:
    """Return what the program prints, or the class of the error that it meets."""
    with started(start, code) as program:
        output, _ = program.communicate(timeout=_TIMEOUT_S)
    # There is room for one at the door.
    start.listener().close()
    return output.decode().strip()


@needs_protection
def test_what_asks_in_there_is_answered_here(start: Entrance) -> None:
    with started(start, "socket.create_connection(('127.0.0.1', int(input()))).sendall(b'asked')") as program:
        with start.listener() as listener:
            listener.settimeout(_TIMEOUT_S)
            assert program.stdin
            program.stdin.write(b"%d\n" % listener.getsockname()[1])
            program.stdin.close()
            connection, _ = listener.accept()
        with connection:
            assert connection.recv(9) == b"asked"


@needs_protection
def test_nobody_else_is_reached_from_there(start: Entrance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), _TIMEOUT_S):
            pass
        assert said(start, f"socket.create_connection(('127.0.0.1', {port}), 5)") == "ConnectionRefusedError"


@needs_protection
def test_the_profile_and_the_temporary_folder_are_written_and_nothing_else(start: Entrance, folders: Path) -> None:
    for folder in (str(folders / "profile"), str(start.tmp), "/dev/shm"):  # noqa: S108  (inside)
        assert said(start, f"print(open({folder + '/made'!r}, 'w').write('1234'))") == "4"
    assert (folders / "profile" / "made").read_text() == (folders / ("tmp" * 40) / "made").read_text() == "1234"
    assert not Path("/dev/shm/made").exists()  # noqa: S108
    for folder in (str(folders), "/usr/lib", "/etc/fonts", "/run"):
        assert said(start, f"open({folder + '/made'!r}, 'w')") in ("OSError", "PermissionError", "FileNotFoundError")


@needs_protection
def test_no_secret_is_read(start: Entrance, folders: Path) -> None:
    for path in (str(folders / "secret"), "/etc/passwd", "/var/lib/dpkg", str(Path(__file__))):
        assert said(start, f"print(os.stat({path!r}).st_mode)") == "FileNotFoundError"
    assert said(start, f"print(sorted(os.listdir({str(folders)!r})))") == "['profile']"


@needs_protection
def test_no_other_process_is_seen(start: Entrance) -> None:
    # bubblewrap and the program itself.
    assert said(start, "print([name for name in os.listdir('/proc') if name.isdigit()])") == "['1', '2']"


@needs_protection
def test_fonts_are_seen_with_the_users_own(
    folders: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    for name in (".fonts/own", ".local/share/fonts/mine", ".ssh/key"):
        (home / name).parent.mkdir(parents=True)
        (home / name).touch()
    monkeypatch.setenv("HOME", str(home))
    environ = clean_environment()
    tmp = folders / ("tmp" * 40)

    def answer(code: str) -> str:
        (tmp / "door").unlink(missing_ok=True)
        with entrance(PYTHON, folders / "profile", tmp, environ) as start:
            return said(start, code)

    below = "[name for *_, names in os.walk(os.environ['HOME']) for name in names]"
    assert answer(f"print(sorted({below}))") == "['mine', 'own']"
    for folder in ("/etc/fonts", "/usr/share/fonts"):
        if Path(folder).exists():
            assert answer(f"print(len(os.listdir({folder!r})) > 0)") == "True"


@needs_protection
def test_the_desktop_is_no_business_of_the_browsers(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in browser_sandbox._DESKTOP_VARIABLES:
        monkeypatch.setenv(name, "/there")
    environ = clean_environment(*browser_sandbox._DESKTOP_VARIABLES)
    with entrance(PYTHON, folders / "profile", folders / ("tmp" * 40), environ) as start:
        names = said(start, "print(*os.environ)").split()
    assert "PATH" in names
    assert set(names).isdisjoint({*browser_sandbox._DESKTOP_VARIABLES, "ORIEL_BROWSER_COMMAND"})


@needs_protection
def test_a_browser_that_sends_no_socket_is_a_crash(start: Entrance) -> None:
    assert start.door
    start.door.settimeout(0)
    with pytest.raises(StageCrashed, match="Chromium does not start"):
        start.listener()


@needs_protection
@pytest.mark.parametrize(("beside", "shown"), [("resources.pak", True), ("letters.txt", False)])
def test_what_lies_beside_a_browser_is_shown_and_what_lies_beside_anything_else_is_not(
    tmp_path: Path, beside: str, shown: bool
) -> None:
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\ntest -e '{tmp_path}/{beside}'\n")
    program.chmod(0o755)
    (tmp_path / beside).touch()
    assert (browser_unconfined_because(program) is None) is shown


def test_a_browser_that_cannot_be_confined_is_started_as_it_is(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser_sandbox, "browser_unconfined_because", lambda _: "bubblewrap is not installed")
    with entrance(PYTHON, folders / "profile", folders, {"DISPLAY": ":1"}) as start:
        assert (start.program, start.environ, start.door) == (PYTHON, {"DISPLAY": ":1"}, None)
        with start.listener() as listener:
            assert listener.getsockname()[0] == "127.0.0.1"
