"""run_tests.py, the door for people who expect one."""

import subprocess
import sys
from pathlib import Path

import pytest
import run_tests

_ROOT = Path(__file__).parents[3]


def test_each_kind_is_a_run_of_its_own_and_pytests_options_go_to_all() -> None:
    unit, integration, e2e = run_tests.commands(["unit", "integration", "e2e"], ["-k", "song"], coverage=False)
    assert unit[1:] == ["-m", "pytest", "-q", "-m", "not long", "tests/unit", "-k", "song"]
    assert integration[-4:] == ["tests/functional", "tests/contracts", "-k", "song"]
    assert e2e[-3:] == ["tests/pages", "-k", "song"]


def test_with_coverage_slipcover_starts_pytest() -> None:
    (command,) = run_tests.commands(["unit"], [], coverage=True)
    assert command[1:5] == ["-m", "slipcover", "--source", "src/oriel"]
    assert command.index("slipcover") < command.index("pytest")


def test_every_folder_of_tests_is_there() -> None:
    assert [path for kind in run_tests.KINDS.values() for path in kind if not (_ROOT / path).is_dir()] == []


def test_pages_without_coverage_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, _ROOT / "run_tests.py", "--html"], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 2
    assert "--html needs --coverage" in done.stderr


def test_the_report_marks_lines_and_sums_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("song.py").write_text("if loud:\n    play('<b>')\n", "utf-8")
    Path("lines.json").write_text('{"files": {"song.py": {"executed_lines": [1], "missing_lines": [2]}}}', "utf-8")
    command = [sys.executable, str(_ROOT / "scripts/coverage_html.py"), "lines.json", "report"]
    subprocess.run(command, check=True, timeout=120)
    assert "50.0 %" in Path("report/index.html").read_text("utf-8")
    page = Path("report/song.py.html").read_text("utf-8")
    assert '<span class="run">    1 if loud:</span>' in page
    assert "&lt;b&gt;" in page
