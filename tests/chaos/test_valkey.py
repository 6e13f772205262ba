"""Valkey dies and forgets while renders wait and run: every one of them completes."""

import random
import signal
import time
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisAway
from tests.chaos.site import Site
from tests.render.processes import kill

AT_ONCE = 3


def hurt(site: Site, song: Path, kills: int, flushes: int, seed: int) -> None:
    """Kill and flush Valkey in any order, with a render handed in after each blow, and wait for all of them."""
    chance = random.Random(seed)
    blows = [kill_valkey] * kills + [flush] * flushes
    chance.shuffle(blows)
    journey = site.customer()
    upload = journey.upload(song)
    submitted: list[str] = []
    for blow in blows:
        blow(site)
        if site.ledger.open_jobs() < AT_ONCE:
            submitted.append(site.submit(journey, upload))
        time.sleep(chance.uniform(0.1, 2.0))
    site.assert_delivered_once(submitted)


def kill_valkey(site: Site) -> None:
    """End it with no warning; it has nothing on the disk."""
    site.wait_until(site.valkey, "Valkey runs")
    if pid := site.valkey():
        kill(pid, signal.SIGKILL)


def flush(site: Site) -> None:
    """Have it forget everything."""
    with Redis(unix_socket_path=str(site.service.data / "valkey.sock")) as connection:

        def flushed() -> bool:
            try:
                return bool(connection.flushall())
            except RedisAway:
                return False

        site.wait_until(flushed, "Valkey forgets")


def test_five_blows(site: Site, short_song: Path) -> None:
    hurt(site, short_song, kills=4, flushes=1, seed=5)


@pytest.mark.long
def test_twenty_five_blows(site: Site, short_song: Path) -> None:
    hurt(site, short_song, kills=20, flushes=5, seed=25)
