"""What a backup and a restore refuse, and what a failure leaves behind."""

import fcntl
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from pydantic import SecretStr
from sqlalchemy import create_engine, inspect, text
from tests.functional.backup.conftest import Site, put, stop

from oriel.backup import restore as restoring
from oriel.backup.backup import Options, write_backup
from oriel.backup.check import check_backup
from oriel.backup.layout import MANIFEST, OBJECTS, backups_in, read_manifest, write_manifest
from oriel.backup.object_copies import ObjectCopies
from oriel.backup.restore import restore_backup
from oriel.errors import CallerError, ProgramMissing
from oriel.infra.clock import clock
from oriel.infra.database import db, engine_url

# What is refused before any database is opened needs one database.
on_sqlite = pytest.mark.parametrize("site", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("site", ["postgresql"], indirect=True)


def quiet(_line: str) -> None:
    """Say nothing."""


@pytest.fixture
def backup(site: Site, service: APIFlask, tmp_path: Path) -> Path:
    """A small backup of a site that is still there."""
    with service.app_context():
        put("videos/a/b/video.mp4", b"frames")
    stop(service)
    return write_backup(site.settings, tmp_path / "backups", quiet).path


def test_a_database_that_has_tables_is_not_replaced_unless_that_is_wanted(site: Site, backup: Path) -> None:
    with pytest.raises(CallerError, match="There are tables in the database"):
        restore_backup(site.settings, backup, quiet)
    before = site.rows()
    restore_backup(site.settings, backup, quiet, force=True)
    assert site.rows() == before
    assert list(site.settings.data_root.glob("*.before-restore")) == []


def test_a_storage_that_has_files_is_not_touched_unless_that_is_wanted(site: Site, backup: Path) -> None:
    before = site.files()
    site.recreate()
    for path in site.settings.data_root.glob("oriel.sqlite3*"):
        path.unlink()
    with pytest.raises(CallerError, match="There are files in the storage"):
        restore_backup(site.settings, backup, quiet)
    other = site.settings.data_root / "storage/videos/a/b/other.mp4"
    other.write_bytes(b"made since")
    restored = restore_backup(site.settings, backup, quiet, force=True)
    assert restored.files_written == 0
    assert site.files() == {**before, "videos/a/b/other.mp4": b"made since"}


def test_what_fails_while_it_is_restored_leaves_the_database_as_it_was(
    site: Site, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_settings: object) -> None:
        raise CallerError("The migration fails.")

    before = site.rows()
    monkeypatch.setattr(restoring, "_migrate", fail)
    with pytest.raises(CallerError, match="migration fails"):
        restore_backup(site.settings, backup, quiet, force=True)
    assert site.rows() == before


def _database_left_by_a_killed_restore(site: Site) -> Callable[[], bool]:
    """Leave what a restore that was killed leaves; return what says whether it is still there."""
    address = engine_url(site.settings.database_address)
    if address.get_backend_name() == "sqlite":
        saved = Path(f"{address.database}.before-restore")
        saved.write_bytes(b"the original")
        return lambda: saved.read_bytes() == b"the original"
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA oriel_before_restore"))
    engine.dispose()

    def is_there() -> bool:
        schemas = inspect(engine).get_schema_names()
        engine.dispose()
        return "oriel_before_restore" in schemas

    return is_there


@pytest.mark.parametrize("force", [False, True])
def test_what_a_killed_restore_has_saved_is_not_destroyed_by_the_next_one(
    site: Site, backup: Path, force: bool
) -> None:
    is_there = _database_left_by_a_killed_restore(site)
    before = site.rows()
    with pytest.raises(CallerError, match=r"earlier restore was interrupted.*put (it|them) back"):
        restore_backup(site.settings, backup, quiet, force=force)
    assert is_there()
    assert site.rows() == before
    if engine_url(site.settings.database_address).get_backend_name() == "postgresql":
        _drop_saved_schema(site)


def _drop_saved_schema(site: Site) -> None:
    engine = create_engine(engine_url(site.settings.database_address))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA oriel_before_restore CASCADE"))
    engine.dispose()


@on_sqlite
def test_where_a_backup_is_damaged_no_older_one_is_deleted(site: Site, backup: Path) -> None:
    lines: list[str] = []
    clock.shift(timedelta(days=20))
    damaged = write_backup(site.settings, backup.parent, quiet).path
    _change_list(damaged)
    clock.shift(timedelta(days=15))
    with pytest.raises(CallerError, match="Nothing is deleted"):
        write_backup(site.settings, backup.parent, lines.append, Options(keep=timedelta(days=30)))
    assert backup in (left := backups_in(backup.parent))
    assert f"The backup {left[-1]} is written." in lines


def _cut(backup: Path) -> None:
    file = next(path for path in backup.iterdir() if path.name.startswith("database"))
    file.write_bytes(file.read_bytes()[:-100])


def _change_object(backup: Path) -> None:
    path = next((backup.parent / OBJECTS).glob("??/*"))
    path.write_bytes(path.read_bytes()[::-1])


def _lose_object(backup: Path) -> None:
    next((backup.parent / OBJECTS).glob("??/*")).unlink()


def _change_list(backup: Path) -> None:
    (backup / "objects.jsonl").write_text("")


def _change_manifest(backup: Path) -> None:
    path = backup / MANIFEST
    path.write_text(path.read_text().replace('"users": 0', '"users": 1'))


def _cut_manifest(backup: Path) -> None:
    (backup / MANIFEST).write_text("{")


@on_sqlite
@pytest.mark.parametrize(
    "harm",
    [_cut, _change_object, _lose_object, _change_list, _change_manifest, _cut_manifest],
    ids=lambda f: f.__name__,
)
def test_a_damaged_backup_is_refused_before_anything_changes(
    site: Site, backup: Path, harm: Callable[[Path], None]
) -> None:
    harm(backup)
    site.destroy()
    with pytest.raises(CallerError, match="is damaged"):
        restore_backup(site.settings, backup, quiet)
    with pytest.raises(CallerError, match="is damaged"):
        check_backup(site.settings, backup, quiet)
    assert not site.settings.data_root.exists()


@on_sqlite
def test_a_backup_of_a_newer_version_is_refused(site: Site, backup: Path) -> None:
    path = backup / "database.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999999999'")
    database.close()
    told = read_manifest(backup)
    object.__setattr__(told.database, "revisions", ("9999999999",))
    write_manifest(backup, told)
    site.destroy()
    with pytest.raises(CallerError, match="which is newer, has written the backup"):
        restore_backup(site.settings, backup, quiet)


@on_sqlite
def test_a_backup_in_a_newer_format_is_refused(site: Site, backup: Path) -> None:
    told = json.loads((backup / MANIFEST).read_text())
    (backup / MANIFEST).write_text(json.dumps({**told, "format": 2}))
    with pytest.raises(CallerError, match="A newer Oriel has written"):
        restore_backup(site.settings, backup, quiet)


@on_sqlite
def test_a_backup_of_another_kind_of_database_is_refused(site: Site, backup: Path) -> None:
    other = site.settings.model_copy(update={"database_url": "postgresql://oriel@127.0.0.1:1/oriel"})
    with pytest.raises(CallerError, match="is of a SQLite database, and DATABASE_URL names a PostgreSQL one"):
        restore_backup(other, backup, quiet)


@on_sqlite
def test_a_folder_without_a_backup_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(CallerError, match="There is no backup in"):
        restore_backup(site.settings, tmp_path, quiet)


@on_sqlite
def test_another_secret_key_is_noticed(site: Site, backup: Path) -> None:
    site.destroy()
    other = site.settings.model_copy(update={"secret_key": SecretStr("0" * 32)})
    assert restore_backup(other, backup, quiet).is_other_key


@on_sqlite
def test_a_running_installation_is_not_replaced(site: Site, backup: Path) -> None:
    with (site.settings.data_root / ".lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CallerError, match="`oriel up` uses"):
            restore_backup(site.settings, backup, quiet, force=True)


def test_a_database_in_use_is_not_replaced(site: Site, service: APIFlask, backup: Path) -> None:
    before = site.rows()
    # What a process of the service does between two requests: nothing, with an open connection.
    with service.app_context():
        db.session.execute(text("SELECT 1"))
        db.session.commit()
        with pytest.raises(CallerError, match="Other processes use the database"):
            restore_backup(site.settings, backup, quiet, force=True)
    stop(service)
    assert site.rows() == before


@on_postgresql
def test_without_the_client_programs_it_is_said_how_to_get_them(site: Site, service: APIFlask, tmp_path: Path) -> None:
    without = site.settings.model_copy(update={"postgres_bin": tmp_path})
    with pytest.raises(ProgramMissing, match="apt-get install postgresql-client"):
        write_backup(without, tmp_path / "backups", quiet)
    assert backups_in(tmp_path / "backups") == []


@on_postgresql
def test_a_dump_that_fails_is_told_in_its_words(site: Site, service: APIFlask, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("pg_dump", "pg_restore"):
        (tools / name).write_text("#!/bin/sh\necho 'pg_dump: error: server version mismatch' >&2\nexit 1\n")
        (tools / name).chmod(0o755)
    older = site.settings.model_copy(update={"postgres_bin": tools})
    with pytest.raises(CallerError, match="it is older than the server"):
        write_backup(older, tmp_path / "backups", quiet)


@on_sqlite
def test_a_backup_does_not_go_into_what_it_copies(site: Site, service: APIFlask) -> None:
    with pytest.raises(CallerError, match="would be lost with it"):
        write_backup(site.settings, site.settings.data_root / "storage" / "backups", quiet)


@on_sqlite
def test_two_backups_at_once_are_refused(site: Site, service: APIFlask, tmp_path: Path) -> None:
    with (tmp_path / ".lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CallerError, match="Another backup is being written"):
            write_backup(site.settings, tmp_path, quiet)


@on_sqlite
def test_a_killed_backup_is_no_backup_and_is_cleared_away(
    site: Site, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(backup, backup.with_name("20991231T000000Z.partial"))
    (backup.parent / OBJECTS / ".incoming-1").write_bytes(b"half")
    assert backups_in(backup.parent) == [backup]
    clock.shift(timedelta(seconds=5))
    try:
        write_backup(site.settings, backup.parent, quiet)
    finally:
        clock.reset()
    assert len(backups_in(backup.parent)) == 2
    assert list(backup.parent.glob("*.partial")) == []
    assert list(backup.parent.rglob(".incoming-*")) == []


@on_sqlite
def test_a_backup_that_fails_has_no_name(
    site: Site, service: APIFlask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: object, _name: str) -> None:
        raise OSError(28, os.strerror(28))

    with service.app_context():
        put("videos/a/b/video.mp4", b"frames")
    monkeypatch.setattr(ObjectCopies, "_copy", fail)
    with pytest.raises(CallerError, match="No space left on device"):
        write_backup(site.settings, tmp_path / "backups", quiet)
    assert backups_in(tmp_path / "backups") == []


@on_sqlite
def test_old_backups_go_with_the_files_that_only_they_had(site: Site, service: APIFlask, tmp_path: Path) -> None:
    def write(name: str, content: bytes) -> Path:
        with service.app_context():
            shutil.rmtree(site.settings.data_root / "storage", ignore_errors=True)
            put("videos/both.mp4", b"both")
            put(name, content)
        return write_backup(site.settings, tmp_path, quiet, Options(keep=timedelta(days=30))).path

    try:
        old = write("videos/old.mp4", b"old")
        clock.shift(timedelta(days=29))
        middle = write("videos/middle.mp4", b"middle")
        assert backups_in(tmp_path) == [old, middle]
        clock.shift(timedelta(days=2))
        newest = write("videos/new.mp4", b"new")
        assert backups_in(tmp_path) == [middle, newest]
        clock.shift(timedelta(days=400))
        check_backup(site.settings, middle, quiet)
        check_backup(site.settings, newest, quiet)
        kept = {path.read_bytes() for path in (tmp_path / OBJECTS).glob("??/*")}
        assert kept == {b"both", b"middle", b"new"}
    finally:
        clock.reset()


@on_sqlite
def test_nothing_is_deleted_when_a_list_of_files_is_damaged(site: Site, service: APIFlask, tmp_path: Path) -> None:
    with service.app_context():
        put("videos/a.mp4", b"frames")
    try:
        old = write_backup(site.settings, tmp_path, quiet).path
        clock.shift(timedelta(days=1))
        _change_list(old)
        with pytest.raises(CallerError, match="Nothing is deleted"):
            write_backup(site.settings, tmp_path, quiet, Options(keep=timedelta(days=30)))
    finally:
        clock.reset()
    assert len(list((tmp_path / OBJECTS).glob("??/*"))) == 1


@on_sqlite
def test_files_may_be_left_out(site: Site, service: APIFlask, tmp_path: Path) -> None:
    with service.app_context():
        put("videos/a.mp4", b"frames")
    written = write_backup(site.settings, tmp_path, quiet, Options(with_files=False))
    assert written.manifest.objects is None
    assert not (tmp_path / OBJECTS).exists()
    site.destroy()
    assert restore_backup(site.settings, tmp_path, quiet).files_written == 0
