"""Products and prices."""

from decimal import Decimal

from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.pagination import page
from tests.peers.stripe.wire import Obj, Refused, missing, not_modelled, only_modelled

_OF_CHANGED_PRODUCTS = (
    "active",
    "default_price",
    "description",
    "images",
    "marketing_features",
    "metadata",
    "name",
    "shippable",
    "statement_descriptor",
    "tax_code",
    "unit_label",
    "url",
)
_OF_PRODUCTS = (*_OF_CHANGED_PRODUCTS, "default_price_data", "id", "type")
_OF_CHANGED_PRICES = ("active", "lookup_key", "nickname", "tax_behavior")
_OF_PRICES = (
    *_OF_CHANGED_PRICES,
    "billing_scheme",
    "currency",
    "metadata",
    "product",
    "product_data",
    "recurring",
    "transfer_lookup_key",
    "unit_amount",
    "unit_amount_decimal",
)


def create_product(account: Account, params: Obj) -> Obj:
    """POST /v1/products."""
    only_modelled(params, _OF_PRODUCTS, "a product")
    if params.get("id") in account.objects:
        raise Refused("Product already exists.", code="resource_already_exists", param="id")
    product = account.add(
        {
            "id": params.get("id") or account.new_id("prod", 14),
            "object": "product",
            "active": params.get("active", True),
            "created": account.now,
            "default_price": None,
            "description": params.get("description"),
            "images": params.get("images", []),
            "livemode": False,
            "marketing_features": params.get("marketing_features", []),
            "metadata": merged({}, params.get("metadata", {})),
            "name": params["name"],
            "package_dimensions": None,
            "shippable": params.get("shippable"),
            "statement_descriptor": params.get("statement_descriptor"),
            "tax_code": params.get("tax_code"),
            "type": params.get("type", "service"),
            "unit_label": params.get("unit_label"),
            "updated": account.now,
            "url": params.get("url"),
        }
    )
    account.emit("product.created", product)
    if "default_price_data" in params:
        price = create_price(account, {**params["default_price_data"], "product": product["id"]})
        account.change(product, "product.updated", default_price=price["id"])
    return product


def update_product(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/products/:id."""
    only_modelled(params, _OF_CHANGED_PRODUCTS, "a changed product")
    product = account.get("product", name)
    new = {field: value if value != "" else None for field, value in params.items() if field != "expand"}
    if "metadata" in params:
        new["metadata"] = merged(product["metadata"], params["metadata"])
    account.change(product, "product.updated", **new, updated=account.now)
    return product


def retrieve_product(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/products/:id."""
    return account.get("product", name)


def list_products(account: Account, params: Obj) -> Obj:
    """GET /v1/products."""
    found = account.all("product")
    if "active" in params:
        found = [one for one in found if one["active"] == params["active"]]
    if "ids" in params:
        found = [one for one in found if one["id"] in params["ids"]]
    return page(found, params, "/v1/products", "active", "ids")


def create_price(account: Account, params: Obj) -> Obj:
    """POST /v1/prices."""
    only_modelled(params, _OF_PRICES, "a price")
    product = _product_for(account, params)
    _free_lookup_key(account, params)
    amount = _amount(params)
    recurring = params.get("recurring")
    price = account.add(
        {
            "id": account.new_id("price"),
            "object": "price",
            "active": params.get("active", True),
            "billing_scheme": params.get("billing_scheme", "per_unit"),
            "created": account.now,
            "currency": params["currency"].lower(),
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": params.get("lookup_key"),
            "metadata": merged({}, params.get("metadata", {})),
            "nickname": params.get("nickname"),
            "product": product["id"],
            "recurring": None if recurring is None else _recurring(recurring),
            "tax_behavior": params.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time" if recurring is None else "recurring",
            "unit_amount": int(amount) if amount == int(amount) else None,
            "unit_amount_decimal": str(amount),
        }
    )
    account.emit("price.created", price)
    return price


def _product_for(account: Account, params: Obj) -> Obj:
    if "product" in params and "product_data" in params:
        raise Refused("You may only specify one of these parameters: product, product_data.", param="product")
    if "product" in params:
        return account.get("product", params["product"], param="product")
    if "product_data" not in params:
        raise missing("product")
    return create_product(account, params["product_data"])


def _free_lookup_key(account: Account, params: Obj) -> None:
    key = params.get("lookup_key")
    holder = next((one for one in account.all("price") if key and one["lookup_key"] == key), None)
    if holder is None:
        return
    if not params.get("transfer_lookup_key"):
        raise Refused(f"A price (`{holder['id']}`) already uses that lookup key.", param="lookup_key")
    account.change(holder, "price.updated", lookup_key=None)


def _amount(params: Obj) -> Decimal:
    if params.get("billing_scheme") == "tiered":
        raise not_modelled("tiered prices")
    amount = params.get("unit_amount", params.get("unit_amount_decimal"))
    if amount is None:
        raise missing("unit_amount")
    if amount < 0:
        raise Refused("This value must be greater than or equal to 0.", code="parameter_invalid", param="unit_amount")
    return Decimal(amount)


def _recurring(asked: Obj) -> Obj:
    only_modelled(asked, ("interval", "interval_count", "usage_type"), "a recurring price")
    if asked.get("usage_type") == "metered":
        raise not_modelled("metered prices")
    return {
        "interval": asked["interval"],
        "interval_count": asked.get("interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def update_price(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/prices/:id."""
    only_modelled(params, (*_OF_CHANGED_PRICES, "metadata", "transfer_lookup_key"), "a changed price")
    price = account.get("price", name)
    if params.get("lookup_key") not in ("", price["lookup_key"]):
        _free_lookup_key(account, params)
    asked = [field for field in _OF_CHANGED_PRICES if field in params]
    new: Obj = {field: params[field] if params[field] != "" else None for field in asked}
    if "metadata" in params:
        new["metadata"] = merged(price["metadata"], params["metadata"])
    account.change(price, "price.updated", **new)
    return price


def retrieve_price(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/prices/:id."""
    return account.get("price", name)


def list_prices(account: Account, params: Obj) -> Obj:
    """GET /v1/prices."""
    found = account.all("price")
    if "lookup_keys" in params:
        found = [one for one in found if one["lookup_key"] in params["lookup_keys"]]
    for field in ("product", "active", "currency", "type"):
        if field in params:
            found = [one for one in found if one[field] == params[field]]
    if "recurring" in params:
        asked = params["recurring"]
        found = [one for one in found if one["recurring"] and asked.items() <= one["recurring"].items()]
    return page(found, params, "/v1/prices", "lookup_keys", "product", "active", "currency", "type", "recurring")


def plan_of(price: Obj) -> Obj:
    """Give a recurring price in the older form that subscription items still carry."""
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": dict(price["metadata"]),
        "meter": None,
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": None,
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
