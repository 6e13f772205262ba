"""The documents: links lead somewhere, and the commands that they name exist."""

import re
from pathlib import Path

import click
import pytest

from oriel.cli import oriel

_ROOT = Path(__file__).parents[3]
_DOCUMENTS = [*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")]
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def _code_of(path: Path) -> str:
    return "\n".join(_CODE.findall(path.read_text("utf-8")))


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files_and_headings(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        name, _, heading = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = path.parent / name if name else path
        if not target.exists() or (heading and heading not in _headings(target)):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_commands_exist(path: Path) -> None:
    named = re.findall(r"(?<![\w/.:@=-])oriel ([a-z][a-z0-9-]+)(?: ([a-z][a-z0-9-]+))?", _code_of(path))
    assert [pair for pair in named if not _is_command(oriel, *pair)] == []


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_and_scripts_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (_ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    code = _code_of(path)
    assert [name for name in re.findall(r"(?<![\w-])make ([a-z][a-z0-9-]+)", code) if name not in targets] == []
    scripts = re.findall(r"(?<![\w/-])(?:scripts|deploy)/[\w./-]+\w", code)
    assert [name for name in scripts if not (_ROOT / name).exists()] == []


def _is_command(group: click.Group, name: str, sub: str) -> bool:
    command = group.commands.get(name)
    return command is not None and (not isinstance(command, click.Group) or not sub or sub in command.commands)


def _headings(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
