"""Events for connected clients: published in Redis; one subscriber in each process passes them to its sockets."""

import json
import queue
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError

from oriel.infra.redis import connect, if_there, redis

_CHANNEL = "oriel:events"
_LISTEN_S = 1.0
_RETRY_S = 1.0
# A listener that is so far behind asks the database instead.
_MOST_WAITING = 1000

News = tuple[str, str]


def publish(audience: str, kind: str, subject: str) -> None:
    """Tell an audience (a user's id) that something changed: a hint to look, which may be lost with its Redis."""
    if_there(lambda: redis().publish(_CHANNEL, json.dumps([audience, kind, subject])), None)


class Listeners:
    """The listeners of this process; the subscription starts with the first one."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._lock = threading.Lock()
        self._waiting: dict[str, set[queue.Queue[News]]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self.is_connected = False

    @contextmanager
    def listening(self, audience: str) -> Iterator["queue.Queue[News]"]:
        """Yield a queue of (kind, subject) for an audience, as long as the block lasts."""
        mailbox: queue.Queue[News] = queue.Queue(_MOST_WAITING)
        with self._lock:
            self._waiting[audience].add(mailbox)
            if self._thread is None:
                self._thread = threading.Thread(target=self._subscribe, name="news", daemon=True)
                self._thread.start()
        try:
            yield mailbox
        finally:
            with self._lock:
                self._waiting[audience].discard(mailbox)
                if not self._waiting[audience]:
                    del self._waiting[audience]

    def _subscribe(self) -> None:
        pause = threading.Event()
        while True:
            try:
                with connect(self._url, timeout_s=5.0) as connection:
                    self._listen(connection)
            except (RedisError, OSError):
                self.is_connected = False
                pause.wait(_RETRY_S)

    def _listen(self, connection: Redis) -> None:
        with connection.pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
            subscription.subscribe(_CHANNEL)
            self.is_connected = True
            while True:
                message = subscription.get_message(timeout=_LISTEN_S)
                if message:
                    self._hand_on(message["data"])

    def _hand_on(self, data: bytes) -> None:
        audience, kind, subject = json.loads(data)
        with self._lock:
            mailboxes = list(self._waiting.get(audience, ()))
        for mailbox in mailboxes:
            try:
                mailbox.put_nowait((kind, subject))
            except queue.Full:
                continue


def init_events(app: Flask, redis_url: str) -> None:
    """Let this process listen."""
    app.extensions["oriel.listeners"] = Listeners(redis_url)


def listeners() -> Listeners:
    """Return this process's listeners."""
    found = current_app.extensions["oriel.listeners"]
    assert isinstance(found, Listeners)
    return found
