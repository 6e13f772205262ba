"""What the stage is told about a video before it draws."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Staging:
    """All that is drawn, but for the sound: the resolved settings document, text, pictures as files, the watermark."""

    settings_json: str
    title: str = ""
    artist: str = ""
    cover: Path | None = None
    background_image: Path | None = None
    watermark: bool = False
