"""The WSGI application for gunicorn: `gunicorn oriel.wsgi:app`."""

import gc
import os

from oriel.app import create_app
from oriel.infra.logs import log_to_stderr
from oriel.infra.own_memory import hide_memory
from oriel.infra.traces import init_traces
from oriel.settings import load_settings

# Also where gunicorn is started by itself.
os.umask(0o077)
hide_memory()
_settings = load_settings()
log_to_stderr("web", as_json=_settings.is_production)
app = create_app(_settings)
init_traces(_settings, "web")

# What is here now stays. Python need not look through all of it for garbage again and again, while nobody is served.
gc.collect()
gc.freeze()
