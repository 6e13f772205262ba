"""Contact sheets of a look over a song, for the eyes: twelve moments, or a strip of consecutive frames.

python -m benchmarks.contact_sheet SONG -o SHEET.png --look prism [--preset NAME] [--set KEY=JSON]... [--aspect 16:9]
    [--size 720] [--moments 12 | --at 12.5 --at 30 | --strip 41.0 --count 12] [--tile 480] [--title T] [--cover PNG]

The analysis of a song is kept beside the sheet's folder for the next call.
"""

import argparse
import contextlib
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import find_chromium

CHROMIUM = find_chromium()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--look", default="prism")
    parser.add_argument("--preset")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    parser.add_argument("--aspect", default="16:9")
    parser.add_argument("--size", type=int, default=720, help="shorter side, pixels")
    parser.add_argument("--moments", type=int, default=12)
    parser.add_argument("--at", type=float, action="append", default=[])
    parser.add_argument("--strip", type=float)
    parser.add_argument("--count", type=int, default=12)
    parser.add_argument("--fps", type=int, default=30)
    parser.add_argument("--tile", type=int, default=480, help="width of one picture on the sheet")
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--title", default="")
    parser.add_argument("--artist", default="")
    parser.add_argument("--cover", type=Path)
    parser.add_argument("--watermark", action="store_true")
    parser.add_argument("--web", type=Path, help="folder of the built frontend")
    return parser.parse_args()


def frame_size(aspect: str, short: int) -> tuple[int, int]:
    """Return the even width and height of an aspect such as 9:16."""
    across, down = (int(part) for part in aspect.split(":"))
    unit = short / min(across, down)
    return round(across * unit / 2) * 2, round(down * unit / 2) * 2


def settings_json(args: argparse.Namespace) -> str:
    """Resolve the settings that the arguments describe."""
    width, height = frame_size(args.aspect, args.size)
    params: dict[str, Any] = {}
    document: dict[str, Any] = {"look": args.look, "preset": args.preset, "params": params}
    document["output"] = {"width": width, "height": height, "fps": args.fps}
    for item in args.set:
        key, value = item.split("=", 1)
        with contextlib.suppress(ValueError):
            value = json.loads(value)
        if "." in key:
            group, name = key.split(".", 1)
            document.setdefault(group, {})[name] = value
        else:
            params[key] = value
    looks = load_looks(args.web / "looks.json" if args.web else None)
    return resolve(parse_settings(document), looks).canonical_json


def decode(song: Path, folder: Path) -> tuple[Path, int]:
    """Decode to canonical PCM."""
    pcm = folder / "pcm.raw"
    canonical = ["-f", "s16le", "-ac", "2", "-ar", "48000", "-y", str(pcm)]
    subprocess.run(["ffmpeg", "-v", "error", "-i", str(song), "-vn", *canonical], check=True)
    return pcm, pcm.stat().st_size // 4


def moments(args: argparse.Namespace, description: dict[str, Any]) -> list[int]:
    """Choose the frames to show."""
    if args.strip is not None:
        first = round(args.strip * args.fps)
        return list(range(first, first + args.count))
    if args.at:
        return [round(at * args.fps) for at in args.at]
    duration = description["duration_s"]
    times = [duration * (i + 0.5) / args.moments for i in range(args.moments)]
    # The strongest moment takes the place of its neighbour: it must be on the sheet.
    nearest = min(range(len(times)), key=lambda i: abs(times[i] - description["peak_s"]))
    times[nearest] = description["peak_s"]
    return [round(time * args.fps) for time in times]


def main() -> None:
    """Draw the sheet."""
    args = arguments()
    args.output.parent.mkdir(parents=True, exist_ok=True)
    kept = args.output.parent / f".{args.song.name}.track"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with Stage(profile_dir=work / "profile", tmp_dir=work / "tmp", chromium=CHROMIUM, web=args.web) as stage:
            if not kept.exists() or kept.stat().st_mtime < args.song.stat().st_mtime:
                kept.write_bytes(stage.analyse(*decode(args.song, work)))
            track = kept.read_bytes()
            frames = moments(args, stage.describe(track))
            shown = {"title": args.title, "artist": args.artist, "cover": args.cover, "watermark": args.watermark}
            stage.load(Staging(settings_json(args), **shown), track)
            sheet(args, stage, frames)
    print(args.output, "seconds:", " ".join(f"{frame / args.fps:.2f}" for frame in frames))


def sheet(args: argparse.Namespace, stage: Stage, frames: list[int]) -> None:
    """Pipe the frames through FFmpeg's tile filter into one picture."""
    form = stage.frame_format
    rows = -(-len(frames) // args.columns)
    width, height = frame_size(args.aspect, args.size)
    chain = f"crop={width}:{height}:0:0,scale={args.tile}:-2:flags=lanczos,tile={args.columns}x{rows}:padding=6"
    if form.pixel == "nv12":
        chain = f"scale=in_range=tv:in_color_matrix=bt709,format=rgb24,{chain}"
    command = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-pix_fmt", form.pixel]
    command += ["-s", f"{form.padded_width}x{form.height}", "-i", "-", "-vf", chain]
    command += ["-frames:v", "1", "-y", str(args.output)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    assert process.stdin
    for frame in frames:
        for picture in stage.frames(frame, 1):
            process.stdin.write(picture)
    process.stdin.close()
    process.wait()


if __name__ == "__main__":
    main()
