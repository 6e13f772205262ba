"""One stage is kept warm, and replaced when it dies."""

from collections.abc import Callable

import pytest
from tests.fakes import FakeStage

from oriel.errors import Cancelled, StageCrashed
from oriel.rendering.pipeline.progress import CancelToken
from oriel.rendering.pipeline.render_chunks import FrameSource
from oriel.rendering.pipeline.stages import Stages


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


def test_a_stage_opens_when_it_is_needed_and_once(stage: FakeStage) -> None:
    with Stages(lambda: stage) as stages:
        assert stage.opened == []
        assert stages.opened() is stages.opened() is stage
    assert stage.opened == ["open", "close"]


def test_a_fresh_stage_is_loaded_again(stage: FakeStage) -> None:
    loads: list[FrameSource] = []
    with Stages(lambda: stage) as stages:
        stages.load_with(loads.append)
        stages.loaded()
        stages.loaded()
        stages.replace()
        stages.loaded()
    assert len(loads) == 2


def test_a_question_is_asked_again_when_the_stage_dies(stage: FakeStage) -> None:
    deaths = [StageCrashed("one"), StageCrashed("two")]

    def question(_: FrameSource) -> str:
        if deaths:
            raise deaths.pop()
        return "answer"

    with Stages(lambda: stage) as stages:
        assert stages.ask(question) == "answer"
    assert stage.opened.count("open") == 3


def test_a_question_that_kills_every_stage_is_given_up(stage: FakeStage) -> None:
    def question(_: FrameSource) -> str:
        raise StageCrashed("again")

    with Stages(lambda: stage) as stages, pytest.raises(StageCrashed):
        stages.ask(question)
    assert stage.opened.count("open") == 3


def test_a_stage_is_told_how_its_start_can_be_cut_short() -> None:
    class Slow(FakeStage):
        def stop_with(self, check: Callable[[], None]) -> None:
            self.check = check

        def __enter__(self) -> "Slow":
            cancel.cancel()
            self.check()
            return self

    cancel = CancelToken()
    with Stages(Slow, check=cancel.check) as stages, pytest.raises(Cancelled):
        stages.opened()


def test_a_stage_that_died_of_our_own_signal_is_not_replaced(stage: FakeStage) -> None:
    cancel = CancelToken()

    def question(_: FrameSource) -> str:
        cancel.cancel()
        raise StageCrashed("the terminal's Ctrl-C reached the browser first")

    with Stages(lambda: stage, check=cancel.check) as stages, pytest.raises(Cancelled):
        stages.ask(question)
    assert stage.opened.count("open") == 1
