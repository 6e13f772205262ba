"""Under the system calls that compose.yaml and the systemd units leave, FFmpeg and Chromium still run in bubblewrap."""

import ctypes.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.image.dockerfile import stages
from tests.image.root import CACHE, PROJECT, Roots, started

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        os.geteuid() != 0
        or not all(map(shutil.which, ("mmdebstrap", "systemd-analyze")))
        or not ctypes.util.find_library("seccomp"),
        reason="needs root, mmdebstrap, systemd-analyze and libseccomp",
    ),
]


_FILTER = Path(__file__).with_name("syscalls.py")


@pytest.mark.parametrize("deployment", ["compose", "systemd"])
def test_the_sandbox_works_under_the_filter(deployment: str, tmp_path: Path) -> None:
    findings = _doctor(_filter_of(deployment), tmp_path)
    assert "in a sandbox" in findings["Protection"]
    assert "in a sandbox" in findings["Browser protection"]
    assert not findings["Graphics"].startswith("not tried")


@pytest.mark.parametrize("deployment", ["compose", "systemd"])
def test_the_filter_holds(deployment: str) -> None:
    # A clock that cannot be read to be set: adjtimex answers EPERM, where without the filter it answers the state.
    asks = "import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.adjtimex(ctypes.create_string_buffer(512)))"
    command = [sys.executable, "-c", asks]
    assert subprocess.check_output(command, text=True) != "-1\n"
    assert (
        subprocess.check_output([sys.executable, str(_FILTER), *_filter_of(deployment), *command], text=True) == "-1\n"
    )


def _doctor(allowance: list[str], data: Path) -> dict[str, str]:
    """Ask the image's `oriel doctor` under a filter, which it gets inside, as from Docker."""
    roots, program = Roots(CACHE, stages(PROJECT / "Dockerfile")), "/tmp/syscalls.py"  # noqa: S108  (in the container)
    start = started(roots.build(), roots.state(), {}, data, ["--ro-bind", str(_FILTER), program])
    command = [*start, "/usr/bin/python3", program, *allowance, "oriel", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    return {each["name"]: each["found"] for each in json.loads(done.stdout)["checks"]}


def _filter_of(deployment: str) -> list[str]:
    mode, names = ("deny", _denied_by_compose()) if deployment == "compose" else ("allow", _allowed_by_systemd())
    return [mode, ",".join(names)]


def _denied_by_compose() -> list[str]:
    (rule,) = json.loads((PROJECT / "deploy/seccomp.json").read_text("utf-8"))["syscalls"]
    assert rule["action"] == "SCMP_ACT_ERRNO"
    return list(rule["names"])


def _allowed_by_systemd() -> list[str]:
    text = (PROJECT / "deploy/systemd/oriel-.service.d/hardening.conf").read_text("utf-8")
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", text, re.MULTILINE):
        names = {name for group in line.removeprefix("~").split() for name in _members(group)}
        allowed = allowed - names if line.startswith("~") else allowed | names
    # systemd adds what starting a program takes.
    return sorted(allowed | set(_members("@default")))


def _members(group: str) -> Iterator[str]:
    listed = subprocess.check_output(["systemd-analyze", "syscall-filter", "--no-pager", group], text=True)
    for line in listed.splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            yield from _members(name)
        elif name and not name.startswith("#"):
            yield name
