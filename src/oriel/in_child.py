"""Runs a function in a child process, so that what it imports and allocates goes when it ends."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection

from oriel.errors import AppError, InvalidConfiguration


def in_child(act: Callable[[], object]) -> None:
    """Run a function in a fork of this process; raise its AppError here. Not for a process with threads."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(act, theirs))
    child.start()
    theirs.close()
    with ours:
        try:
            error = ours.recv()
        except EOFError:
            error = InvalidConfiguration("The start failed unexpectedly. The lines above say why.")
    child.join()
    if error is not None:
        raise error


def _report(act: Callable[[], object], result: Connection) -> None:
    with result:
        try:
            act()
        except AppError as error:
            result.send(error)
        else:
            result.send(None)
