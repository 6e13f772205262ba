"""Hints: a word on a queue that something waits. The row is the truth, so a hint may be lost, late or doubled."""

from datetime import timedelta

from redis import Redis
from rq import Queue
from rq.exceptions import DequeueTimeout
from rq.serializers import JSONSerializer

from oriel.infra import retention
from oriel.infra.redis import if_there, redis

VIDEO_RENDERING = "video_rendering"
HIGH_PRIORITY = "high_priority"
CLEANUP = "cleanup"
# More than this many hints wake nobody who is not awake already.
_ENOUGH = 100
# Nothing in Redis lives longer.
_LIFE_S = int(
    retention.keep(
        "counters",
        "Counts of your requests, and renders that wait",
        retention.REDIS,
        timedelta(hours=1),
        "after the last call",
    ).total_seconds()
)


def queue(name: str, connection: Redis | None = None) -> Queue:
    """Return one of the three queues; jobs are JSON, since a pickle from Redis would be code."""
    return Queue(name, connection=connection or redis(), serializer=JSONSerializer)


def hint(name: str, function: str, *arguments: str) -> bool:
    """Put a hint on a queue; return False where Redis is away, which delays the work and loses nothing."""
    return if_there(lambda: _enqueue(name, function, arguments), False)


def _enqueue(name: str, function: str, arguments: tuple[str, ...]) -> bool:
    hints = queue(name)
    if hints.count < _ENOUGH:
        hints.enqueue(function, *arguments, result_ttl=0, failure_ttl=0, ttl=_LIFE_S)
    return True


def take(name: str, connection: Redis, wait_s: int) -> tuple[str, tuple[str, ...]] | None:
    """Wait for a hint and return its function and arguments, or None after `wait_s` seconds."""
    try:
        found = Queue.dequeue_any(
            [queue(name, connection)], timeout=wait_s, connection=connection, serializer=JSONSerializer
        )
    except DequeueTimeout:
        return None
    if found is None:
        return None
    job, _ = found
    function, arguments = str(job.func_name), tuple(str(argument) for argument in job.args)
    job.delete(remove_from_queue=False)
    return function, arguments
