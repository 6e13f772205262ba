"""What a backup's own files may say: a restore writes and reads where they lead."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from oriel.backup.layout import (
    MANIFEST,
    OBJECT_LIST,
    CopiedFile,
    Database,
    Manifest,
    Names,
    Objects,
    StoredObject,
    line_of,
    objects_of,
    read_manifest,
    write_manifest,
)
from oriel.errors import CallerError

_FILE = CopiedFile("database.sqlite3", 1, "0" * 64)
_OTHER = CopiedFile("offline-payments.sqlite3", 1, "0" * 64)
_DATABASE = Database("sqlite", _FILE, ("1",), {"users": 0}, (_OTHER,))
_OBJECTS = Objects(CopiedFile(OBJECT_LIST, 1, "0" * 64), 1, 1)
_MANIFEST = Manifest("1.0", "2026-11-29T00:00:00Z", _DATABASE, _OBJECTS, "f" * 32)
_ELSEWHERE = ["../oriel.sqlite3", "/etc/passwd", "a/b", "..", "", ".lock", "a\n"]


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_manifest(tmp_path, _MANIFEST)
    assert read_manifest(tmp_path) == _MANIFEST


def test_a_manifest_of_an_older_version_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, _MANIFEST)
    body = json.loads((tmp_path / MANIFEST).read_text())
    for since in ("lacking", "damaged", "part_read", "sha256"):
        del body[since]
    checksum = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    (tmp_path / MANIFEST).write_text(json.dumps({**body, "sha256": checksum}))
    assert read_manifest(tmp_path) == _MANIFEST


def test_a_manifest_counts_all_files_that_are_lacking_and_names_a_thousand(tmp_path: Path) -> None:
    lacking = Names.of([f"uploads/{number:04}" for number in range(1500)])
    write_manifest(tmp_path, replace(_MANIFEST, lacking=lacking, damaged=Names.of(["a"]), part_read=3))
    told = read_manifest(tmp_path)
    assert told.lacking
    assert (told.lacking.count, len(told.lacking.first), told.lacking.first[0]) == (1500, 1000, "uploads/0000")
    assert (told.damaged, told.part_read) == (Names(1, ("a",)), 3)


@pytest.mark.parametrize("name", _ELSEWHERE)
@pytest.mark.parametrize("part", ["file", "others", "list_file"])
def test_a_name_that_leads_out_of_the_backup_is_refused(tmp_path: Path, part: str, name: str) -> None:
    file = replace(_FILE, name=name)
    wrong = {
        "file": replace(_MANIFEST, database=replace(_DATABASE, file=file)),
        "others": replace(_MANIFEST, database=replace(_DATABASE, others=(_OTHER, file))),
        "list_file": replace(_MANIFEST, objects=replace(_OBJECTS, list_file=file)),
    }
    # The checksum is right: whoever can change the manifest can compute it.
    write_manifest(tmp_path, wrong[part])
    with pytest.raises(CallerError, match="is damaged"):
        read_manifest(tmp_path)


def test_a_manifest_of_another_shape_is_refused(tmp_path: Path) -> None:
    write_manifest(tmp_path, replace(_MANIFEST, database=replace(_DATABASE, file=cast("CopiedFile", None))))
    with pytest.raises(CallerError, match="is damaged"):
        read_manifest(tmp_path)
    assert json.loads((tmp_path / MANIFEST).read_text())["database"]["file"] is None


@pytest.mark.parametrize("sha256", ["../../etc/passwd", "/etc/passwd", "0" * 63, "G" * 64, "0" * 64 + "\n"])
def test_an_object_whose_checksum_is_a_path_is_refused(tmp_path: Path, sha256: str) -> None:
    (tmp_path / OBJECT_LIST).write_text(line_of(StoredObject("videos/a", 1, "AAAAAA==", sha256)))
    with pytest.raises(CallerError, match="is damaged"):
        list(objects_of(tmp_path / OBJECT_LIST))


@pytest.mark.parametrize("line", ["{}", "[1]", "no JSON", "null"])
def test_a_line_that_names_no_object_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / OBJECT_LIST).write_text(line + "\n")
    with pytest.raises(CallerError, match="is damaged"):
        list(objects_of(tmp_path / OBJECT_LIST))


def test_an_object_is_read_as_it_was_written(tmp_path: Path) -> None:
    stored = StoredObject("videos/a", 1, "AAAAAA==", "0" * 64)
    (tmp_path / OBJECT_LIST).write_text(line_of(stored))
    assert list(objects_of(tmp_path / OBJECT_LIST)) == [stored]
