"""The looks with their pictures: complete, small, and kept by browsers."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from tests.functional.conftest import service_settings

from oriel.app import create_app
from oriel.rendering.pipeline.looks import load_looks

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

CONTAINERS = {"thumbnail_url": (b"RIFF", "image/webp", 40_000), "loop_url": (b"\x1aE\xdf\xa3", "video/webm", 150_000)}


def test_looks_are_told_to_everybody_with_what_they_declare(client: FlaskClient) -> None:
    looks = (client.get("/api/looks").json or {})["looks"]
    declared = [look.as_json() for look in load_looks().all]
    assert [{name: told[name] for name in ("name", "title", "description", "parameters")} for told in looks] == [
        {name: look[name] for name in ("name", "title", "description", "parameters")} for look in declared
    ]
    names = [[preset["name"] for preset in told["presets"]] for told in looks]
    assert names == [[preset["name"] for preset in look["presets"]] for look in declared]


def test_every_look_and_preset_has_a_small_picture_and_loop_that_is_kept_for_good(client: FlaskClient) -> None:
    looks = (client.get("/api/looks").json or {})["looks"]
    total = 0
    for shown in [*looks, *(preset for look in looks for preset in look["presets"])]:
        for key, (magic, content_type, most) in CONTAINERS.items():
            with client.get(shown[key]) as answer:
                content = answer.get_data()
                assert (answer.status_code, answer.mimetype) == (200, content_type), shown
                assert "immutable" in answer.headers["Cache-Control"]
            assert content.startswith(magic)
            assert len(content) <= most
            total += len(content)
    assert total <= 3_000_000


def test_whoever_has_the_looks_is_not_sent_them_again(client: FlaskClient) -> None:
    first = client.get("/api/looks")
    again = client.get("/api/looks", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get("/api/looks", headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.data) == (200, first.data)


def test_pictures_lie_where_the_other_files_of_the_pages_lie(database: str, valkey: str, tmp_path: Path) -> None:
    settings = service_settings(database, valkey, tmp_path, assets_url="https://cdn.example.com/")
    looks = (create_app(settings).test_client().get("/api/looks").json or {})["looks"]
    assert looks[0]["thumbnail_url"].startswith("https://cdn.example.com/assets/")
