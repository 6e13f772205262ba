"""Paths on the command line."""

import os
from pathlib import Path

import click


class NamedPath(click.Path[Path]):
    """A path with a name: an empty one, as a shell's unset variable leaves it, would mean the present folder."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path; fail where it is empty."""
        if value == "":
            self.fail("the name is empty.", param, ctx)
        return super().convert(value, param, ctx)
