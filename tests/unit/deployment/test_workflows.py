"""GitHub's workflows: pinned actions, few rights, and the Pythons that the lock files are proved for."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

_ROOT = Path(__file__).parents[3]
_FILES = sorted((_ROOT / ".github/workflows").glob("*.yml"))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    uses = re.findall(r"uses: (.*)", path.read_text("utf-8"))
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_takes_an_end(path: Path) -> None:
    workflow: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in workflow["jobs"].items() if "timeout-minutes" not in job] == []


def test_the_tests_run_on_the_pythons_that_the_lock_files_are_proved_for() -> None:
    workflow = yaml.safe_load((_ROOT / ".github/workflows/tests.yml").read_text("utf-8"))
    proved = re.search(r"for python in ([\d. ]+);", (_ROOT / "scripts/check_locks.sh").read_text("utf-8"))
    assert proved
    tried = workflow["jobs"]["test"]["strategy"]["matrix"]["include"]
    assert [each["python"] for each in tried] == proved[1].split()
