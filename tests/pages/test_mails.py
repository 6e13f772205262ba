"""Every mail as a phone shows it."""

from typing import Literal

import pytest
from playwright.sync_api import Browser
from tests.pages.conftest import AXE
from tests.unit.mails.test_letters import every_letter

WIDTH = 390
# The mail program's page around a mail has these.
RULES = "{resultTypes: ['violations'], rules: {region: {enabled: false}, 'landmark-one-main': {enabled: false}}}"
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 3


@pytest.mark.parametrize("scheme", ["dark", pytest.param("light", marks=pytest.mark.long)])
def test_a_mail_fits_and_is_accessible(browser: Browser, scheme: Literal["dark", "light"]) -> None:
    page = browser.new_page(viewport={"width": WIDTH, "height": 800}, color_scheme=scheme)
    found = {}
    for kind, letter in every_letter(name=LONG_NAME, title=LONG_NAME).items():
        page.set_content(letter.html)
        page.evaluate(AXE.read_text("utf-8"))
        violations = page.evaluate(f"axe.run(document, {RULES})")["violations"]
        found[kind] = [f"{each['id']}: {each['nodes'][0]['target']}" for each in violations]
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > WIDTH:
            found[kind].append(f"is {wide} pixels wide")
    page.close()
    assert {kind: problems for kind, problems in found.items() if problems} == {}
