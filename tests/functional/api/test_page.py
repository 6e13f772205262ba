"""/api/docs shows the document without any other server, and within our Content-Security-Policy."""

import re

import pytest
from flask.testing import FlaskClient

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_the_page_and_all_that_it_loads_come_from_here(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    loaded = re.findall(r'(?:src|href)="(/[^"]+)"', page.get_data(as_text=True))
    assert {"/api/docs/swagger-ui-bundle.js", "/api/docs/start.js", "/api/openapi.json"} <= set(loaded)
    for path in loaded:
        with client.get(path) as answer:
            assert answer.status_code == 200, path
    page.close()


def test_the_page_has_nothing_that_our_policy_forbids(client: FlaskClient) -> None:
    with client.get("/api/docs") as page:
        assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
        assert re.findall(r"<script[^>]*>[^<]", page.get_data(as_text=True)) == []
        assert not re.search(r"<style|\sstyle=|https?://", page.get_data(as_text=True))


@pytest.mark.parametrize("name", ["nothing.js", "..%2Flooks.json", "%2e%2e%2flooks.json"])
def test_no_other_file_can_be_had_through_the_page(client: FlaskClient, name: str) -> None:
    assert client.get(f"/api/docs/{name}").status_code == 404
