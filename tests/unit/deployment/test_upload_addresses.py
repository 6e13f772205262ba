"""Both proxy examples let files through to the addresses that take some, and to no others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from oriel.app import create_app
from oriel.settings import Settings

_DEPLOY = Path(__file__).parents[3] / "deploy"
_FILES = {"nginx.conf": r"location ~ (\S+) \{", "Caddyfile": r"@files path_regexp (\S+)"}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bool]:
    """Every address below /api, and whether it takes a file."""
    app = create_app(Settings(_env_file=None, data_dir=tmp_path_factory.mktemp("data")))
    assert isinstance(app.spec, dict)
    # OpenAPI does not name the body that may come with the creation of a resumable upload.
    return {path: takes or path == "/api/uploads/resumable" for path, takes in _addresses(app.spec["paths"])}


def _addresses(paths: dict[str, dict[str, dict[str, object]]]) -> Iterator[tuple[str, bool]]:
    for path, operations in paths.items():
        bodies = [str(operation.get("requestBody", "")) for operation in operations.values()]
        takes_file = any("multipart/form-data" in body or "octet-stream" in body for body in bodies)
        yield re.sub(r"\{\w+\}", "06gv5", path), takes_file


@pytest.mark.parametrize("name", _FILES)
def test_large_bodies_pass_where_files_are_taken(name: str, addresses: dict[str, bool]) -> None:
    found = re.search(_FILES[name], (_DEPLOY / name).read_text("utf-8"))
    assert found
    assert {path: bool(re.search(found[1], path)) for path in addresses} == addresses
    assert sum(addresses.values()) >= 6
