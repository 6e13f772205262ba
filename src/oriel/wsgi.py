"""What gunicorn serves: `gunicorn oriel.wsgi:app`."""

from oriel.app import create_app
from oriel.infra.logs import log_to_stderr
from oriel.settings import load_settings

_settings = load_settings()
log_to_stderr("web", as_json=_settings.is_production)
app = create_app(_settings)
