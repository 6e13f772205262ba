"""Logs: a JSON object a line in production, short lines in development; each with the request that caused it."""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from oriel.infra.masking import without_owners

# The request or the job on whose behalf the present thread works.
correlation: ContextVar[str] = ContextVar("correlation", default="")

# Stripe's would log each request's address, which holds the customer's id.
_LIBRARIES = ("alembic", "google", "httpx", "httpcore", "urllib3", "rq", "stripe", "werkzeug", "gunicorn.access")


def log_to_stderr(process: str, *, as_json: bool, level: int = logging.INFO) -> None:
    """Send everything to standard error, replacing what was set up before."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process) if as_json else ShortLines(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def facts(**values: object) -> dict[str, dict[str, object]]:
    """Return `extra` for a log call: values that a search can find. No secrets and no addresses of customers."""
    return {"facts": values}


class JsonLines(logging.Formatter):
    """For machines that collect."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if correlation.get():
            line["correlation"] = correlation.get()
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return without_owners(json.dumps(line, default=str, ensure_ascii=False))


class ShortLines(logging.Formatter):
    """For a person at a terminal."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, and the trace below it."""
        when = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        facts = " ".join(f"{name}={value}" for name, value in getattr(record, "facts", {}).items())
        mark = "" if record.levelno < logging.WARNING else f"{record.levelname} "
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        line = f"{when} {self._process:7} {mark}{record.getMessage()}{'  ' + facts if facts else ''}{trace}"
        return without_owners(line)
