"""A stage that draws without a browser: a small program with the stage's interface."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from oriel.errors import AppError
from oriel.rendering.pipeline.staging import Staging

LOOKS = {
    "looks": [
        {
            "name": "prism",
            "title": "Prism",
            "description": "A solid of cut glass",
            "parameters": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "glowColor": {
                        "type": "string",
                        "format": "color",
                        "pattern": "^#[0-9a-fA-F]{6}$",
                        "default": "#8309d5",
                    },
                    "size": {"type": "number", "minimum": 0, "maximum": 2, "default": 1.0},
                    "facets": {"type": "integer", "minimum": 3, "maximum": 12, "default": 6},
                    "shape": {
                        "type": "string",
                        "enum": ["cube", "gem"],
                        "default": "gem",
                        "description": "What the glass is cut into.",
                    },
                    "mirror": {"type": "boolean", "default": False},
                },
            },
            "background": {"type": "gradient", "colors": ["#000000", "#101020"], "color": "#000000"},
            "finish": {"glow": 0.5, "vignette": 0.3},
            "presets": [
                {"name": "dusk", "title": "Dusk", "params": {"size": 1.5}, "finish": {"glow": 1.0}},
                {"name": "clear", "title": "Clear", "params": {}, "background": {"type": "color", "color": "#FFFFFF"}},
            ],
        },
        {"name": "halo", "title": "Halo", "description": "A ring", "parameters": {"type": "object", "properties": {}}},
    ]
}


@dataclass(frozen=True)
class FakeLayout:
    """Frames of the fake."""

    pixel: Literal["nv12", "rgba"]
    padded_width: int
    height: int

    @property
    def frame_bytes(self) -> int:
        return self.padded_width * self.height * (8 if self.pixel == "rgba" else 3) // 2


@dataclass
class FakeStage:
    """Draws a bright column that moves by two pixels a frame; fails where it is told to.

    `failures` maps a frame to the errors that drawing it raises, one for each time that it is reached; they are
    shared with the stages that replace this one.
    """

    failures: dict[int, list[AppError]] = field(default_factory=dict)
    backend_id: str = "fake 1"
    backend: str = "llvmpipe"
    flat: bool = False
    memory: list[int] = field(default_factory=list)
    on_frame: Callable[[int], None] = lambda _: None
    loads: list[dict[str, Any]] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    analyses: list[int] = field(default_factory=list)
    awaited: list[Staging | None] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    frame_format: FakeLayout = FakeLayout("nv12", 0, 0)

    def __enter__(self) -> "FakeStage":
        self.opened.append("open")
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.append("close")

    def analyse(
        self, pcm: Path, samples: int, on_fraction: Callable[[float], None], staging: Staging | None = None
    ) -> bytes:
        assert pcm.stat().st_size == samples * 4
        self.analyses.append(samples)
        self.awaited.append(staging)
        on_fraction(0.5)
        on_fraction(1.0)
        return b"ORFT" + samples.to_bytes(8, "little")

    def describe(self, track: bytes) -> dict[str, Any]:
        seconds = int.from_bytes(track[4:], "little") / 48_000
        heard: dict[str, Any] = {"loudness_lufs": -14.0, "tempo_bpm": 120.0, "beats": [0.5], "onsets": [0.5, 0.75]}
        heard["sections"] = [{"start_s": 0.0, "label": "intro", "energy": 0.4}]
        return {"duration_s": seconds, **heard, "drop_s": 0.0, "peak_s": seconds / 2}

    def peak(self, track: bytes, start_s: float, end_s: float) -> float:
        return (start_s + end_s) / 2

    def load(self, staging: Staging, track: bytes) -> None:
        settings = json.loads(staging.settings_json)
        output = settings["output"]
        self.loads.append({**vars(staging), "settings": settings, "track": track})
        transparent = settings["background"]["type"] == "transparent"
        width, height = (-(-output[side] // 4) * 4 for side in ("width", "height"))
        rgba = FakeLayout("rgba", output["width"], output["height"])
        self.frame_format = rgba if transparent else FakeLayout("nv12", width, height)

    def frames(self, first: int, count: int) -> Iterator[memoryview]:
        self.runs.append((first, count))
        for index in range(first, first + count):
            self.on_frame(index)
            if self.failures.get(index):
                raise self.failures[index].pop(0)
            yield memoryview(self._draw(index))

    def memory_bytes(self) -> int:
        return self.memory.pop(0) if self.memory else 0

    def _draw(self, index: int) -> bytes:
        width, height = self.frame_format.padded_width, self.frame_format.height
        pixel = 4 if self.frame_format.pixel == "rgba" else 1
        row = bytearray(b"\x20" * (width * pixel))
        if not self.flat:
            at = (index * 2) % (width - 8) * pixel
            row[at : at + 8 * pixel] = b"\xd0" * (8 * pixel)
        chroma = 0 if pixel == 4 else width * height // 2
        return bytes(row) * height + b"\x80" * chroma
