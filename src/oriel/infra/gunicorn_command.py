"""The gunicorn command line of the web processes."""

import resource
import sys

from oriel.settings import Settings

# Half of the threads may be held by WebSockets, of which 300 are to be open at once.
_THREADS = 640
_GRACE_S = 5
# Connections of one process: each is a file.
_MOST_CONNECTIONS = 4000
# The database, Redis, files that are being sent, logs.
_OTHER_FILES = 300


def gunicorn_command(settings: Settings) -> list[str]:
    """Return the command that serves the application; raise this process's limit on open files, which it inherits."""
    connections = min(_MOST_CONNECTIONS, _raised_file_limit() - _OTHER_FILES)
    options = {
        "bind": f"{settings.bind_host}:{settings.port}",
        "worker-class": "oriel.infra.web_server.BufferingWorker",
        "workers": settings.web_processes,
        "worker-connections": connections,
        "threads": min(_THREADS, connections),
        "graceful-timeout": _GRACE_S,
        "timeout": 120,
        "keep-alive": 5,
        "log-level": "warning",
    }
    given = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    # The control socket would lie in the user's home.
    # The application is loaded once, and the processes that serve it share its memory.
    return [sys.executable, "-m", "gunicorn", "oriel.wsgi:app", *given, "--preload", "--no-control-socket"]


def _raised_file_limit() -> int:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
