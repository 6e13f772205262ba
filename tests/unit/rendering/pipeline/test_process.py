"""Programs are started in one way, and always end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oriel.errors import Cancelled, EncodingFailed, ProcessFailed, ProcessTimedOut, ProgramMissing
from oriel.rendering.pipeline.process import Limits, Process, last_line, run, run_checked
from oriel.rendering.pipeline.sandbox import NO_FILES, Access, missing_protection


@pytest.fixture(params=[None, NO_FILES], ids=["free", "confined"])
def access(request: pytest.FixtureRequest) -> Access | None:
    """Every promise holds for both kinds of programs."""
    if request.param and (reason := missing_protection()):
        pytest.skip(reason)
    return request.param  # type: ignore[no-any-return]


def python(code: str) -> list[str]:
    # The system's own where there is one, as the tests' may lie where a confined program cannot see its libraries.
    return [shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable, "-c", code]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").split(") ")[1][0] not in "ZX"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not is_alive(pid)


def test_output_and_exit_code_come_back(access: Access | None) -> None:
    finished = run(
        python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"), access=access, timeout_s=120
    )
    assert (finished.returncode, finished.stdout, finished.stderr) == (3, b"out\n", "err\n")


def test_a_checked_run_raises_with_the_programs_last_words(access: Access | None) -> None:
    with pytest.raises(ProcessFailed, match="ended with 4: because of this"):
        run_checked(
            python("import sys; print('why\\nbecause of this', file=sys.stderr); sys.exit(4)"),
            access=access,
            timeout_s=120,
        )


def test_much_output_on_both_pipes_blocks_nothing(access: Access | None) -> None:
    code = "import sys; sys.stdout.write('o' * 3_000_000); sys.stderr.write('e' * 3_000_000)"
    finished = run(python(code), access=access, timeout_s=120)
    assert len(finished.stdout) == 3_000_000
    assert 1000 < len(finished.stderr) < 20_000


def test_a_program_that_prints_more_than_it_may_is_ended_and_nothing_is_kept(access: Access | None) -> None:
    code = "import sys\nfor _ in range(3000): sys.stdout.write('o' * 1000)"
    for most, is_kept in ((3_000_000, True), (2_000_000, False)):
        finished = run(python(code), access=access, timeout_s=120, limits=Limits(stdout_bytes=most))
        assert (finished.returncode == 0, len(finished.stdout)) == (is_kept, 3_000_000 * is_kept)


def test_a_missing_program_is_named(access: Access | None) -> None:
    with pytest.raises(ProgramMissing, match="/nowhere/program cannot be started"):
        run(["/nowhere/program"], access=access, timeout_s=1)


def test_arguments_are_never_read_by_a_shell(access: Access | None, tmp_path: Path) -> None:
    finished = run(
        [*python("import sys; print(sys.argv[1])"), f"$(touch {tmp_path}/x); `id`"], access=access, timeout_s=120
    )
    assert b"$(touch" in finished.stdout
    assert not (tmp_path / "x").exists()


def test_secrets_are_not_handed_down(access: Access | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live")
    assert b"sk_live" not in run(python("import os; print(os.environ)"), access=access, timeout_s=120).stdout


def test_a_program_that_takes_too_long_is_ended(access: Access | None) -> None:
    start = time.monotonic()
    with pytest.raises(ProcessTimedOut, match="took too long"):
        run(python("import time; time.sleep(60)"), access=access, timeout_s=0.3)
    assert time.monotonic() - start < 10


def test_a_program_that_ignores_sigterm_is_killed(access: Access | None) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    with Process(python(deaf), access=access, capture=True) as process:
        process.stop()
        # The pipe ends when the last process that holds it is gone.
        assert process.stdout() in (b"1\n", b"")
        assert process._stdout
        assert not process._stdout._thread.is_alive()
    assert not is_alive(process.pid)


def test_leaving_the_context_ends_the_whole_group() -> None:
    code = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    with Process(python(code), access=None, capture=True) as process:
        assert process._stdout
        deadline = time.monotonic() + 20
        while not process._stdout._data and time.monotonic() < deadline:
            time.sleep(0.01)
        child = int(process._stdout._data)
    assert wait_until_gone(child)


def test_a_program_that_ends_takes_its_group_with_it() -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60'], stdout=-3, stderr=-3).pid, flush=True)"
    assert wait_until_gone(int(run_checked(python(code), access=None, timeout_s=120)))


def test_a_check_that_raises_ends_the_program(access: Access | None) -> None:
    def cancelled() -> None:
        raise Cancelled

    process = Process(python("import time; time.sleep(60)"), access=access)
    with pytest.raises(Cancelled), process:
        process.wait(30, cancelled)
    assert not is_alive(process.pid)


def test_what_is_written_arrives_whole(access: Access | None) -> None:
    data = bytes(range(256)) * 20_000
    code = "import sys, hashlib; print(len(sys.stdin.buffer.read()))"
    with Process(python(code), access=access, capture=True) as process:
        process.write(memoryview(data), timeout_s=120)
        process.close_stdin()
        assert process.wait(20) == 0
        assert int(process.stdout()) == len(data)


def test_writing_to_a_program_that_has_gone_says_what_it_said(access: Access | None) -> None:
    gone = Process(python("import sys; print('no room', file=sys.stderr); sys.exit(1)"), access=access)
    with gone, pytest.raises(EncodingFailed, match="no room"):
        gone.write(b"\0" * 100_000_000, timeout_s=120)


def test_writing_to_a_program_that_does_not_read_ends_in_time(access: Access | None) -> None:
    with Process(python("import time; time.sleep(60)"), access=access) as process, pytest.raises(ProcessTimedOut):
        process.write(b"\0" * 4_000_000, timeout_s=0.3)


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is a program of Linux")
def test_limits_hold(access: Access | None) -> None:
    code = "data = bytearray(3 << 30)"
    assert run(python(code), access=access, timeout_s=120, limits=Limits(memory_bytes=1 << 30)).returncode != 0


@pytest.mark.skipif(sys.platform != "linux", reason="a signal at the parent's death is a thing of Linux")
def test_programs_die_with_us() -> None:
    code = (
        "import time; from oriel.rendering.pipeline.process import Process;"
        "print(Process(['sleep', '60'], access=None).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        # What starts it asks for the signal first, and becomes it then.
        deadline = time.monotonic() + 5
        while Path(f"/proc/{child}/comm").read_text("utf-8") != "sleep\n":
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(parent.pid, signal.SIGKILL)
    assert wait_until_gone(child)


def test_the_last_line_with_words_counts() -> None:
    assert last_line("first\nsecond \n\n") == "second"
    assert last_line("") == "it said nothing"


def test_a_program_can_give_way_to_others(access: Access | None) -> None:
    with (
        Process(python("import time; time.sleep(60)"), access=access, gives_way=True) as polite,
        Process(["sleep", "60"], access=access) as other,
    ):
        priorities = [os.getpriority(os.PRIO_PROCESS, pid) for pid in (polite.pid, other.pid)]
        assert priorities[0] > priorities[1]
        autogroup = Path(f"/proc/{polite.pid}/autogroup")
        # A container's processes are in a group already and have none.
        if autogroup.exists() and (group := autogroup.read_text()):
            assert int(group.split()[-1]) > 0


def test_a_program_that_was_killed_is_said_to_have_been(access: Access | None) -> None:
    with pytest.raises(
        ProcessFailed, match="ended with -9: it was ended by signal 9, perhaps for want of memory or time"
    ):
        run_checked(python("import os; os.kill(os.getpid(), 9)"), access=access, timeout_s=120)
