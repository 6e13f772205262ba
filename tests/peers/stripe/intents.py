"""Payment intents that are made by a call, and confirmed with it."""

from tests.peers.stripe import methods, money
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.wire import Obj, Refused, only_modelled

_LEAST_CENTS = 50
_PLAIN = ("automatic_payment_methods", "description", "receipt_email", "setup_future_usage")
_OF_INTENTS = (
    *_PLAIN,
    "amount",
    "confirm",
    "currency",
    "customer",
    "metadata",
    "off_session",
    "payment_method",
    "return_url",
)


def create_intent(account: Account, params: Obj) -> Obj:
    """POST /v1/payment_intents: with `confirm` the money is taken at once."""
    only_modelled(params, _OF_INTENTS, "a payment intent")
    _check_intent(account, params)
    method = _method(account, params)
    more = {name: params[name] for name in _PLAIN if name in params}
    more.setdefault("automatic_payment_methods", {"enabled": True, "allow_redirects": "always"})
    more["metadata"] = merged({}, params.get("metadata", {}))
    intent = money.new_intent(account, params["amount"], params["currency"].lower(), params.get("customer"), **more)
    if method is not None:
        intent.update(status="requires_confirmation", payment_method=method["id"])
    if params.get("confirm"):
        _confirm(account, intent, method)
    return intent


def _check_intent(account: Account, params: Obj) -> None:
    if params["amount"] < _LEAST_CENTS:
        raise Refused("Amount must be at least $0.50 usd", code="amount_too_small", param="amount")
    if "customer" in params:
        account.living_customer(params["customer"], param="customer")
    asked = params.get("automatic_payment_methods", {"enabled": True})
    redirects = asked["enabled"] and asked.get("allow_redirects", "always") == "always"
    if params.get("confirm") and redirects and "return_url" not in params:
        raise Refused(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. If "
            "you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to "
            "`true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and "
            "Payment Intents."
        )


def _method(account: Account, params: Obj) -> Obj | None:
    if "payment_method" not in params:
        return None
    method = methods.found(account, params["payment_method"], param="payment_method")
    if method["customer"] is not None:
        methods.of_customer(account, method["id"], params.get("customer", ""), param="payment_method")
    return method


def _confirm(account: Account, intent: Obj, method: Obj | None) -> None:
    if method is None:
        raise Refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
        )
    if methods.takes_days(method):
        money.process(account, intent, method)
    elif methods.declines(account, method, intent["customer"]):
        money.fail(account, intent, method)
        raise methods.declined(charge=intent["latest_charge"], payment_intent=dict(intent))
    else:
        money.succeed(account, intent, method)
