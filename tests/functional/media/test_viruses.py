"""Uploads pass a virus scanner where one is configured, and wait for it to say that they are clean."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from apiflask import APIFlask
from tests.functional.caller import Caller
from tests.functional.media.clamd import WORD, Clamd, running_clamd
from tests.functional.media.files import send, wav
from tests.functional.media.test_uploads import left_behind

from oriel.errors import InvalidConfiguration
from oriel.media.clamav import parse_address
from oriel.media.dependencies import dependencies, set_dependencies


@pytest.fixture
def clamd(app: APIFlask) -> Iterator[Clamd]:
    """A scanner that the application asks."""
    with app.app_context():
        before = dependencies()
    with running_clamd() as daemon:
        set_dependencies(app, replace(before, clamav_address=daemon.address))
        yield daemon
    set_dependencies(app, before)


@pytest.fixture
def customer(caller: Callable[..., Caller]) -> Caller:
    return caller()


def test_the_scanner_sees_every_byte_of_a_clean_file(clamd: Clamd, customer: Caller) -> None:
    data = wav(20)
    assert send(customer, data).status_code == 201
    assert clamd.received == [data]


def test_an_infected_file_is_refused(app: APIFlask, clamd: Clamd, customer: Caller) -> None:
    answer = send(customer, wav() + WORD)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (422, "INFECTED_FILE")
    assert "Test.Virus" not in answer.text
    assert left_behind(app) == []


@pytest.mark.parametrize(
    "says", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK but not really\0", b"\0", b"OK", b"\xff" * 9000]
)
def test_without_a_clear_answer_nothing_is_let_in(app: APIFlask, clamd: Clamd, customer: Caller, says: bytes) -> None:
    clamd.says = says
    answer = send(customer, wav())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert left_behind(app) == []


def test_a_scanner_that_hangs_up_lets_nothing_in(clamd: Clamd, customer: Caller) -> None:
    clamd.silent = True
    assert send(customer, wav()).status_code == 503


def test_a_scanner_that_is_away_lets_nothing_in(clamd: Clamd, customer: Caller, app: APIFlask) -> None:
    with app.app_context():
        set_dependencies(app, replace(dependencies(), clamav_address="127.0.0.1:1"))
    assert send(customer, wav()).status_code == 503


def test_a_scanner_that_never_answers_is_not_waited_for(
    clamd: Clamd, customer: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The daemon takes one caller at a time: the second one connects and hears nothing.
    monkeypatch.setattr("oriel.media.clamav.ANSWER_S", 0.2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clamd, "_answer", lambda _command, stream: stream.read(1 << 30))
        assert send(customer, wav()).status_code == 503


@pytest.mark.parametrize(("address", "parsed"), [("clam:3310", ("clam", 3310)), ("[::1]:3310", ("::1", 3310))])
def test_an_address_is_host_and_port(address: str, parsed: tuple[str, int]) -> None:
    assert parse_address(address) == parsed


@pytest.mark.parametrize("address", ["clam", "clam:", ":3310", "clam:0", "clam:70000", "clam:http"])
def test_other_addresses_are_refused_at_start(address: str) -> None:
    with pytest.raises(InvalidConfiguration, match="CLAMAV_ADDRESS"):
        parse_address(address)
