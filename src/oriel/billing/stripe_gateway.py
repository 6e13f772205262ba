"""The payment gateway to Stripe, with its own library and a pinned API version."""

import contextlib
import functools
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ParamSpec, TypeVar, cast

import stripe
from stripe import Charge, PaymentIntent, StripeClient
from stripe import Invoice as StripeInvoice
from stripe import Subscription as StripeSubscription
from stripe.checkout import Session

from oriel.billing.gateway import (
    Checkout,
    CheckoutFacts,
    CustomerGone,
    Event,
    GivenBack,
    Invoice,
    OpenCheckout,
    Quote,
    SubscriptionFacts,
)
from oriel.billing.signatures import event_of, read_signed
from oriel.billing.stripe_breaker import CircuitBreaker, misunderstood
from oriel.billing.stripe_facts import (
    STATES,
    bank_refusal,
    checkout_facts,
    id_of,
    invoice_facts,
    quote_later,
    quote_now,
    subscription_facts,
    time_of,
)
from oriel.errors import CardDeclined, InvalidEvent, NotFound, PaymentsUnavailable, WrongState
from oriel.infra.counters import Counter
from oriel.infra.logs import facts as logged

_log = logging.getLogger("oriel.payments")

# The products that `oriel billing setup` makes, by their ids, which stay when a price changes.
PRODUCTS = {f"oriel_{name}": name for name in ("pro", "enterprise", "render")}

CALLS = Counter("oriel_stripe_calls", "Calls to Stripe, by what became of them", ("result",))

API_VERSION = "2026-10-28.endive"
_CONNECT_S, _READ_S = 3.0, 10.0
_PAGE = 100
_MISSING = "resource_missing"
_UNKNOWN = "The payment service does not know this object."
# A dispute in any other state is undecided.
_DECIDED = ("won", "lost", "warning_closed", "prevented")

Given = ParamSpec("Given")
Answer = TypeVar("Answer")


class StripeGateway:
    """The production gateway; `prices` are price ids by plan, with "render" for the single render."""

    def __init__(
        self, key: str, webhook_secret: str, prices: Mapping[str, str], *, base_url: str | None = None
    ) -> None:
        self._secret = webhook_secret
        self._prices = dict(prices)
        self._plans = {price: plan for plan, price in prices.items()}
        self._client = StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base_url} if base_url else None,
            max_network_retries=1,
            http_client=stripe.RequestsClient(timeout=(_CONNECT_S, _READ_S)),
        ).v1
        self._rest = CircuitBreaker()

    def check(self) -> None:
        """List one price, which a restricted key of ours may do as well."""
        self._ask(self._client.prices.list, cast("Any", {"limit": 1}))

    def customer(self, user_id: str, email: str, name: str, *, instead_of: str | None = None) -> str:
        """Create a customer; the same call within a day returns the same one, even if it was deleted."""
        params = {"email": email, "metadata": {"user_id": user_id}}
        if name:
            params["name"] = name
        # Stripe refuses other parameters under the same key, so the key contains them.
        words = hashlib.sha256(f"{email} {name} {instead_of or ''}".encode()).hexdigest()[:12]
        made = self._ask(self._client.customers.create, cast("Any", params), _once("customer", f"{user_id}-{words}"))
        return made.id

    def forget_customer(self, customer_id: str) -> None:
        """Delete the customer: Stripe ends the subscriptions and keeps the invoices."""
        # Stripe does not find a customer that was deleted before.
        with contextlib.suppress(NotFound):
            self._ask(self._client.customers.delete, customer_id)

    def open_checkout(self, checkout: Checkout) -> OpenCheckout:
        """Open a Stripe Checkout page."""
        labels = {"payment_id": checkout.payment_id}
        params: dict[str, Any] = {
            "customer": checkout.customer_id,
            "client_reference_id": checkout.payment_id,
            "line_items": [{"price": self._price(checkout.product), "quantity": 1}],
            "metadata": labels,
            "success_url": checkout.success_url,
            "cancel_url": checkout.cancel_url,
            "expires_at": int(checkout.expires_at.timestamp()),
        }
        if checkout.product == "render":
            params |= {"mode": "payment", "payment_intent_data": {"metadata": labels}}
        else:
            trial = {"trial_period_days": checkout.trial_days} if checkout.trial_days else {}
            params |= {"mode": "subscription", "subscription_data": {"metadata": labels, **trial}}
        once = _once("checkout", f"{checkout.payment_id}-{checkout.customer_id}")
        opened = self._ask_for_customer(self._client.checkout.sessions.create, cast("Any", params), once)
        assert opened.url
        return OpenCheckout(opened.id, opened.url)

    def checkout(self, session_id: str) -> CheckoutFacts:
        """Fetch a page with its charge or its subscription."""
        expand = cast("Any", {"expand": ["payment_intent.latest_charge", "subscription", "invoice"]})
        session = self._ask(self._client.checkout.sessions.retrieve, session_id, expand)
        intent = session.payment_intent if isinstance(session.payment_intent, PaymentIntent) else None
        is_refused = session.status == "complete" and self._is_refused(session, intent)
        back, declined = self._back(intent) if intent else GivenBack(), bank_refusal(self._tried_with(session, intent))
        return checkout_facts(session, intent, back, is_refused=is_refused, declined=declined)

    def checkout_that_paid(self, paid_as: str) -> str | None:
        """Search for the page of a payment intent."""
        pages = self._ask(self._client.checkout.sessions.list, cast("Any", {"payment_intent": paid_as, "limit": 1}))
        return pages.data[0].id if pages.data else None

    def bill_paid_as(self, paid_as: str) -> str | None:
        """Search for the invoice of a payment intent."""
        of_payment = {"type": "payment_intent", "payment_intent": paid_as}
        payments = self._ask(self._client.invoice_payments.list, cast("Any", {"payment": of_payment, "limit": 1}))
        return id_of(payments.data[0].invoice) if payments.data else None

    def given_back(self, invoice_id: str) -> GivenBack:
        """Add up the refunds of an invoice's payments; most invoices have one."""
        backs = [self._back(intent) for intent in self._intents_of(invoice_id, {"status": "paid"})]
        return GivenBack(
            refunded=sum(back.refunded for back in backs),
            disputed=any(back.disputed for back in backs),
            dispute_lost=any(back.dispute_lost for back in backs),
        )

    def expire_checkout(self, session_id: str) -> None:
        """Close a page; ignore Stripe's refusal if it is closed already."""
        try:
            self._try(self._client.checkout.sessions.expire, session_id)
        except stripe.InvalidRequestError as error:
            if self.checkout(session_id).state == "open":
                raise PaymentsUnavailable(
                    f"Stripe did not close the payment page: {error.user_message or error}"
                ) from error

    def refund(self, paid_as: str) -> None:
        """Refund what is left of a payment intent.

        Without an idempotency key: Stripe would repeat a refusal, such as one during a dispute, for a day. Stripe
        itself never refunds more than was paid.
        """
        self._give_back(paid_as, but_for=("charge_already_refunded",))

    def subscription(self, subscription_id: str) -> SubscriptionFacts:
        """Fetch a subscription."""
        return self._facts(self._ask(self._client.subscriptions.retrieve, subscription_id))

    def subscriptions_of(self, customer_id: str) -> Sequence[SubscriptionFacts]:
        """List those that are not cancelled; nobody has a hundred."""
        listed = self._ask(self._client.subscriptions.list, cast("Any", {"customer": customer_id, "limit": _PAGE}))
        facts = [self._facts(subscription) for subscription in listed.data]
        return [fact for fact in facts if fact.state != "over"]

    def all_subscriptions(self) -> Sequence[SubscriptionFacts]:
        """List those that are not cancelled, a hundred a call."""
        params = cast("Any", {"limit": _PAGE})
        listed = self._ask(lambda: list(self._client.subscriptions.list(params).auto_paging_iter()))
        facts = [self._facts(subscription) for subscription in listed]
        return [fact for fact in facts if fact.state != "over"]

    def quote_upgrade(self, subscription_id: str, plan: str, at: datetime) -> Quote:
        """Fetch a preview of the invoice."""
        subscription = self._subscription(subscription_id)
        if subscription.status == "trialing":
            return self._quoted_later(subscription, plan)
        return quote_now(self._preview(subscription, plan, _new_period(at)))

    def quote_change_at_period_end(self, subscription_id: str, plan: str) -> Quote:
        """Fetch a preview of the next period's invoice."""
        return self._quoted_later(self._subscription(subscription_id), plan)

    def upgrade(self, subscription_id: str, plan: str, at: datetime) -> None:
        """Change the item's price and start a new period; a declined card changes nothing.

        Without an idempotency key of ours: Stripe would repeat "declined" for a day. The library has a key within one
        call, and Stripe refuses a second change, because `at` lies before the period that the first one started.
        """
        subscription = self._subscription(subscription_id)
        params: dict[str, Any] = (
            {"proration_behavior": "none"} if subscription.status == "trialing" else _new_period(at)
        )
        params |= {"payment_behavior": "error_if_incomplete", "metadata": _kept(None, None)}
        try:
            self._change_price(subscription, plan, params)
        except stripe.CardError as error:
            raise CardDeclined(error.user_message or "Your card was declined.") from error

    def change_at_period_end(self, subscription_id: str, plan: str, *, kept_plan: str | None) -> None:
        """Change the price without an invoice; Stripe charges it when the next period starts."""
        subscription = self._subscription(subscription_id)
        until = subscription.items.data[0].current_period_end if kept_plan else None
        self._change_price(subscription, plan, {"proration_behavior": "none", "metadata": _kept(kept_plan, until)})

    def cancel_at_period_end(self, subscription_id: str, *, cancel: bool) -> None:
        """Set or clear the end; the portal sets a date, which is cleared in another way."""
        wish: dict[str, Any] = {"cancel_at_period_end": cancel}
        if not cancel:
            subscription = self._ask(self._client.subscriptions.retrieve, subscription_id)
            if subscription.cancel_at and not subscription.cancel_at_period_end:
                wish = {"cancel_at": ""}
        self._update(subscription_id, wish)

    def end_subscription(self, subscription_id: str) -> None:
        """Refund the latest invoice, then cancel: we do not look at a cancelled subscription again."""
        expand = cast("Any", {"expand": ["latest_invoice.payments"]})
        subscription = self._ask(self._client.subscriptions.retrieve, subscription_id, expand)
        invoice = subscription.latest_invoice
        if isinstance(invoice, StripeInvoice) and invoice.payments:
            for paid in invoice.payments.data:
                if paid.status == "paid" and isinstance(paid.payment.payment_intent, str):
                    self._give_back(paid.payment.payment_intent, but_for=("charge_already_refunded", "charge_disputed"))
        if subscription.status != "canceled":
            # Stripe does not find a subscription that was cancelled before.
            with contextlib.suppress(NotFound):
                self._ask(self._client.subscriptions.cancel, subscription_id)

    def portal(self, customer_id: str, return_url: str) -> str:
        """Open Stripe's own page for cards and invoices."""
        params = {"customer": customer_id, "return_url": return_url, "configuration": self._portal}
        return self._ask_for_customer(self._client.billing_portal.sessions.create, cast("Any", params)).url

    def invoice(self, invoice_id: str) -> Invoice:
        """Fetch an invoice."""
        return invoice_facts(self._ask(self._client.invoices.retrieve, invoice_id), self._plans)

    def invoices(self, customer_id: str) -> Sequence[Invoice]:
        """List all invoices."""
        params = cast("Any", {"customer": customer_id, "limit": _PAGE})
        bills = self._ask(lambda: list(self._client.invoices.list(params).auto_paging_iter()))
        return [invoice_facts(invoice, self._plans) for invoice in bills]

    def read_event(self, body: bytes, signature: str) -> Event:
        """Check the signature over the raw body."""
        return read_signed(body, signature, self._secret)

    def events_since(self, moment: datetime) -> Sequence[Event]:
        """List all events since; Stripe keeps them for thirty days."""
        params = cast("Any", {"created": {"gte": int(moment.timestamp())}, "limit": _PAGE})
        events = self._ask(lambda: list(self._client.events.list(params).auto_paging_iter()))
        return list(_readable(reversed(events)))

    @functools.cached_property
    def _portal(self) -> str:
        known = self._ask(self._client.billing_portal.configurations.list, cast("Any", {"active": True})).data
        for configuration in known:
            if configuration.metadata and configuration.metadata.to_dict().get("service") == "oriel":
                return configuration.id
        # Plans change only through us, because after a downgrade the paid plan must hold until the period's end.
        features = {
            "payment_method_update": {"enabled": True},
            "invoice_history": {"enabled": True},
            "customer_update": {"enabled": True, "allowed_updates": ["address", "tax_id"]},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
        }
        params = cast("Any", {"features": features, "metadata": {"service": "oriel"}})
        return self._ask(self._client.billing_portal.configurations.create, params).id

    def _intents_of(self, invoice_id: str, which: Mapping[str, str]) -> list[PaymentIntent]:
        """List an invoice's payment intents, each with its latest charge."""
        paid = self._ask(self._client.invoice_payments.list, cast("Any", {"invoice": invoice_id, **which}))
        intents = [id_of(each.payment.payment_intent) for each in paid.data]
        expand, retrieve = cast("Any", {"expand": ["latest_charge"]}), self._client.payment_intents.retrieve
        return [self._ask(retrieve, intent, expand) for intent in intents if intent]

    def _is_refused(self, session: Session, intent: PaymentIntent | None) -> bool:
        """Return whether the bank declined a page's payment, perhaps after days."""
        if intent:
            return intent.status in ("requires_payment_method", "canceled")
        # The subscription is active until the bank has decided, unless somebody ends it.
        subscription, invoice_id = session.subscription, id_of(session.invoice)
        if not isinstance(subscription, StripeSubscription):
            return False
        if STATES.get(subscription.status) not in ("past_due", "over"):
            return False
        return not invoice_id or all(known.status != "processing" for known in self._intents_of(invoice_id, {}))

    def _subscription(self, subscription_id: str) -> StripeSubscription:
        return self._ask(self._client.subscriptions.retrieve, subscription_id)

    def _tried_with(self, session: Session, intent: PaymentIntent | None) -> PaymentIntent | None:
        """Return the payment attempted on a page; Stripe does not link it to an open page for a subscription."""
        if intent or session.mode != "subscription" or session.status != "open" or not session.customer:
            return intent
        since = {"customer": id_of(session.customer), "created": {"gte": session.created}, "limit": _PAGE}
        tried = self._ask(self._client.payment_intents.list, cast("Any", since)).data
        # Payments of single renders carry a label; the latest payment comes first.
        return next((each for each in tried if "payment_id" not in each.metadata.to_dict()), None)

    def _quoted_later(self, subscription: StripeSubscription, plan: str) -> Quote:
        preview = self._preview(subscription, plan, {"proration_behavior": "none"})
        return quote_later(preview, time_of(subscription.items.data[0].current_period_end))

    def _preview(self, subscription: StripeSubscription, plan: str, how: dict[str, Any]) -> StripeInvoice:
        params = {
            "subscription": subscription.id,
            "subscription_details": {"items": self._repriced(subscription, plan), **how},
        }
        return self._tried_change(self._client.invoices.create_preview, cast("Any", params))

    def _repriced(self, subscription: StripeSubscription, plan: str) -> list[dict[str, str]]:
        return [{"id": subscription.items.data[0].id, "price": self._price(plan)}]

    def _give_back(self, paid_as: str, *, but_for: Sequence[str]) -> None:
        try:
            self._try(self._client.refunds.create, cast("Any", {"payment_intent": paid_as}))
        except stripe.StripeError as error:
            if error.code not in but_for:
                raise PaymentsUnavailable(f"Stripe refused the refund: {error.user_message or error}") from error

    def _change_price(self, subscription: StripeSubscription, plan: str, how: dict[str, Any]) -> None:
        self._update(subscription.id, {"items": self._repriced(subscription, plan), **how})

    def _update(self, subscription_id: str, params: dict[str, Any]) -> None:
        self._tried_change(self._client.subscriptions.update, subscription_id, cast("Any", params))

    def _tried_change(self, call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        try:
            return self._try(call, *args, **kwargs)
        except stripe.InvalidRequestError as error:
            # Most often the subscription has ended, and its event is not here yet.
            raise WrongState(f"This subscription cannot be changed: {error.user_message or error}") from error

    def _plan_of(self, price: stripe.Price) -> str | None:
        """Return the plan of a price; an old price still belongs to the plan's product."""
        return self._plans.get(price.id) or PRODUCTS.get(id_of(price.product) or "")

    def _price(self, product: str) -> str:
        try:
            return self._prices[product]
        except KeyError:
            raise PaymentsUnavailable(f"There is no price for {product} on this server.") from None

    def _back(self, intent: PaymentIntent) -> GivenBack:
        charge = intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
        if charge is None:
            return GivenBack()
        disputes: list[stripe.Dispute] = []
        if charge.disputed:
            disputes = self._ask(self._client.disputes.list, cast("Any", {"payment_intent": intent.id})).data
        return GivenBack(
            refunded=charge.amount_refunded,
            disputed=any(dispute.status not in _DECIDED for dispute in disputes),
            dispute_lost=any(dispute.status == "lost" for dispute in disputes),
        )

    def _facts(self, subscription: StripeSubscription) -> SubscriptionFacts:
        return subscription_facts(subscription, self._plan_of(subscription.items.data[0].price))

    def _ask(self, call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        """Make a call; raise NotFound, or PaymentsUnavailable if Stripe is down or rejects the call."""
        try:
            return self._try(call, *args, **kwargs)
        except CustomerGone as error:
            raise NotFound(_UNKNOWN) from error
        except stripe.StripeError as error:
            raise misunderstood() from error

    def _ask_for_customer(self, call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        """Make a call for a customer; raise CustomerGone, or PaymentsUnavailable if anything else is missing."""
        try:
            return self._try(call, *args, **kwargs)
        except (NotFound, stripe.StripeError) as error:
            # A missing price is our misconfiguration.
            raise misunderstood() from error

    def _try(self, call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        """Make a call; raise NotFound, CustomerGone, PaymentsUnavailable if Stripe is down, and its own refusals."""
        try:
            answer = self._rest.guard(functools.partial(call, *args, **kwargs))
        except PaymentsUnavailable:
            CALLS.add("unavailable")
            raise
        except stripe.CardError:
            CALLS.add("declined")
            raise
        except stripe.InvalidRequestError as error:
            CALLS.add("refused")
            if error.code == _MISSING:
                if error.param == "customer":
                    raise CustomerGone from error
                raise NotFound(_UNKNOWN) from error
            raise
        CALLS.add("ok")
        return answer


def _readable(events: Iterable[stripe.Event]) -> Iterator[Event]:
    """Yield what we keep of each event; log one that cannot be read, so that the others are still reconciled."""
    for event in events:
        try:
            yield event_of(event.to_dict())
        except InvalidEvent:
            _log.warning("An event of Stripe's cannot be read.", extra=logged(event=event.id, kind=event.type))


def _new_period(at: datetime) -> dict[str, Any]:
    """Return the parameters that start a new period, less the unused part of the old one at this time."""
    anew = {"billing_cycle_anchor": {"type": "now"}, "proration_behavior": "always_invoice"}
    return {**anew, "proration_date": int(at.timestamp())}


def _kept(plan: str | None, until: int | None) -> dict[str, str]:
    """Return a subscription's labels; Stripe deletes an empty one."""
    return {"kept_plan": plan or "", "kept_until": str(until or "")}


def _once(what: str, whose: str) -> Any:  # noqa: ANN401  (the library's options)
    return {"idempotency_key": f"oriel-{what}-{whose}"}
