"""Composes First Light, the project's own example song, its ground truth and its cover."""

import argparse
import json
import struct
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from examples.first_light.cover import cover_png
from examples.first_light.mix import first_light
from examples.first_light.score import RATE, truth

TITLE, ARTIST = "First Light", "Oriel"


def main() -> None:
    """Write what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the song: 48 kHz, stereo, 16 bit WAV")
    parser.add_argument("--truth", type=Path, help="tempo, beats, drums and sections as JSON")
    parser.add_argument("--cover", type=Path, help="a picture for the song, 1000x1000 PNG")
    args = parser.parse_args()
    args.out.write_bytes(wav_bytes(np.round(first_light() * 32767).astype("<i2")))
    if args.truth:
        args.truth.write_text(json.dumps(truth(), indent=1) + "\n")
    if args.cover:
        args.cover.write_bytes(cover_png(1000))


def wav_bytes(pcm: NDArray[np.int16]) -> bytes:
    """A WAV file with title and artist in an INFO chunk.

    Args:
        pcm: (samples, 2).
    """
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, RATE * 4, 4, 16))
    tags = chunk(b"INAM", TITLE.encode() + b"\0") + chunk(b"IART", ARTIST.encode() + b"\0")
    body = b"WAVE" + form + chunk(b"LIST", b"INFO" + tags) + chunk(b"data", pcm.tobytes())
    return chunk(b"RIFF", body)


def chunk(name: bytes, body: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


if __name__ == "__main__":
    main()
