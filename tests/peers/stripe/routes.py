"""Every call that the peer answers, with the type of its parameters."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tests.peers.stripe import (
    catalogue,
    checkout,
    customers,
    endpoints,
    intents,
    invoices,
    methods,
    money,
    portal,
    subscription_changes,
    subscription_create,
    subscriptions,
)
from tests.peers.stripe.wire import Obj, Refused

from stripe import params as known
from stripe.params import billing_portal
from stripe.params import checkout as known_checkout

Answer = Callable[..., Obj]


@dataclass(frozen=True)
class Route:
    """One kind of call."""

    method: str
    path: re.Pattern[str]
    spec: type
    answer: Answer


def _route(method: str, path: str, spec: type, answer: Answer) -> Route:
    return Route(method, re.compile(path.replace(":id", "([^/]+)")), spec, answer)


ROUTES = [
    _route("POST", "/v1/products", known.ProductCreateParams, catalogue.create_product),
    _route("GET", "/v1/products", known.ProductListParams, catalogue.list_products),
    _route("GET", "/v1/products/:id", known.ProductRetrieveParams, catalogue.retrieve_product),
    _route("POST", "/v1/products/:id", known.ProductUpdateParams, catalogue.update_product),
    _route("POST", "/v1/prices", known.PriceCreateParams, catalogue.create_price),
    _route("GET", "/v1/prices", known.PriceListParams, catalogue.list_prices),
    _route("GET", "/v1/prices/:id", known.PriceRetrieveParams, catalogue.retrieve_price),
    _route("POST", "/v1/prices/:id", known.PriceUpdateParams, catalogue.update_price),
    _route("POST", "/v1/customers", known.CustomerCreateParams, customers.create_customer),
    _route("GET", "/v1/customers", known.CustomerListParams, customers.list_customers),
    _route("GET", "/v1/customers/:id", known.CustomerRetrieveParams, customers.retrieve_customer),
    _route("POST", "/v1/customers/:id", known.CustomerUpdateParams, customers.update_customer),
    _route("DELETE", "/v1/customers/:id", known.CustomerDeleteParams, customers.delete_customer),
    _route("POST", "/v1/checkout/sessions", known_checkout.SessionCreateParams, checkout.create_session),
    _route("GET", "/v1/checkout/sessions", known_checkout.SessionListParams, checkout.list_sessions),
    _route("GET", "/v1/checkout/sessions/:id", known_checkout.SessionRetrieveParams, checkout.retrieve_session),
    _route("POST", "/v1/checkout/sessions/:id/expire", known_checkout.SessionExpireParams, checkout.expire_session),
    _route(
        "GET",
        "/v1/checkout/sessions/:id/line_items",
        known_checkout.SessionLineItemListParams,
        checkout.list_line_items,
    ),
    _route("POST", "/v1/payment_intents", known.PaymentIntentCreateParams, intents.create_intent),
    _route("GET", "/v1/payment_intents", known.PaymentIntentListParams, money.list_intents),
    _route("GET", "/v1/payment_intents/:id", known.PaymentIntentRetrieveParams, money.retrieve_intent),
    _route("GET", "/v1/payment_methods/:id", known.PaymentMethodRetrieveParams, methods.retrieve_method),
    _route("POST", "/v1/payment_methods/:id/attach", known.PaymentMethodAttachParams, methods.attach_method),
    _route("POST", "/v1/payment_methods/:id/detach", known.PaymentMethodDetachParams, methods.detach_method),
    _route("GET", "/v1/charges", known.ChargeListParams, money.list_charges),
    _route("GET", "/v1/charges/:id", known.ChargeRetrieveParams, money.retrieve_charge),
    _route("POST", "/v1/refunds", known.RefundCreateParams, money.create_refund),
    _route("GET", "/v1/refunds", known.RefundListParams, money.list_refunds),
    _route("GET", "/v1/refunds/:id", known.RefundRetrieveParams, money.retrieve_refund),
    _route("GET", "/v1/disputes", known.DisputeListParams, money.list_disputes),
    _route("GET", "/v1/disputes/:id", known.DisputeRetrieveParams, money.retrieve_dispute),
    _route("POST", "/v1/subscriptions", known.SubscriptionCreateParams, subscription_create.create_subscription),
    _route("GET", "/v1/subscriptions", known.SubscriptionListParams, subscriptions.list_subscriptions),
    _route("GET", "/v1/subscriptions/:id", known.SubscriptionRetrieveParams, subscriptions.retrieve_subscription),
    _route("POST", "/v1/subscriptions/:id", known.SubscriptionUpdateParams, subscription_changes.update_subscription),
    _route("DELETE", "/v1/subscriptions/:id", known.SubscriptionCancelParams, subscriptions.cancel_subscription),
    _route("GET", "/v1/invoices", known.InvoiceListParams, invoices.list_invoices),
    _route("GET", "/v1/invoices/:id", known.InvoiceRetrieveParams, invoices.retrieve_invoice),
    _route(
        "POST", "/v1/invoices/create_preview", known.InvoiceCreatePreviewParams, subscription_changes.create_preview
    ),
    _route("GET", "/v1/invoice_payments", known.InvoicePaymentListParams, invoices.list_payments),
    _route(
        "POST",
        "/v1/billing_portal/configurations",
        billing_portal.ConfigurationCreateParams,
        portal.create_configuration,
    ),
    _route(
        "GET", "/v1/billing_portal/configurations", billing_portal.ConfigurationListParams, portal.list_configurations
    ),
    _route(
        "GET",
        "/v1/billing_portal/configurations/:id",
        billing_portal.ConfigurationRetrieveParams,
        portal.retrieve_configuration,
    ),
    _route(
        "POST",
        "/v1/billing_portal/configurations/:id",
        billing_portal.ConfigurationUpdateParams,
        portal.update_configuration,
    ),
    _route("POST", "/v1/billing_portal/sessions", billing_portal.SessionCreateParams, portal.create_session),
    _route("POST", "/v1/webhook_endpoints", known.WebhookEndpointCreateParams, endpoints.create_endpoint),
    _route("GET", "/v1/webhook_endpoints", known.WebhookEndpointListParams, endpoints.list_endpoints),
    _route("GET", "/v1/webhook_endpoints/:id", known.WebhookEndpointRetrieveParams, endpoints.retrieve_endpoint),
    _route("POST", "/v1/webhook_endpoints/:id", known.WebhookEndpointUpdateParams, endpoints.update_endpoint),
    _route("DELETE", "/v1/webhook_endpoints/:id", known.WebhookEndpointDeleteParams, endpoints.delete_endpoint),
    _route("GET", "/v1/events", known.EventListParams, endpoints.list_events),
    _route("GET", "/v1/events/:id", known.EventRetrieveParams, endpoints.retrieve_event),
]


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """Find what answers a call, with the identifiers in its path.

    Raises:
        Refused: Nothing does.
    """
    for route in ROUTES:
        match = route.path.fullmatch(path) if route.method == method else None
        if match:
            return route, match.groups()
    raise Refused(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/.",
        status=404,
    )
