"""Sets up a Stripe account: products, prices, webhook. Safe to repeat."""

from dataclasses import dataclass
from typing import Any, cast

import stripe
from stripe import StripeClient

from oriel.billing.journal import EVENT_KINDS
from oriel.billing.plans import CREDIT, ENTERPRISE, PRO, Plan
from oriel.billing.stripe_gateway import API_VERSION
from oriel.errors import PaymentsUnavailable
from oriel.mails.wording import money

_CURRENCY = "usd"


@dataclass(frozen=True)
class Prepared:
    """The settings to use, and (`made`) the objects that were created."""

    settings: dict[str, str]
    made: list[str]


def prepare_account(client: StripeClient, webhook_url: str | None) -> Prepared:
    """Create what is missing; raise PaymentsUnavailable with Stripe's own words if it refuses."""
    made: list[str] = []
    try:
        settings = {
            f"STRIPE_PRICE_{name.upper()}": _price(client, name, plan, made)
            for name, plan in (("pro", PRO), ("enterprise", ENTERPRISE), ("render", CREDIT))
        }
        if webhook_url:
            settings |= _webhook(client, webhook_url, made)
    except stripe.StripeError as error:
        raise PaymentsUnavailable(f"Stripe refuses: {error.user_message or error}") from error
    return Prepared(settings, made)


def looks_ready(key: str, prices: dict[str, str], base_url: str | None = None) -> str | None:
    """Return the problem that keeps this account from taking payments, or None."""
    addresses = cast("Any", {"api": base_url} if base_url else None)
    client = StripeClient(key, stripe_version=API_VERSION, base_addresses=addresses)
    try:
        for name, plan in (("pro", PRO), ("enterprise", ENTERPRISE), ("render", CREDIT)):
            price = client.v1.prices.retrieve(prices[name])
            there = money(price.unit_amount or 0, price.currency)
            if (price.unit_amount, price.currency) != (plan.price_cents, _CURRENCY):
                return f"the price of {name} is {there}, and the plan costs {money(plan.price_cents, _CURRENCY)}"
    except stripe.StripeError as error:
        return f"Stripe refuses: {error.user_message or error}"
    return None


def _price(client: StripeClient, name: str, plan: Plan, made: list[str]) -> str:
    """Return the id of a plan's price; replace one with another amount, which existing subscribers keep."""
    key = f"oriel_{name}"
    for price in client.v1.prices.list(cast("Any", {"lookup_keys": [key], "active": True})).data:
        if (price.unit_amount, price.currency) == (plan.price_cents, _CURRENCY):
            return price.id
    params: dict[str, Any] = {
        "product": _product(client, key, plan, made),
        "currency": _CURRENCY,
        "unit_amount": plan.price_cents,
        "lookup_key": key,
        "transfer_lookup_key": True,
    }
    if plan is not CREDIT:
        params["recurring"] = {"interval": "month"}
    made.append(f"price {key}")
    return client.v1.prices.create(cast("Any", params)).id


def _product(client: StripeClient, key: str, plan: Plan, made: list[str]) -> str:
    try:
        return client.v1.products.retrieve(key).id
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise
    made.append(f"product {key}")
    return client.v1.products.create(cast("Any", {"id": key, "name": f"Oriel Signal FX: {plan.title}"})).id


def _webhook(client: StripeClient, url: str, made: list[str]) -> dict[str, str]:
    known = client.v1.webhook_endpoints.list(cast("Any", {"limit": 100})).data
    ours = next((endpoint for endpoint in known if endpoint.url == url), None)
    if ours:
        # Stripe shows an endpoint's secret only once.
        _complete_events(client, ours, made)
        return {}
    params = {"url": url, "enabled_events": list(EVENT_KINDS), "api_version": API_VERSION}
    made.append(f"webhook {url}")
    return {"STRIPE_WEBHOOK_SECRET": client.v1.webhook_endpoints.create(cast("Any", params)).secret or ""}


def _complete_events(client: StripeClient, endpoint: stripe.WebhookEndpoint, made: list[str]) -> None:
    """Add the events that this version needs to an endpoint's own."""
    sent = endpoint.enabled_events
    missing = [kind for kind in EVENT_KINDS if kind not in sent]
    if missing and "*" not in sent:
        client.v1.webhook_endpoints.update(endpoint.id, cast("Any", {"enabled_events": [*sent, *missing]}))
        made.append(f"events of webhook {endpoint.url}: {', '.join(missing)}")
