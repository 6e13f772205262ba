"""Development pages: absent in production, and only for requests from this machine."""

from apiflask import APIFlask

from oriel.billing import gateway
from oriel.billing.offline import OfflineGateway
from oriel.dev import mail, payments
from oriel.settings import Settings


def register(app: APIFlask, settings: Settings) -> None:
    """Add this package's pages in development; those of the payment service only if it is the offline one."""
    if settings.is_production:
        return
    app.register_blueprint(mail.routes)
    with app.app_context():
        is_offline = gateway.takes_payments() and isinstance(gateway.payments(), OfflineGateway)
    if is_offline:
        app.register_blueprint(payments.routes)
