"""Settings are read once, strictly."""

import itertools
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from examples import demo
from pydantic import SecretStr

from oriel.app import create_app
from oriel.errors import InvalidConfiguration
from oriel.media import formats
from oriel.rendering.pipeline.audio_formats import AUDIO_FORMATS
from oriel.settings import _AUDIO_FORMATS, NOT_FOR_WORKERS, Settings, load_settings

EXAMPLE = Path(__file__).parents[2] / ".env.example"


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
    ("name", "value"),
    [("MAX_SONG_SECONDS", "long"), ("MAX_SONG_SECONDS", "0"), ("AUDIO_FORMATS", ","), ("AUDIO_FORMATS", "mp3,foo")],
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidConfiguration, match=name):
        load_settings()


def test_an_audio_format_that_we_cannot_read_is_refused_with_those_that_we_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIO_FORMATS", "mp3,foo")
    possible = "“foo” is not a supported format; choose from mp3, wav, m4a, flac, ogg, opus, aac"
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings()
    assert caught.value.details == {"AUDIO_FORMATS": possible}


def test_every_audio_format_that_can_be_read_may_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    readable = tuple(AUDIO_FORMATS)
    monkeypatch.setenv("AUDIO_FORMATS", ",".join(readable))
    assert load_settings().audio_formats == readable == _AUDIO_FORMATS
    assert tuple(known.name for known in formats._SONGS) == readable


def test_the_example_says_of_every_variable_what_it_is() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    bare = [line for above, line in itertools.pairwise(lines) if "=" in line and above[:1] != "#"]
    assert [line for line in bare if line[:1] != "#"] == []


def test_the_example_names_every_variable_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    example = EXAMPLE.read_text("utf-8")
    named = {line.split("=")[0] for line in example.splitlines() if line and not line.startswith("#")}
    # The cache folder belongs to the desktop, not to us.
    assert named == {name.upper() for name in Settings.model_fields} - {"XDG_CACHE_HOME"}
    Path(".env").write_text(example, "utf-8")
    assert load_settings() == Settings(_env_file=None)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "it must be a whole number"),
        ("TRIAL_DAYS", "x", "it must be a whole number"),
        ("PORT", "70000", "it must be less than or equal to 65535"),
        ("STRIPE_SECRET_KEY", "pk_test_1", "it is not a Stripe secret key, which begins with sk_ or rk_"),
    ],
)
def test_a_wrong_value_is_explained_without_machine_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings()
    assert caught.value.message == f"The environment or .env has invalid settings: {name}: {said}."


def test_a_wrong_key_stands_in_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "whsec_0123456789")
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings()
    assert "0123456789" not in str(caught.value.__cause__)


@pytest.mark.parametrize(
    "value",
    [
        *("oriel.example.com", "//oriel.example.com", "ftp://oriel.example.com", "https://", "https:oriel.example.com"),
        *("https://oriel.example.com:port", "https://o.example/?a=b", "https://o.example#a", "https://a b.example"),
        *("https://ada@o.example", "http://[o.example"),
    ],
)
def test_an_address_that_no_link_can_begin_with_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    said = "it must be an http:// or https:// address, such as https://oriel.example.com"
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings()
    assert caught.value.details == {"PUBLIC_URL": said}


@pytest.mark.parametrize(
    ("value", "used"),
    [
        ("https://oriel.example.com", "https://oriel.example.com"),
        ("https://oriel.example.com//", "https://oriel.example.com"),
        ("http://10.0.0.7:5000/videos/", "http://10.0.0.7:5000/videos"),
    ],
)
def test_links_begin_with_the_address_and_one_slash(monkeypatch: pytest.MonkeyPatch, value: str, used: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", value)
    assert load_settings().base_url == used


@pytest.mark.parametrize("value", ["Ada", "http://example.com/report", "a b@example.com", "a@b.de\nExpires: never"])
def test_a_contact_that_nobody_can_reach_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SECURITY_CONTACT", value)
    with pytest.raises(InvalidConfiguration, match="SECURITY_CONTACT"):
        load_settings()


def test_a_command_beside_the_service_knows_its_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    assert load_settings().where_it_runs().base_url == "http://127.0.0.1:5000"
    load_settings().model_copy(update={"port": 5077}).leave_port()
    assert load_settings().base_url == "http://127.0.0.1:5000"
    assert load_settings().where_it_runs().base_url == "http://127.0.0.1:5077"
    monkeypatch.setenv("PORT", "5000")
    assert load_settings().where_it_runs().base_url == "http://127.0.0.1:5000"
    monkeypatch.setenv("PUBLIC_URL", "https://oriel.example.com")
    assert load_settings().where_it_runs().base_url == "https://oriel.example.com"


def test_the_demo_knows_nothing_of_an_installation() -> None:
    dotenv = {name.upper(): "from .env" for name in Settings.model_fields} | {
        "WORK_DIR": "/srv/work",
        "FFMPEG_PATH": None,
    }
    outer = {"PATH": "/bin", "database_url": "sqlite:///ours", "PORT": "5000", "CHROMIUM_PATH": "/opt/chromium"}
    environment = demo.own_environment(outer, dotenv)
    own = {"CHROMIUM_PATH": "/opt/chromium", "WORK_DIR": "/srv/work", "FFPROBE_PATH": "from .env"}
    assert environment == {"PATH": "/bin", **own, "XDG_CACHE_HOME": "from .env"}


@pytest.mark.parametrize(
    ("song", "said"),
    [
        ("none.wav", "There is no file none.wav."),
        ("song.wav", "Its service does not start. Chromium was not found at /nope: install it (Debian:"),
    ],
)
def test_a_demo_that_fails_ends_with_a_sentence(tmp_path: Path, song: str, said: str) -> None:
    (tmp_path / "song.wav").touch()
    environment = {**os.environ, "PYTHONPATH": str(EXAMPLE.parent), "CHROMIUM_PATH": "/nope"}
    command = [sys.executable, "-m", "examples.demo", song]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.splitlines()[-1].startswith(f"The demo failed. {said}")
    assert "Traceback" not in ended.stderr


SECRET, JWT_SECRET = "7d0a5f0e6a3c4b1f9d2e8c7b5a493827", "c4b91e02f7a84d6593bd0c1e2f5a6b78"
WEBHOOK_SECRET = "whsec_" + "Kq3vZ8mT1xR7nB5wL0yD2hJ9pF4cG6sA"
PRODUCTION = {
    "ORIEL_ENV": "production",
    "SECRET_KEY": SECRET,
    "JWT_SECRET_KEY": JWT_SECRET,
    "PUBLIC_URL": "https://oriel.example",
    "SENDGRID_API_KEY": "SG.key",
}
PAYMENTS = {
    "STRIPE_SECRET_KEY": "sk_live_key",
    "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "STRIPE_PRICE_PRO": "price_pro",
    "STRIPE_PRICE_ENTERPRISE": "price_enterprise",
    "STRIPE_PRICE_RENDER": "price_render",
}


@pytest.mark.parametrize("payments", [{}, PAYMENTS])
def test_production_starts_without_payments_and_with_all_of_them(
    monkeypatch: pytest.MonkeyPatch, payments: dict[str, str]
) -> None:
    for name, value in (PRODUCTION | payments).items():
        monkeypatch.setenv(name, value)
    assert load_settings().require_service().is_production


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("missing", [name for name in PAYMENTS if name != "STRIPE_SECRET_KEY"])
@pytest.mark.parametrize("environment", ["production", "development"])
def test_nothing_starts_with_half_of_what_payments_need(
    monkeypatch: pytest.MonkeyPatch, environment: str, missing: str, value: str | None
) -> None:
    for name, given in (PRODUCTION | PAYMENTS | {"ORIEL_ENV": environment}).items():
        monkeypatch.setenv(name, given)
    monkeypatch.delenv(missing)
    if value is not None:
        monkeypatch.setenv(missing, value)
    with pytest.raises(InvalidConfiguration, match=missing) as caught:
        load_settings().require_service()
    assert set(caught.value.details) == {missing}


def test_without_any_webhook_secret_the_application_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, given in (PRODUCTION | PAYMENTS).items():
        monkeypatch.setenv(name, given)
    monkeypatch.delenv("STRIPE_WEBHOOK_SECRET")
    with pytest.raises(InvalidConfiguration, match="STRIPE_WEBHOOK_SECRET"):
        create_app(load_settings())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SECRET_KEY", "short", "at least 32 bytes"),
        ("SECRET_KEY", "change-me-change-me-change-me-7d0a5f", "a placeholder"),
        ("JWT_SECRET_KEY", "your-256-bit-key-goes-here-7d0a5f0e6a", "a placeholder"),
        ("SECRET_KEY", "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7", "a placeholder"),
        ("SECRET_KEY", "0123456789abcdef" * 2, "easy to guess"),
        ("SECRET_KEY", "abcdefghijklmnopqrstuvwxyz0123456789", "easy to guess"),
        ("SECRET_KEY", "ab" * 20, "easy to guess"),
        ("METRICS_TOKEN", "metrics", "at least 16 bytes"),
        ("STRIPE_WEBHOOK_SECRET", "w", "whsec_"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_1", "whsec_"),
        ("STRIPE_SECRET_KEY", "sk_live_xxxxxxxxxxxx", "a placeholder"),
        ("SENDGRID_API_KEY", "SG.your-key", "a placeholder"),
        ("ADMIN_PASSWORD", "change-me-please", "a placeholder"),
        ("JWT_SECRET_KEY", SECRET, "the same value as SECRET_KEY"),
        ("METRICS_TOKEN", JWT_SECRET, "the same value as JWT_SECRET_KEY"),
        ("PUBLIC_URL", "http://oriel.example", "https://"),
        ("CORS_ORIGINS", "http://app.example.com", "https://"),
    ],
)
def test_production_refuses_what_protects_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    for each, given in (PRODUCTION | PAYMENTS | {name: value}).items():
        monkeypatch.setenv(each, given)
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings().require_service()
    assert set(caught.value.details) == {name}
    assert told in str(caught.value.details[name])


@pytest.mark.parametrize(
    ("url", "secret", "named"),
    [
        ("https://hooks.example.com/1", None, "ALERT_WEBHOOK_SECRET"),
        ("https://hooks.example.com/1", "short", "ALERT_WEBHOOK_SECRET"),
        ("http://hooks.example.com/1", "0c9dd1a53f7e4b28", "ALERT_WEBHOOK_URL"),
    ],
)
def test_alerts_leave_production_signed_and_encrypted(
    monkeypatch: pytest.MonkeyPatch, url: str, secret: str | None, named: str
) -> None:
    for each, given in (PRODUCTION | PAYMENTS | {"ALERT_WEBHOOK_URL": url}).items():
        monkeypatch.setenv(each, given)
    if secret:
        monkeypatch.setenv("ALERT_WEBHOOK_SECRET", secret)
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings().require_service()
    assert set(caught.value.details) == {named}


@pytest.mark.parametrize(
    "url", ["https://collector.example.com/", "http://localhost:4318", "http://127.0.0.1:4318", "http://[::1]:4318"]
)
def test_traces_may_leave_production_encrypted_or_stay_on_the_machine(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for each, given in (PRODUCTION | PAYMENTS | {"OTEL_EXPORTER_OTLP_ENDPOINT": url}).items():
        monkeypatch.setenv(each, given)
    assert load_settings().require_service().otel_exporter_otlp_endpoint == url.rstrip("/")


def test_traces_leave_production_in_no_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    for each, given in (PRODUCTION | PAYMENTS | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}).items():
        monkeypatch.setenv(each, given)
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings().require_service()
    assert set(caught.value.details) == {"OTEL_EXPORTER_OTLP_ENDPOINT"}


def test_headers_for_traces_are_read_as_opentelemetry_writes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().trace_headers == {}
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20dXNlcg==, x-team = video,")
    settings = load_settings()
    assert settings.trace_headers == {"authorization": "Basic dXNlcg==", "x-team": "video"}
    assert settings.for_worker().trace_headers == settings.trace_headers


@pytest.mark.parametrize("headers", ["hush", "=hush", "api key=hush", "api-key=hush%0d%0ax-other: 1", "api-key="])
def test_other_headers_are_refused_without_being_repeated(monkeypatch: pytest.MonkeyPatch, headers: str) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", headers)
    with pytest.raises(InvalidConfiguration, match="OTEL_EXPORTER_OTLP_HEADERS") as caught:
        load_settings()
    assert "hush" not in str(caught.value.details)


@pytest.mark.parametrize("url", ["hooks.example.com", "https://hooks.example.com:x/1", "https://[::1/1", "https:///1"])
def test_an_alert_webhook_must_be_an_address(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ALERT_WEBHOOK_URL", url)
    with pytest.raises(InvalidConfiguration, match="ALERT_WEBHOOK_URL"):
        load_settings()


def test_production_refuses_the_secrets_of_development(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = tmp_path / "data"
    used = load_settings().model_copy(update={"data_dir": data}).require_service().secret_key
    assert used
    for name, given in (PRODUCTION | {"SECRET_KEY": used.get_secret_value(), "DATA_DIR": str(data)}).items():
        monkeypatch.setenv(name, given)
    with pytest.raises(InvalidConfiguration, match="SECRET_KEY: it has the same value as development"):
        load_settings().require_service()


@pytest.mark.parametrize(
    "origin", ["*", "https://*.example.com", "example.com", "https://app.example.com/page", "null"]
)
def test_callers_elsewhere_are_named_exactly(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    monkeypatch.setenv("CORS_ORIGINS", f"https://app.example.com,{origin}")
    with pytest.raises(InvalidConfiguration, match="CORS_ORIGINS"):
        load_settings()


def test_the_data_folder_is_made_for_nobody_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    load_settings().require_service()
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o750, 0o701])
def test_production_refuses_a_data_folder_that_others_can_open(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    for name, given in (PRODUCTION | {"DATA_DIR": str(data)}).items():
        monkeypatch.setenv(name, given)
    with pytest.raises(InvalidConfiguration, match=f"chmod 700 {data}"):
        load_settings().require_service()
    data.chmod(0o700)
    assert load_settings().require_service()


def test_a_worker_starts_without_the_secrets_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, given in (PRODUCTION | PAYMENTS | {"METRICS_TOKEN": "t" + WEBHOOK_SECRET}).items():
        monkeypatch.setenv(name, given)
    settings = load_settings().for_worker().require_service()
    kept = {name for name in NOT_FOR_WORKERS if getattr(settings, name)}
    assert kept == {"jwt_secret_key"}
    assert settings.jwt_secret_key != SecretStr(JWT_SECRET)
    for name in NOT_FOR_WORKERS:
        monkeypatch.delenv(name.upper(), raising=False)
    assert load_settings().for_worker().require_service().secret_key == SecretStr(SECRET)
