"""Reads a Dockerfile into stages of instructions."""

import re
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction, such as RUN, and the text after it."""

    name: str
    text: str


@dataclass
class Stage:
    """What stands between one FROM and the next; a stage without a name is the image."""

    base: str
    name: str = ""
    instructions: list[Instruction] = field(default_factory=list)

    def last(self, name: str) -> str:
        """Return the text of the last instruction of this name, "" if there is none."""
        return next((each.text for each in reversed(self.instructions) if each.name == name), "")


def stages(path: Path) -> list[Stage]:
    """Return the stages of a Dockerfile."""
    made: list[Stage] = []
    for line in _logical_lines(path.read_text("utf-8")):
        name, _, text = line.partition(" ")
        if name == "FROM":
            base, *rest = text.split()
            made.append(Stage(base, rest[1] if rest else ""))
        else:
            made[-1].instructions.append(Instruction(name, text.strip()))
    return made


def _logical_lines(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    # A newline after a backslash goes on; in quotes, as in `python3 -c '…'`, it would be kept.
    return re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines()
