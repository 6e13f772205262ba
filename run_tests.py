#!/usr/bin/env python3
"""Usage: run_tests.py [--unit] [--integration] [--e2e] [--coverage [--html]] [pytest's own options].

Runs the chosen tests, by default all three kinds, and ends with pytest's exit code. A thin door: `make test` is what CI
runs, and docs/testing.md says what else there is.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent
PYTHON = ROOT / ".venv/bin/python"
# Each kind is a run of its own, as a browser's event loop cannot share a thread with Flask (docs/testing.md).
KINDS = {
    "unit": ("tests/unit",),
    "integration": ("tests/functional", "tests/contracts"),
    "e2e": ("tests/pages",),
}


def main(arguments: list[str]) -> int:
    """Run what the arguments choose; return the first exit code that is not 0."""
    options, others = _parser().parse_known_args(arguments)
    if options.html and not options.coverage:
        _parser().error("--html needs --coverage")
    subprocess.run(["make", "--silent", "setup"], cwd=ROOT, check=True)
    chosen = [kind for kind in KINDS if getattr(options, kind)] or list(KINDS)
    codes = [_run(command) for command in commands(chosen, others, coverage=options.coverage)]
    if options.coverage:
        codes.append(_report(chosen, as_html=options.html))
    return next((code for code in codes if code), 0)


def commands(kinds: list[str], options: list[str], *, coverage: bool) -> list[list[str]]:
    """Return the commands that run these kinds of tests."""
    return [
        [
            *(str(PYTHON), *(_counting(kind) if coverage else ()), "-m", "pytest", "-q", "-m", "not long"),
            *(*KINDS[kind], *options),
        ]
        for kind in kinds
    ]


def _counting(kind: str) -> list[str]:
    return ["-m", "slipcover", "--source", "src/oriel", "--json", "--out", _lines(kind)]


def _report(kinds: list[str], *, as_html: bool) -> int:
    slipcover = [str(PYTHON), "-m", "slipcover", "--json", "--merge", *map(_lines, kinds), "--out", _lines("all")]
    if as_html:
        # Merging prints the figures as well, which the pages have.
        merged = _run(slipcover, stdout=subprocess.DEVNULL)
        return merged or _run([str(PYTHON), "scripts/coverage_html.py", _lines("all"), "build/coverage"])
    return _run([str(PYTHON), "-m", "slipcover", "--merge", *map(_lines, kinds), "--out", "/dev/stdout"])


def _lines(kind: str) -> str:
    (ROOT / "build").mkdir(exist_ok=True)
    return f"build/lines-{kind}.json"


def _run(command: list[str], stdout: int | None = None) -> int:
    return subprocess.run(command, cwd=ROOT, stdout=stdout, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run the tests. Other options go to pytest, such as -k or -n.")
    for kind, paths in KINDS.items():
        parser.add_argument(f"--{kind}", action="store_true", help=f"run {' and '.join(paths)}")
    parser.add_argument("--coverage", action="store_true", help="count the lines that run, and print the figures")
    parser.add_argument("--html", action="store_true", help="with --coverage: write build/coverage/index.html")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
