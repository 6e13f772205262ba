"""Picture and sound are one: every click is seen in its frame, at the end of the song as at its beginning."""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.render.conftest import Render
from tests.render.in_turn import with_looks_in_turn
from tests.render.songs import click_times, clicks, music, write_wav
from tests.render.videos import lumas, sound, stream

from oriel.rendering.pipeline.looks import Look, load_looks
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import Tools

SECONDS = 180.0
TIMES = click_times(SECONDS)
# The first, the last, and some between.
SAMPLE = [TIMES[0], TIMES[1], *TIMES[29:-2:36], TIMES[-2], TIMES[-1]]
AAC_PACKET = 1024
BEFORE, AFTER = 6, 4
SIZE = {"width": 320, "height": 180}
NO_TEXT = {"title": "", "artist": ""}

PRESETS = [(look, preset.name) for look in load_looks().all for preset in look.presets]
every_preset = pytest.mark.parametrize(
    ("look", "preset"), PRESETS, ids=[f"{look.name}-{preset}" for look, preset in PRESETS]
)


def changes(pictures: Iterable[NDArray[np.int16]]) -> list[float]:
    """Return how much each picture differs from the one before, in levels of luma."""
    return [float(np.abs(after - before).mean()) for before, after in pairwise(pictures)]


def frames_late(change: Sequence[float], frame: int) -> int:
    """Return how many frames after `frame` the picture answers; `change` begins with that of frame - BEFORE + 1."""
    strongest = int(np.argmax(change))
    calm = max(change[: BEFORE - 3])
    assert change[strongest] > 2 * calm, f"no answer to the click at frame {frame}: {change}"
    return strongest - (BEFORE - 1)


@pytest.fixture(scope="module")
def click_track(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    samples = clicks(TIMES, SECONDS)
    pcm = tmp_path_factory.mktemp("clicks") / "song.s16le"
    pcm.write_bytes(samples.tobytes())
    return stage.analyse(pcm, len(samples))


def test_the_analysis_hears_each_click_and_nothing_else(stage: Stage, click_track: bytes) -> None:
    heard = np.array(stage.describe(click_track)["onsets"])
    assert len(heard) == len(TIMES)
    assert np.abs(heard - np.array(TIMES)).max() <= 0.003


@with_looks_in_turn("fps", [(24,), (30,), (60,)])
def test_a_look_answers_each_click_within_one_frame(
    stage: Stage, settings_of: Callable[..., ResolvedSettings], click_track: bytes, look: Look, fps: int
) -> None:
    late = frames_late_at_the_sample(stage, settings_of(look.name, output={**SIZE, "fps": fps}), click_track)
    assert all(abs(frames) <= 1 for frames in late), late


@pytest.mark.long
@every_preset
def test_a_preset_answers_each_click_within_one_frame(
    stage: Stage, settings_of: Callable[..., ResolvedSettings], click_track: bytes, look: Look, preset: str
) -> None:
    late = frames_late_at_the_sample(stage, settings_of(look.name, preset=preset, output=SIZE), click_track)
    assert all(abs(frames) <= 1 for frames in late), late


def frames_late_at_the_sample(stage: Stage, settings: ResolvedSettings, track: bytes) -> list[int]:
    """Draw the frames around each click of the sample and return how late the picture answers."""
    stage.load(Staging(settings.canonical_json), track)
    fps, size = settings.output.fps, stage.frame_format.padded_width * stage.frame_format.height
    late = []
    for time in SAMPLE:
        frame = round(time * fps)
        first, last = frame - BEFORE, min(frame + AFTER, int(SECONDS * fps))
        drawn = [np.frombuffer(raw[:size], np.uint8).astype(np.int16) for raw in stage.frames(first, last - first)]
        late.append(frames_late(changes(drawn), frame))
    return late


@pytest.mark.parametrize(
    "name", ["a.mp4", *(pytest.param(each, marks=pytest.mark.long) for each in ("a.webm", "a.mov"))]
)
def test_the_sound_of_the_video_is_that_of_the_song(render: Render, tools: Tools, tmp_path: Path, name: str) -> None:
    song = music(6.0)
    video = render(
        write_wav(tmp_path / "song.wav", song), name, text=NO_TEXT, output={"width": 128, "height": 72}
    ).output
    heard = sound(video, tools)
    assert 0 <= len(heard) - len(song) < AAC_PACKET
    assert lag(song, heard) == 0
    assert signal_to_noise_db(song, heard) >= 20
    starts = [float(stream(video, tools, kind)["start_time"]) for kind in ("video", "audio")]
    assert starts[0] == 0
    # WebM counts whole milliseconds and lets Opus begin 6.5 ms early, which no player plays (FFmpeg 7: at 0).
    assert starts[1] in ((-0.007, 0) if name.endswith("webm") else (0,))


def lag(song: NDArray[np.int16], heard: NDArray[np.int16]) -> int:
    """Return by how many samples `heard` is behind, from the peak of the cross-correlation."""
    size = 2 ** int(np.ceil(np.log2(len(song) + len(heard))))
    spectra = np.fft.rfft(heard[:, 0], size) * np.conj(np.fft.rfft(song[:, 0], size))
    at = int(np.argmax(np.fft.irfft(spectra, size)))
    return at if at < size // 2 else at - size


def signal_to_noise_db(song: NDArray[np.int16], heard: NDArray[np.int16]) -> float:
    length = min(len(song), len(heard))
    wanted, got = song[:length].astype(float), heard[:length].astype(float)
    return float(10 * np.log10((wanted**2).sum() / ((got - wanted) ** 2).sum()))


@pytest.mark.long
@with_looks_in_turn("fps", [(24,), (30,), (60,)])
def test_a_video_of_three_minutes_answers_every_click_and_does_not_drift(
    render: Render, tools: Tools, tmp_path: Path, look: Look, fps: int
) -> None:
    song = write_wav(tmp_path / "clicks.wav", clicks(TIMES, SECONDS))
    output = {"width": 160, "height": 90, "fps": fps}
    result = render(song, look=look.name, text=NO_TEXT, output=output)
    change = changes(lumas(result.output, tools))
    assert len(change) + 1 == result.frames == SECONDS * fps
    frames = [round(time * fps) for time in TIMES]
    late = [frames_late(change[frame - BEFORE : frame + AFTER - 1], frame) for frame in frames]
    assert all(abs(by) <= 1 for by in late), late
    half = len(late) // 2
    assert abs(np.mean(late[:half]) - np.mean(late[half:])) < 0.5
    assert lag(clicks(TIMES, SECONDS), sound(result.output, tools)) == 0
