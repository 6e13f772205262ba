"""Canonical PCM → the encoded sound of the video, made once and beside the frames."""

from collections.abc import Callable
from pathlib import Path

from oriel.errors import EncodingFailed
from oriel.rendering.pipeline.disk import refuse_full_disk
from oriel.rendering.pipeline.encode import audio_command, audio_suffix
from oriel.rendering.pipeline.pcm import Pcm
from oriel.rendering.pipeline.process import Process, reason_of
from oriel.rendering.pipeline.resolve import ResolvedSettings
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.workdir import WorkFolder

_TIMEOUT_S = 900.0


class AudioEncoding:
    """The sound, encoded once and beside the frames; one that an earlier run has finished is taken as it is."""

    def __init__(self, folder: WorkFolder, pcm: Pcm, frames: range, settings: ResolvedSettings, tools: Tools) -> None:
        self._done = folder.path / f"audio{audio_suffix(settings.output)}"
        self._part = self._done.with_stem("audio.part")
        self._process: Process | None = None
        if not self._done.exists():
            command = audio_command(tools.ffmpeg, pcm.path, self._part, frames, settings.output)
            self._process = Process(command, access=Access(reads=(pcm.path,), writes=(folder.path,)))
            self._process.close_stdin()

    def __enter__(self) -> "AudioEncoding":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.stop()

    def finish(self, check: Callable[[], None]) -> Path:
        """Wait for FFmpeg and return the encoded sound."""
        if self._process and (returncode := self._process.wait(_TIMEOUT_S, check)):
            refuse_full_disk(self._done.parent)
            stderr = self._process.stderr_tail()
            raise EncodingFailed(f"FFmpeg could not encode the sound: {reason_of(returncode, stderr)}", stderr=stderr)
        if self._process:
            self._part.replace(self._done)
        return self._done
