"""The poster: one frame as a JPEG, drawn before the chunks, so that it is there while they are drawn."""

from collections.abc import Callable
from pathlib import Path

from oriel.errors import EncodingFailed
from oriel.rendering.pipeline.disk import refuse_full_disk
from oriel.rendering.pipeline.encode import FrameLayout, poster_command
from oriel.rendering.pipeline.plan import RenderPlan
from oriel.rendering.pipeline.process import Process, nothing, reason_of
from oriel.rendering.pipeline.render_chunks import FrameSource
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.settings_document import Output
from oriel.rendering.pipeline.tools import Tools

_TIMEOUT_S = 60.0


def draw_poster(source: FrameSource, track: bytes, plan: RenderPlan) -> tuple[bytes, FrameLayout]:
    """Return the strongest frame of a plan with its layout, from a source that is ready to draw."""
    start_s, end_s = plan.first / plan.fps, (plan.first + plan.frames) / plan.fps
    frame = int(source.peak(track, start_s, end_s) * plan.fps)
    frame = min(max(frame, plan.first), plan.first + plan.frames - 1)
    [content] = [bytes(view) for view in source.frames(frame, 1)]
    return content, source.frame_format


def write_poster(
    frame: bytes,
    layout: FrameLayout,
    out: Path,
    output: Output,
    tools: Tools,
    *,
    largest_side: int | None = None,
    check: Callable[[], None] = nothing,
) -> None:
    """Write a raw frame to `out` as a JPEG whose longer side is `largest_side` at most; raise EncodingFailed."""
    part = out.with_suffix(".part")
    command = poster_command(tools.ffmpeg, part, layout, output, _fitted(output, largest_side))
    with Process(command, access=Access(writes=(out.parent,))) as process:
        process.write(frame, timeout_s=_TIMEOUT_S, check=check)
        process.close_stdin()
        returncode = process.wait(_TIMEOUT_S, check)
        if returncode or not part.exists():
            refuse_full_disk(out.parent)
            reason = reason_of(returncode, process.stderr_tail())
            raise EncodingFailed(f"FFmpeg could not write the poster: {reason}", returncode=returncode)
    part.replace(out)


def _fitted(output: Output, largest_side: int | None) -> tuple[int, int]:
    """Return width and height of the poster."""
    longer = max(output.width, output.height)
    scale = min(1.0, (largest_side or longer) / longer)
    return max(1, round(output.width * scale)), max(1, round(output.height * scale))
