"""The web application: a table of contents."""

import logging
from pathlib import Path

from apiflask import APIFlask

from oriel import (
    __version__,
    accounts,
    admin,
    api,
    billing,
    dev,
    health,
    media,
    metrics,
    monitoring,
    pages,
    privacy,
    projects,
)
from oriel.accounts.tokens import init_tokens
from oriel.housekeeping.panel_view import HousekeepingView
from oriel.infra.counters import init_counters
from oriel.infra.database import Base, init_database, migrated_type, one_at_a_time
from oriel.infra.events import init_events
from oriel.infra.failures import init_failures
from oriel.infra.limits import init_limits
from oriel.infra.mail import init_mail
from oriel.infra.migrations import Migrations, refuse_broken_references
from oriel.infra.redis import init_redis
from oriel.infra.storage import init_storage
from oriel.infra.web import init_web
from oriel.rendering import wiring as rendering
from oriel.scaling.routes import routes as scaling_routes
from oriel.settings import Settings, load_settings
from oriel.upload_wiring import upload_dependencies

# The advisory lock of migrations on PostgreSQL; no other lock has this number.
_UPGRADE = 0x0121E1
MIGRATIONS = Path(__file__).parent / "migrations"

alembic = Migrations(metadatas=Base.metadata, run_mkdir=False)
# Without a logging set-up, these libraries write to standard error, between the lines of our commands.
for _library in ("alembic", "sqlalchemy"):
    logging.getLogger(_library).handlers.clear()
    logging.getLogger(_library).setLevel(logging.WARNING)


def create_app(settings: Settings | None = None) -> APIFlask:
    """Return the application, whose database may still be empty."""
    settings = (settings or load_settings()).require_service()
    assert settings.secret_key
    init_failures(settings)
    app = APIFlask(
        "oriel", title="Oriel Signal FX Pro", version=__version__, spec_path="/api/openapi.json", docs_path=None
    )
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        ORIEL=settings,
        ALEMBIC={"script_location": str(MIGRATIONS), "file_template": "v%%(rev)s_%%(slug)s"},
        ALEMBIC_CONTEXT={
            "render_item": migrated_type,
            "render_as_batch": True,
            "on_version_apply": refuse_broken_references,
        },
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=1 << 20,
        SECURITY_SCHEMES={
            "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        },
    )
    init_web(app, settings)
    init_database(app, settings.database_address)
    init_counters(app)
    init_redis(app, settings.redis_address)
    init_limits(app, settings.redis_address)
    init_storage(app, settings)
    init_mail(app, settings)
    init_tokens(app, settings)
    init_events(app, settings.redis_address)
    alembic.init_app(app)
    accounts.register(app)
    privacy.register(app)
    billing.register(app, settings)
    media.register(app, upload_dependencies(settings))
    projects.register(app)
    rendering.register(app)
    monitoring.register(app)
    health.register(app)
    app.register_blueprint(scaling_routes)
    admin.register(app, settings, HousekeepingView())
    metrics.register(app)
    dev.register(app, settings)
    api.register(app)
    pages.register(app, settings)
    return app


def upgrade_database() -> None:
    """Migrate the current application's database; several processes may call it at once."""
    with one_at_a_time(_UPGRADE):
        alembic.upgrade()
