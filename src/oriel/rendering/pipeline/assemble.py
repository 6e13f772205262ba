"""Chunk files + sound → one video file, by copy."""

from collections.abc import Callable, Sequence
from pathlib import Path

from oriel.errors import EncodingFailed
from oriel.rendering.pipeline.disk import refuse_full_disk
from oriel.rendering.pipeline.encode import assemble_command, concat_list
from oriel.rendering.pipeline.process import nothing, reason_of, run
from oriel.rendering.pipeline.sandbox import Access
from oriel.rendering.pipeline.settings_document import Output
from oriel.rendering.pipeline.tools import Tools

# Copying a gigabyte to a slow disk takes about a minute.
_TIMEOUT_S = 1800.0


def assemble(
    chunks: Sequence[Path],
    audio: Path,
    out: Path,
    output: Output,
    tools: Tools,
    *,
    title: str = "",
    artist: str = "",
    check: Callable[[], None] = nothing,
) -> None:
    """Join the chunk files, which lie in one folder, with the sound into `out`; raise EncodingFailed or DiskFull."""
    listed = chunks[0].parent / "chunks.ffconcat"
    listed.write_text(concat_list([chunk.name for chunk in chunks]), "utf-8")
    command = assemble_command(tools.ffmpeg, listed, audio, out, output, title=title, artist=artist)
    access = Access(writes=(out.parent,), reads=(chunks[0].parent, audio))
    finished = run(command, access=access, timeout_s=_TIMEOUT_S, check=check)
    if finished.returncode or not out.exists() or not out.stat().st_size:
        refuse_full_disk(out.parent)
        raise EncodingFailed(
            f"FFmpeg could not write {out.name}: {reason_of(finished.returncode, finished.stderr)}",
            returncode=finished.returncode,
            stderr=finished.stderr,
        )
