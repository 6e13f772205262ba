"""Draws what the studio's panels show of the looks, from the example song.

frontend/looks/<look>/thumbnails: a picture and a short loop of every look and preset.
frontend/looks/<look>/choices: a small square of every value of the parameters that are chosen by sight (x-tiles).

python -m benchmarks.thumbnails [--only LOOK/PRESET]...     LOOK/default is the look by itself, LOOK/choices its squares

The pictures are in git, so that no build has to draw them. Draw them anew after a change of a look.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from oriel.rendering.pipeline.looks import Look, load_looks
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import find_chromium, find_tools

LOOKS = Path(__file__).resolve().parent.parent / "frontend" / "looks"
# Twice as large as they are shown, so that lines stay smooth.
WIDTH, HEIGHT, FPS = 960, 540, 24
PICTURE, LOOP = "480:270", "320:180"
# The choices, with their middle enlarged: there is where they differ.
SQUARE, TILE = 540, "160:160"
MIDDLE = "420:420:60:60"
PICTURE_ENCODER = ["-c:v", "libwebp", "-quality", "90", "-compression_level", "6"]
# Four beats at 124 to the minute: the loop's end meets its beginning on the beat.
LOOP_FRAMES = round(4 * 60 / 124 * FPS)
MOST_BYTES = {".webp": 40_000, ".webm": 150_000}


def main() -> None:
    """Draw what the command line asks for; everything by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="LOOK/PRESET")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        song, cover = work / "song.wav", work / "cover.png"
        compose: list[str | Path] = [sys.executable, "examples/compose.py", song, "--cover", cover]
        subprocess.run(compose, check=True)
        with Stage(profile_dir=work / "profile", tmp_dir=work / "tmp", chromium=find_chromium()) as stage:
            track = stage.analyse(*_decoded(song, work))
            peak = round(float(stage.describe(track)["peak_s"]) * FPS)
            for look, preset in _wanted(only):
                stage.load(Staging(_settings(look, {"preset": preset}), cover=cover), track)
                _draw(stage, peak, LOOKS / look.name / "thumbnails" / (preset or "default"))
            for look, name, value in _choices(only):
                stage.load(Staging(_settings(look, {"params": {name: value}}, SQUARE, SQUARE), cover=cover), track)
                _draw_choice(stage, peak, LOOKS / look.name / "choices" / f"{name}-{value}.webp")


def _wanted(only: list[str]) -> Iterator[tuple[Look, str | None]]:
    for look in load_looks().all:
        for preset in (None, *(preset.name for preset in look.presets)):
            if not only or f"{look.name}/{preset or 'default'}" in only:
                yield look, preset


def _choices(only: list[str]) -> Iterator[tuple[Look, str, str]]:
    for look in load_looks().all:
        if only and f"{look.name}/choices" not in only:
            continue
        for name, schema in look.parameters["properties"].items():
            if schema.get("x-tiles"):
                yield from ((look, name, value) for value in schema["enum"])


def _settings(look: Look, chosen: dict[str, Any], width: int = WIDTH, height: int = HEIGHT) -> str:
    document = parse_settings({"look": look.name, "output": {"width": width, "height": height, "fps": FPS}, **chosen})
    return resolve(document, load_looks()).canonical_json


def _decoded(song: Path, work: Path) -> tuple[Path, int]:
    pcm = work / "pcm.raw"
    canonical: list[str | Path] = ["-f", "s16le", "-ac", "2", "-ar", "48000", "-y", pcm]
    subprocess.run([find_tools().ffmpeg, "-v", "error", "-i", song, *canonical], check=True)
    return pcm, pcm.stat().st_size // 4


def _draw(stage: Stage, frame: int, out: Path) -> None:
    out.parent.mkdir(exist_ok=True)
    _encode(stage, frame, 1, PICTURE, PICTURE_ENCODER, out.with_suffix(".webp"))
    # Constant quality within a bound; all of it is one group of pictures, as it is played as a whole.
    rate = ["-crf", "31", "-b:v", "560k", "-g", "240", "-deadline", "good", "-cpu-used", "1", "-pix_fmt", "yuv420p"]
    _encode(stage, frame - 2, LOOP_FRAMES, LOOP, ["-c:v", "libvpx-vp9", *rate, "-an"], out.with_suffix(".webm"))


def _draw_choice(stage: Stage, frame: int, out: Path) -> None:
    out.parent.mkdir(exist_ok=True)
    _encode(stage, frame, 1, TILE, PICTURE_ENCODER, out, crop=MIDDLE)


def _encode(
    stage: Stage,
    first: int,
    count: int,
    size: str,
    encoder: list[str],
    out: Path,
    crop: str = f"{WIDTH}:{HEIGHT}:0:0",
) -> None:
    form = stage.frame_format
    chain = f"crop={crop},scale={size}:flags=area"
    if form.pixel == "nv12":
        chain = f"scale=in_range=tv:in_color_matrix=bt709:out_range=full,format=rgb24,{chain}"
    if out.suffix == ".webm":
        chain += ",scale=out_range=tv:out_color_matrix=bt709,format=yuv420p"
        encoder = [*encoder, "-colorspace", "bt709", "-color_range", "tv"]
    command: list[str | Path] = [
        find_tools().ffmpeg,
        "-v",
        "error",
        "-f",
        "rawvideo",
        "-pix_fmt",
        form.pixel,
        "-r",
        str(FPS),
    ]
    command += ["-s", f"{form.padded_width}x{form.height}", "-i", "-", "-vf", chain]
    command += [*encoder, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", "-y", out]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin
        for frame in stage.frames(first, count):
            process.stdin.write(frame)
    size_bytes = out.stat().st_size
    print(out.relative_to(LOOKS), size_bytes)
    if process.returncode or size_bytes > MOST_BYTES[out.suffix]:
        raise SystemExit(f"{out} is too large, or FFmpeg failed.")


if __name__ == "__main__":
    main()
