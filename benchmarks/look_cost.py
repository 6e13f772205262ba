"""What drawing a look costs, part by part.

python -m benchmarks.look_cost --look prism --track out/.song.mp3.track

CPU time of all the browser's processes rather than wall time, because other work on the machine disturbs it less; and
beside each the ratio to `pack` (the final NV12 pass, which costs the same for every look), because machines differ.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.processes import cpu_ms
from oriel.rendering.pipeline.looks import load_looks
from oriel.rendering.pipeline.resolve import resolve
from oriel.rendering.pipeline.settings_document import parse_settings
from oriel.rendering.pipeline.stage import Stage
from oriel.rendering.pipeline.staging import Staging
from oriel.rendering.pipeline.tools import find_chromium


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", default="prism")
    parser.add_argument("--preset")
    parser.add_argument("--web", type=Path)
    parser.add_argument("--track", type=Path, required=True, help="a feature track, as contact_sheet.py keeps it")
    parser.add_argument("--at", type=float, default=20.0, help="seconds into the song")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--cover", type=Path)
    args = parser.parse_args()
    document = {"look": args.look, "preset": args.preset, "output": {"width": 1920, "height": 1080}}
    settings = resolve(parse_settings(document), load_looks(args.web / "looks.json" if args.web else None))
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile"
        tmp = Path(folder) / "tmp"
        with Stage(profile_dir=profile, tmp_dir=tmp, chromium=find_chromium(), web=args.web) as stage:
            stage.load(Staging(settings.canonical_json, cover=args.cover), args.track.read_bytes())
            first = round(args.at * 30)
            stage.measure(first, 20, ["frame"])
            costs = {}
            for part in ("pack", "scene", "glow", "frame", "pack"):
                before = cpu_ms()
                wall = stage.measure(first, args.frames, [part])
                costs[part] = (cpu_ms() - before) / args.frames
                ratio = costs[part] / costs["pack"]
                print(f"{part:6} {costs[part]:6.2f} core-ms {wall:6.2f} ms wall   {ratio:.2f} x pack")


if __name__ == "__main__":
    main()
