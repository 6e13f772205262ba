"""Progress is a bar on a terminal and ten lines elsewhere."""

import io

from oriel.cli_progress import ProgressDisplay, describe
from oriel.rendering.pipeline.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO) -> str:
    display = ProgressDisplay(stream)
    for step in range(1001):
        display(Progress("rendering", step / 1000, 60 - step * 0.06, step, 1000))
    display.close()
    return stream.getvalue()


def test_elsewhere_there_is_a_line_for_each_tenth() -> None:
    lines = shown(io.StringIO()).splitlines()
    assert [line.split(" %")[0].strip() for line in lines] == [str(tenth) for tenth in range(0, 101, 10)]


def test_elsewhere_each_stage_is_told_once() -> None:
    stream = io.StringIO()
    display = ProgressDisplay(stream)
    for progress in (Progress("preparing", 0.0), Progress("analysing", 0.02), Progress("analysing", 0.04)):
        display(progress)
    assert stream.getvalue().splitlines() == ["  0 % preparing", "  2 % analysing"]


def test_a_terminal_gets_a_bar_that_is_cleared_in_the_end() -> None:
    text = shown(Terminal())
    assert "█" in text
    assert "\n" not in text
    assert text.endswith("\r\x1b[K")


def test_a_line_says_stage_frames_and_time_left() -> None:
    assert describe(Progress("rendering", 0.43, 103.2, 2322, 5400)) == " 43 % rendering, frame 2322 of 5400, 1:43 left"
    assert describe(Progress("preparing", 0.0)) == "  0 % preparing"
