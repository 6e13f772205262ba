"""The customer portal: how it is set up, and a customer's way in."""

from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.pagination import page
from tests.peers.stripe.wire import Obj, Refused, only_modelled

_FEATURES: Obj = {
    "customer_update": {"allowed_updates": [], "enabled": False},
    "invoice_history": {"enabled": False},
    "payment_method_update": {"enabled": False, "payment_method_configuration": None},
    "subscription_cancel": {
        "cancellation_reason": {"enabled": False, "options": []},
        "enabled": False,
        "mode": "at_period_end",
        "proration_behavior": "none",
    },
    "subscription_pause": {"duration": {"interval_options": [], "type": "indefinite"}, "enabled": False},
    "subscription_update": {
        "billing_cycle_anchor": None,
        "default_allowed_updates": [],
        "enabled": False,
        "proration_behavior": "none",
        "schedule_at_period_end": {"conditions": []},
        "trial_update_behavior": "end_trial",
    },
}
_BUSINESS: Obj = {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None}


def create_configuration(account: Account, params: Obj) -> Obj:
    """POST /v1/billing_portal/configurations."""
    name = account.new_id("bpc")
    features = {feature: {**known, **_set(params["features"].get(feature))} for feature, known in _FEATURES.items()}
    login = bool(params.get("login_page", {}).get("enabled"))
    configuration = account.add(
        {
            "id": name,
            "object": "billing_portal.configuration",
            "active": True,
            "application": None,
            "business_profile": {**_BUSINESS, **_set(params.get("business_profile"))},
            "created": account.now,
            "default_return_url": params.get("default_return_url") or None,
            "features": features,
            "is_default": False,
            "livemode": False,
            "login_page": {"enabled": login, "url": f"https://billing.stripe.com/p/login/{name}" if login else None},
            "metadata": merged({}, params.get("metadata", {})),
            "name": params.get("name") or None,
            "updated": account.now,
        }
    )
    account.emit("billing_portal.configuration.created", configuration)
    return configuration


def update_configuration(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/billing_portal/configurations/:id."""
    configuration = account.get("billing_portal.configuration", name)
    new: Obj = {field: params[field] for field in ("active", "default_return_url", "name") if field in params}
    if "features" in params:
        before = configuration["features"]
        new["features"] = {field: {**before[field], **_set(params["features"].get(field))} for field in before}
    if "business_profile" in params:
        new["business_profile"] = {**configuration["business_profile"], **_set(params["business_profile"])}
    if "metadata" in params:
        new["metadata"] = merged(configuration["metadata"], params["metadata"])
    account.change(configuration, "billing_portal.configuration.updated", **new, updated=account.now)
    return configuration


def _set(asked: Obj | None) -> Obj:
    return {name: value if value != "" else None for name, value in (asked or {}).items()}


def retrieve_configuration(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/billing_portal/configurations/:id."""
    return account.get("billing_portal.configuration", name)


def list_configurations(account: Account, params: Obj) -> Obj:
    """GET /v1/billing_portal/configurations."""
    found = account.all("billing_portal.configuration")
    for field in ("active", "is_default"):
        if field in params:
            found = [one for one in found if one[field] == params[field]]
    return page(found, params, "/v1/billing_portal/configurations", "active", "is_default")


def create_session(account: Account, params: Obj) -> Obj:
    """POST /v1/billing_portal/sessions."""
    if "customer" not in params:
        raise Refused("Missing required param: customer.", code="parameter_missing", param="customer")
    only_modelled(params, ("configuration", "customer", "flow_data", "locale", "return_url"), "a session of the portal")
    customer = account.living_customer(params["customer"], param="customer")
    configuration = _configuration(account, params)
    flow = params.get("flow_data")
    session = account.add(
        {
            "id": account.new_id("bps"),
            "object": "billing_portal.session",
            "configuration": configuration["id"],
            "created": account.now,
            "customer": customer["id"],
            "customer_account": None,
            "flow": None if flow is None else _flow(account, flow, customer),
            "livemode": False,
            "locale": params.get("locale"),
            "on_behalf_of": None,
            "return_url": params.get("return_url", configuration["default_return_url"]),
            "url": f"https://billing.stripe.com/p/session/{account.new_id('test', 40)}",
        }
    )
    account.emit("billing_portal.session.created", session)
    return session


def _configuration(account: Account, params: Obj) -> Obj:
    if "configuration" in params:
        found = account.get("billing_portal.configuration", params["configuration"], param="configuration")
        if not found["active"]:
            raise Refused(f"The configuration {found['id']} is not active.", param="configuration")
        return found
    known = [one for one in account.all("billing_portal.configuration") if one["is_default"]]
    if not known:
        raise Refused(
            "No configuration provided and your test mode default configuration has not been created. Provide a "
            "configuration or create your default by saving your customer portal settings in test mode at "
            "https://dashboard.stripe.com/test/settings/billing/portal."
        )
    return known[0]


def _flow(account: Account, asked: Obj, customer: Obj) -> Obj:
    kind = asked["type"]
    details = {name: asked.get(name) for name in _FLOWS}
    if kind in _FLOWS:
        about = details[kind]
        if about is None:
            raise Refused(f"Missing required param: flow_data[{kind}].", code="parameter_missing")
        wanted = account.get("subscription", about["subscription"], param=f"flow_data[{kind}][subscription]")
        if wanted["customer"] != customer["id"]:
            raise Refused(f"No such subscription: '{wanted['id']}'", code="resource_missing")
    after = {"hosted_confirmation": None, "redirect": None, "type": "portal_homepage"}
    return {**details, "after_completion": {**after, **asked.get("after_completion", {})}, "type": kind}


_FLOWS = ("subscription_cancel", "subscription_update", "subscription_update_confirm")
