"""Where webhooks go, and the events that were sent."""

from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.pagination import page
from tests.peers.stripe.wire import Obj, Refused


def create_endpoint(account: Account, params: Obj) -> Obj:
    """POST /v1/webhook_endpoints: the only answer that shows the secret."""
    endpoint = account.add(
        {
            "id": account.new_id("we"),
            "object": "webhook_endpoint",
            "api_version": params.get("api_version"),
            "application": None,
            "created": account.now,
            "description": params.get("description") or None,
            "enabled_events": _names(params["enabled_events"]),
            "livemode": False,
            "metadata": merged({}, params.get("metadata", {})),
            "status": "enabled",
            "url": _address(params["url"]),
        }
    )
    secret = account.new_id("whsec", 32)
    account.asked[endpoint["id"]] = {"secret": secret}
    return {**endpoint, "secret": secret}


def _names(asked: list[str]) -> list[str]:
    if "*" in asked and len(asked) > 1:
        raise Refused("You cannot select '*' with other events.", param="enabled_events")
    return asked


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise Refused(
            "Invalid URL: An explicit scheme (such as https) must be provided.", code="url_invalid", param="url"
        )
    return url


def update_endpoint(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/webhook_endpoints/:id."""
    endpoint = account.get("webhook_endpoint", name)
    if "url" in params:
        endpoint["url"] = _address(params["url"])
    if "enabled_events" in params:
        endpoint["enabled_events"] = _names(params["enabled_events"])
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    if "description" in params:
        endpoint["description"] = params["description"] or None
    if "metadata" in params:
        endpoint["metadata"] = merged(endpoint["metadata"], params["metadata"])
    return endpoint


def delete_endpoint(account: Account, _: Obj, name: str) -> Obj:
    """DELETE /v1/webhook_endpoints/:id."""
    account.remove(account.get("webhook_endpoint", name))
    return {"id": name, "object": "webhook_endpoint", "deleted": True}


def retrieve_endpoint(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/webhook_endpoints/:id."""
    return account.get("webhook_endpoint", name)


def list_endpoints(account: Account, params: Obj) -> Obj:
    """GET /v1/webhook_endpoints."""
    return page(account.all("webhook_endpoint"), params, "/v1/webhook_endpoints")


def retrieve_event(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/events/:id."""
    return account.get("event", name)


def list_events(account: Account, params: Obj) -> Obj:
    """GET /v1/events."""
    found = account.all("event")
    if "type" in params and "types" in params:
        raise Refused("You may only specify one of these parameters: type, types.")
    if "type" in params:
        found = [one for one in found if _matches(one["type"], params["type"])]
    if "types" in params:
        found = [one for one in found if one["type"] in params["types"]]
    return page(found, params, "/v1/events", "type", "types")


def _matches(name: str, asked: str) -> bool:
    return name.startswith(asked.removesuffix("*")) if asked.endswith("*") else name == asked
