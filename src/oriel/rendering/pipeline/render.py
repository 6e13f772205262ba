"""Song + settings → verified video file: the order of the steps, each of which can be called by itself."""

import contextlib
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

from oriel.rendering.pipeline.analyse import analysing
from oriel.rendering.pipeline.assemble import assemble
from oriel.rendering.pipeline.audio_encoding import AudioEncoding
from oriel.rendering.pipeline.deliver import check_output, check_poster, deliver
from oriel.rendering.pipeline.disk import file_sha256, full_disk_is_said, require_free
from oriel.rendering.pipeline.encode import chunk_command, chunk_suffix, codec_of
from oriel.rendering.pipeline.engine import program_id
from oriel.rendering.pipeline.estimate import video_bytes, work_bytes
from oriel.rendering.pipeline.fonts import text_warnings
from oriel.rendering.pipeline.plan import RenderPlan, Scene, plan_render, range_warnings, render_key, shown_frames
from oriel.rendering.pipeline.poster import draw_poster, write_poster
from oriel.rendering.pipeline.prepare import Pictures, prepare_pcm, prepare_pictures, prepare_track, scene_of
from oriel.rendering.pipeline.progress import CancelToken, OnProgress, ProgressMeter
from oriel.rendering.pipeline.render_chunks import render_chunks
from oriel.rendering.pipeline.request import RenderRequest, RenderResult, StageFactory, open_stage
from oriel.rendering.pipeline.resolve import ResolvedSettings, resolve
from oriel.rendering.pipeline.settings_document import THE_COVER
from oriel.rendering.pipeline.song import Song, probe_song
from oriel.rendering.pipeline.stages import Stages
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import Tools
from oriel.rendering.pipeline.verify import Expected, verify
from oriel.rendering.pipeline.workdir import ChunkFiles, WorkFolder, work_folder


def render_song(
    request: RenderRequest,
    on_progress: OnProgress = lambda _: None,
    cancel: CancelToken | None = None,
    *,
    stage_factory: StageFactory = open_stage,
) -> RenderResult:
    """Render the whole video to `request.output`, which appears only when it is verified.

    Raises AppError; on any end nothing is left behind. After a SIGKILL the same request goes on where it was.
    """
    started, cancel = time.monotonic(), cancel or CancelToken()
    meter = ProgressMeter(on_progress, expected_frames_per_s=request.expected_frames_per_s)
    meter.stage("preparing")
    settings = resolve(request.settings, request.looks)
    _check_places(request, settings)
    song = _probe(request, cancel)
    with (
        work_folder(request.machine.work_root, _key(request, settings, song)) as folder,
        full_disk_is_said(folder.path),
        Stages(lambda: stage_factory(request.machine, folder), meter.restarted, cancel.check) as stages,
    ):
        if request.keeper:
            request.keeper.restore(folder)
        _require_room(request, settings, song, folder)
        job = _Job(request, settings, song, folder, stages, meter, cancel)
        return job.run(started)


@dataclass(frozen=True)
class _Job:
    """The state that the steps of one render share."""

    request: RenderRequest
    settings: ResolvedSettings
    song: Song
    folder: WorkFolder
    stages: Stages
    meter: ProgressMeter
    cancel: CancelToken

    def run(self, started: float) -> RenderResult:
        pictures = prepare_pictures(self.settings, self.song, self.folder, self._tools, check=self.cancel.check)
        pcm = prepare_pcm(
            self.song,
            self.folder,
            self.stages,
            self._tools,
            max_seconds=self.request.max_seconds,
            check=self.cancel.check,
        )
        frames = shown_frames(pcm.samples, self.settings.output.fps, self.settings.range)
        with AudioEncoding(self.folder, pcm, frames, self.settings, self._tools) as audio:
            scene = scene_of(self.settings, self.song, pictures, self.request.watermark)
            staging = self._staging(scene, pictures)
            track = prepare_track(pcm, self.folder, self.stages, analysing(self.meter, self.cancel), staging)
            self._keep(self.folder.track)
            plan = self._plan(frames, scene, track)
            self._render(plan, staging, track)
            self.meter.stage("encoding")
            video = self._join(plan, scene, audio.finish(self.cancel.check))
        self._deliver(video)
        short = range_warnings(pcm.samples, self.settings.range)
        boxes = text_warnings(scene.title, scene.artist)
        return self._result(plan, started, (*pcm.warnings, *pictures.warnings, *short, *boxes))

    @property
    def _tools(self) -> Tools:
        return self.request.machine.tools

    def _plan(self, frames: range, scene: Scene, track: bytes) -> RenderPlan:
        return plan_render(
            self.settings,
            scene,
            frames=frames,
            features_sha256=hashlib.sha256(track).hexdigest(),
            engine=program_id(self._tools),
            backend_id=self.stages.ask(lambda stage: stage.backend_id),
        )

    @property
    def _poster(self) -> Path:
        return self.folder.path / "poster.jpg"

    @property
    def _files(self) -> ChunkFiles:
        suffix = chunk_suffix(codec_of(self.settings.output, self.settings.transparent))
        return ChunkFiles(self.folder.chunks, suffix, self._keep)

    def _keep(self, path: Path) -> None:
        if self.request.keeper:
            self.request.keeper.keep(path)

    def _staging(self, scene: Scene, pictures: Pictures) -> Staging:
        return Staging(
            self.settings.canonical_json,
            title=scene.title,
            artist=scene.artist,
            cover=pictures.cover,
            background_image=pictures.background,
            watermark=scene.watermark,
        )

    def _render(self, plan: RenderPlan, staging: Staging, track: bytes) -> None:
        self.stages.load_with(lambda stage: stage.load(staging, track))
        kept = sum(chunk.count for chunk in plan.chunks if self._files.is_finished(chunk))
        self.meter.rendering(plan.frames, kept)
        if self.request.poster:
            self._make_poster(plan, track)
        ffmpeg, output, transparent = self._tools.ffmpeg, self.settings.output, self.settings.transparent
        render_chunks(
            plan,
            self._files,
            self.stages,
            lambda _, out, layout: chunk_command(ffmpeg, out, layout, output, transparent),
            on_frames=self.meter.frames,
            check=self.cancel.check,
        )

    def _make_poster(self, plan: RenderPlan, track: bytes) -> None:
        if not self._poster.exists():
            frame, layout = self.stages.ask_loaded(lambda stage: draw_poster(stage, track, plan))
            write_poster(
                frame,
                layout,
                self._poster,
                self.settings.output,
                self._tools,
                largest_side=self.request.poster_side,
                check=self.cancel.check,
            )
        self.request.on_poster(self._poster)

    def _join(self, plan: RenderPlan, scene: Scene, audio: Path) -> Path:
        output = self.settings.output
        video = self.folder.path / f"video.{output.format}"
        chunks = [self._files.path(chunk) for chunk in plan.chunks]
        tags = {"title": scene.title, "artist": scene.artist}
        assemble(chunks, audio, video, output, self._tools, **tags, check=self.cancel.check)
        self.meter.stage("encoding", 0.3)
        verify(video, expected_of(plan, self.settings), self._tools, check=self.cancel.check)
        self.meter.stage("encoding", 0.8)
        return video

    def _deliver(self, video: Path) -> None:
        deliver(self.folder, video, self.request.output, check=self.cancel.check)
        if self.request.poster:
            # Who asked for both is not left with one of them.
            with contextlib.ExitStack() as undo:
                undo.callback(self.request.output.resolve().unlink, missing_ok=True)
                deliver(self.folder, self._poster, self.request.poster, check=self.cancel.check)
                undo.pop_all()
        self.meter.done()

    def _result(self, plan: RenderPlan, started: float, warnings: tuple[str, ...]) -> RenderResult:
        output, backend = self.settings.output, self.stages.opened().backend
        if backend == "swiftshader":
            warnings = (*warnings, "SwiftShader drew this video, which takes twice as long. `oriel doctor` says why.")
        seconds = time.monotonic() - started
        return RenderResult(
            output=self.request.output,
            frames=plan.frames,
            fps=plan.fps,
            width=output.width,
            height=output.height,
            duration_s=plan.duration_s,
            render_s=seconds,
            frames_per_s=plan.frames / seconds,
            backend=backend,
            chunks=len(plan.chunks),
            sha256=file_sha256(self.request.output),
            warnings=warnings,
        )


def expected_of(plan: RenderPlan, settings: ResolvedSettings) -> Expected:
    """Return what `verify` holds the finished file against."""
    output = settings.output
    return Expected(
        codec=codec_of(output, settings.transparent),
        width=output.width,
        height=output.height,
        fps=plan.fps,
        frames=plan.frames,
        chunk_starts=[chunk.first - plan.first for chunk in plan.chunks],
        alpha=settings.transparent,
    )


def _probe(request: RenderRequest, cancel: CancelToken) -> Song:
    return probe_song(
        request.song,
        request.machine.tools,
        formats=request.formats,
        max_seconds=request.max_seconds,
        check=cancel.check,
    )


def _key(request: RenderRequest, settings: ResolvedSettings, song: Song) -> str:
    pictures = [_picture_sha256(path) for path in _pictures(settings)]
    # Without a title in its tags a song is called by its file's name, which its content does not hold.
    extras = [*pictures, request.watermark, request.machine.backend, song.title, song.artist]
    return render_key(
        settings, song_sha256=file_sha256(song.path), engine=program_id(request.machine.tools), extras=extras
    )


def _pictures(settings: ResolvedSettings) -> list[Path]:
    """Return the pictures of the caller's that the settings name, whether they can be read or not."""
    image = settings.background.get("image")
    given = [settings.cover.file, image if image != THE_COVER else None]
    return [Path(name) for name in given if name]


def _picture_sha256(path: Path) -> str | None:
    # Why a picture cannot be read is said where it is converted.
    try:
        return file_sha256(path) if path.is_file() else None
    except OSError:
        return None


def _check_places(request: RenderRequest, settings: ResolvedSettings) -> None:
    inputs = [request.song, *_pictures(settings)]
    check_output(request.output, *inputs)
    if request.poster:
        check_poster(request.poster, request.output, *inputs)


def _require_room(request: RenderRequest, settings: ResolvedSettings, song: Song, folder: WorkFolder) -> None:
    # A range behind the end meets its own refusal.
    if song.duration_s <= settings.range.start_s:
        return
    rest = song.duration_s - settings.range.start_s
    seconds = min(settings.range.duration_s or rest, rest)
    require_free(folder.path, work_bytes(settings, seconds, song.duration_s))
    if request.output.resolve().parent.stat().st_dev != folder.path.stat().st_dev:
        require_free(request.output.resolve().parent, video_bytes(settings, seconds))
