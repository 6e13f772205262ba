"""A program that reads a stranger's file can do nothing else, where the machine has bubblewrap."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from oriel.errors import ProcessTimedOut
from oriel.rendering.pipeline import sandbox
from oriel.rendering.pipeline.process import Process, run
from oriel.rendering.pipeline.sandbox import NO_FILES, Access, confined, missing_protection

# The system's own, as the tests' may lie in somebody's home.
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin")

needs_protection = pytest.mark.skipif(
    missing_protection() is not None or not PYTHON,
    reason=f"programs cannot be confined here: {missing_protection() or 'no python3 of the system'}",
)
_TIMEOUT_S = 120.0


def hostile(code: str, access: Access = NO_FILES, cwd: Path | None = None) -> str:
    """Return what a confined program prints, or the class of the error that it meets."""
    guarded = f"import os, socket\ntry:\n    {code}\nexcept OSError as error:\n    print(type(error).__name__)\n"
    finished = run([PYTHON or "python3", "-c", guarded], access=access, timeout_s=_TIMEOUT_S, cwd=cwd)
    assert not finished.returncode, finished.stderr
    return finished.stdout.decode().strip()


def running(argument: str) -> list[int]:
    """Return the processes with this in their command lines."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if argument.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def wait_until(count: int, argument: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while len(running(argument)) != count:
        assert time.monotonic() < deadline, running(argument)
        time.sleep(0.01)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A secret, a song, and the folder of a job."""
    for name in ("secret", "song"):
        (tmp_path / name).write_text(name)
    (tmp_path / "job").mkdir()
    return tmp_path


@needs_protection
def test_a_program_reads_its_input_and_writes_into_its_folder(files: Path) -> None:
    job = files / "job"
    code = f"open({str(job / 'out')!r}, 'w').write(open({str(files / 'song')!r}).read())"
    assert hostile(code, Access(reads=(files / "song",), writes=(job,))) == ""
    assert (job / "out").read_text() == "song"


@needs_protection
def test_a_program_cannot_open_other_files(files: Path) -> None:
    access = Access(reads=(files / "song",), writes=(files / "job",))
    assert hostile(f"print(open({str(files / 'secret')!r}).read())", access) == "FileNotFoundError"
    assert hostile(f"print(sorted(os.listdir({str(files)!r})))", access) == "['job', 'song']"


@needs_protection
@pytest.mark.parametrize("path", ["/etc/passwd", "/root", "/home", "/var/lib", "/proc/self/environ", "/dev/mem"])
def test_a_program_sees_nothing_of_the_machine_but_programs(path: str) -> None:
    assert hostile(f"print(os.stat({path!r}).st_mode)") == "FileNotFoundError"


@needs_protection
def test_an_input_cannot_be_written(files: Path) -> None:
    for access in (Access(reads=(files / "song",)), Access(reads=(files / "song",), writes=(files,))):
        assert hostile(f"open({str(files / 'song')!r}, 'w')", access) == "OSError"
    assert (files / "song").read_text() == "song"


@needs_protection
@pytest.mark.parametrize("path", ["/x", "/usr/lib/x", "/usr/bin/ffmpeg"])
def test_a_program_writes_nowhere_else(path: str) -> None:
    assert hostile(f"os.open({path!r}, os.O_WRONLY | os.O_CREAT)") in (
        "OSError",
        "FileNotFoundError",
        "PermissionError",
    )


@needs_protection
def test_a_program_reads_no_secrets_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_1")
    assert hostile(f"print(open('/proc/{os.getpid()}/environ').read())") == "FileNotFoundError"
    assert "sk_live_1" not in hostile("print(os.environ)")


@needs_protection
def test_a_program_sees_no_other_process_and_cannot_signal_one() -> None:
    assert int(hostile("print(os.getpid())")) < 10
    assert hostile(f"os.kill({os.getpid()}, 0)") == "ProcessLookupError"


@needs_protection
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_program_cannot_connect_to_this_machine(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as server:
        try:
            server.bind((host, 0))
        except OSError:
            pytest.skip(f"this machine has no {host}")
        server.listen()
        with socket.create_connection(server.getsockname()[:2], _TIMEOUT_S):
            pass
        code = f"socket.create_connection(({host!r}, {server.getsockname()[1]}), 5)"
        assert hostile(code) in ("ConnectionRefusedError", "OSError")


@needs_protection
def test_a_program_cannot_connect_to_the_outside() -> None:
    # Told from a network without a way there, which answers the same, by the machine's own address in the next test.
    assert hostile("socket.create_connection(('192.0.2.1', 9), 5)") == "OSError"
    assert hostile("print([name for _, name in socket.if_nameindex()])") == "['lo']"


@needs_protection
def test_a_program_gains_no_rights_and_has_none_to_mount() -> None:
    libc = "__import__('ctypes').CDLL(None, use_errno=True)"
    get_no_new_privs = 39
    assert hostile(f"print({libc}.prctl({get_no_new_privs}, 0, 0, 0, 0))") == "1"
    assert hostile(f"print({libc}.mount(b'none', b'/usr', b'tmpfs', 0, None))") == "-1"


def test_a_program_without_a_sandbox_gains_no_rights_either() -> None:
    code = "print([line for line in open('/proc/self/status') if line.startswith('NoNewPrivs')])"
    finished = run([sys.executable, "-c", code], access=None, timeout_s=_TIMEOUT_S)
    assert finished.stdout == b"['NoNewPrivs:\\t1\\n']\n"


@needs_protection
def test_a_song_behind_a_link_is_read_under_both_names(files: Path) -> None:
    (files / "link").symlink_to(files / "job")
    (files / "job" / "song").write_text("linked")
    path = files / "link" / "song"
    for name in (path, path.resolve()):
        assert hostile(f"print(open({str(name)!r}).read())", Access(reads=(path,))) == "linked"


@needs_protection
def test_relative_names_mean_the_same_files(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files)
    access = Access(reads=(Path("song"),), writes=(Path("job"),))
    assert hostile("open('job/out', 'w').write(open('song').read())", access) == ""
    assert (files / "job" / "out").read_text() == "song"


@needs_protection
def test_a_missing_input_is_the_programs_to_complain_about(files: Path) -> None:
    assert hostile(f"open({str(files / 'none')!r})", Access(reads=(files / "none",))) == "FileNotFoundError"


@needs_protection
def test_a_program_from_anywhere_is_confined(files: Path) -> None:
    program = files / "ffmpeg"
    program.write_text(f'#!/bin/sh\ncat "{files}/secret" || echo hidden\n', "utf-8")
    program.chmod(0o755)
    assert run([program], access=NO_FILES, timeout_s=_TIMEOUT_S).stdout == b"hidden\n"


@needs_protection
def test_a_program_that_does_not_start_confined_runs_without(files: Path) -> None:
    program = files / "ffmpeg"
    program.write_text(f'#!/bin/sh\ncat "{files}/secret"\n', "utf-8")
    program.chmod(0o755)
    assert run([program], access=NO_FILES, timeout_s=_TIMEOUT_S).stdout == b"secret"


@needs_protection
def test_a_confined_program_and_its_children_end_with_it() -> None:
    mark = f"60.{os.getpid()}1"
    with Process(["sh", "-c", f"sleep {mark} & sleep {mark}"], access=NO_FILES):
        # The shell's two children, and the shell, bubblewrap twice over and its shell have the mark in their lines.
        wait_until(6, mark)
    wait_until(0, mark)


@needs_protection
def test_a_confined_program_dies_with_us() -> None:
    mark = f"60.{os.getpid()}2"
    code = (
        "import time; from oriel.rendering.pipeline.process import Process;"
        "from oriel.rendering.pipeline.sandbox import NO_FILES;"
        f"Process(['sleep', '{mark}'], access=NO_FILES); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as parent:
        # The parent, bubblewrap twice and its shell, the program.
        wait_until(5, mark)
        os.kill(parent.pid, signal.SIGKILL)
    wait_until(0, mark)


@pytest.fixture
def tried_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what is known of this machine, for one test."""
    monkeypatch.setattr(sandbox, "_tried", {})


def fake_bubblewrap(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    (folder / "bwrap").write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@needs_protection
def test_nothing_stays_of_a_program_whose_parent_is_killed_while_it_starts() -> None:
    mark = f"60.{os.getpid()}3"
    # Each parent is killed a millisecond later than the one before.
    code = (
        "import os, signal, time; from oriel.rendering.pipeline.process import Process;"
        "from oriel.rendering.pipeline.sandbox import NO_FILES, missing_protection; missing_protection()\n"
        "for tries in range(30):\n"
        "    if not (parent := os.fork()):\n"
        f"        Process(['/bin/sleep', '{mark}'], access=NO_FILES).wait(60)\n"
        "    time.sleep(tries / 1000)\n"
        "    os.kill(parent, signal.SIGKILL)\n"
        "    os.waitpid(parent, 0)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=_TIMEOUT_S)
    wait_until(0, mark)


@pytest.mark.usefixtures("tried_anew")
@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is a program of Linux")
def test_without_namespaces_programs_run_and_the_reason_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = "No permissions to create a new namespace"
    fake_bubblewrap(tmp_path, monkeypatch, f"echo 'bwrap: {refusal}' >&2; exit 1")
    assert missing_protection() == refusal
    assert confined(["true"], NO_FILES) is None
    assert run(["echo", "made"], access=NO_FILES, timeout_s=_TIMEOUT_S).stdout == b"made\n"


@pytest.mark.usefixtures("tried_anew")
@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is a program of Linux")
def test_without_bubblewrap_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "bwrap" else f"/usr/bin/{name}")
    assert missing_protection() == "bubblewrap is not installed"
    assert confined(["true"], NO_FILES) is None


@pytest.mark.usefixtures("tried_anew")
@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is a program of Linux")
def test_a_failure_counts_for_a_minute_and_a_success_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing, now = tmp_path / "failing", 0.0
    monkeypatch.setattr(sandbox, "time", SimpleNamespace(monotonic=lambda: now))
    fake_bubblewrap(tmp_path, monkeypatch, f"! test -e {failing} || {{ echo 'bwrap: No space left' >&2; exit 1; }}")
    failing.touch()
    assert missing_protection() == "No space left"
    failing.unlink()
    now = 59.0
    assert missing_protection() == "No space left"
    now = 61.0
    assert missing_protection() is None
    failing.touch()
    now = 1e9
    assert missing_protection() is None


@pytest.mark.usefixtures("tried_anew")
@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is a program of Linux")
def test_a_machine_that_is_too_busy_to_tell_runs_nothing_without_a_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_bubblewrap(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(sandbox, "_TRIAL_TIMEOUT_S", 0.1)
    with pytest.raises(ProcessTimedOut, match="sandbox"):
        run(["echo", "made"], access=NO_FILES, timeout_s=_TIMEOUT_S)
    assert sandbox._tried == {}


@pytest.mark.usefixtures("tried_anew")
@pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap is a program of Linux")
def test_a_setuid_bubblewrap_can_take_its_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'
    fake_bubblewrap(tmp_path, monkeypatch, f"! grep -q 'NoNewPrivs:.*1' /proc/self/status || exit 1; {start}")
    assert run(["echo", "made"], access=NO_FILES, timeout_s=_TIMEOUT_S).stdout == b"made\n"
