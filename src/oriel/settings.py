"""Every setting, typed, read once from the environment and .env; nothing else reads the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from oriel.errors import InvalidConfiguration


class Settings(BaseSettings):
    """What the render core needs to know about this machine; each field's name in capitals is its variable."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    chromium_path: Path | None = None
    ffmpeg_path: Path | None = None
    ffprobe_path: Path | None = None
    work_dir: Path | None = None
    xdg_cache_home: Path | None = None
    max_song_seconds: float = Field(default=3600.0, gt=0)
    audio_formats: Annotated[tuple[str, ...], NoDecode] = ("mp3", "wav", "m4a")

    @field_validator("audio_formats", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @field_validator("audio_formats")
    @classmethod
    def _at_least_one(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("names no format")
        return value

    @property
    def work_root(self) -> Path:
        """The folder that holds one folder for each render under way."""
        if self.work_dir:
            return self.work_dir
        return (self.xdg_cache_home or Path.home() / ".cache") / "oriel" / "work"


def load_settings() -> Settings:
    """Read the settings; raise InvalidConfiguration that names every variable which is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = {str(item["loc"][0]).upper(): item["msg"] for item in error.errors() if item["loc"]}
        sentence = "; ".join(f"{name}: {message}" for name, message in wrong.items())
        raise InvalidConfiguration(f"The environment holds values that cannot be used: {sentence}.", **wrong) from error
