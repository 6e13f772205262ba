"""What the analysis hears in a song, without rendering it."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from oriel.rendering.pipeline.audio_formats import DEFAULT_FORMATS
from oriel.rendering.pipeline.disk import file_sha256, full_disk_is_said
from oriel.rendering.pipeline.engine import program_id
from oriel.rendering.pipeline.prepare import prepare_pcm, prepare_track
from oriel.rendering.pipeline.progress import CancelToken, OnProgress, ProgressMeter
from oriel.rendering.pipeline.request import Machine, StageFactory, open_stage
from oriel.rendering.pipeline.song import probe_song
from oriel.rendering.pipeline.stages import Stages
from oriel.rendering.pipeline.workdir import work_folder


def analyse_song(
    song_path: Path,
    machine: Machine,
    *,
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    max_seconds: float | None = None,
    on_progress: OnProgress = lambda _: None,
    cancel: CancelToken | None = None,
    stage_factory: StageFactory = open_stage,
) -> dict[str, Any]:
    """Return what the analysis hears in a song, as `oriel analyse --json` prints it."""
    cancel, meter = cancel or CancelToken(), ProgressMeter(on_progress)
    meter.stage("preparing")
    song = probe_song(song_path, machine.tools, formats=formats, max_seconds=max_seconds, check=cancel.check)
    key = hashlib.sha256(f"analyse {program_id(machine.tools)} {file_sha256(song_path)}".encode()).hexdigest()[:32]
    with (
        work_folder(machine.work_root, key) as folder,
        full_disk_is_said(folder.path),
        Stages(lambda: stage_factory(machine, folder), check=cancel.check) as stages,
    ):
        pcm = prepare_pcm(song, folder, stages, machine.tools, max_seconds=max_seconds, check=cancel.check)
        track = prepare_track(pcm, folder, stages, analysing(meter, cancel))
        summary = stages.ask(lambda stage: stage.describe(track))
        meter.done()
    heard = ("loudness_lufs", "tempo_bpm", "beats", "onsets", "sections")
    return {
        "duration_s": pcm.duration_s,
        **{name: summary[name] for name in heard},
        "title": song.title,
        "artist": song.artist,
    }


def analysing(meter: ProgressMeter, cancel: CancelToken) -> Callable[[float], None]:
    """Return what reports the analysis as a stage of a render and ends it when it is cancelled."""

    def on_fraction(fraction: float) -> None:
        cancel.check()
        meter.stage("analysing", fraction)

    return on_fraction
