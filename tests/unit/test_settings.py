"""Settings are read once, strictly."""

from pathlib import Path

import pytest

from oriel.errors import InvalidConfiguration
from oriel.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()
    assert settings.audio_formats == ("mp3", "wav", "m4a")
    assert settings.work_root == Path.home() / ".cache" / "oriel" / "work"


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIO_FORMATS", "MP3, flac")
    monkeypatch.setenv("MAX_SONG_SECONDS", "60")
    monkeypatch.setenv("FFMPEG_PATH", "/opt/ffmpeg")
    settings = load_settings()
    assert (settings.audio_formats, settings.max_song_seconds) == (("mp3", "flac"), 60)
    assert settings.ffmpeg_path == Path("/opt/ffmpeg")


def test_a_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("MAX_SONG_SECONDS=60\nWORK_DIR=/srv/work\nSOMETHING_ELSE=1\n", "utf-8")
    monkeypatch.setenv("MAX_SONG_SECONDS", "90")
    settings = load_settings()
    assert (settings.max_song_seconds, settings.work_root) == (90, Path("/srv/work"))


def test_the_users_cache_folder_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert load_settings().work_root == Path("/var/cache/me/oriel/work")


@pytest.mark.parametrize(
    ("name", "value"), [("MAX_SONG_SECONDS", "long"), ("MAX_SONG_SECONDS", "0"), ("AUDIO_FORMATS", ",")]
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidConfiguration, match=name):
        load_settings()


def test_the_example_names_every_variable_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text("utf-8")
    named = {line.split("=")[0] for line in example.splitlines() if line and not line.startswith("#")}
    # The cache folder belongs to the desktop, not to us.
    assert named == {name.upper() for name in Settings.model_fields} - {"XDG_CACHE_HOME"}
    Path(".env").write_text(example, "utf-8")
    assert load_settings() == Settings(_env_file=None)
