"""Every page that a visitor may open: accessible, quiet, and within the width of the screen."""

import pytest
from tests.pages.conftest import Visit

PATHS = [
    "/",
    "/pricing",
    "/help",
    "/terms",
    "/privacy",
    "/login",
    "/register",
    "/reset-password",
    "/nothing-here",
    "/studio",
]


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "dark"),
        (390, "light"),
        pytest.param(1280, "light", marks=pytest.mark.long),
        pytest.param(390, "dark", marks=pytest.mark.long),
    ],
)
def test_every_page_is_accessible_and_fits(visit: Visit, width: int, scheme: str) -> None:
    visitor = visit(width, scheme=scheme)
    found = {}
    for path in PATHS:
        visitor.open(path)
        visitor.page.wait_for_load_state("networkidle")
        found[path] = visitor.accessible()
        wide = visitor.page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            found[path].append(f"is {wide} pixels wide")
    assert {path: problems for path, problems in found.items() if problems} == {}
