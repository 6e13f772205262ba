"""One browser, many songs: what a stage promises to those who keep it warm."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.render.processes import arguments, descendants
from tests.render.songs import music

from oriel.errors import Cancelled, StageCrashed, StageHung
from oriel.rendering.pipeline import stage as stage_module
from oriel.rendering.pipeline.browser import Backend, browser_processes
from oriel.rendering.pipeline.looks import Looks
from oriel.rendering.pipeline.process import clean_environment
from oriel.rendering.pipeline.progress import CancelToken
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging

SMALL = {"width": 128, "height": 72}


@pytest.fixture(scope="module")
def track(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = music(2.0)
    pcm = tmp_path_factory.mktemp("song") / "song.s16le"
    pcm.write_bytes(samples.tobytes())
    return stage.analyse(pcm, len(samples))


@pytest.fixture
def loaded(stage: Stage, settings_of: Callable[..., ResolvedSettings], looks: Looks, track: bytes) -> Stage:
    stage.load(Staging(settings_of(looks.all[0].name, output=SMALL).canonical_json), track)
    return stage


def test_the_end_of_a_run_is_not_taken_for_the_answer_to_the_next_call(loaded: Stage) -> None:
    for frame in range(30):
        for _ in loaded.frames(frame % 50, 1):
            pass
        assert len(loaded.screenshot(frame % 50)) == 128 * 72 * 4


def test_a_run_that_is_left_early_disturbs_nobody(loaded: Stage) -> None:
    (wanted,) = [bytes(frame) for frame in loaded.frames(40, 1)]
    for taken in range(12):
        run = loaded.frames(0, 60)
        for _ in range(taken):
            next(run)
        run.close()  # type: ignore[attr-defined]
        assert [bytes(frame) for frame in loaded.frames(40, 1)] == [wanted]


def test_a_look_that_fails_says_why_and_the_stage_lives_on(
    loaded: Stage, settings_of: Callable[..., ResolvedSettings], track: bytes
) -> None:
    broken = settings_of("patches", output=SMALL, params={"colors": []}).canonical_json.replace("patches", "nonesuch")
    with pytest.raises(StageCrashed) as crash:
        loaded.load(Staging(broken), track)
    assert "no look is called nonesuch" in str(crash.value.details["reason"])
    loaded.load(Staging(settings_of("patches", output=SMALL).canonical_json), track)
    assert len(list(loaded.frames(0, 3))) == 3


@pytest.fixture
def pcm(tmp_path: Path) -> tuple[Path, int]:
    samples = music(2.0)
    (tmp_path / "song.s16le").write_bytes(samples.tobytes())
    return tmp_path / "song.s16le", len(samples)


def test_a_second_analysis_of_the_same_sound_gives_the_same_bytes(
    stage: Stage, track: bytes, pcm: tuple[Path, int]
) -> None:
    assert stage.analyse(*pcm) == track


@pytest.mark.parametrize("background", [{"type": "color", "color": "#102030"}, {"type": "transparent"}])
def test_getting_ready_while_listening_changes_neither_the_track_nor_the_pictures(
    loaded: Stage,
    settings_of: Callable[..., ResolvedSettings],
    looks: Looks,
    track: bytes,
    pcm: tuple[Path, int],
    background: dict[str, str],
) -> None:
    moving = {"format": "mov"} if background["type"] == "transparent" else {}
    settings = settings_of(looks.all[0].name, output={**SMALL, **moving}, background=background)
    staging = Staging(settings.canonical_json, title="A title", watermark=True)
    loaded.load(staging, track)
    wanted = [bytes(frame) for frame in loaded.frames(30, 2)]
    assert loaded.analyse(*pcm, staging=staging) == track
    loaded.load(staging, track)
    assert [bytes(frame) for frame in loaded.frames(30, 2)] == wanted


def test_a_look_that_fails_while_the_song_is_listened_to_says_why_and_the_stage_lives_on(
    loaded: Stage, settings_of: Callable[..., ResolvedSettings], track: bytes, pcm: tuple[Path, int]
) -> None:
    settings = settings_of("patches", output=SMALL, params={"colors": []}).canonical_json
    with pytest.raises(StageCrashed) as crash:
        loaded.analyse(*pcm, staging=Staging(settings.replace("patches", "nonesuch")))
    assert "no look is called nonesuch" in str(crash.value.details["reason"])
    assert loaded.analyse(*pcm, staging=Staging(settings)) == track


def test_a_song_that_cannot_be_heard_is_an_error_of_its_own(stage: Stage, track: bytes, pcm: tuple[Path, int]) -> None:
    path, samples = pcm
    path.unlink()
    with pytest.raises(StageCrashed):
        stage.analyse(path, samples)
    path.write_bytes(music(2.0).tobytes())
    assert stage.analyse(path, samples) == track


@pytest.mark.parametrize("folder", ["short", "deep" * 45], ids=["short", "deep"])
def test_a_browser_opens_in_any_folder_and_leaves_no_process(
    apart: ThreadPoolExecutor, tmp_path: Path, chromium: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)
    # Named from here, as on a command line.
    profile = Path(folder) / "profile"

    def open_and_close() -> int:
        with Stage(profile_dir=profile, tmp_dir=Path(folder) / "tmp", chromium=chromium) as stage:
            assert stage.backend_id
            running = len(browser_processes(profile.resolve()))
        stage.close()
        return running

    assert apart.submit(open_and_close).result() > 1
    assert browser_processes(profile.resolve()) == []
    assert [path.name for path in tmp_path.iterdir()] == [folder]


def test_a_program_that_is_no_browser_is_reported(apart: ThreadPoolExecutor, tmp_path: Path) -> None:
    def opened() -> None:
        with Stage(profile_dir=tmp_path / "profile", tmp_dir=tmp_path / "tmp", chromium=Path("/bin/true")):
            raise AssertionError("that cannot be")

    with pytest.raises(StageCrashed, match="Chromium could not start"):
        apart.submit(opened).result()


def test_a_driver_that_does_not_start_is_reported(
    apart: ThreadPoolExecutor, tmp_path: Path, chromium: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/bin/false")

    def opened() -> None:
        with Stage(profile_dir=tmp_path / "profile", tmp_dir=tmp_path / "tmp", chromium=chromium):
            pass

    with pytest.raises(StageCrashed, match="driver"):
        apart.submit(opened).result(60)
    # The next one is none the worse for it.
    monkeypatch.delenv("PLAYWRIGHT_NODEJS_PATH")
    apart.submit(opened).result(60)


def test_a_cancellation_ends_a_browser_that_hangs_at_its_start(apart: ThreadPoolExecutor, tmp_path: Path) -> None:
    def opened() -> None:
        with stage_of_a_program_that_waits(tmp_path, check=cancel.check):
            raise AssertionError("that cannot be")

    cancel = CancelToken()
    running = apart.submit(opened)
    waiting_for(lambda: sleepers(tmp_path))
    cancel.cancel()
    with pytest.raises(Cancelled):
        running.result(timeout=120)
    assert sleepers(tmp_path) == []


def test_a_browser_that_hangs_at_its_start_is_given_up(
    apart: ThreadPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage_module, "_START_S", 1.0)
    begun: list[str] = []
    start = Stage._launch

    def noted(stage: Stage, backend: Backend, limit_s: float) -> None:
        begun.append(backend)
        start(stage, backend, limit_s)

    monkeypatch.setattr(Stage, "_launch", noted)

    def opened() -> None:
        with stage_of_a_program_that_waits(tmp_path, hang_s=1.0):
            raise AssertionError("that cannot be")

    with pytest.raises(StageHung, match="has not started"):
        apart.submit(opened).result(timeout=120)
    assert begun == ["gpu", "llvmpipe", "swiftshader"]
    assert sleepers(tmp_path) == []


def test_leaving_a_run_of_a_dead_browser_does_not_wait(
    apart: ThreadPoolExecutor,
    tmp_path: Path,
    chromium: Path,
    settings_of: Callable[..., ResolvedSettings],
    looks: Looks,
    track: bytes,
) -> None:
    def left() -> float:
        with Stage(profile_dir=tmp_path / "profile", tmp_dir=tmp_path / "tmp", chromium=chromium) as stage:
            stage.load(Staging(settings_of(looks.all[0].name, output=SMALL).canonical_json), track)
            run = stage.frames(0, 60)
            next(run)
            stage.kill_browser()
            began = time.monotonic()
            run.close()  # type: ignore[attr-defined]
            return time.monotonic() - began

    assert apart.submit(left).result() < 10


def stage_of_a_program_that_waits(folder: Path, **given: Any) -> Stage:  # noqa: ANN401
    """Return a stage whose browser is a script that turns into something without the browser's arguments."""
    program = folder / "waits"
    # Its name is how the test knows it.
    (folder / "sleeper").symlink_to("/bin/sleep")
    program.write_text(f"#!/bin/sh\nexec '{folder}/sleeper' 500\n", "utf8")
    program.chmod(0o755)
    return Stage(profile_dir=folder / "profile", tmp_dir=folder / "tmp", chromium=program, **given)


def sleepers(folder: Path) -> list[int]:
    return [pid for pid in descendants(os.getpid()) if arguments(pid)[:1] == [f"{folder}/sleeper"]]


def waiting_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_driver_knows_no_secrets(stage: Stage) -> None:
    names = {
        line.partition(b"=")[0].decode()
        for pid in stage._drivers
        for line in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    }
    assert "PATH" in names
    assert names - set(clean_environment()) - {"", "PW_LANG_NAME"} == set()
