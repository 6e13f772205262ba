"""Work in a child process: what it raises arrives, and what it imports does not."""

import os
from pathlib import Path

import pytest

from oriel.errors import InvalidConfiguration
from oriel.in_child import in_child


def test_the_work_is_done_elsewhere(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    in_child(lambda: file.write_text(str(os.getpid()), "ascii"))
    assert int(file.read_text("ascii")) != os.getpid()


def test_an_error_of_ours_arrives_with_its_details() -> None:
    def act() -> None:
        raise InvalidConfiguration("The port is taken.", port=5000)

    with pytest.raises(InvalidConfiguration, match="The port is taken") as caught:
        in_child(act)
    assert caught.value.details == {"port": 5000}


def test_a_child_that_dies_is_an_error() -> None:
    with pytest.raises(InvalidConfiguration, match="failed unexpectedly"):
        in_child(lambda: os._exit(3))
