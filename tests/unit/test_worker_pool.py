"""The pool of workers with real processes, which are small programs here: what it starts, ends and leaves alone."""

import signal
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import pytest
from tests.functional.waiting import wait_until

from oriel import worker_pool
from oriel.autoscale import run_autoscale
from oriel.errors import InvalidConfiguration
from oriel.settings import Settings, load_settings
from oriel.supervision import Child
from oriel.up import _children
from oriel.worker_pool import WorkerPool, child_environment, worker_children

# It says that it is ready by a file, leaves when it is asked to, and takes its time where it still works.
_PROGRAM = """
trap 'touch "$1.asked"; while [ -e "$1.works" ]; do sleep 0.02; done; exit 0' USR1
trap 'exit 0' TERM
touch "$1.ready"
while :; do sleep 0.02; done
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    def children(_settings: Settings, numbers: Collection[int], _machine: str) -> list[Child]:
        command = ["sh", "-c", _PROGRAM, "sh"]
        return [
            Child(name, [*command, str(tmp_path / name)], {"PATH": "/usr/bin:/bin"}, worker_name=name)
            for name in (f"w{number}" for number in numbers)
        ]

    monkeypatch.setattr(worker_pool, "worker_children", children)
    return tmp_path


@pytest.fixture
def released() -> list[str]:
    return []


@pytest.fixture
def pool(folder: Path, released: list[str]) -> Iterator[WorkerPool]:
    pool = WorkerPool(Settings(_env_file=None, data_dir=folder), 3, released.append)
    yield pool
    pool.stop()
    assert not any(child.is_running for child in pool.alive)


def grown(pool: WorkerPool, folder: Path, wanted: int) -> None:
    pool.resize(wanted, ())
    wait_until(lambda: all((folder / f"{child.name}.ready").exists() for child in pool.alive))


def left(pool: WorkerPool, name: str) -> Callable[[], bool]:
    def has_left() -> bool:
        pool.tend()
        return name not in [child.name for child in pool.alive]

    return has_left


def test_it_grows_to_the_wanted_number(pool: WorkerPool, folder: Path) -> None:
    grown(pool, folder, 2)
    assert [child.name for child in pool.alive if child.is_running] == ["w1", "w2"]


def test_an_idle_worker_is_asked_to_leave_and_a_busy_one_is_not(pool: WorkerPool, folder: Path) -> None:
    grown(pool, folder, 3)
    pool.resize(1, {"w2", "w3"})
    wait_until(left(pool, "w1"))
    # Two are busy, so one more stays than is wanted.
    assert pool.size == 2
    assert not list(folder.glob("w[23].asked"))
    pool.resize(1, {"w2"})
    wait_until(left(pool, "w3"))
    assert pool.size == 1
    assert not (folder / "w2.asked").exists()


def test_one_that_has_just_taken_a_render_finishes_it_and_counts_meanwhile(
    pool: WorkerPool, folder: Path, released: list[str]
) -> None:
    grown(pool, folder, 3)
    (folder / "w3.works").touch()
    pool.resize(2, ())
    wait_until((folder / "w3.asked").exists)
    pool.tend()
    pool.resize(3, ())
    # A fourth process would be more than the maximum.
    assert (pool.size, len(pool.alive), released) == (2, 3, [])
    (folder / "w3.works").unlink()
    wait_until(left(pool, "w3"))
    pool.resize(3, ())
    assert (pool.size, [child.name for child in pool.alive]) == (3, ["w1", "w2", "w4"])
    assert released == ["w3"]


def test_one_that_crashes_gives_its_renders_to_others_and_starts_again(
    pool: WorkerPool, folder: Path, released: list[str]
) -> None:
    grown(pool, folder, 1)
    (child,) = pool.alive
    child.send(signal.SIGKILL)
    (folder / "w1.ready").unlink()

    def runs_again() -> bool:
        pool.tend()
        return (folder / "w1.ready").exists()

    wait_until(runs_again)
    assert released == ["w1"]


def test_a_worker_gets_a_name_of_its_own_and_no_secret_that_it_does_not_need(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_test_1")
    first, second = worker_children(Settings(_env_file=None, data_dir=tmp_path), [1, 2], "host-1")
    assert (first.worker_name, second.command[-1]) == ("worker-1@host-1", "worker-2@host-1")
    assert "STRIPE_SECRET_KEY" not in first.environment
    assert first.environment["DATA_DIR"] == str(tmp_path)


def test_without_a_largest_number_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="AUTOSCALE_MAXIMUM"):
        run_autoscale(Settings(_env_file=None, data_dir=tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_maximum_below_the_minimum_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSCALE_MINIMUM", "4")
    monkeypatch.setenv("AUTOSCALE_MAXIMUM", "3")
    with pytest.raises(InvalidConfiguration, match="less than AUTOSCALE_MINIMUM"):
        load_settings()


@pytest.mark.parametrize(
    ("maximum", "expected"), [(None, ["web", "clock", "worker-1", "worker-2"]), (4, ["autoscale"])]
)
def test_up_leaves_the_workers_to_the_autoscaler_where_it_has_a_maximum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, maximum: int | None, expected: list[str]
) -> None:
    monkeypatch.setenv("JWT_SECRET_KEY", "x")
    settings = Settings(_env_file=None, data_dir=tmp_path, redis_url="redis://localhost", autoscale_maximum=maximum)
    children = {child.name: child for child in _children(settings, 2)}
    assert list(children) == (expected if maximum is None else ["web", "clock", *expected])
    if maximum:
        # It reads demand and starts workers, which need no key of tokens.
        assert "JWT_SECRET_KEY" not in children["autoscale"].environment
        assert "JWT_SECRET_KEY" in children["web"].environment


def test_a_worker_does_not_touch_the_pulse_of_its_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_FILE", "/tmp/oriel.pulse")  # noqa: S108  (as the image has it)
    assert "PULSE_FILE" not in child_environment(Settings(_env_file=None))
