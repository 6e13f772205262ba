"""Pages that may be opened from this machine alone."""

from oriel.errors import NotFound
from oriel.infra.loopback import comes_from_this_machine


def refuse_others() -> None:
    """Show nothing to another machine, however its request came in: directly, or through a tunnel on this one."""
    if not comes_from_this_machine():
        raise NotFound("There is nothing under this address.")
