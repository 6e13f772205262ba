"""Subscriptions created by an API call, without Checkout."""

from tests.peers.stripe import invoices, methods, subscriptions
from tests.peers.stripe.account import Account
from tests.peers.stripe.wire import Obj, Refused, missing, not_modelled, only_modelled

_OF_SUBSCRIPTIONS = (
    "billing_mode",
    "customer",
    "default_payment_method",
    "description",
    "items",
    "metadata",
    "off_session",
    "payment_behavior",
    "proration_behavior",
    "trial_period_days",
)
_LONGEST_TRIAL_DAYS = 730


def create_subscription(account: Account, params: Obj) -> Obj:
    """POST /v1/subscriptions: paid at once by the payment method given, or the customer's."""
    only_modelled(params, _OF_SUBSCRIPTIONS, "a subscription")
    if "customer" not in params:
        raise missing("customer")
    customer = account.living_customer(params["customer"], param="customer")
    check_trial(params, "trial_period_days")
    item = _item(account, params)
    method = _method(account, params, customer)
    behaviour = params.get("payment_behavior", "allow_incomplete")
    due = 0 if "trial_period_days" in params else invoices.due_of(customer, item[0]["unit_amount"] * item[1])
    if due:
        _check_payment(account, method, customer, behaviour)
    fails = due and (
        method is None or behaviour == "default_incomplete" or methods.declines(account, method, customer["id"])
    )
    subscription = subscriptions.begin(account, customer, [item], params, params.get("default_payment_method"))
    if fails:
        subscription["status"] = "incomplete"
    _bill(account, customer, subscription, tried=behaviour != "default_incomplete" or not due)
    return subscription


def check_trial(params: Obj, param: str) -> None:
    """Refuse a trial that is too short or too long."""
    days = params.get("trial_period_days", 1)
    if days < 1:
        raise Refused("The minimum number of trial period days is 1.", param=param)
    if days > _LONGEST_TRIAL_DAYS:
        raise Refused(f"The maximum number of trial period days is {_LONGEST_TRIAL_DAYS} (2 years).", param=param)


def _item(account: Account, params: Obj) -> tuple[Obj, int]:
    asked = params.get("items", [])
    if not asked:
        raise missing("items")
    if len(asked) > 1:
        raise not_modelled("subscriptions with several items")
    only_modelled(asked[0], ("price", "quantity"), "a subscription's item")
    if "price" not in asked[0]:
        raise missing("items[0][price]")
    return subscriptions.price_for_item(account, asked[0]["price"]), asked[0].get("quantity", 1)


def _method(account: Account, params: Obj, customer: Obj) -> Obj | None:
    own = params.get("default_payment_method")
    if own:
        return methods.of_customer(account, own, customer["id"], param="default_payment_method")
    return account.objects.get(customer["invoice_settings"]["default_payment_method"] or "")


def _check_payment(account: Account, method: Obj | None, customer: Obj, behaviour: str) -> None:
    if behaviour == "pending_if_incomplete":
        raise Refused(
            "`payment_behavior` cannot be `pending_if_incomplete` when a subscription is created.",
            param="payment_behavior",
        )
    if behaviour == "error_if_incomplete" or (behaviour == "allow_incomplete" and method is None):
        subscriptions.check_method(account, method, customer)


def _bill(account: Account, customer: Obj, subscription: Obj, *, tried: bool) -> None:
    lines = subscriptions.lines_for(account, subscription)
    now = (account.now, account.now)
    invoice = invoices.draft(account, customer, "subscription_create", lines, now, subscription)
    subscription["latest_invoice"] = invoice["id"]
    subscriptions.say_begun(account, subscription)
    invoices.finalise(account, invoice)
    # It is the customer's turn: nobody tries by itself.
    invoice["next_payment_attempt"] = None
    if tried:
        subscriptions.try_to_collect(account, subscription, invoice)
