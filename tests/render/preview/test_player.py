"""The studio plays the decoded song, and says which moment is heard."""

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.render.preview.conftest import Site, read
from tests.render.songs import music, write_wav

WAIT_MS = 60_000


@pytest.fixture
def player(page: Page, site: Site) -> Page:
    """The page, with a song of 1.5 s in its player."""
    song: Path = write_wav(site.folder / "played.wav", music(1.5))
    assert read(page, site, song)["samples"] == 72_000
    page.mouse.click(5, 5)
    assert page.evaluate("url => harness.player.load(url)", site.address(song)) == 1.5
    page.evaluate("harness.player.heard()")
    return page


def stands_at(page: Page) -> float:
    page.wait_for_function("harness.player.state().paused", timeout=WAIT_MS)
    return float(page.evaluate("harness.player.state().timeS"))


def frames_of(page: Page) -> list[float]:
    heard: list[str] = page.evaluate("harness.player.heard()")
    return [float(line.split()[1]) for line in heard if line.startswith("frame")]


def test_a_page_that_nobody_has_touched_is_told_that_it_may_not_play(page: Page) -> None:
    assert page.evaluate("harness.early") is False


def test_a_song_plays_forward_to_its_end(player: Page) -> None:
    assert player.evaluate("harness.player.play()") is True
    assert stands_at(player) == 1.5
    times = frames_of(player)
    assert len(times) > 3
    assert all(before <= after + 0.02 for before, after in pairwise(times))
    assert times[-1] <= 1.6


def test_a_seek_shows_its_moment_at_once_and_plays_on_from_there(player: Page) -> None:
    player.evaluate("harness.player.seek(1.2)")
    assert frames_of(player)[0] == 1.2
    assert stands_at(player) == 1.2
    player.evaluate("harness.player.play()")
    assert stands_at(player) == 1.5
    assert min(frames_of(player)) >= 1.19


def test_playing_stops_where_the_range_ends(player: Page) -> None:
    player.evaluate("harness.player.seek(0.2)")
    assert player.evaluate("harness.player.play(0.7)") is True
    assert stands_at(player) == 0.7
    player.evaluate("harness.player.play()")
    assert stands_at(player) == 1.5


def test_a_pause_stands_still_where_it_was_heard(player: Page) -> None:
    player.evaluate("harness.player.play()")
    player.wait_for_function("harness.player.state().timeS > 0.3", timeout=WAIT_MS)
    player.evaluate("harness.player.pause()")
    stands = stands_at(player)
    assert 0.3 < stands < 1.5
    assert stands_at(player) == stands
