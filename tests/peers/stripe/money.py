"""Payment intents, charges, refunds and disputes."""

from tests.peers.stripe import methods
from tests.peers.stripe.account import Account, merged
from tests.peers.stripe.clock import DAY_S
from tests.peers.stripe.pagination import filters, page
from tests.peers.stripe.wire import NotOpen, Obj, Refused, not_modelled, only_modelled

_ANSWER_WITHIN_DAYS = 14


def new_intent(account: Account, amount: int, currency: str, customer: str | None, **more: object) -> Obj:
    """Make a payment intent that waits for a card."""
    name = account.new_id("pi")
    intent: Obj = {
        "id": name,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": account.new_id(f"{name}_secret"),
        "confirmation_method": "automatic",
        "created": account.now,
        "currency": currency,
        "customer": customer,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    intent.update(more)
    account.add(intent)
    account.emit("payment_intent.created", intent)
    return intent


def succeed(account: Account, intent: Obj, card: Obj) -> None:
    """Take the money for a payment intent."""
    charge = _pending_charge(account, intent) or _new_charge(account, intent, card)
    charge.update(_SUCCEEDED)
    charge["amount_captured"] = intent["amount"]
    charge["balance_transaction"] = account.new_id("txn")
    charge["receipt_url"] = f"https://pay.stripe.com/receipts/payment/{account.new_id('CAcaFwoV', 40)}"
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        payment_method=card["id"],
        last_payment_error=None,
    )
    account.emit("charge.succeeded", charge)
    account.emit("payment_intent.succeeded", intent)


def process(account: Account, intent: Obj, card: Obj) -> None:
    """Begin a payment that takes days."""
    charge = _new_charge(account, intent, card)
    charge.update(status="pending")
    intent.update(
        status="processing",
        latest_charge=charge["id"],
        payment_method=card["id"],
        payment_method_types=["card", card["type"]],
    )
    account.emit("charge.pending", charge)
    account.emit("payment_intent.processing", intent)


def fail(account: Account, intent: Obj, method: Obj) -> None:
    """Have the card declined, or the debit returned by the bank."""
    charge = _pending_charge(account, intent) or _new_charge(account, intent, method)
    charge.update(_RETURNED if methods.takes_days(method) else _DECLINED)
    error = {
        "charge": charge["id"],
        "code": charge["failure_code"],
        "message": charge["failure_message"],
        "payment_method": dict(method),
        "type": "card_error",
    }
    if not methods.takes_days(method):
        error["decline_code"] = "generic_decline"
    intent.update(
        status="requires_payment_method", latest_charge=charge["id"], payment_method=None, last_payment_error=error
    )
    account.emit("charge.failed", charge)
    account.emit("payment_intent.payment_failed", intent)


def cancel(account: Account, intent: Obj, reason: str) -> None:
    """Give a payment up that was not made."""
    intent.update(status="canceled", canceled_at=account.now, cancellation_reason=reason)
    account.emit("payment_intent.canceled", intent)


_OUTCOME: Obj = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 7,
    "seller_message": "Payment complete.",
    "type": "authorized",
}
_SUCCEEDED: Obj = {"status": "succeeded", "paid": True, "captured": True, "outcome": _OUTCOME}
_DECLINED: Obj = {
    "status": "failed",
    "paid": False,
    "failure_code": "card_declined",
    "failure_message": "Your card was declined.",
    "outcome": {
        **_OUTCOME,
        "network_decline_code": "01",
        "network_status": "declined_by_network",
        "reason": "generic_decline",
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    },
}

_RETURNED: Obj = {
    "status": "failed",
    "paid": False,
    "failure_code": "insufficient_funds",
    "failure_message": "The customer's account has insufficient funds to cover this payment.",
}


def _pending_charge(account: Account, intent: Obj) -> Obj | None:
    charge = account.objects.get(intent["latest_charge"] or "")
    return charge if charge and charge["status"] == "pending" else None


def _new_charge(account: Account, intent: Obj, card: Obj) -> Obj:
    return account.add(
        {
            "id": account.new_id("py" if methods.takes_days(card) else "ch"),
            "object": "charge",
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "application": None,
            "application_fee": None,
            "application_fee_amount": None,
            "balance_transaction": None,
            "billing_details": dict(card["billing_details"]),
            "calculated_statement_descriptor": "ORIEL",
            "captured": False,
            "created": account.now,
            "currency": intent["currency"],
            "customer": intent["customer"],
            "description": intent["description"],
            "disputed": False,
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "fraud_details": {},
            "livemode": False,
            "metadata": dict(intent["metadata"]),
            "on_behalf_of": None,
            "outcome": None,
            "paid": False,
            "payment_intent": intent["id"],
            "payment_method": card["id"],
            "payment_method_details": methods.details_of(intent["amount"], card),
            "receipt_email": intent["receipt_email"],
            "receipt_number": None,
            "receipt_url": None,
            "refunded": False,
            "review": None,
            "shipping": None,
            "source": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "pending",
            "transfer_data": None,
            "transfer_group": None,
        }
    )


def retrieve_intent(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/payment_intents/:id."""
    return account.get("payment_intent", name)


def list_intents(account: Account, params: Obj) -> Obj:
    """GET /v1/payment_intents."""
    found = _matching(account.all("payment_intent"), params)
    return page(found, params, "/v1/payment_intents", "customer")


def retrieve_charge(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/charges/:id."""
    return account.get("charge", name)


def list_charges(account: Account, params: Obj) -> Obj:
    """GET /v1/charges."""
    return page(_matching(account.all("charge"), params), params, "/v1/charges", "customer", "payment_intent")


def _matching(found: list[Obj], params: Obj) -> list[Obj]:
    asked = filters(params)
    return [one for one in found if all(one.get(name) == value for name, value in asked.items())]


def create_refund(account: Account, params: Obj) -> Obj:
    """POST /v1/refunds: the whole rest unless an amount is given."""
    only_modelled(params, ("amount", "charge", "metadata", "payment_intent", "reason"), "a refund")
    charge = _charge_to_refund(account, params)
    rest = charge["amount_captured"] - charge["amount_refunded"]
    _check_refund(account, charge, rest, params)
    amount = params.get("amount", rest)
    refund = account.add(_new_refund(account, charge, amount, params))
    account.emit("refund.created", refund)
    refunded = charge["amount_refunded"] + amount
    account.change(charge, "charge.refunded", amount_refunded=refunded, refunded=refunded == charge["amount_captured"])
    return refund


def fail_refund(account: Account, refund: Obj) -> None:
    """Have the bank return what was refunded: it is the account's again, and the charge can be refunded anew."""
    charge = account.get("charge", refund["charge"])
    refund.update(
        status="failed", failure_reason="lost_or_stolen_card", failure_balance_transaction=account.new_id("txn")
    )
    charge.update(amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
    account.emit("refund.failed", refund)


def _charge_to_refund(account: Account, params: Obj) -> Obj:
    if "charge" in params:
        return account.get("charge", params["charge"], param="charge")
    if "payment_intent" not in params:
        raise Refused(
            "One of the following params should be provided for this request: payment_intent or charge.",
            code="parameter_missing",
        )
    intent = account.get("payment_intent", params["payment_intent"], param="payment_intent")
    charge = account.objects.get(intent["latest_charge"] or "")
    if charge is None or charge["status"] != "succeeded":
        raise Refused(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", param="payment_intent"
        )
    return charge


def _check_refund(account: Account, charge: Obj, rest: int, params: Obj) -> None:
    if charge["status"] != "succeeded":
        raise Refused(f"Charge {charge['id']} is not refundable: it has not succeeded.", param="charge")
    if charge["refunded"]:
        raise Refused(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if not all(dispute["is_charge_refundable"] for dispute in _disputes_of(account, charge)):
        raise Refused(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    amount = params.get("amount", rest)
    if amount < 1:
        raise Refused(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > rest:
        paid = "unrefunded amount on charge" if charge["amount_refunded"] else "charge amount"
        raise Refused(f"Refund amount ({_money(amount)}) is greater than {paid} ({_money(rest)})", param="amount")


def _money(cents: int) -> str:
    return f"${cents / 100:,.2f}"


def _new_refund(account: Account, charge: Obj, amount: int, params: Obj) -> Obj:
    return {
        "id": account.new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": account.new_id("txn"),
        "charge": charge["id"],
        "created": account.now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": _destination(charge),
        "metadata": merged({}, params.get("metadata", {})),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _destination(charge: Obj) -> Obj:
    kind = charge["payment_method_details"]["type"]
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}
    return {"card": card, "type": "card"} if kind == "card" else {"type": kind}


def retrieve_refund(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/refunds/:id."""
    return account.get("refund", name)


def list_refunds(account: Account, params: Obj) -> Obj:
    """GET /v1/refunds."""
    return page(_matching(account.all("refund"), params), params, "/v1/refunds", "charge", "payment_intent")


def refunds_of(account: Account, charge: Obj) -> list[Obj]:
    """Give a charge's refunds, the newest first."""
    return [one for one in account.all("refund") if one["charge"] == charge["id"]]


def open_dispute(account: Account, intent: Obj) -> Obj:
    """Have the customer's bank take the money back."""
    if intent["status"] != "succeeded":
        raise NotOpen(intent["status"])
    charge = account.get("charge", intent["latest_charge"])
    if charge["payment_method_details"]["type"] != "card":
        raise not_modelled("disputes of bank debits")
    dispute = account.add(
        {
            "id": account.new_id("du"),
            "object": "dispute",
            "amount": charge["amount"],
            "balance_transactions": [],
            "charge": charge["id"],
            "created": account.now,
            "currency": charge["currency"],
            "enhanced_eligibility_types": [],
            "evidence": dict(_NO_EVIDENCE),
            "evidence_details": {
                "due_by": account.now + _ANSWER_WITHIN_DAYS * DAY_S,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
                "submission_method": "not_submitted",
            },
            "is_charge_refundable": False,
            "livemode": False,
            "metadata": {},
            "payment_intent": intent["id"],
            "payment_method_details": {
                "card": {"brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4"},
                "type": "card",
            },
            "reason": "fraudulent",
            "status": "needs_response",
        }
    )
    charge["disputed"] = True
    account.emit("charge.dispute.created", dispute)
    account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


_NO_EVIDENCE: Obj = {
    "access_activity_log": None,
    "billing_address": None,
    "cancellation_policy": None,
    "cancellation_policy_disclosure": None,
    "cancellation_rebuttal": None,
    "customer_communication": None,
    "customer_email_address": None,
    "customer_name": None,
    "customer_purchase_ip": None,
    "customer_signature": None,
    "duplicate_charge_documentation": None,
    "duplicate_charge_explanation": None,
    "duplicate_charge_id": None,
    "enhanced_evidence": {},
    "product_description": None,
    "receipt": None,
    "refund_policy": None,
    "refund_policy_disclosure": None,
    "refund_refusal_explanation": None,
    "service_date": None,
    "service_documentation": None,
    "shipping_address": None,
    "shipping_carrier": None,
    "shipping_date": None,
    "shipping_documentation": None,
    "shipping_tracking_number": None,
    "uncategorized_file": None,
    "uncategorized_text": None,
}


def settle_dispute(account: Account, dispute: Obj, *, won: bool) -> None:
    """Have the bank decide: a charge that was won can be refunded again."""
    if dispute["status"] != "needs_response":
        raise NotOpen(dispute["status"])
    dispute.update(status="won" if won else "lost", is_charge_refundable=won)
    account.emit("charge.dispute.closed", dispute)
    if won:
        account.emit("charge.dispute.funds_reinstated", dispute)


def _disputes_of(account: Account, charge: Obj) -> list[Obj]:
    return [one for one in account.all("dispute") if one["charge"] == charge["id"]]


def retrieve_dispute(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/disputes/:id."""
    return account.get("dispute", name)


def list_disputes(account: Account, params: Obj) -> Obj:
    """GET /v1/disputes."""
    return page(_matching(account.all("dispute"), params), params, "/v1/disputes", "charge", "payment_intent")
