"""Every setting, typed, read once from the environment and .env; nothing else reads the environment."""

import contextlib
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, PrivateAttr, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from oriel.errors import InvalidConfiguration
from oriel.validation import sentence_of
from oriel.weak_secrets import is_placeholder, weakness_of

_STRIPE_SECRETS = ("sk_", "rk_")
# A worker reads files from strangers, so it gets none of the secrets that rendering does not need.
NOT_FOR_WORKERS = (
    *("jwt_secret_key", "stripe_secret_key", "stripe_webhook_secret", "sendgrid_api_key", "smtp_url"),
    *("admin_password", "metrics_token", "alert_webhook_url", "alert_webhook_secret"),
)
# Stripe's are longer. Anybody who guesses a shorter one could send us forged payment events.
_LEAST_WEBHOOK_SECRET = 32
_LEAST_METRICS_TOKEN = 16
_LEAST_ALERT_SECRET = 16
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[ -~]+")
# Every format that the pipeline can read; the first three are accepted by default.
_AUDIO_FORMATS = ("mp3", "wav", "m4a", "flac", "ogg", "opus", "aac")

List = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Every setting; each field's name in capitals is its variable."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        # Otherwise a rejected key would appear in the traceback.
        hide_input_in_errors=True,
    )

    # --- the service
    oriel_env: Literal["development", "production"] = "development"
    host: str | None = None
    port: int = Field(default=5000, ge=1, le=65535)
    data_dir: Path | None = None
    public_url: str | None = None
    assets_url: str | None = None
    cors_origins: List = ()
    trusted_proxies: int = Field(default=0, ge=0, le=10)
    web_processes: int = Field(default=2, ge=1, le=16)
    connections_per_address: int = Field(default=128, ge=0, le=100_000)
    secret_key: SecretStr | None = None
    jwt_secret_key: SecretStr | None = None
    database_url: str | None = None
    redis_url: str | None = None
    admin_email: str | None = None
    admin_password: SecretStr | None = None
    metrics_token: SecretStr | None = None
    pulse_file: Path | None = None
    sentry_dsn: SecretStr | None = None
    # By the names of OpenTelemetry's specification.
    otel_exporter_otlp_endpoint: str | None = None
    otel_exporter_otlp_headers: SecretStr | None = None
    clamav_address: str | None = None
    postgres_bin: Path | None = None
    operator_name: str | None = None
    operator_address: str | None = None
    operator_email: str | None = None
    security_contact: str | None = None

    # --- the number of workers
    autoscale_minimum: int = Field(default=1, ge=0, le=1000)
    autoscale_maximum: int | None = Field(default=None, ge=1, le=1000)
    autoscale_target_wait_s: float = Field(default=60.0, ge=1, le=86_400)
    autoscale_cool_down_s: float = Field(default=300.0, ge=0, le=86_400)

    # --- payments
    stripe_secret_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_publishable_key: str | None = None
    stripe_test_publishable_key: str | None = None
    stripe_live_publishable_key: str | None = None
    stripe_price_pro: str | None = None
    stripe_price_enterprise: str | None = None
    stripe_price_render: str | None = None
    trial_days: int = Field(default=0, ge=0, le=90)

    # --- mail
    sendgrid_api_key: SecretStr | None = None
    smtp_url: SecretStr | None = None
    mail_from: str = "Oriel <no-reply@localhost>"
    alert_email: str | None = None

    # --- alerts; 0 switches a condition off
    # Whoever knows such an address may often post to it.
    alert_webhook_url: SecretStr | None = None
    alert_webhook_secret: SecretStr | None = None
    alert_dead_letters: int = Field(default=1, ge=0)
    alert_oldest_wait_minutes: int = Field(default=15, ge=0)
    alert_error_percent: float = Field(default=5.0, ge=0, le=100)
    alert_workers: int = Field(default=1, ge=0)
    alert_nothing_rendered_minutes: int = Field(default=30, ge=0)
    alert_disk_free_percent: float = Field(default=10.0, ge=0, le=100)
    alert_mail_failures: int = Field(default=3, ge=0)
    alert_unknown_webhooks: int = Field(default=3, ge=0)
    alert_certificate_days: int = Field(default=14, ge=0)
    alert_job_failures: int = Field(default=3, ge=0)
    alert_missing_files: int = Field(default=1, ge=0)

    # --- storage
    gcs_bucket_name: str | None = None
    google_application_credentials: Path | None = None

    # --- the render core
    chromium_path: Path | None = None
    ffmpeg_path: Path | None = None
    ffprobe_path: Path | None = None
    work_dir: Path | None = None
    xdg_cache_home: Path | None = None
    max_song_seconds: float = Field(default=3600.0, gt=0)
    audio_formats: List = _AUDIO_FORMATS[:3]

    _is_worker: bool = PrivateAttr(default=False)

    @field_validator("audio_formats", "cors_origins", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(name.strip().lower() for name in value.split(",") if name.strip())

    @field_validator("public_url", "assets_url", "cors_origins", "otel_exporter_otlp_endpoint")
    @classmethod
    def _without_slash(cls, value: object) -> object:
        if isinstance(value, tuple):
            return tuple(str(part).rstrip("/") for part in value)
        return value.rstrip("/") if isinstance(value, str) else value

    @field_validator("public_url", "otel_exporter_otlp_endpoint")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None or _is_web_address(value):
            return value
        raise ValueError("it must be an http:// or https:// address, such as https://oriel.example.com")

    @field_validator("otel_exporter_otlp_headers")
    @classmethod
    def _header_list(cls, value: SecretStr | None) -> SecretStr | None:
        for name, text in _headers_of(_plain(value)).items():
            if not (_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(text)):
                raise ValueError("it must be a list of headers, such as api-key=SECRET,x-team=video")
        return value

    @field_validator("security_contact")
    @classmethod
    def _contact(cls, value: str | None) -> str | None:
        if value is None or (re.fullmatch(r"https://[!-~]+|(mailto:)?[!-9;-~]+@[!-9;-~]+", value)):
            return value
        raise ValueError("it must be an email address or an https:// address of a page")

    @field_validator("alert_webhook_url")
    @classmethod
    def _called_address(cls, value: SecretStr | None) -> SecretStr | None:
        parts = urlsplit(_plain(value))
        # Reading the port raises ValueError if it is not a number.
        if value is None or (parts.scheme in ("http", "https") and parts.hostname and parts.port != 0):
            return value
        raise ValueError("it must be an http:// or https:// address")

    @field_validator("assets_url")
    @classmethod
    def _assets_origin(cls, value: str | None) -> str | None:
        if value is None or (_is_web_address(value) and not urlsplit(value).path):
            return value
        raise ValueError("it must be an origin such as https://cdn.example.com (no path)")

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            # Flask-CORS treats a value with a star as a pattern.
            if "*" in origin or not _is_web_address(origin) or urlsplit(origin).path:
                raise ValueError(
                    f"“{origin}” is not an exact origin, such as https://app.example.com (no path, no wildcard)"
                )
        return value

    @field_validator("stripe_secret_key")
    @classmethod
    def _secret_of_stripe(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or value.get_secret_value().startswith(_STRIPE_SECRETS):
            return value
        raise ValueError("it is not a Stripe secret key, which begins with sk_ or rk_")

    @field_validator("autoscale_maximum")
    @classmethod
    def _at_least_the_minimum(cls, value: int | None, others: ValidationInfo) -> int | None:
        if value is not None and value < others.data.get("autoscale_minimum", 0):
            raise ValueError("it is less than AUTOSCALE_MINIMUM")
        return value

    @field_validator("audio_formats")
    @classmethod
    def _known_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        choices = f"choose from {', '.join(_AUDIO_FORMATS)}"
        if not value:
            raise ValueError(f"it names no format; {choices}")
        if unknown := [name for name in value if name not in _AUDIO_FORMATS]:
            raise ValueError(f"“{unknown[0]}” is not a supported format; {choices}")
        return value

    @property
    def work_root(self) -> Path:
        """The folder with one work folder for each active render."""
        if self.work_dir:
            return self.work_dir
        return (self.xdg_cache_home or Path.home() / ".cache") / "oriel" / "work"

    @property
    def is_production(self) -> bool:
        """Whether this is production: secrets must be real, and nothing under /dev exists."""
        return self.oriel_env == "production"

    @property
    def bind_host(self) -> str:
        """The address to listen on."""
        return self.host or ("0.0.0.0" if self.is_production else "127.0.0.1")  # noqa: S104  (production serves)

    @property
    def security_report_address(self) -> str | None:
        """The URI for reports of vulnerabilities: SECURITY_CONTACT, or else OPERATOR_EMAIL; None without either."""
        contact = self.security_contact or self.operator_email
        if contact is None or contact.startswith(("mailto:", "https://")):
            return contact
        return f"mailto:{contact}"

    @property
    def most_connections_of_an_address(self) -> int:
        """How many connections one address may hold in a web process; 0 is no limit. A proxy in front must count."""
        return 0 if self.trusted_proxies else self.connections_per_address

    @property
    def base_url(self) -> str:
        """The address of this service, without a trailing slash."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def trace_headers(self) -> dict[str, str]:
        """The headers of each request to the collector of traces."""
        return _headers_of(_plain(self.otel_exporter_otlp_headers))

    def where_it_runs(self) -> "Settings":
        """Return these settings with the port on which the last `oriel up` listened, unless they name port or address.

        For commands that run beside the service and print links to it.
        """
        if self.public_url or "port" in self.model_fields_set:
            return self
        try:
            return self.model_copy(update={"port": int(self._port_file.read_text("ascii"))})
        except (OSError, ValueError):
            # `oriel up` has not run here yet, or is writing the file now.
            return self

    def leave_port(self) -> None:
        """Save the service's port for `where_it_runs`."""
        self._port_file.write_text(str(self.port), "ascii")

    @property
    def _port_file(self) -> Path:
        return self.data_root / ".port"

    @property
    def data_root(self) -> Path:
        """The folder with all data of an installation on one machine."""
        return (self.data_dir or Path("data")).absolute()

    @property
    def database_address(self) -> str:
        """The database's URL; SQLite in the data folder by default."""
        return self.database_url or f"sqlite:///{self.data_root / 'oriel.sqlite3'}"

    @property
    def redis_address(self) -> str:
        """The URL of Redis or Valkey; the Valkey of `oriel up` by default."""
        return self.redis_url or f"unix://{self.data_root / 'valkey.sock'}"

    @property
    def stripe_prices(self) -> dict[str, str]:
        """The Stripe price ids that are set, by plan; "render" is the single render."""
        ids = {"pro": self.stripe_price_pro, "enterprise": self.stripe_price_enterprise}
        return {name: found for name, found in {**ids, "render": self.stripe_price_render}.items() if found}

    @property
    def publishable_key(self) -> str | None:
        """Stripe's publishable key for pages, of the same mode (test or live) as the secret key."""
        secret = self.stripe_secret_key.get_secret_value() if self.stripe_secret_key else ""
        is_test = secret.startswith(("sk_test", "rk_test"))
        return self.stripe_publishable_key or (
            self.stripe_test_publishable_key if is_test else self.stripe_live_publishable_key
        )

    def require_service(self) -> "Settings":
        """Return these settings for the service's processes; raise InvalidConfiguration that names each problem.

        Development creates its secrets once and keeps them in the data folder, so that sessions survive a restart.
        """
        if problems := self.service_problems():
            sentence = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
            raise InvalidConfiguration(f"The service cannot start: {sentence}.", **problems)
        if self.is_production:
            return self
        names = ("secret_key", "jwt_secret_key")
        with self.data_folder_used():
            made = {name: stored_secret(self.data_root / f".{name}") for name in names if not getattr(self, name)}
        return self.model_copy(update={name: SecretStr(value) for name, value in made.items()})

    def for_worker(self) -> "Settings":
        """Return these settings without the secrets that a worker does not need."""
        # A worker checks no tokens, so any key will do.
        key = {"jwt_secret_key": SecretStr(secrets.token_hex(32))}
        settings = self.model_copy(update=dict.fromkeys(NOT_FOR_WORKERS) | key)
        settings._is_worker = True
        return settings

    def make_data_folder(self) -> None:
        """Create the data folder, private to this user; raise InvalidConfiguration if that fails."""
        with self.data_folder_used():
            self.data_root.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextlib.contextmanager
    def data_folder_used(self) -> Iterator[None]:
        """Turn an OSError in the block into an InvalidConfiguration that names the data folder."""
        try:
            yield
        except OSError as error:
            raise InvalidConfiguration(
                f"The data folder {self.data_root} cannot be used: {error.strerror}."
                " Choose another one with DATA_DIR or `oriel up --data`.",
                DATA_DIR=str(self.data_root),
            ) from error

    def service_problems(self) -> dict[str, str]:
        """Return the problems that keep the service from starting, by variable; write nothing."""
        return self._production_problems() if self.is_production else self._development_problems()

    def _development_problems(self) -> dict[str, str]:
        if self.bind_host not in _LOOPBACK:
            return {"HOST": "development listens on 127.0.0.1 only; set ORIEL_ENV=production to serve other machines"}
        return self._payment_problems() | self._alert_problems()

    def _alert_problems(self) -> dict[str, str]:
        if not self.alert_webhook_url:
            return {}
        problems = {}
        if weakness := weakness_of(_plain(self.alert_webhook_secret), _LEAST_ALERT_SECRET):
            problems["ALERT_WEBHOOK_SECRET"] = weakness
        if self.is_production and not _plain(self.alert_webhook_url).startswith("https://"):
            problems["ALERT_WEBHOOK_URL"] = "it must begin with https://"
        return problems

    def _payment_problems(self) -> dict[str, str]:
        if not self.stripe_secret_key:
            return {}
        missing = {"STRIPE_WEBHOOK_SECRET": "it is missing; without it anybody could forge payment events"}
        problems = {} if self.stripe_webhook_secret else missing
        return problems | {
            f"STRIPE_PRICE_{name.upper()}": "the price id is missing; `oriel billing setup` creates and prints it"
            for name in ("pro", "enterprise", "render")
            if name not in self.stripe_prices
        }

    def _production_problems(self) -> dict[str, str]:
        problems = self._secret_problems()
        if not self.public_url:
            problems["PUBLIC_URL"] = "it is missing; links in emails need the public address of this service"
        elif not self.public_url.startswith("https://"):
            problems["PUBLIC_URL"] = "it must begin with https://, because passwords and tokens are sent to it"
        if self.assets_url and not self.assets_url.startswith("https://"):
            problems["ASSETS_URL"] = "it must begin with https://, because the pages run its scripts"
        if any(not origin.startswith("https://") for origin in self.cors_origins):
            problems["CORS_ORIGINS"] = "every origin must begin with https://"
        if not (self.sendgrid_api_key or self.smtp_url or self._is_worker):
            problems["SENDGRID_API_KEY"] = "set it or SMTP_URL, so that customers get their emails"
        if self.data_root.is_dir() and self.data_root.stat().st_mode & 0o077:
            problems["DATA_DIR"] = f"other users can read the data folder; run: chmod 700 {self.data_root}"
        return problems | self._payment_problems() | self._alert_problems() | self._trace_problems()

    def _trace_problems(self) -> dict[str, str]:
        endpoint = urlsplit(self.otel_exporter_otlp_endpoint or "")
        if endpoint.scheme != "http" or endpoint.hostname in _LOOPBACK:
            return {}
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": "it must begin with https://, unless the collector is on this machine"}

    def _secret_problems(self) -> dict[str, str]:
        least = {"secret_key": None, "jwt_secret_key": None, "metrics_token": _LEAST_METRICS_TOKEN}
        problems = {
            name.upper(): weakness
            for name, least_bytes in least.items()
            if (secret := _plain(getattr(self, name))) or least_bytes is None
            if (weakness := weakness_of(secret, *([least_bytes] if least_bytes else [])))
        }
        for name in ("stripe_secret_key", "stripe_webhook_secret", "sendgrid_api_key"):
            if is_placeholder(_plain(getattr(self, name))):
                problems[name.upper()] = "this is a placeholder, not a real key"
        if is_placeholder(_plain(self.admin_password)):
            problems["ADMIN_PASSWORD"] = "this is a placeholder; choose a password of your own"  # noqa: S105
        webhook = _plain(self.stripe_webhook_secret)
        if webhook and not (webhook.startswith("whsec_") and len(webhook) >= _LEAST_WEBHOOK_SECRET):
            sentence = (
                "it must begin with whsec_ and be complete; copy it from the webhook's page in Stripe's dashboard"
            )
            problems["STRIPE_WEBHOOK_SECRET"] = sentence
        return self._repeated_secrets() | problems

    def _repeated_secrets(self) -> dict[str, str]:
        """Return the secrets that equal another secret, or one that development created in this data folder."""
        problems: dict[str, str] = {}
        used = {
            old: "development" for name in ("secret_key", "jwt_secret_key") if (old := self._development_secret(name))
        }
        for name in ("secret_key", *NOT_FOR_WORKERS):
            if not (secret := _plain(getattr(self, name))):
                continue
            if secret in used:
                problems[name.upper()] = f"it has the same value as {used[secret]}; each secret needs its own value"
            used.setdefault(secret, name.upper())
        return problems

    def _development_secret(self, name: str) -> str:
        try:
            return (self.data_root / f".{name}").read_text("ascii")
        except (OSError, ValueError):
            return ""


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


def _headers_of(text: str) -> dict[str, str]:
    """Return HTTP headers from `name=value,name=value`, whose values may be percent-encoded."""
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): unquote(value).strip() for name, _, value in pairs}


def _is_web_address(address: str) -> bool:
    """Return whether this is an http or https address to which a path can be appended."""
    try:
        parts = urlsplit(address)
        # Reading the port raises ValueError if it is not a number.
        named = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return False
    return named and parts.scheme in ("http", "https") and not re.search(r"[\s?#]", address)


def stored_secret(path: Path) -> str:
    """Return the secret in a file that only this user can read; create it if it is missing."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text("ascii")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    made.touch(0o600)
    made.write_text(secrets.token_hex(32), "ascii")
    # Two processes may start at once; the first one's secret wins.
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(made)
    made.unlink()
    return path.read_text("ascii")


def load_settings() -> Settings:
    """Read the settings; raise InvalidConfiguration that names every wrong variable."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = {str(item["loc"][0]).upper(): sentence_of(item) for item in error.errors() if item["loc"]}
        sentence = "; ".join(f"{name}: {message}" for name, message in wrong.items())
        raise InvalidConfiguration(f"The environment or .env has invalid settings: {sentence}.", **wrong) from error
