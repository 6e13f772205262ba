"""A hundred files that were made to do harm: each is refused or taken as what it is, and nothing fails on our side."""

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.files import png, send, wav, wav_with_tags
from tests.functional.media.test_uploads import left_behind

from oriel.billing.current_plan import set_plan

# The files are read before any database is asked; PostgreSQL is the stricter one about what a text may contain.
pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
NEIGHBOUR_S = 77
MUTANTS = 60


@pytest.fixture
def customer(app: APIFlask, caller: Callable[..., Caller]) -> Caller:
    """Somebody who may try often."""
    made = caller()
    with app.app_context():
        set_plan(made.user_id, "enterprise")
    return made


@pytest.fixture
def neighbour(tmp_path: Path) -> Path:
    """A song on our disk that is none of the customer's business: who reads it tells its length."""
    path = tmp_path / "neighbour.wav"
    path.write_bytes(wav(NEIGHBOUR_S))
    return path


def test_nothing_is_read_but_the_file_itself(app: APIFlask, customer: Caller, neighbour: Path) -> None:
    for name, data in pointers_to(neighbour):
        answer = send(customer, data, name)
        assert answer.status_code in (415, 422), (name, data[:60], answer.get_json())
        assert str(neighbour) not in answer.text
    assert left_behind(app) == []


def test_damaged_files_never_fail_on_our_side(app: APIFlask, customer: Caller, tmp_path: Path) -> None:
    chance = random.Random(20261120)
    whole = [*songs(tmp_path), ("a.png", png(64, 64), "picture")]
    for _ in range(MUTANTS):
        name, data, field = chance.choice(whole)
        answer = send(customer, mutated(data, chance), name, field)
        assert answer.status_code in (201, 402, 415, 422), answer.get_json()
    assert left_behind(app) == []


def pointers_to(target: Path) -> Iterator[tuple[str, bytes]]:
    """Yield files that make a careless FFmpeg open another one, under every name that we take."""
    concat = f"ffconcat version 1.0\nfile '{target}'\n".encode()
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:{NEIGHBOUR_S}\n#EXTINF:{NEIGHBOUR_S},\n{target}\n".encode()
    remote = b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/song.ts\n#EXT-X-ENDLIST\n"
    manifest = f'<?xml version="1.0"?><MPD><Period><BaseURL>file://{target}</BaseURL></Period></MPD>'.encode()
    for text in (
        concat,
        playlist,
        remote,
        manifest,
        concat + bytes(5000),
        b"\xef\xbb\xbf" + concat,
        f"{target}".encode(),
    ):
        for suffix in ("mp3", "wav", "m4a"):
            yield f"song.{suffix}", text
    yield "song.mp3", b"ID3\x04\0\0\0\0\0\0" + concat
    yield "song.wav", b"RIFF\xff\xff\xff\xffWAVE" + concat
    yield "song.m4a", b"\0\0\0\x14ftypM4A \0\0\0\0" + concat


def songs(folder: Path) -> Iterator[tuple[str, bytes, str]]:
    """Yield a small song in each format."""
    yield "a.wav", wav_with_tags("title", "artist"), "audio"
    for name in ("a.mp3", "a.m4a"):
        tone = ["-f", "lavfi", "-i", "sine=d=1", "-metadata", "title=tone"]
        subprocess.run(["ffmpeg", "-v", "error", *tone, folder / name], check=True)
        yield name, (folder / name).read_bytes(), "audio"


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the file cut, with bytes turned, or with a number in its head made huge."""
    changed = bytearray(data[: chance.randrange(8, len(data))] if chance.random() < 0.3 else data)
    for _ in range(chance.randrange(1, 12)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    if chance.random() < 0.5:
        at = chance.randrange(4, min(200, len(changed)))
        changed[at : at + 4] = b"\x7f\xff\xff\xff"
    return bytes(changed)
