"""Plans, rights to renders, and payments."""

from apiflask import APIFlask

from oriel.accounts import personal_data
from oriel.billing import models
from oriel.billing.billing_data import BILLING_DATA
from oriel.billing.gateway import PaymentGateway, init_payments
from oriel.billing.offline import OfflineGateway
from oriel.billing.payment_routes import pages
from oriel.billing.payment_routes import routes as payment_routes
from oriel.billing.plan_statistics import register_statistics
from oriel.billing.routes import routes
from oriel.billing.stripe_gateway import StripeGateway
from oriel.settings import Settings, stored_secret

__all__ = ["models", "register"]


def register(app: APIFlask, settings: Settings) -> None:
    """Add this domain's routes, the payment service, and the plan's figures in profiles."""
    init_payments(app, gateway_of(settings))
    app.register_blueprint(routes)
    app.register_blueprint(payment_routes)
    app.register_blueprint(pages)
    register_statistics()
    personal_data.register(BILLING_DATA)


def gateway_of(settings: Settings) -> PaymentGateway | None:
    """Return Stripe if its key is set, otherwise the offline service; None in production: paid plans are off."""
    secret = settings.stripe_webhook_secret.get_secret_value() if settings.stripe_webhook_secret else None
    if settings.stripe_secret_key:
        return StripeGateway(settings.stripe_secret_key.get_secret_value(), secret or "", settings.stripe_prices)
    if settings.is_production:
        return None
    folder = settings.data_root
    return OfflineGateway(folder, settings.base_url, secret or stored_secret(folder / ".offline-webhook-secret"))
