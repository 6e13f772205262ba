"""Is there an installation, may it run so, and does its database answer? Asked before a command writes anything."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from oriel.errors import InvalidConfiguration
from oriel.infra.database import asked_once, engine_url
from oriel.infra.masking import without_password
from oriel.infra.redis import connect
from oriel.infra.storage import open_storage
from oriel.rendering.pipeline.tools import find_chromium, find_tools
from oriel.settings import Settings

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory


def refuse_root(settings: Settings) -> None:
    """Raise InvalidConfiguration where production would run as root: a hole in FFmpeg would be one in the machine."""
    if settings.is_production and os.geteuid() == 0 and not _is_root_only_here():
        raise InvalidConfiguration(
            "Production does not run as root. Start it as another user that owns DATA_DIR: `User=oriel` in a systemd"
            " unit, `USER oriel` in a Dockerfile, `docker run --user 1000:1000`."
        )


def _is_root_only_here() -> bool:
    """Return whether root is another user outside, as in a container with a user namespace (Linux)."""
    try:
        inside, outside, _ = Path("/proc/self/uid_map").read_text("ascii").split(maxsplit=3)[:3]
    except (OSError, ValueError):
        return False
    return inside == "0" and outside != "0"


def refuse_unusable_addresses(settings: Settings) -> None:
    """Raise InvalidConfiguration where DATABASE_URL or REDIS_URL is no address; nobody is asked."""
    engine_url(settings.database_address)
    connect(settings.redis_address).close()


def refuse_unusable_database(settings: Settings) -> None:
    """Raise InvalidConfiguration where the database cannot be opened; SQLite's file is made by it."""
    with asked_once(settings.database_address) as connection:
        connection.execute(text("SELECT 1"))


def refuse_missing_programs(settings: Settings) -> None:
    """Raise ProgramMissing where what makes the videos is not there: a worker would be started again without end."""
    find_tools(settings.ffmpeg_path, settings.ffprobe_path)
    find_chromium(settings.chromium_path)


def refuse_unusable_storage(settings: Settings) -> None:
    """Raise InvalidConfiguration where the bucket cannot be opened; nothing is asked of it."""
    if settings.gcs_bucket_name:
        open_storage(settings)


def refuse_missing_installation(settings: Settings) -> None:
    """Raise InvalidConfiguration where there is none with tables of this version; nothing is written."""
    refuse_unusable_addresses(settings)
    url = engine_url(settings.database_address)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise _no_installation(settings)
    with asked_once(settings.database_address) as connection:
        _refuse_other_tables(connection, settings)
    # Development's secrets lie there: they would be made anew, and links be signed with them.
    if not settings.is_production and not settings.data_root.is_dir():
        raise _no_installation_in_folder(settings)


def refuse_newer_tables(settings: Settings) -> None:
    """Raise InvalidConfiguration where a newer version has changed the database: this one cannot upgrade it."""
    with asked_once(settings.database_address) as connection:
        _revisions(connection)


def has_newer_tables(settings: Settings) -> bool:
    """Return whether a newer version has changed the database."""
    with asked_once(settings.database_address) as connection:
        return bool(_unknown_revisions(connection))


def _refuse_other_tables(connection: Connection, settings: Settings) -> None:
    revisions, newest = _revisions(connection)
    if not revisions:
        raise _no_installation(settings)
    if revisions != newest:
        raise InvalidConfiguration("The database belongs to another version of Oriel: run `oriel db upgrade` first.")


def _revisions(connection: Connection) -> tuple[set[str], set[str]]:
    """Return the revisions that the database has and those that it should have.

    Raises InvalidConfiguration where it has one that this version does not know.
    """
    if unknown := _unknown_revisions(connection):
        raise InvalidConfiguration(
            f"A newer Oriel has changed the database (revision {', '.join(unknown)}): use that one, or restore a copy."
        )
    return _current_revisions(connection), set(_scripts().get_heads())


def _unknown_revisions(connection: Connection) -> set[str]:
    return _current_revisions(connection) - {script.revision for script in _scripts().walk_revisions()}


# Both import late: together they take a second, which `oriel web` need not wait for.
def _current_revisions(connection: Connection) -> set[str]:
    from alembic.migration import MigrationContext

    return set(MigrationContext.configure(connection).get_current_heads())


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    from oriel.app import MIGRATIONS

    return ScriptDirectory(MIGRATIONS, version_locations=[MIGRATIONS])


def _no_installation(settings: Settings) -> InvalidConfiguration:
    if not settings.database_url:
        return _no_installation_in_folder(settings)
    return InvalidConfiguration(
        f"There is no installation in the database {without_password(settings.database_url)}:"
        " set DATABASE_URL to where it is, or make one with `oriel up`."
    )


def _no_installation_in_folder(settings: Settings) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"There is no installation in the folder {settings.data_root}:"
        " set DATA_DIR to where it is, or make one with `oriel up`."
    )
