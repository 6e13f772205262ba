"""Chunks are drawn without a pause, drawn again when the stage dies, and never half done."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes import FakeLayout, FakeStage

from oriel.errors import AppError, Cancelled, EncodingFailed, StageCrashed, StageHung
from oriel.rendering.pipeline.chunk_encoder import ChunkEncoder
from oriel.rendering.pipeline.encode import FrameLayout, chunk_command
from oriel.rendering.pipeline.plan import Chunk, RenderPlan
from oriel.rendering.pipeline.process import Arguments
from oriel.rendering.pipeline.progress import CancelToken
from oriel.rendering.pipeline.render_chunks import render_chunks
from oriel.rendering.pipeline.settings_document import Output
from oriel.rendering.pipeline.stages import Stages
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.workdir import ChunkFiles

OUTPUT = Output(width=64, height=64)
PLAN = RenderPlan(
    0, 100, 30, tuple(Chunk(i, first, min(30, 100 - first), f"key{i}") for i, first in enumerate((0, 30, 60, 90)))
)


class Bench:
    """A plan of four chunks, a fake stage that can be told to fail, and real FFmpeg."""

    def __init__(self, folder: Path, tools: Tools) -> None:
        self.files = ChunkFiles(folder, ".mp4")
        self.stage = FakeStage(frame_format=FakeLayout("nv12", 64, 64))
        self.done: list[int] = []
        self.cancel = CancelToken()
        self.commands: list[int] = []
        self._tools = tools
        self._stages = Stages(lambda: self.stage)

    def command(self, chunk: Chunk, out: Path, layout: FrameLayout) -> Arguments:
        self.commands.append(chunk.index)
        return chunk_command(self._tools.ffmpeg, out, layout, OUTPUT, False)

    def render(self) -> None:
        with self._stages:
            render_chunks(
                PLAN,
                self.files,
                self._stages,
                self.command,
                on_frames=self.done.append,
                check=self.cancel.check,
            )

    @property
    def finished(self) -> list[int]:
        return [chunk.index for chunk in PLAN.chunks if self.files.is_finished(chunk)]


@pytest.fixture
def bench(tmp_path: Path, tools: Tools) -> Bench:
    return Bench(tmp_path, tools)


def crash() -> AppError:
    return StageCrashed("The browser crashed.")


def test_all_chunks_are_made_in_one_run_of_frames(bench: Bench) -> None:
    bench.render()
    assert bench.finished == [0, 1, 2, 3]
    assert bench.stage.runs == [(0, 100)]
    assert bench.done == list(range(1, 101))


def test_nothing_is_left_but_chunks_and_manifests(bench: Bench) -> None:
    bench.render()
    assert {path.suffix for path in bench.files.folder.iterdir()} == {".mp4", ".json"}
    assert len(list(bench.files.folder.iterdir())) == 8


def test_what_is_there_is_not_drawn_again(bench: Bench) -> None:
    bench.render()
    for index in (1, 3):
        bench.files.path(PLAN.chunks[index]).unlink()
    bench.stage.runs.clear()
    bench.done.clear()
    bench.render()
    assert bench.stage.runs == [(30, 30), (90, 10)]
    assert (bench.done[0], bench.done[-1]) == (61, 100)


def test_a_chunk_drawn_by_itself_has_the_same_bytes(bench: Bench) -> None:
    bench.render()
    before = bench.files.path(PLAN.chunks[2]).read_bytes()
    bench.files.path(PLAN.chunks[2]).unlink()
    bench.render()
    assert bench.files.path(PLAN.chunks[2]).read_bytes() == before


def test_the_next_ffmpeg_is_there_before_it_is_needed(bench: Bench) -> None:
    started: dict[int, int] = {}

    def note(index: int) -> None:
        started.setdefault(len(bench.commands), index)

    bench.stage.on_frame = note
    bench.render()
    assert started[2] < 30
    assert started[3] < 60


@pytest.mark.parametrize("error", [StageCrashed("died"), StageHung("hangs")])
def test_a_stage_that_dies_is_replaced_and_its_chunk_drawn_again(bench: Bench, error: AppError) -> None:
    bench.stage.failures[45] = [error]
    bench.render()
    assert bench.finished == [0, 1, 2, 3]
    assert bench.stage.runs == [(0, 100), (30, 70)]
    assert bench.stage.opened == ["open", "close", "open", "close"]


def test_a_stage_may_die_twice_for_each_chunk(bench: Bench) -> None:
    bench.stage.failures = {10: [crash(), crash()], 70: [crash(), crash()]}
    bench.render()
    assert bench.finished == [0, 1, 2, 3]


def test_a_third_death_over_one_chunk_ends_the_render(bench: Bench) -> None:
    bench.stage.failures[45] = [crash(), crash(), crash()]
    with pytest.raises(StageCrashed):
        bench.render()
    assert bench.finished == [0]


def test_a_stage_that_has_grown_is_replaced_between_two_chunks(bench: Bench) -> None:
    bench.stage.memory = [600_000_000, 1_000_000_000, 600_000_000]
    bench.render()
    assert bench.finished == [0, 1, 2, 3]
    assert bench.stage.runs == [(0, 100), (60, 40)]
    assert bench.stage.opened == ["open", "close", "open", "close"]
    assert bench.done == list(range(1, 101))


def test_a_stage_that_is_big_from_the_start_is_kept(bench: Bench) -> None:
    bench.stage.memory = [1_000_000_000] * 3
    bench.render()
    assert bench.stage.runs == [(0, 100)]


def test_too_few_frames_are_a_crash(bench: Bench) -> None:
    def two(first: int, count: int) -> Iterator[memoryview]:
        yield from [memoryview(bytes(64 * 96))] * 2

    bench.stage.frames = two  # type: ignore[method-assign]
    with pytest.raises(StageCrashed, match="drew 2 of 100 frames"):
        bench.render()


def test_a_frame_of_another_size_is_an_error(bench: Bench) -> None:
    bench.stage.frames = lambda first, count: iter([memoryview(b"\0" * 7)])  # type: ignore[method-assign]
    with pytest.raises(EncodingFailed, match="7 bytes instead of 6144"):
        bench.render()


def test_cancelling_takes_effect_between_frames(bench: Bench) -> None:
    bench.stage.on_frame = lambda index: bench.cancel.cancel() if index == 40 else None
    with pytest.raises(Cancelled):
        bench.render()
    assert bench.done[-1] == 40
    assert not list(bench.files.folder.glob("*.part.*"))


def test_an_ffmpeg_that_fails_ends_the_render_with_its_words(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(chunk: Chunk, out: Path, layout: FrameLayout) -> Arguments:
        return [part if part != "libx264" else "nonesuch" for part in Bench.command(bench, chunk, out, layout)]

    monkeypatch.setattr(bench, "command", broken)
    with pytest.raises(EncodingFailed, match=r"[Ee]ncoder"):
        bench.render()


def test_an_ffmpeg_that_is_killed_ends_the_render(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    encoders: list[ChunkEncoder] = []
    opened = ChunkEncoder.__init__

    def remembering(self: ChunkEncoder, *arguments: object) -> None:
        opened(self, *arguments)  # type: ignore[arg-type]
        encoders.append(self)

    monkeypatch.setattr(ChunkEncoder, "__init__", remembering)
    bench.stage.on_frame = lambda index: os.kill(encoders[0]._process.pid, 9) if index == 15 else None
    with pytest.raises(EncodingFailed):
        bench.render()
    assert bench.finished == []


def test_two_backends_are_never_mixed(bench: Bench) -> None:
    names = iter(["llvmpipe", "swiftshader", "swiftshader", "swiftshader"])
    bench._stages = Stages(lambda: contextlib.nullcontext(FakeStage(backend_id=next(names), failures={5: [crash()]})))
    with pytest.raises(StageCrashed, match="backend changed"):
        bench.render()
