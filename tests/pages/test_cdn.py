"""The pages take their files from another origin, such as a CDN."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.pages.steps import choose_file
from tests.render.service import PATIENCE_S, Service


@pytest.mark.long
@pytest.mark.parametrize("knows_trusted_types", [True, False])
def test_the_studio_works_with_its_files_from_another_origin(
    browser: Browser, site: Service, song: Path, tmp_path: Path, *, knows_trusted_types: bool
) -> None:
    cdn = f"http://localhost:{site.port}"
    with Service.running(tmp_path, ASSETS_URL=cdn) as service:
        # A browser without trusted types is played by one that does not heed the policy.
        context = browser.new_context(reduced_motion="reduce", bypass_csp=not knows_trusted_types)
        context.set_default_timeout(PATIENCE_S * 1000)
        page = context.new_page()
        if not knows_trusted_types:
            page.add_init_script("delete globalThis.trustedTypes")
        asked: list[str] = []
        problems: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{service.url}/studio")
        choose_file(page, song)
        expect(page.locator(".invite")).to_have_count(0)
        expect(page.locator(".name")).to_have_value("Night Drive")
        expect(page.locator(".stage canvas")).to_be_visible()
        for path in ("/", "/pricing", "/login"):
            page.goto(f"{service.url}{path}")
            expect(page.locator("h1")).to_be_visible()
        context.close()
    scripts = [url for url in asked if url.endswith(".js")]
    # A browser lets no worker come from elsewhere; what a worker imports comes from where it does.
    assert [url for url in scripts if "worker" in url and url.startswith(cdn)] == []
    for entry in ("studio", "landing", "login"):
        assert [url for url in scripts if f"{cdn}/assets/{entry}-" in url]
    assert [url for url in asked if url.endswith(".css") and not url.startswith(cdn)] == []
    # Nobody is signed in.
    assert [text for text in problems if "401" not in text] == []
