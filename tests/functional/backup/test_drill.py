"""The drill: a backup, the loss of everything, a restore. Nothing is missing, row by row and byte by byte."""

import errno
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from apiflask import APIFlask
from tests.functional.backup.conftest import Site, put, stop
from tests.functional.caller import Caller
from tests.functional.waiting import PATIENCE_S

from oriel.app import alembic
from oriel.backup import backup as writing_backup
from oriel.backup import object_copies
from oriel.backup.backup import Options, Written, write_backup
from oriel.backup.layout import MANIFEST, OBJECT_LIST, OBJECTS, object_path, objects_of
from oriel.backup.object_copies import ObjectCopies, Rereading
from oriel.backup.restore import restore_backup
from oriel.infra.clock import clock
from oriel.infra.storage import folder
from oriel.infra.storage.interface import blocks_of, checksum

SAID: list[str] = []
# A process is started for each command, and what it does is tested on both databases otherwise.
on_sqlite = pytest.mark.parametrize("site", ["sqlite"], indirect=True)


def say(line: str) -> None:
    SAID.append(line)


def test_nothing_is_missing_after_the_loss_of_everything(populated: Site, tmp_path: Path) -> None:
    rows, files = populated.rows(), populated.files()
    assert all(rows.values()), [name for name, found in rows.items() if not found]
    assert len(files) >= 8
    written = write_backup(populated.settings, tmp_path / "backups", say)
    populated.destroy()
    restored = restore_backup(populated.settings, tmp_path / "backups", say)
    assert restored.backup == written.path
    assert not restored.is_other_key
    assert populated.rows() == rows
    assert populated.files() == files


def test_the_restored_service_answers_its_customers(populated: Site, service: APIFlask, tmp_path: Path) -> None:
    ada = Caller.registered(service)
    stop(service)
    write_backup(populated.settings, tmp_path, say)
    populated.destroy()
    restore_backup(populated.settings, tmp_path, say)
    app = populated.app()
    with app.app_context():
        assert alembic.compare_metadata() == []
    again = Caller(app.test_client(), ada.user_id, ada.email, ada.session_id, ada.headers)
    assert again.get("/api/user/profile").status_code == 200
    stop(app)


@on_sqlite
def test_the_commands_do_it(populated: Site, tmp_path: Path) -> None:
    rows, files = populated.rows(), populated.files()
    told = oriel(populated, "backup", str(tmp_path / "backups"), "--keep", "30")
    assert told.returncode == 0, told.stderr
    assert "Copied: 8 new files" in told.stdout
    assert "Not in it: SECRET_KEY" in told.stderr
    checked = oriel(populated, "backup", str(tmp_path / "backups"), "--check")
    assert "is whole" in checked.stdout, checked.stderr
    populated.destroy()
    assert oriel(populated, "restore", str(tmp_path / "nowhere")).returncode == 2
    told = oriel(populated, "restore", str(tmp_path / "backups"))
    assert told.returncode == 0, told.stderr
    assert "Written: 8 files" in told.stdout
    assert populated.rows() == rows
    assert populated.files() == files


def test_a_backup_of_an_older_version_is_upgraded(site: Site, service: APIFlask, tmp_path: Path) -> None:
    with service.app_context():
        alembic.downgrade("-1")
    stop(service)
    older = write_backup(site.settings, tmp_path, say).manifest.database.revisions
    site.destroy()
    restore_backup(site.settings, tmp_path, say)
    [(revision,)] = site.rows()["alembic_version"]
    assert revision not in older
    app = site.app()
    with app.app_context():
        assert alembic.compare_metadata() == []
    stop(app)


def test_what_is_written_during_a_backup_is_whole(
    populated: Site, service: APIFlask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A video that is stored after the files were copied, whose row is written before the database is.
    copy = writing_backup._copy_database

    def deliver_first(*arguments: object) -> object:
        with service.app_context():
            put("videos/late/late/video.mp4", b"just in time")
        return copy(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(writing_backup, "_copy_database", deliver_first)
    written = write_backup(populated.settings, tmp_path, say)
    assert "videos/late/late/video.mp4" in {each.name for each in objects_of(written.path / "objects.jsonl")}


def test_what_is_deleted_during_a_backup_does_not_stop_it(
    populated: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = next(name for name in populated.files() if name.startswith("videos/"))
    copy = ObjectCopies._copy

    def delete_first(self: ObjectCopies, name: str) -> object:
        if name == gone:
            (populated.settings.data_root / "storage" / gone).unlink()
        return copy(self, name)

    monkeypatch.setattr(ObjectCopies, "_copy", delete_first)
    written = write_backup(populated.settings, tmp_path, say)
    assert written.copied_files == len(populated.files())


def test_others_write_while_the_database_is_copied(site: Site, service: APIFlask, tmp_path: Path) -> None:
    over = threading.Event()
    made: list[str] = []

    def register_all_the_time() -> None:
        while not over.is_set():
            made.append(Caller.registered(service).user_id)

    thread = threading.Thread(target=register_all_the_time)
    thread.start()
    try:
        for number in range(3):
            written = write_backup(site.settings, tmp_path / str(number), say)
            # A session is written in the commit of its user.
            assert written.manifest.database.rows["users"] == written.manifest.database.rows["user_sessions"]
    finally:
        over.set()
        thread.join(PATIENCE_S)
    assert made


def test_a_second_backup_copies_only_what_is_new(populated: Site, service: APIFlask, tmp_path: Path) -> None:
    first = write_backup(populated.settings, tmp_path, say)
    assert first.copied_files == len(populated.files())
    with service.app_context():
        put("videos/a/b/new.mp4", b"one more")
    first.path.rename(first.path.with_name("20260101T000000Z"))
    second = write_backup(populated.settings, tmp_path, say)
    assert (second.copied_files, second.copied_bytes) == (1, len(b"one more"))
    assert second.manifest.objects
    assert second.manifest.objects.count == len(populated.files())


@on_sqlite
def test_a_damaged_file_costs_no_backup_and_an_earlier_copy_is_kept(
    populated: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = write_backup(populated.settings, tmp_path, say)
    whole = {each.name: each.sha256 for each in objects_of(first.path / OBJECT_LIST)}
    old, new = sorted(name for name in whole if name.startswith("uploads/"))[:2]
    for name in (old, new):
        path = populated.settings.data_root / "storage" / name
        path.write_bytes(path.read_bytes() + b"bit rot")
    kept = folder._kept_checksum
    monkeypatch.setattr(
        folder, "_kept_checksum", lambda file: "AAAAAA==" if file.name.endswith((old, new)) else kept(file)
    )
    # The second one stands in no earlier list.
    monkeypatch.setattr(
        object_copies, "objects_of", lambda path: (each for each in objects_of(path) if each.name != new)
    )
    clock.shift(timedelta(days=2))
    second = write_backup(populated.settings, tmp_path, say, Options(keep=timedelta(days=1)))
    # It may be the only one that has the file as it was.
    assert first.path.is_dir()
    assert second.manifest.damaged.first == (old, new)
    assert second.manifest.lacking
    assert second.manifest.lacking.first == (new,)
    assert {each.name: each.sha256 for each in objects_of(second.path / OBJECT_LIST)} == {
        name: digest for name, digest in whole.items() if name != new
    }


def rot(site: Site, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change a byte of a stored file: its size and the checksum beside it stay what they were."""
    path = site.settings.data_root / "storage" / name
    content = path.read_bytes()
    _, crc = checksum(io.BytesIO(content))
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    kept = folder._kept_checksum
    monkeypatch.setattr(folder, "_kept_checksum", lambda file: crc if file.name.endswith(name) else kept(file))


def later_backup(site: Site, destination: Path, **options: Any) -> Written:  # noqa: ANN401  (of `Options`)
    clock.shift(timedelta(days=1))
    return write_backup(site.settings, destination, say, Options(**options))


@on_sqlite
def test_bytes_that_rot_in_the_storage_are_noticed_and_kept_as_they_were(
    populated: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (object_copies, writing_backup):
        monkeypatch.setattr(module, "PARTS", 2)
    whole = populated.files()
    first = write_backup(populated.settings, tmp_path, say)
    lost = sorted(whole)[0]
    rot(populated, lost, monkeypatch)
    later = [later_backup(populated, tmp_path, keep=timedelta(days=1)) for _ in range(4)]
    turn = next(number for number, written in enumerate(later) if written.manifest.damaged.count)
    # Its part comes within two backups; from then on it is named by each.
    assert turn < 2
    assert all(written.manifest.damaged.first == (lost,) for written in later[turn:])
    assert sum(written.reread_files for written in later[:2]) == len(whole) + (turn == 0)
    # The backup lacks nothing, so older ones go.
    assert not first.path.exists()
    [entry] = [each for each in objects_of(later[-1].path / OBJECT_LIST) if each.name == lost]
    assert object_path(later[-1].path, entry.sha256).read_bytes() == whole[lost]


@on_sqlite
def test_everything_is_read_again_on_request(populated: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_backup(populated.settings, tmp_path, say)
    names = sorted(populated.files())
    rot(populated, names[0], monkeypatch)
    written = later_backup(populated, tmp_path, read_all=True)
    assert (written.reread_files, written.manifest.damaged.first) == (len(names), (names[0],))


@on_sqlite
def test_a_file_that_cannot_be_read_any_more_costs_no_backup(
    populated: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_backup(populated.settings, tmp_path, say)
    name = sorted(populated.files())[0]

    def unreadable(source: BinaryIO) -> Iterator[bytes]:
        if source.name.endswith(name):
            raise OSError(errno.EIO, "Input/output error")
        yield from blocks_of(source)

    monkeypatch.setattr(folder, "blocks_of", unreadable)
    assert later_backup(populated, tmp_path, read_all=True).manifest.damaged.first == (name,)


@pytest.mark.parametrize(
    ("name", "in_folder", "is_wanted"),
    [("of/the/part", True, True), ("of/the/part", False, False), ("suspect", False, True), ("other", True, False)],
)
def test_one_part_of_a_folder_is_read_again_and_what_was_damaged_in_any_storage(
    name: str, in_folder: bool, is_wanted: bool
) -> None:
    rereading = Rereading(object_copies.part_of("of/the/part"), ["suspect"])
    assert rereading.wants(name, in_folder=in_folder) is is_wanted
    assert Rereading(everything=True).wants(name, in_folder=in_folder)


def test_what_a_backup_lacks_is_told_by_it_by_its_check_and_by_its_restore(populated: Site, tmp_path: Path) -> None:
    song = next(name for name in sorted(populated.files()) if name.startswith("uploads/"))
    (populated.settings.data_root / "storage" / song).unlink()
    stop(populated.app())
    told = oriel(populated, "backup", str(tmp_path / "backups"))
    assert told.returncode == 1
    said = f"lacks files that its database names: the storage had lost them (1):\n  {song}\n"
    assert said in told.stderr
    checked = oriel(populated, "backup", str(tmp_path / "backups"), "--check")
    assert (checked.returncode, said in checked.stderr) == (0, True)
    populated.destroy()
    restored = oriel(populated, "restore", str(tmp_path / "backups"))
    assert (restored.returncode, said in restored.stderr) == (0, True), restored.stderr


def test_the_same_content_is_kept_once(site: Site, service: APIFlask, tmp_path: Path) -> None:
    with service.app_context():
        for number in range(5):
            put(f"uploads/a/{number}.mp3", b"the same song")
    write_backup(site.settings, tmp_path, say)
    assert len(list((tmp_path / OBJECTS).glob("??/*"))) == 1
    site.destroy()
    restore_backup(site.settings, tmp_path, say)
    assert set(site.files().values()) == {b"the same song"}
    assert len(site.files()) == 5


def test_the_password_of_the_database_is_in_no_file_and_no_secret_key(populated: Site, tmp_path: Path) -> None:
    write_backup(populated.settings, tmp_path, say)
    assert populated.settings.secret_key
    secret = populated.settings.secret_key.get_secret_value().encode()
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes()


@on_sqlite
def test_nobody_else_can_read_it(site: Site, service: APIFlask, tmp_path: Path) -> None:
    told = oriel(site, "backup", str(tmp_path / "backups"))
    assert told.returncode == 0, told.stderr
    for path in (tmp_path / "backups", *(tmp_path / "backups").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_backup_says_what_it_holds(populated: Site, tmp_path: Path) -> None:
    written = write_backup(populated.settings, tmp_path, say)
    told = json.loads((written.path / MANIFEST).read_text())
    assert told["database"]["rows"]["users"] == 3
    assert told["objects"]["count"] == len(populated.files())
    assert told["objects"]["size_bytes"] == sum(map(len, populated.files().values()))


def oriel(site: Site, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as an operator does."""
    settings = site.settings
    assert settings.secret_key
    assert settings.jwt_secret_key
    environment = {
        "DATABASE_URL": str(settings.database_url),
        "DATA_DIR": str(settings.data_root),
        "REDIS_URL": str(settings.redis_url),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "JWT_SECRET_KEY": settings.jwt_secret_key.get_secret_value(),
        "POSTGRES_BIN": str(settings.postgres_bin or ""),
        "PATH": os.environ["PATH"],
    }
    return subprocess.run(
        [sys.executable, "-m", "oriel", *arguments],
        cwd=site.settings.data_root.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=6 * PATIENCE_S,
    )
