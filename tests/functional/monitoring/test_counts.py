"""Counts: added up over processes, and shown by /metrics as they happened."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from tests.functional.caller import Caller
from tests.functional.monitoring.conftest import MakeJob
from tests.functional.waiting import PATIENCE_S

from oriel.errors import StorageFailed
from oriel.infra import counters
from oriel.infra.clock import clock
from oriel.infra.counters import Counter, Timing, forget_counts, totals, write_counts
from oriel.infra.mail.dispatch import dispatch_due
from oriel.infra.storage import storage
from oriel.infra.storage.counted import CountedStorage
from oriel.rendering import attempts
from oriel.rendering.attempt_ends import Measurements


@pytest.fixture(autouse=True)
def declared_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters of a test are declared for that test alone."""
    monkeypatch.setattr(counters, "_declared", list(counters._declared))


def told(client: FlaskClient) -> dict[str, float]:
    """Return what /metrics tells, by name and labels."""
    families = text_string_to_metric_families(client.get("/metrics").text)
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in families
        for sample in family.samples
    }


def test_counts_of_several_processes_are_added_up(client: FlaskClient) -> None:
    apples = Counter("apples", "Apples", ("kind",))
    apples.add("green")
    write_counts()
    # As another process does, which knows nothing of the first one's counts.
    apples.add("green", by=2)
    apples.add("red")
    write_counts()
    write_counts()
    assert totals() == {("apples", ("green",)): 3, ("apples", ("red",)): 1}


def test_counts_wait_until_the_database_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    apples = Counter("apples", "Apples")
    apples.add()

    def away(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the server is away"))

    with monkeypatch.context() as patched:
        patched.setattr(counters, "_write", away)
        write_counts()
    apples.add()
    write_counts()
    assert totals() == {("apples", ()): 2}


def test_no_count_is_written_once_they_are_forgotten(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, released, written = threading.Event(), threading.Event(), []

    def slowly(*_: object) -> None:
        begun.set()
        released.wait(PATIENCE_S)
        written.append(True)

    def write() -> None:
        with app.app_context():
            write_counts()

    monkeypatch.setattr(counters, "_write", slowly)
    Counter("apples", "Apples").add()
    writing = threading.Thread(target=write)
    writing.start()
    begun.wait(PATIENCE_S)
    threading.Timer(0.1, released.set).start()
    forget_counts()
    # The write that was under way has ended: its connection is not in use when the engine is disposed of.
    assert written == [True]
    writing.join(PATIENCE_S)


def test_a_timing_is_a_histogram(client: FlaskClient) -> None:
    naps = Timing("naps", "Naps", ("who",), (1, 5))
    for seconds in (0.5, 1, 3, 60):
        naps.observe(seconds, "cat")
    figures = told(client)
    assert [figures[f"naps_bucket{sorted([bound, 'cat'])}"] for bound in ("1", "5", "+Inf")] == [2, 3, 4]
    assert (figures["naps_count['cat']"], figures["naps_sum['cat']"]) == (4, 64.5)


def test_figures_equal_what_happened(
    client: FlaskClient, caller: Callable[..., Caller], make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller()
    forget_counts()
    _render(make_job)
    _lose_a_worker(make_job)
    client.post("/api/auth/register", json={"email": "ada@example.com", "password": "tuba lantern violet"})
    dispatch_due()
    storage().stat("videos/none")
    counted = storage()
    assert isinstance(counted, CountedStorage)
    monkeypatch.setattr(counted._storage, "stat", _broken)
    with pytest.raises(StorageFailed):
        storage().stat("videos/none")
    client.post("/api/payments/webhook", data=b"{}", headers={"Stripe-Signature": "t=1,v1=00"})
    figures = told(client)
    assert figures["oriel_attempts_total['given_back']"] == 1
    assert figures["oriel_attempts_total['lost']"] == 1
    assert figures["oriel_lease_losses_total[]"] == 1
    assert figures["oriel_stage_seconds_count['rendering']"] == 1
    assert figures["oriel_frames_per_second_sum[]"] == 42
    assert figures["oriel_storage_operations_total['ok', 'stat']"] == 1
    assert figures["oriel_storage_operations_total['failed', 'stat']"] == 1
    assert figures["oriel_webhooks_total['bad_signature']"] == 1
    assert figures["oriel_mail_deliveries_total['local', 'taken']"] == 1


def _render(make_job: MakeJob) -> None:
    make_job()
    attempt = attempts.claim("worker-1")
    assert attempt
    attempts.give_back(attempt, Measurements(stages={"rendering": 3.0}, frames=126, frames_per_s=42.0))


def _lose_a_worker(make_job: MakeJob) -> None:
    assert attempts.claim("worker-2")
    clock.shift(attempts.LEASE * 2)
    assert attempts.reap() == 1


def _broken(_name: str, **_options: float | None) -> None:
    raise StorageFailed("The disk is gone.")
