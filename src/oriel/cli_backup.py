"""The `oriel backup` and `oriel restore` commands."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oriel.cli_path import NamedPath
from oriel.cli_service import settings_of_command, with_app
from oriel.errors import AppError
from oriel.quantities import quantity

if TYPE_CHECKING:
    from oriel.backup.backup import Options, Written
    from oriel.backup.layout import Manifest, Names

# Of files that are damaged or missing.
_MOST_NAMES = 50
_FOLDER = NamedPath(path_type=Path, file_okay=False)


@click.command()
@click.argument("destination", type=_FOLDER)
@click.option("--keep", type=click.IntRange(1, 3650), metavar="DAYS", help="Delete older backups there afterwards.")
@click.option("--without-files", is_flag=True, help="Leave the storage out, for a bucket that keeps old versions.")
@click.option("--read-all", is_flag=True, help="Read every file of the storage again, not a part of them.")
@click.option("--check", is_flag=True, help="Write nothing: read the newest backup there, every byte.")
def backup(destination: Path, keep: int | None, without_files: bool, read_all: bool, check: bool) -> int:
    """Write a backup of database and files to the folder DESTINATION. The service may run meanwhile.

    Files that an earlier backup in DESTINATION has are not copied again. Each time one part of them in thirty is
    compared with what the storage has now.
    """
    # Imported late: the service's libraries take half a second.
    from oriel.backup.backup import Options, write_backup
    from oriel.backup.check import check_backup
    from oriel.backup.layout import find_backup
    from oriel.backup.progress import say_to_stderr

    settings = settings_of_command()
    if check:
        path = find_backup(destination)
        manifest = check_backup(settings, path, say_to_stderr)
        # It may lack what the storage had lost before: that is told below.
        click.echo(f"What {path} holds is whole: {_described(manifest)}.")
        _tell_lacking(manifest)
        return 0
    period = timedelta(days=keep) if keep else None
    options = Options(not without_files, period, read_all, _missing_files)
    return _tell_written(write_backup(settings, destination, say_to_stderr, options), options)


def _missing_files() -> list[str] | None:
    """Return the files that the database names and the storage does not have; None where they cannot be compared."""
    from sqlalchemy.exc import SQLAlchemyError

    from oriel.housekeeping.storage_check import inspect_storage

    missing: list[str] = []
    try:
        with_app(lambda: missing.extend(inspect_storage().missing))
    except (AppError, SQLAlchemyError) as error:
        # No reason to throw away a backup that is copied.
        click.echo(f"The database and the storage could not be compared: {error}", err=True)
        return None
    return missing


def _tell_written(written: "Written", options: "Options") -> int:
    """Say what was written; return the exit code."""
    from oriel.backup.progress import in_words

    manifest = written.manifest
    click.echo(f"{written.path}: {_described(manifest)}.")
    click.echo(f"Copied: {written.copied_files:,} new files, {in_words(written.copied_bytes)}.")
    if written.reread_files:
        click.echo(f"Read again in the storage: {quantity(written.reread_files, 'file')}.")
    if options.keep and written.deleted_backups:
        click.echo(
            f"Deleted: {quantity(written.deleted_backups, 'backup')} older than {quantity(options.keep.days, 'day')}."
        )
    click.echo(
        "Not in it: SECRET_KEY and the other settings. Keep them elsewhere: without SECRET_KEY nobody can read the"
        " keys of authenticator apps, and with it everybody who has the backup can.",
        err=True,
    )
    if manifest.damaged.count:
        _tell("Damaged in the storage", manifest.damaged)
        click.echo("Check the disk. The backup has each of them as it was before, but for those below.", err=True)
    _tell_lacking(manifest)
    is_unknown = options.with_files and manifest.lacking is None
    return 1 if is_unknown or manifest.damaged.count or (manifest.lacking and manifest.lacking.count) else 0


def _tell_lacking(manifest: "Manifest") -> None:
    """Name the files that a backup lacks."""
    if manifest.lacking and manifest.lacking.count:
        _tell("The backup lacks files that its database names: the storage had lost them", manifest.lacking)
        click.echo("An older backup may have them.", err=True)


def _tell(what: str, names: "Names") -> None:
    click.echo(f"{what} ({names.count:,}):", err=True)
    for name in names.first[:_MOST_NAMES]:
        click.echo(f"  {name}", err=True)
    if names.count > _MOST_NAMES:
        click.echo("  …", err=True)


@click.command()
@click.argument("source", type=_FOLDER)
@click.option("--force", is_flag=True, help="Replace the present database, and present files of the same names.")
def restore(source: Path, force: bool) -> int:
    """Restore the backup SOURCE, or the newest one in that folder. Stop the service first.

    Tables of an older version are upgraded.
    """
    from oriel.backup.progress import say_to_stderr
    from oriel.backup.restore import restore_backup

    restored = restore_backup(settings_of_command("restore"), source, say_to_stderr, force=force)
    click.echo(f"Restored {restored.backup}: {_described(restored.manifest)}.")
    click.echo(f"Written: {quantity(restored.files_written, 'file')} that differed from the backup, or were missing.")
    _tell_lacking(restored.manifest)
    if restored.is_other_key:
        click.echo(
            "SECRET_KEY is not the one of the backup: codes of authenticator apps cannot be checked, and links in"
            " emails are dead. Set the old one if you have it.",
            err=True,
        )
    click.echo("Now start the service, and run `oriel billing reconcile` where you take payments.", err=True)
    return 0


def _described(manifest: "Manifest") -> str:
    from oriel.backup.progress import in_words

    rows = sum(manifest.database.rows.values())
    database = f"{quantity(rows, 'row')} in {quantity(len(manifest.database.rows), 'table')}"
    if manifest.objects is None:
        return f"{database}, no files"
    return f"{database}, {quantity(manifest.objects.count, 'file')} ({in_words(manifest.objects.size_bytes)})"


COMMANDS = (backup, restore)
