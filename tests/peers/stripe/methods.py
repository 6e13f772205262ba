"""Payment methods: cards and bank accounts, Stripe's own for tests among them."""

from tests.peers.stripe.account import Account
from tests.peers.stripe.wire import Obj, Refused, missing

_NO_ADDRESS: Obj = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}
_CHECKS: Obj = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"}
# Stripe's names of test cards: each use of one makes a payment method with an id of its own.
_DECLINED_AT_ONCE, _FAILS_WHEN_CHARGED = "pm_card_chargeDeclined", "pm_card_chargeCustomerFail"
_LAST_FOUR = {"pm_card_visa": "4242", _DECLINED_AT_ONCE: "0002", _FAILS_WHEN_CHARGED: "0341"}


def billing_details(email: str | None, name: str | None) -> Obj:
    """Give what a customer has typed beside the card."""
    return {"address": dict(_NO_ADDRESS), "email": email, "name": name, "phone": None, "tax_id": None}


def new_card(account: Account, customer: str | None, details: Obj, *, last_four: str = "4242") -> Obj:
    """Make a card."""
    card: Obj = {
        "brand": "visa",
        "checks": dict(_CHECKS),
        "country": "US",
        "display_brand": "visa",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": "PeerOfTheTests00",
        "funding": "credit",
        "generated_from": None,
        "last4": last_four,
        "networks": {"available": ["visa"], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return _new_method(account, customer, details, "card", card)


def new_bank_account(account: Account, customer: str | None, details: Obj) -> Obj:
    """Make a bank account that may be debited, which takes days."""
    bank: Obj = {
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": "BankOfTheTests00",
        "last4": "6789",
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": "110000000",
        "status_details": {},
    }
    return _new_method(account, customer, details, "us_bank_account", bank)


def _new_method(account: Account, customer: str | None, details: Obj, kind: str, itself: Obj) -> Obj:
    return account.add(
        {
            "id": account.new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": details,
            kind: itself,
            "created": account.now,
            "customer": customer,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": kind,
        }
    )


def takes_days(method: Obj) -> bool:
    """Say whether it is known only after days that the money has come."""
    return bool(method["type"] != "card")


def declines(account: Account, method: Obj, customer: str | None) -> bool:
    """Say whether a charge of a customer's fails at once."""
    return not takes_days(method) and (customer in account.declined or method["id"] in account.failing)


def found(account: Account, name: str, *, param: str = "id") -> Obj:
    """Find a payment method; of a test card, a new one.

    Raises:
        Refused: There is none.
    """
    if name not in _LAST_FOUR:
        return account.get("payment_method", name, param=param)
    made = new_card(account, None, billing_details(None, None), last_four=_LAST_FOUR[name])
    if name != "pm_card_visa":
        account.failing.add(made["id"])
    return made


def of_customer(account: Account, name: str, customer: str, *, param: str) -> Obj:
    """Find a payment method of a customer's.

    Raises:
        Refused: It is not attached to this customer.
    """
    known = account.objects.get(name)
    if known is None or known["object"] != "payment_method" or known["customer"] != customer:
        raise Refused(
            f"The customer does not have a payment method with the ID {name}. The payment method must be attached to "
            "the customer.",
            code="resource_missing",
            param=param,
        )
    return known


def attach_method(account: Account, params: Obj, name: str) -> Obj:
    """POST /v1/payment_methods/:id/attach."""
    if "customer" not in params:
        raise missing("customer")
    customer = account.living_customer(params["customer"], param="customer")
    if name == _DECLINED_AT_ONCE:
        raise declined()
    method = found(account, name)
    if method["customer"] == customer["id"]:
        return method
    if method["customer"] is not None:
        raise Refused("The payment method you provided has already been attached to a customer.")
    method["customer"] = customer["id"]
    account.emit("payment_method.attached", method)
    return method


def detach_method(account: Account, _: Obj, name: str) -> Obj:
    """POST /v1/payment_methods/:id/detach: nothing is charged to it any more."""
    method = account.get("payment_method", name)
    if method["customer"] is None:
        raise Refused("The payment method you provided is not attached to a customer so detachment is impossible.")
    settings = account.get("customer", method["customer"])["invoice_settings"]
    for holder in (settings, *account.all("subscription")):
        if holder["default_payment_method"] == name:
            holder["default_payment_method"] = None
    account.change(method, "payment_method.detached", customer=None)
    return method


def declined(**more: object) -> Refused:
    """Make the refusal for a card that its bank declines."""
    return Refused(
        "Your card was declined.",
        status=402,
        kind="card_error",
        code="card_declined",
        more={"decline_code": "generic_decline", **more},
    )


def retrieve_method(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/payment_methods/:id."""
    return account.get("payment_method", name)


def details_of(amount: int, method: Obj) -> Obj:
    """Give what a charge shows of how it was paid."""
    return _card_details(amount, method) if method["type"] == "card" else _bank_details(method)


def _card_details(amount: int, card: Obj) -> Obj:
    known = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
    return {
        "card": {
            **{name: card["card"][name] for name in known},
            "amount_authorized": amount,
            "authorization_code": "123456",
            "extended_authorization": {"status": "disabled"},
            "incremental_authorization": {"status": "unavailable"},
            "installments": None,
            "mandate": None,
            "multicapture": {"status": "unavailable"},
            "network": "visa",
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": None,
            "transaction_link_id": None,
        },
        "type": "card",
    }


def _bank_details(method: Obj) -> Obj:
    known = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
    shown = {name: method["us_bank_account"][name] for name in known}
    return {
        "type": "us_bank_account",
        "us_bank_account": {**shown, "expected_debit_date": None, "mandate": None, "payment_reference": None},
    }
