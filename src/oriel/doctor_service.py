"""Checks what the service needs besides the render core: settings, database, queue, storage, mail and payments."""

import contextlib
import tempfile
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy import text

from oriel.doctor import LITTLE_ROOM_BYTES, Finding
from oriel.errors import AppError
from oriel.infra.database import asked_once, engine_url
from oriel.infra.masking import without_password
from oriel.infra.redis import connect
from oriel.infra.storage import open_storage
from oriel.rendering.pipeline.disk import free_bytes
from oriel.settings import Settings

# The bucket deletes old objects under these prefixes by itself, in case our own sweeper fails. Not under "uploads/":
# the songs of projects stay there for as long as their owners want.
_PREFIXES = ("videos/", "chunks/", "exports/")
_LONGEST_KEPT_DAYS = 31


def examine_service(settings: Settings) -> list[Finding]:
    """Check what the processes of the service need."""
    if problems := settings.service_problems():
        sentence = "; ".join(f"{name}: {problem}" for name, problem in problems.items())
        return [Finding("Service settings", False, sentence, "correct them in the environment or in .env")]
    return [
        Finding("Service settings", True, f"{settings.oriel_env}, {settings.base_url}"),
        _data_folder(settings),
        _database(settings),
        _queue(settings),
        _storage(settings),
        _mail(settings),
        _payments(settings),
    ]


def fix_service(settings: Settings) -> bool:
    """Set the bucket's lifecycle rule, which deletes old objects; return whether anything changed."""
    if not settings.gcs_bucket_name:
        return False
    return open_storage(settings).ensure_lifecycle(_LONGEST_KEPT_DAYS, _PREFIXES)


def _data_folder(settings: Settings) -> Finding:
    try:
        with settings.data_folder_used():
            _try_writing(settings.data_root)
    except AppError as error:
        return Finding("Data folder", False, error.message, "set DATA_DIR to a writable folder")
    free = free_bytes(_existing(settings.data_root))
    found = f"{settings.data_root}, {free >> 30} GB free; workers render in {settings.data_root / 'work'}"
    return Finding(
        "Data folder", free > LITTLE_ROOM_BYTES, found, "free some disk space, or set DATA_DIR to another disk"
    )


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())


def _try_writing(folder: Path) -> None:
    """Raise OSError if no file can be written in a folder; leave nothing behind."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"doctor")
    finally:
        for path in missing:
            # Another process may use it by now.
            with contextlib.suppress(OSError):
                path.rmdir()


def _database(settings: Settings) -> Finding:
    shown = without_password(settings.database_address)
    try:
        url = engine_url(settings.database_address)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
            return Finding("Database", True, f"{shown}; `oriel up` or `oriel db upgrade` will create it")
        with asked_once(settings.database_address) as connection:
            connection.execute(text("SELECT 1"))
    except AppError as error:
        return Finding("Database", False, error.message, "start the database, or correct DATABASE_URL")
    return Finding("Database", True, shown)


def _queue(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("Queue", True, "Valkey, started by `oriel up`")
    try:
        with contextlib.closing(connect(settings.redis_url)) as connection:
            connection.ping()
    except AppError as error:
        return Finding("Queue", False, error.message, "correct REDIS_URL")
    except RedisError as error:
        return Finding("Queue", False, f"Redis does not answer: {error}", "start Redis, or correct REDIS_URL")
    return Finding("Queue", True, "Redis answers")


def _storage(settings: Settings) -> Finding:
    if not settings.gcs_bucket_name:
        return Finding("Storage", True, f"folder {settings.data_root / 'storage'}")
    try:
        next(iter(open_storage(settings).list("doctor/")), None)
    except AppError as error:
        return Finding("Storage", False, error.message, "check GCS_BUCKET_NAME and GOOGLE_APPLICATION_CREDENTIALS")
    return Finding("Storage", True, f"bucket {settings.gcs_bucket_name}")


def _mail(settings: Settings) -> Finding:
    ways = [name for name, given in (("SendGrid", settings.sendgrid_api_key), ("SMTP", settings.smtp_url)) if given]
    if ways:
        return Finding("Mail", True, " and ".join(ways))
    return Finding(
        "Mail",
        not settings.is_production,
        "local outbox at /dev/mail",
        "set SENDGRID_API_KEY or SMTP_URL",
    )


def _payments(settings: Settings) -> Finding:
    if not settings.stripe_secret_key:
        offline = "offline test payments at /dev/checkout"
        sentence = "none: Free plan only (docs/payments.md)" if settings.is_production else offline
        return Finding("Payments", True, sentence)
    # Imported late: it takes a second.
    from oriel.billing.stripe_account import looks_ready

    problem = looks_ready(settings.stripe_secret_key.get_secret_value(), settings.stripe_prices)
    return Finding("Payments", problem is None, problem or "Stripe answers and has the prices", "oriel billing setup")
