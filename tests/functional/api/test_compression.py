"""Data travels compressed where that gives no secret away."""

import gzip
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from tests.functional.caller import Caller

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def ada(caller: Callable[..., Caller]) -> Caller:
    """A customer with a list that is worth compressing."""
    customer = caller()
    for number in range(10):
        project = {"name": f"Night Drive, take {number}", "settings": {"look": "halo"}}
        assert customer.post("/api/projects", json=project).status_code == 201
    return customer


def test_a_list_is_compressed_for_a_caller_with_a_token(ada: Caller) -> None:
    plain = ada.get("/api/projects")
    small = ada.get("/api/projects", headers=ada.headers | GZIP)
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert gzip.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 3
    assert "Content-Encoding" not in plain.headers


def test_looks_are_compressed_and_known_again(client: FlaskClient) -> None:
    looks = client.get("/api/looks", headers=GZIP)
    assert gzip.decompress(looks.data) == client.get("/api/looks").data
    again = client.get("/api/looks", headers={**GZIP, "If-None-Match": looks.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_what_only_a_cookie_asks_for_is_not_compressed(client: FlaskClient) -> None:
    client.set_cookie("anything", "x")
    assert "Content-Encoding" not in client.get("/api/looks", headers=GZIP).headers


def test_a_short_answer_and_a_refusal_stay_as_they_are(ada: Caller) -> None:
    for path in ("/api/user/profile", "/api/projects/" + "x" * 2000):
        answer = ada.get(path, headers=ada.headers | GZIP)
        assert "Content-Encoding" not in answer.headers


def test_an_answer_to_a_post_stays_as_it_is(ada: Caller) -> None:
    project = {"name": "n", "settings": {"look": "halo", "text": {"title": "a" * 200}}}
    answer = ada.post("/api/projects", json=project, headers=ada.headers | GZIP)
    assert answer.status_code == 201
    assert "Content-Encoding" not in answer.headers
