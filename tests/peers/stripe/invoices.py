"""Invoices: drafted, finalised, paid or not."""

from collections.abc import Sequence
from typing import Literal

from tests.peers.stripe import methods, money
from tests.peers.stripe.account import ACCOUNT_ID, Account
from tests.peers.stripe.clock import HOUR_S
from tests.peers.stripe.pagination import everything, page
from tests.peers.stripe.wire import Obj, missing, not_modelled

_SAYS = {"subscription_create": "Subscription creation", "subscription_cycle": "Subscription update"}


def draft(
    account: Account, customer: Obj, reason: str, lines: Sequence[Obj], period: tuple[int, int], parent: Obj | None
) -> Obj:
    """Make an invoice; `parent` is the subscription that it is for, `period` the one before the lines' own."""
    invoice = account.add(_new(account, account.new_id("in"), customer, reason, lines, period, parent))
    account.emit("invoice.created", invoice)
    return invoice


def previewed(account: Account, customer: Obj, lines: Sequence[Obj], period: tuple[int, int], parent: Obj) -> Obj:
    """Give an invoice that is not made: as it would be, after the customer's credit."""
    invoice = _new(account, account.new_id("upcoming_in"), customer, "upcoming", lines, period, parent)
    due = due_of(customer, invoice["total"])
    return {**invoice, "amount_due": due, "amount_remaining": due}


def _new(
    account: Account,
    name: str,
    customer: Obj,
    reason: str,
    lines: Sequence[Obj],
    period: tuple[int, int],
    parent: Obj | None,
) -> Obj:
    total = sum(line["amount"] for line in lines)
    for line in lines:
        line["invoice"] = name
    return {
        "id": name,
        "object": "invoice",
        "account_country": "US",
        "account_name": "Oriel",
        "account_tax_ids": None,
        "amount_due": max(total, 0),
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_remaining": max(total, 0),
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": account.now + HOUR_S,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": account.now,
        "currency": lines[0]["currency"],
        "custom_fields": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "lines": everything(list(lines), f"/v1/invoices/{name}/lines"),
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": account.now + HOUR_S,
        "number": None,
        "on_behalf_of": None,
        "parent": None if parent is None else _parent(parent),
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": period[1],
        "period_start": period[0],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "starting_balance": customer["balance"],
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "test_clock": None,
        "total": total,
        "total_discount_amounts": [],
        "total_excluding_tax": total,
        "total_pretax_credit_amounts": [],
        "total_taxes": [],
        "webhooks_delivered_at": None,
    }


def _parent(subscription: Obj) -> Obj:
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": dict(subscription["metadata"]),
            "subscription": subscription["id"],
        },
        "type": "subscription_details",
    }


def line(
    account: Account, price: Obj, quantity: int, says: str, period: tuple[int, int], amount: int | None = None
) -> Obj:
    """Make a line of an invoice."""
    total = price["unit_amount"] * quantity if amount is None else amount
    return {
        "id": account.new_id("il"),
        "object": "line_item",
        "amount": total,
        "currency": price["currency"],
        "description": says,
        "discount_amounts": [],
        "discountable": amount is None,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": None,
        "period": {"start": period[0], "end": period[1]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": str(total if amount is not None else price["unit_amount_decimal"]),
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": None,
        "subtotal": total,
        "taxes": [],
    }


def finalise(account: Account, invoice: Obj, *, already_paid_by: str | None = None) -> None:
    """Give an invoice its number and its final amount, after the customer's balance."""
    customer = account.get("customer", invoice["customer"])
    balance, total = customer["balance"], invoice["total"]
    # A negative balance is credit; what an invoice gives back becomes credit.
    used = 0 if already_paid_by else total if total < 0 else min(total, max(-balance, 0))
    due = max(total, 0) - max(used, 0)
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    account.change(customer, "customer.updated" if used else None, balance=balance + used)
    customer["next_invoice_sequence"] += 1
    address = account.new_id("test", 40)
    invoice.update(
        amount_due=due,
        amount_remaining=due,
        automatically_finalizes_at=None,
        effective_at=account.now,
        ending_balance=customer["balance"],
        hosted_invoice_url=f"https://invoice.stripe.com/i/{ACCOUNT_ID}/{address}?s=ap",
        invoice_pdf=f"https://pay.stripe.com/invoice/{ACCOUNT_ID}/{address}/pdf?s=ap",
        number=number,
        starting_balance=balance,
        status="open",
    )
    invoice["status_transitions"]["finalized_at"] = account.now
    if due:
        _expect_payment(account, invoice, already_paid_by or _new_intent(account, invoice))
    account.emit("invoice.finalized", invoice)


def _new_intent(account: Account, invoice: Obj) -> str:
    says = _SAYS.get(invoice["billing_reason"], "Payment for Invoice")
    intent = money.new_intent(
        account, invoice["amount_due"], invoice["currency"], invoice["customer"], description=says
    )
    return str(intent["id"])


def _expect_payment(account: Account, invoice: Obj, intent: str) -> None:
    account.payment_of[invoice["id"]] = intent
    account.add(
        {
            "id": account.new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": account.now,
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent, "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )


def intent_of(account: Account, invoice: Obj) -> Obj | None:
    """Give the payment intent of an invoice; one with nothing due has none."""
    return account.objects.get(account.payment_of.get(invoice["id"], ""))


def due_of(customer: Obj, total: int) -> int:
    """Say what an invoice of so much would take, after the customer's credit."""
    credit: int = max(-customer["balance"], 0)
    return max(0, total - credit)


def collect(account: Account, invoice: Obj, method: Obj | None) -> Literal["paid", "failed", "processing"]:
    """Try to take what is due, and say what became of that; a bank account says nothing for days."""
    intent = intent_of(account, invoice)
    invoice["attempted"] = True
    if intent is not None:
        invoice["attempt_count"] += 1
        if method is None:
            return "failed"
        if methods.takes_days(method):
            money.process(account, intent, method)
            invoice["next_payment_attempt"] = None
            return "processing"
        if methods.declines(account, method, invoice["customer"]):
            money.fail(account, intent, method)
            return "failed"
        money.succeed(account, intent, method)
    mark_paid(account, invoice)
    return "paid"


def void(account: Account, invoice: Obj) -> None:
    """Give an invoice up that nobody shall pay any more."""
    invoice.update(status="void", auto_advance=False, next_payment_attempt=None)
    invoice["status_transitions"]["voided_at"] = account.now
    for payment in payments_of(account, invoice):
        payment["status"] = "canceled"
        payment["status_transitions"]["canceled_at"] = account.now
    intent = intent_of(account, invoice)
    if intent is not None:
        money.cancel(account, intent, "void_invoice")
    account.emit("invoice.voided", invoice)


def mark_paid(account: Account, invoice: Obj) -> None:
    """Settle an invoice whose money is there."""
    due = invoice["amount_due"]
    invoice.update(status="paid", amount_paid=due, amount_remaining=0, next_payment_attempt=None, attempted=True)
    invoice["status_transitions"]["paid_at"] = account.now
    for payment in payments_of(account, invoice):
        payment.update(amount_paid=due, status="paid")
        payment["status_transitions"]["paid_at"] = account.now
        account.emit("invoice_payment.paid", payment)
    account.emit("invoice.paid", invoice)
    account.emit("invoice.payment_succeeded", invoice)


def payments_of(account: Account, invoice: Obj) -> list[Obj]:
    """Give the payments that were made for an invoice."""
    return [one for one in account.all("invoice_payment") if one["invoice"] == invoice["id"]]


def subscription_of(invoice: Obj) -> str | None:
    """Give the subscription that an invoice is for."""
    parent = invoice["parent"]
    return parent["subscription_details"]["subscription"] if parent else None


def retrieve_invoice(account: Account, _: Obj, name: str) -> Obj:
    """GET /v1/invoices/:id."""
    return account.get("invoice", name)


def list_invoices(account: Account, params: Obj) -> Obj:
    """GET /v1/invoices."""
    found = account.all("invoice")
    for field in ("customer", "status", "collection_method"):
        if field in params:
            found = [one for one in found if one[field] == params[field]]
    if "subscription" in params:
        found = [one for one in found if subscription_of(one) == params["subscription"]]
    return page(found, params, "/v1/invoices", "customer", "status", "collection_method", "subscription")


def list_payments(account: Account, params: Obj) -> Obj:
    """GET /v1/invoice_payments: how a payment intent leads to its invoice in this version."""
    found = account.all("invoice_payment")
    for field in ("invoice", "status"):
        if field in params:
            found = [one for one in found if one[field] == params[field]]
    if "payment" in params:
        wanted = _intent_asked_for(params["payment"])
        found = [one for one in found if one["payment"]["payment_intent"] == wanted]
    return page(found, params, "/v1/invoice_payments", "invoice", "status", "payment")


def _intent_asked_for(asked: Obj) -> str:
    if asked["type"] != "payment_intent":
        raise not_modelled(f"payments of the type {asked['type']}")
    if "payment_intent" not in asked:
        raise missing("payment[payment_intent]")
    return str(asked["payment_intent"])
