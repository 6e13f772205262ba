"""Transactions beside each other on PostgreSQL, made to meet at a lock instead of by luck."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import text
from tests.functional.waiting import wait_until

from oriel.infra.database import db

Act = Callable[[], object]
Apart = Callable[[Act], Act]


@contextmanager
def apart_in(app: Flask) -> Iterator[Apart]:
    """Hand out a function that starts an act in a thread and returns once a lock stops it there.

    What it returns gives the act's result.
    """
    with ThreadPoolExecutor(1) as thread:

        def start(act: Act) -> Act:
            def in_context() -> object:
                with app.app_context():
                    return act()

            result = thread.submit(in_context).result
            wait_until(_somebody_waits)
            return result

        yield start


def _somebody_waits() -> bool:
    with db.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))
