"""docs/errors.md lists every code there is."""

import re
from pathlib import Path

from oriel.errors import error_classes
from oriel.infra.web import CODES

_PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
_ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (\d{3}) \| (.+?) \|$", re.MULTILINE)


def _listed(heading: str) -> list[tuple[str, int, str]]:
    [part] = [part for part in _PAGE.read_text("utf-8").split("\n## ") if part.startswith(heading)]
    return [(code, int(status), told) for code, status, told in _ROW.findall(part)]


def test_the_page_lists_every_situation_with_its_status() -> None:
    root, *classes = error_classes()
    of_their_own = {known.code: known for known in classes if known.code != root.code}
    listed = {code: (status, told) for code, status, told in _listed("Codes") if code != root.code}
    assert listed == {
        code: (known.http_status, (known.__doc__ or "").splitlines()[0]) for code, known in of_their_own.items()
    }
    assert [code for code, status, _ in _listed("Codes") if status == 500 and code == root.code]


def test_no_code_is_listed_twice() -> None:
    codes = [code for code, _, _ in _listed("Codes")]
    assert len(set(codes)) == len(codes)


def test_the_page_lists_what_is_refused_before_a_route_is_reached() -> None:
    assert [(status, code) for code, status, _ in _listed("Before a route")] == sorted(
        (status, code) for status, code in CODES.items()
    )
