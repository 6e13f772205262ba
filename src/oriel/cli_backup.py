"""The `oriel backup` and `oriel restore` commands."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from oriel.cli_path import NamedPath
from oriel.cli_service import settings_of_command, with_app

if TYPE_CHECKING:
    from oriel.backup.layout import Manifest

# Of damaged files.
_MOST_NAMES = 50
_FOLDER = NamedPath(path_type=Path, file_okay=False)


@click.command()
@click.argument("destination", type=_FOLDER)
@click.option("--keep", type=click.IntRange(1, 3650), metavar="DAYS", help="Delete older backups there afterwards.")
@click.option("--without-files", is_flag=True, help="Leave the storage out, for a bucket that keeps old versions.")
@click.option("--check", is_flag=True, help="Write nothing: read the newest backup there, every byte.")
def backup(destination: Path, keep: int | None, without_files: bool, check: bool) -> int:
    """Write a backup of database and files to the folder DESTINATION. The service may run meanwhile.

    Files that an earlier backup in DESTINATION has are not copied again.
    """
    # Imported late: the service's libraries take half a second.
    from oriel.backup.backup import write_backup
    from oriel.backup.check import check_backup
    from oriel.backup.layout import find_backup
    from oriel.backup.progress import in_words, say_to_stderr
    from oriel.housekeeping.storage_check import inspect_storage

    settings = settings_of_command()
    if check:
        path = find_backup(destination)
        click.echo(f"{path} is whole: {_described(check_backup(settings, path, say_to_stderr))}.")
        return 0
    period = timedelta(days=keep) if keep else None
    written = write_backup(settings, destination, say_to_stderr, with_files=not without_files, keep=period)
    click.echo(f"{written.path}: {_described(written.manifest)}.")
    click.echo(f"Copied: {written.copied_files:,} new files, {in_words(written.copied_bytes)}.")
    if written.deleted_backups:
        click.echo(f"Deleted: {written.deleted_backups} backups older than {keep} days.")
    click.echo(
        "Not in it: SECRET_KEY and the other settings. Keep them elsewhere: without SECRET_KEY nobody can read the"
        " keys of authenticator apps, and with it everybody who has the backup can.",
        err=True,
    )
    missing: list[str] = []
    if not without_files:
        with_app(lambda: missing.extend(inspect_storage().missing))
    _tell("Damaged in the storage, and not copied", written.damaged)
    _tell("Missing in the storage, though the database names them", missing)
    if written.damaged:
        click.echo("The backup has everything else, and no older one was deleted. Check the disk.", err=True)
    return 1 if written.damaged or missing else 0


def _tell(what: str, names: Sequence[str]) -> None:
    if not names:
        return
    click.echo(f"{what} ({len(names)}):", err=True)
    for name in names[:_MOST_NAMES]:
        click.echo(f"  {name}", err=True)
    if len(names) > _MOST_NAMES:
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
    click.echo(f"Written: {restored.files_written:,} files that were missing or different.")
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
    database = f"{rows:,} rows in {len(manifest.database.rows)} tables"
    if manifest.objects is None:
        return f"{database}, no files"
    return f"{database}, {manifest.objects.count:,} files ({in_words(manifest.objects.size_bytes)})"


COMMANDS = (backup, restore)
