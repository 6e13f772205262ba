"""The page on which anybody with a link watches a video."""

import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from tests.functional.caller import Caller
from tests.functional.rendering.conftest import MakeJob, fresh
from werkzeug.test import TestResponse

from oriel.infra.clock import now
from oriel.infra.database import writing
from oriel.infra.storage import storage
from oriel.rendering import attempts, links
from oriel.rendering.attempts import Video
from oriel.rendering.models import RenderJob
from oriel.rendering.pipeline.settings_document import parse_settings

CONTENT = b"a film in a few bytes"
PICTURE = b"\xff\xd8 a poster"


@pytest.fixture
def ada(caller: Callable[..., Caller]) -> Caller:
    return caller()


@pytest.fixture
def film(ada: Caller, make_job: MakeJob, tmp_path: Path) -> RenderJob:
    """A finished video with a poster."""
    job = make_job(user_id=ada.user_id, title="Night", artist="The Band")
    attempt = attempts.claim("worker")
    assert attempt
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    (tmp_path / "poster.jpg").write_bytes(PICTURE)
    folder = f"videos/{job.user_id}/{job.id}"
    stored = storage().put(f"{folder}/v.mp4", tmp_path / "film.mp4", content_type="video/mp4")
    poster = storage().put(f"{folder}/p.jpg", tmp_path / "poster.jpg", content_type="image/jpeg")
    attempts.complete(attempt, Video(stored.name, stored.size_bytes, "0" * 64, 8.0, poster.name))
    return fresh(job)


def page_of(client: FlaskClient, job: RenderJob) -> TestResponse:
    return client.get(f"/v/{links.token_of(job.id, job.link_generation)}")


def rename(job: RenderJob, title: str) -> None:
    with writing() as session:
        session.get_one(RenderJob, job.id).title = title


def test_anybody_with_the_link_watches_and_downloads(ada: Caller, client: FlaskClient, film: RenderJob) -> None:
    told = ada.get(f"/api/render/status/{film.id}").json or {}
    page = client.get(told["watch_url"])
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "<title>Night by The Band · Oriel</title>" in page.text
    video = re.search(r'<video[^>]* src="([^"]+)"[^>]* poster="([^"]+)"', page.text)
    assert video
    with client.get(video[1]) as answer:
        assert answer.data == CONTENT
    assert client.get(video[2]).data == PICTURE
    assert f'href="{video[1]}" download' in page.text
    assert "0:08 · 1280 \N{MULTIPLICATION SIGN} 720 · MP4" in page.text


def test_apps_show_what_the_link_leads_to(ada: Caller, client: FlaskClient, film: RenderJob) -> None:
    told = ada.get(f"/api/render/status/{film.id}").json or {}
    card = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page_of(client, film).text))
    assert card["og:title"] == "Night by The Band"
    assert (card["og:url"], card["og:video"]) == (told["watch_url"], told["video_url"])
    assert card["og:image"].startswith("http")
    assert client.get(card["og:image"]).data == PICTURE


def test_the_page_is_listed_nowhere_and_gives_its_address_to_nobody(client: FlaskClient, film: RenderJob) -> None:
    page = page_of(client, film)
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "unsafe" not in page.headers["Content-Security-Policy"]


def test_a_title_is_text(client: FlaskClient, film: RenderJob) -> None:
    hostile = '<img src=x onerror="alert(1)">"><script>{{ 7 * 7 }}'
    rename(film, hostile)
    page = page_of(client, film).text
    assert "<img src=x" not in page
    assert "<script>{{" not in page
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page)
    assert heading
    assert unescape(heading[1]) == hostile


def test_a_video_without_a_poster_is_shown(client: FlaskClient, film: RenderJob) -> None:
    with writing() as session:
        session.get_one(RenderJob, film.id).poster_object = None
    page = page_of(client, film)
    assert 'preload="metadata"' in page.text
    assert "og:image" not in page.text
    assert client.get(f"/v/{links.token_of(film.id, film.link_generation)}/poster.jpg").status_code == 404


def test_a_hidden_title_does_not_publish_the_files_name(client: FlaskClient, film: RenderJob) -> None:
    rename(film, "")
    page = page_of(client, film).text
    assert "<title>Music video by The Band · Oriel</title>" in page
    assert film.audio_filename not in page


def test_a_video_that_no_browser_plays_is_offered_for_download(client: FlaskClient, film: RenderJob) -> None:
    output = {"width": 1280, "height": 720, "format": "mov"}
    settings = parse_settings({"output": output, "background": {"type": "transparent"}}).model_dump(mode="json")
    with writing() as session:
        session.get_one(RenderJob, film.id).render_config = settings
    page = page_of(client, film).text
    assert "<video" not in page
    assert "og:video" not in page.replace("video.other", "")
    assert "Browsers cannot play it" in page
    assert "MOV" in page


def test_a_link_that_is_none_says_so(client: FlaskClient, film: RenderJob) -> None:
    for forged in (film.id + "A" * 22, "x"):
        page = client.get(f"/v/{forged}")
        assert (page.status_code, page.mimetype) == (404, "text/html")
        assert "There is no video at this link." in page.text
        assert client.get(f"/v/{forged}/poster.jpg").status_code == 404


def test_a_video_under_way_is_not_ready(client: FlaskClient, make_job: MakeJob) -> None:
    page = page_of(client, make_job())
    assert page.status_code == 409
    assert "The video is not ready yet." in page.text


def _expire(job: RenderJob, _owner: Caller) -> None:
    with writing() as session:
        session.get_one(RenderJob, job.id).expires_at = now()


def _delete(job: RenderJob, owner: Caller) -> None:
    assert owner.delete(f"/api/render/video/{job.id}").status_code == 200


def _revoke(job: RenderJob, owner: Caller) -> None:
    assert owner.post(f"/api/render/revoke-link/{job.id}").status_code == 200


@pytest.mark.parametrize(("end", "status"), [(_expire, 410), (_delete, 410), (_revoke, 404)])
def test_the_page_ends_with_its_video_or_link(
    ada: Caller, client: FlaskClient, film: RenderJob, end: Callable[[RenderJob, Caller], None], status: int
) -> None:
    path = f"/v/{links.token_of(film.id, film.link_generation)}"
    end(film, ada)
    page = client.get(path)
    assert page.status_code == status
    assert "Night" not in page.text
    assert client.get(f"{path}/poster.jpg").status_code == status
    told = ada.get(f"/api/render/status/{film.id}").json or {}
    assert (told["watch_url"] is None) == (status == 410)
