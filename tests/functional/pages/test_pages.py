"""The pages that anybody may open: complete, cached, compressed, and within their Content-Security-Policy."""

import gzip
import re
from pathlib import Path

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from tests.functional.conftest import service_settings

from oriel.app import create_app
from oriel.billing.plans import PLANS

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PATHS = [
    "/",
    "/studio",
    "/login",
    "/register",
    "/pricing",
    "/help",
    "/terms",
    "/privacy",
    "/s/06gv3k2v9hmqf5t8e1b7c0d4ns8dK2vQ0xR7mYt5cWn3LhZp",
    "/render/01J0000000000000000000000A",
]
_LOADED = re.compile(r'<(?:script|link|img)[^>]*? (?:src|href)="([^"]+)"')


@pytest.fixture
def with_cdn(database: str, valkey: str, tmp_path: Path) -> FlaskClient:
    """A caller of a service whose files lie on another origin."""
    settings = service_settings(
        database,
        valkey,
        tmp_path,
        assets_url="https://cdn.example.com/",
        operator_name="Ada Ltd",
        operator_email="a@b.de",
    )
    return create_app(settings).test_client()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_and_all_that_it_loads_come_from_here(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "{%" not in page.text
    assert "{{" not in page.text
    loaded = _LOADED.findall(page.text)
    assert any(name.endswith(".css") for name in loaded)
    for name in loaded:
        with client.get(name) as answer:
            assert answer.status_code == 200, name


@pytest.mark.parametrize("path", PATHS)
def test_a_page_needs_no_exception_from_its_policy(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    assert re.findall(r"<script[^>]*>[^<]", page.text) == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", page.text)


def test_every_page_has_a_title_and_a_description_of_its_own(client: FlaskClient) -> None:
    pages = [client.get(path).text for path in PATHS if path not in ("/studio", PATHS[-1])]
    for pattern in (r"<title>([^<]+)</title>", r'name="description" content="([^"]+)"'):
        found = [match[1] if (match := re.search(pattern, page)) else "" for page in pages]
        assert all(found)
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("path", [PATHS[-2], "/shared/01J0000000000000000000000A"])
def test_no_search_engine_lists_a_shared_project(client: FlaskClient, path: str) -> None:
    page = client.get(path)
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in page.text


def test_a_browser_keeps_a_page_until_it_changes(client: FlaskClient) -> None:
    page = client.get("/pricing")
    assert page.headers["Cache-Control"] == "no-cache"
    again = client.get("/pricing", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_page_is_compressed_for_a_browser_that_takes_it(client: FlaskClient) -> None:
    page = client.get("/pricing", headers={"Accept-Encoding": "gzip, br"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(page.data).decode() == client.get("/pricing").text


@pytest.mark.parametrize("path", ["/login", "/register"])
def test_a_form_cannot_be_sent_before_its_script_is_there(client: FlaskClient, path: str) -> None:
    [form] = re.findall(r"<form.*?</form>", client.get(path).text, re.DOTALL)
    assert re.findall(r'<button[^>]* type="submit"([^>]*)>', form) == [" disabled"]


def test_the_pricing_page_shows_every_plan_with_its_price(client: FlaskClient) -> None:
    page = client.get("/pricing").text
    for plan in PLANS.values():
        assert plan.title in page
    for price in ("$0", "$9.99", "$29.99", "$4.99"):
        assert price in page


def test_the_help_says_how_long_a_rendered_song_is_kept_as_the_sweeper_does(client: FlaskClient) -> None:
    assert "A song that you only rendered is kept for 7 days after the render is ordered." in client.get("/help").text


def test_the_terms_name_the_operator_or_say_that_they_are_a_template(
    client: FlaskClient, with_cdn: FlaskClient
) -> None:
    for path in ("/terms", "/privacy"):
        assert "This is a template" in client.get(path).text
        filled = with_cdn.get(path).text
        assert "This is a template" not in filled
        assert "Ada Ltd" in filled


def test_the_files_of_a_page_may_lie_on_another_origin(with_cdn: FlaskClient) -> None:
    page = with_cdn.get("/login")
    assert '"/assets/' not in page.text
    assert re.search(r'src="https://cdn\.example\.com/assets/login-', page.text)
    assert "script-src 'self' https://cdn.example.com;" in page.headers["Content-Security-Policy"]
    # The pages that the service itself writes use the same files.
    assert re.search(r'href="https://cdn\.example\.com/assets/[^"]+\.css"', with_cdn.get("/reset-password").text)


def asset(client: FlaskClient) -> str:
    """Return the address of the login page's script."""
    found = re.search(r'src="(/assets/login-[^"]+\.js)"', client.get("/login").text)
    assert found
    return found[1]


@pytest.mark.parametrize(("accepts", "encoding"), [("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0", None), ("", None)])
def test_a_file_is_compressed_as_the_browser_wants_it(client: FlaskClient, accepts: str, encoding: str | None) -> None:
    style = re.search(r'href="(/assets/[^"]+\.css)"', client.get("/").text)
    assert style
    with client.get(style[1], headers={"Accept-Encoding": accepts}) as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/css")
        assert answer.headers.get("Content-Encoding") == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"


def test_a_browser_keeps_a_file_for_a_year_and_a_cdn_may_take_it(client: FlaskClient) -> None:
    with client.get(asset(client)) as answer:
        assert answer.mimetype == "text/javascript"
        assert answer.cache_control.max_age == 31_536_000
        assert answer.cache_control.immutable
        assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("name", ["nothing.js", "..%2Flooks.json", "%2e%2e%2flooks.json", "a/b.js", "%00"])
def test_no_other_file_can_be_had(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code in (400, 404)


def test_a_file_that_is_gone_is_kept_by_nobody(client: FlaskClient) -> None:
    gone = client.get("/assets/login-OLD.js")
    assert gone.status_code == 404
    assert gone.headers["Cache-Control"] == "no-store"


def test_a_wrong_address_is_told_on_a_page_of_the_same_design(app: APIFlask) -> None:
    page = app.test_client().get("/nothing-here", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "site-header" in page.text
    assert "There is nothing at this address." in page.text


@pytest.mark.parametrize("path", ["/favicon.svg", "/favicon.ico", "/robots.txt"])
def test_what_browsers_ask_for_by_themselves_is_there(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        assert answer.status_code == 200
