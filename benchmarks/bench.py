"""Speed and memory of every look.

python -m benchmarks.bench [--song SONG] [--look NAME]... [--presets] [--whole] [--json FILE]

For each look at 1080p30, quality standard:
  draw      CPU time of drawing one frame, nothing taken out           -> frames/s on all cores
  encode    CPU time of encoding one frame that is already there       -> frames/s on all cores
  end       frames/s of the pipeline while it renders, and CPU time of all processes for one frame
  limit     cores / (draw + encode): what the machine could do if nothing else cost anything; share = end / limit
  memory    peak of all processes together, proportional set size
Before and after, a reference pass tells how fast the machine is at the moment (see reference.py).
--uhd adds a row at 3840x2160 for each look. --whole renders the whole song by the command line, once for each look, and
prints what a customer waits for: from the start of the command to the verified file.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes import PeakMemory, cpu_ms
from benchmarks.reference import measured
from oriel.rendering.pipeline.encode import chunk_command
from oriel.rendering.pipeline.looks import Look, load_looks
from oriel.rendering.pipeline.progress import Progress
from oriel.rendering.pipeline.render import render_song
from oriel.rendering.pipeline.request import Machine, RenderRequest
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import find_chromium, find_tools

CORES = os.cpu_count() or 1
DRAWN = 150


@dataclass(frozen=True)
class Row:
    """The figures of one look and preset."""

    look: str
    preset: str | None
    size: str
    draw_core_ms: float
    encode_core_ms: float
    draw_fps: float
    encode_fps: float
    end_fps: float
    end_core_ms: float
    limit_fps: float
    share: float
    first_frame_s: float
    memory_mb: float
    backend: str


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--song", type=Path, help="any song; default: the example song")
    parser.add_argument("--look", action="append", default=[])
    parser.add_argument("--presets", action="store_true", help="every preset too")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--start", type=float, default=10.0, help="where in the song to measure, seconds")
    parser.add_argument("--seconds", type=float, default=20.0, help="how much of it to render end to end")
    parser.add_argument("--uhd", action="store_true", help="every look at 3840x2160 too")
    parser.add_argument("--whole", action="store_true", help="also the whole song by the command line, each look")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def example_song(folder: Path) -> Path:
    """Compose the example song."""
    song = folder / "first-light.wav"
    compose = Path(__file__).parent.parent / "examples" / "compose.py"
    subprocess.run([".venv/bin/python", str(compose), str(song)], check=True)
    return song


def variants(args: argparse.Namespace) -> Iterator[tuple[Look, str | None, str]]:
    """Yield what is to be measured: look, preset, size."""
    for look in load_looks().all:
        if args.look and look.name not in args.look:
            continue
        yield look, None, args.size
        if args.uhd:
            yield look, None, "3840x2160"
        if args.presets:
            yield from ((look, preset.name, args.size) for preset in look.presets)


def document(args: argparse.Namespace, look: str, preset: str | None, size: str) -> dict[str, Any]:
    """Return the settings document of one measurement."""
    width, height = (int(side) for side in size.split("x"))
    output = {"width": width, "height": height, "fps": 30, "quality": args.quality}
    return {
        "look": look,
        "preset": preset,
        "output": output,
        "range": {"start_s": args.start, "duration_s": args.seconds},
    }


def measure(args: argparse.Namespace, song: Path, look: Look, preset: str | None, size: str, work: Path) -> Row:
    """Measure one look."""
    settings = document(args, look.name, preset, size)
    draw_ms, encode_ms = apart(args, settings, song, work)
    fps, core_ms, first, memory, backend = end_to_end(settings, song, work)
    limit = CORES * 1000 / (draw_ms + encode_ms)
    return Row(
        look=look.name,
        preset=preset,
        size=size,
        draw_core_ms=draw_ms,
        encode_core_ms=encode_ms,
        draw_fps=CORES * 1000 / draw_ms,
        encode_fps=CORES * 1000 / encode_ms,
        end_fps=fps,
        end_core_ms=core_ms,
        limit_fps=limit,
        share=fps / limit,
        first_frame_s=first,
        memory_mb=memory / 1e6,
        backend=backend,
    )


def apart(args: argparse.Namespace, settings: dict[str, Any], song: Path, work: Path) -> tuple[float, float]:
    """CPU milliseconds of drawing one frame and of encoding one frame, each by itself."""
    resolved = resolve(parse_settings(settings), load_looks())
    raw = work / "frames.raw"
    with Stage(profile_dir=work / "profile", tmp_dir=work / "tmp", chromium=find_chromium()) as stage:
        pcm = work / "pcm.raw"
        decode = ["ffmpeg", "-v", "error", "-ss", str(args.start), "-t", str(args.seconds), "-i", str(song), "-vn"]
        subprocess.run([*decode, "-f", "s16le", "-ac", "2", "-ar", "48000", "-y", str(pcm)], check=True)
        track = stage.analyse(pcm, pcm.stat().st_size // 4)
        stage.load(Staging(resolved.canonical_json, title="Bench", artist="Oriel"), track)
        stage.measure(0, 30, ["frame"])
        before = cpu_ms()
        stage.measure(60, DRAWN, ["frame"])
        draw = (cpu_ms() - before) / DRAWN
        with raw.open("wb") as file:
            for frame in stage.frames(60, DRAWN):
                file.write(frame)
        command = chunk_command(Path("ffmpeg"), work / "chunk.mp4", stage.frame_format, resolved.output, False)
    before_children = os.times()
    with raw.open("rb") as file:
        subprocess.run([str(part) for part in command], stdin=file, check=True)
    after = os.times()
    raw.unlink()
    encode = sum(after[2:4]) - sum(before_children[2:4])
    return draw, encode * 1000 / DRAWN


def end_to_end(settings: dict[str, Any], song: Path, work: Path) -> tuple[float, float, float, int, str]:
    """Frames/s and CPU ms a frame while rendering, seconds to the first frame, peak memory, backend."""
    started = time.monotonic()
    marks: dict[str, float] = {}

    def on_progress(progress: Progress) -> None:
        if progress.stage != "rendering" or not progress.frames_done:
            return
        if "first" not in marks:
            marks.update(first=time.monotonic(), frames=progress.frames_done, cpu=cpu_ms())
        if progress.frames_done == progress.frames_total:
            marks.update(last=time.monotonic(), last_frames=progress.frames_done, last_cpu=cpu_ms())

    machine = Machine(tools=find_tools(), chromium=find_chromium(), work_root=work / "work")
    request = RenderRequest(
        song=song, output=work / "out.mp4", settings=parse_settings(settings), looks=load_looks(), machine=machine
    )
    with PeakMemory() as memory:
        result = render_song(request, on_progress)
    drawn = marks["last_frames"] - marks["frames"]
    fps = drawn / (marks["last"] - marks["first"])
    spent = (marks["last_cpu"] - marks["cpu"]) / drawn
    return fps, spent, marks["first"] - started, memory.peak_bytes, result.backend


def whole(song: Path, work: Path, look: str) -> dict[str, Any]:
    """Time the command as a customer's render runs it."""
    out = work / "whole.mp4"
    command = [".venv/bin/oriel", "render", str(song), "-o", str(out), "--look", look, "--size", "1080p", "--json"]
    started = time.monotonic()
    with PeakMemory() as memory:
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
    report: dict[str, Any] = json.loads(answer.stdout)
    report |= {"look": look, "command_s": time.monotonic() - started, "memory_mb": memory.peak_bytes / 1e6}
    print(
        f"{look:26} whole song: {report['duration_s']:.0f} s of music in {report['command_s']:.1f} s,"
        f" {report['frames'] / report['command_s']:.1f} f/s, {report['memory_mb']:.0f} MB",
        flush=True,
    )
    return report


def table(row: Row) -> str:
    """Return one line of the table."""
    name = row.look + (f"/{row.preset}" if row.preset else "") + (" 4K" if row.size == "3840x2160" else "")
    return (
        f"{name:26} draw {row.draw_core_ms:5.1f} core-ms {row.draw_fps:5.0f} f/s | encode {row.encode_core_ms:5.1f}"
        f" {row.encode_fps:5.0f} f/s | end {row.end_fps:5.1f} f/s, {row.end_core_ms:5.1f} core-ms | limit"
        f" {row.limit_fps:5.1f}, {row.share:4.0%} | first frame {row.first_frame_s:4.1f} s | {row.memory_mb:5.0f} MB"
    )


def main() -> None:
    """Measure everything and print it."""
    args = arguments()
    rows = []
    speeds = [measured()]
    print(speeds[0].line, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        song = args.song or example_song(work)
        for look, preset, size in variants(args):
            rows.append(measure(args, song, look, preset, size, work))
            print(table(rows[-1]), flush=True)
        report: dict[str, Any] = {"cores": CORES, "rows": [asdict(row) for row in rows]}
        if args.whole:
            report["whole"] = [whole(song, work, look) for look in dict.fromkeys(row.look for row in rows)]
    speeds.append(measured())
    print(speeds[1].line)
    report["machine"] = [asdict(each) for each in speeds]
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
