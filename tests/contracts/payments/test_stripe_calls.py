"""What is paid by calls alone on the Stripe peer, without Checkout: test cards, payments, subscriptions, changes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import stripe
from tests.contracts.payments.shop import PRO_CENTS, RENDER_CENTS, STUDIO_CENTS, Shop, item_of
from tests.peers.stripe import NotOpen, Obj

VISA, FAILING, DECLINED = "pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_chargeDeclined"
NO_REDIRECTS: Obj = {"enabled": True, "allow_redirects": "never"}
BILLED_AT_ONCE: Obj = {"proration_behavior": "always_invoice", "payment_behavior": "error_if_incomplete"}


def with_card(shop: Shop, card: str = VISA) -> str:
    """Give the customer a card to be charged by default."""
    attached = shop.client.v1.payment_methods.attach(card, {"customer": shop.customer}).id
    shop.client.v1.customers.update(shop.customer, {"invoice_settings": {"default_payment_method": attached}})
    return attached


def subscribe(shop: Shop, **more: Any) -> stripe.Subscription:  # noqa: ANN401
    asked: Any = {"customer": shop.customer, "items": [{"price": shop.pro}], **more}
    return shop.client.v1.subscriptions.create(asked)


def pay(shop: Shop, **more: Any) -> stripe.PaymentIntent:  # noqa: ANN401
    asked: Any = {"amount": RENDER_CENTS, "currency": "usd", "automatic_payment_methods": NO_REDIRECTS, **more}
    return shop.client.v1.payment_intents.create(asked)


def refusal(call: Callable[[], object]) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as refused:
        call()
    return refused.value


def told_since(shop: Shop, before: int) -> list[str]:
    return [event["type"] for event in shop.peer.events[before:]]


class TestATestCard:
    def test_that_is_attached_gets_an_id_of_its_own(self, shop: Shop) -> None:
        first, second = (shop.client.v1.payment_methods.attach(VISA, {"customer": shop.customer}) for _ in range(2))
        assert first.id.startswith("pm_")
        assert len({first.id, second.id, VISA}) == 3
        assert (first.customer, first.type) == (shop.customer, "card")
        assert first.card
        assert first.card.last4 == "4242"
        assert shop.peer.events[-1]["type"] == "payment_method.attached"
        assert shop.client.v1.payment_methods.retrieve(first.id).customer == shop.customer

    def test_that_fails_when_it_is_charged_is_attached_well(self, shop: Shop) -> None:
        attached = shop.client.v1.payment_methods.attach(FAILING, {"customer": shop.customer})
        assert attached.card
        assert (attached.customer, attached.card.last4) == (shop.customer, "0341")

    def test_that_is_declined_is_not_even_attached(self, shop: Shop) -> None:
        error = refusal(lambda: shop.client.v1.payment_methods.attach(DECLINED, {"customer": shop.customer}))
        assert isinstance(error, stripe.CardError)
        assert (error.http_status, error.code) == (402, "card_declined")

    def test_attached_again_stays_as_it_is_and_goes_to_no_other(self, shop: Shop) -> None:
        card = with_card(shop)
        before = len(shop.peer.events)
        assert shop.client.v1.payment_methods.attach(card, {"customer": shop.customer}).id == card
        assert not told_since(shop, before)
        other = shop.client.v1.customers.create({"email": "bo@example.com"}).id
        error = refusal(lambda: shop.client.v1.payment_methods.attach(card, {"customer": other}))
        assert "already been attached" in str(error)

    def test_that_is_detached_is_nobodys_and_charged_no_more(self, shop: Shop) -> None:
        card = with_card(shop)
        assert shop.client.v1.payment_methods.detach(card).customer is None
        assert shop.peer.events[-1]["type"] == "payment_method.detached"
        assert shop.peer.events[-1]["data"]["previous_attributes"] == {"customer": shop.customer}
        settings = shop.client.v1.customers.retrieve(shop.customer).invoice_settings
        assert settings
        assert settings.default_payment_method is None
        assert "not attached" in str(refusal(lambda: shop.client.v1.payment_methods.detach(card)))

    def test_needs_somebody_to_belong_to(self, shop: Shop) -> None:
        attach = shop.client.v1.payment_methods.attach
        asked: list[tuple[str, Any, str]] = [(VISA, {}, "customer"), (VISA, {"customer": "cus_unknown"}, "customer")]
        for card, params, param in [*asked, ("pm_unknown", {"customer": shop.customer}, "id")]:
            error = refusal(lambda card=card, params=params: attach(card, params))  # type: ignore[misc]
            assert isinstance(error, stripe.InvalidRequestError)
            assert error.param == param
        assert "No such PaymentMethod: 'pm_unknown'" in str(error)

    def test_is_a_customers_default_only_where_it_is_the_customers(self, shop: Shop) -> None:
        other = shop.client.v1.customers.create({"email": "bo@example.com"}).id
        theirs = shop.client.v1.payment_methods.attach(VISA, {"customer": other}).id
        for card in (theirs, VISA, "pm_unknown"):
            chosen: Any = {"invoice_settings": {"default_payment_method": card}}
            error = refusal(lambda chosen=chosen: shop.client.v1.customers.update(shop.customer, chosen))  # type: ignore[misc]
            assert isinstance(error, stripe.InvalidRequestError)
            assert error.param == "invoice_settings[default_payment_method]"
            assert "must be attached to the customer" in str(error)
        mine = with_card(shop)
        settings = shop.client.v1.customers.retrieve(shop.customer).invoice_settings
        assert settings
        assert settings.default_payment_method == mine


class TestAPayment:
    def test_that_is_confirmed_is_there_at_once(self, shop: Shop) -> None:
        before = len(shop.peer.events)
        paid = pay(shop, customer=shop.customer, payment_method=VISA, confirm=True, expand=["latest_charge"])
        assert (paid.status, paid.amount_received, paid.customer) == ("succeeded", RENDER_CENTS, shop.customer)
        assert isinstance(paid.latest_charge, stripe.Charge)
        assert (paid.latest_charge.paid, paid.latest_charge.amount) == (True, RENDER_CENTS)
        assert told_since(shop, before) == ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded"]
        assert shop.client.v1.refunds.create({"payment_intent": paid.id}).amount == RENDER_CENTS

    def test_that_is_not_confirmed_waits(self, shop: Shop) -> None:
        assert pay(shop).status == "requires_payment_method"
        assert pay(shop, payment_method=VISA).status == "requires_confirmation"
        assert not shop.peer.everything("charge")

    def test_keeps_what_it_is_told(self, shop: Shop) -> None:
        made = pay(shop, description="A render", metadata={"render": "17"})
        assert (made.description, made.metadata.to_dict()) == ("A render", {"render": "17"})
        assert made.automatic_payment_methods
        assert made.automatic_payment_methods.allow_redirects == "never"

    @pytest.mark.parametrize("attached", [True, False])
    def test_with_a_card_that_fails_says_so_and_takes_nothing(self, shop: Shop, attached: bool) -> None:
        card = with_card(shop, FAILING) if attached else FAILING
        error = refusal(lambda: pay(shop, customer=shop.customer, payment_method=card, confirm=True))
        assert isinstance(error, stripe.CardError)
        assert (error.http_status, error.code) == (402, "card_declined")
        assert error.error
        assert error.error.decline_code == "generic_decline"
        assert error.error.payment_intent
        intent = shop.client.v1.payment_intents.retrieve(error.error.payment_intent.id)
        assert (intent.status, intent.amount_received) == ("requires_payment_method", 0)
        assert shop.peer.events[-1]["type"] == "payment_intent.payment_failed"
        assert shop.peer.everything("charge")[-1]["paid"] is False

    @pytest.mark.parametrize(
        ("asked", "code", "param"),
        [
            ({"amount": 49}, "amount_too_small", "amount"),
            ({"customer": "cus_unknown"}, "resource_missing", "customer"),
            ({"payment_method": "pm_unknown"}, "resource_missing", "payment_method"),
            ({"confirm": True}, "payment_intent_unexpected_state", None),
            ({"capture_method": "manual"}, "peer_does_not_model_this", None),
            ({"currncy": "usd"}, "parameter_unknown", "currncy"),
        ],
    )
    def test_that_is_asked_for_wrongly_is_refused(self, shop: Shop, asked: Obj, code: str, param: str | None) -> None:
        error = refusal(lambda: pay(shop, **asked))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.code, error.param) == (code, param)
        assert not shop.peer.everything("charge")

    def test_may_not_lead_anywhere_without_an_address_to_come_back_to(self, shop: Shop) -> None:
        for redirects in ({"enabled": True}, {"enabled": True, "allow_redirects": "always"}):
            asked = {"payment_method": VISA, "confirm": True, "automatic_payment_methods": redirects}
            assert "return_url" in str(refusal(lambda asked=asked: pay(shop, **asked)))  # type: ignore[misc]
            assert pay(shop, **asked, return_url="https://oriel.example.com/").status == "succeeded"

    def test_takes_no_card_of_somebody_elses(self, shop: Shop) -> None:
        card = with_card(shop)
        other = shop.client.v1.customers.create({"email": "bo@example.com"}).id
        for asked in ({}, {"customer": other}):
            error = refusal(lambda asked=asked: pay(shop, payment_method=card, confirm=True, **asked))  # type: ignore[misc]
            assert "must be attached to the customer" in str(error)
        assert pay(shop, payment_method=card, confirm=True, customer=shop.customer).status == "succeeded"


class TestASubscription:
    def test_is_active_with_its_first_bill_paid(self, shop: Shop) -> None:
        with_card(shop)
        before = len(shop.peer.events)
        made = subscribe(shop, metadata={"user": "9"})
        assert (made.status, made.default_payment_method) == ("active", None)
        assert made.metadata.to_dict() == {"user": "9"}
        (bill,) = shop.invoices(made.id)
        assert made.latest_invoice == bill.id
        assert (bill.status, bill.amount_paid, bill.billing_reason) == ("paid", PRO_CENTS, "subscription_create")
        assert told_since(shop, before) == [
            "invoice.created",
            "customer.subscription.created",
            "payment_intent.created",
            "invoice.finalized",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
        ]

    def test_may_have_a_card_of_its_own(self, shop: Shop) -> None:
        with_card(shop, FAILING)
        own = shop.client.v1.payment_methods.attach(VISA, {"customer": shop.customer}).id
        made = subscribe(shop, default_payment_method=own)
        assert (made.status, made.default_payment_method) == ("active", own)
        shop.peer.advance(timedelta(days=32))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "active"

    def test_is_renewed_with_the_customers_card_of_that_time(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop)
        with_card(shop, FAILING)
        shop.peer.advance(timedelta(days=32))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "past_due"
        with_card(shop)
        shop.peer.advance(timedelta(days=2))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "active"

    def test_is_past_due_where_the_card_was_taken_away(self, shop: Shop) -> None:
        card = with_card(shop)
        made = subscribe(shop)
        shop.client.v1.payment_methods.detach(card)
        shop.peer.advance(timedelta(days=32))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "past_due"
        assert len(shop.peer.everything("charge")) == 1

    @pytest.mark.parametrize("behaviour", [None, "allow_incomplete", "error_if_incomplete"])
    def test_needs_a_card(self, shop: Shop, behaviour: str | None) -> None:
        asked = {"payment_behavior": behaviour} if behaviour else {}
        error = refusal(lambda: subscribe(shop, **asked))
        assert isinstance(error, stripe.InvalidRequestError)
        assert (error.http_status, error.code) == (400, "resource_missing")
        assert str(error.user_message).startswith(
            "This customer has no attached payment source or default payment method."
        )
        assert not shop.peer.everything("subscription")
        # It is attached, but nobody has chosen it.
        shop.client.v1.payment_methods.attach(VISA, {"customer": shop.customer})
        refusal(lambda: subscribe(shop, **asked))

    def test_that_must_be_paid_is_not_made_with_a_card_that_fails(self, shop: Shop) -> None:
        with_card(shop, FAILING)
        error = refusal(lambda: subscribe(shop, payment_behavior="error_if_incomplete"))
        assert isinstance(error, stripe.CardError)
        assert (error.http_status, error.code) == (402, "card_declined")
        assert not shop.peer.everything("subscription")
        assert not shop.peer.everything("invoice")

    def test_that_need_not_be_paid_is_incomplete_with_a_card_that_fails(self, shop: Shop) -> None:
        with_card(shop, FAILING)
        made = subscribe(shop)
        (bill,) = shop.invoices(made.id)
        assert (made.status, bill.status, bill.attempt_count) == ("incomplete", "open", 1)
        assert bill.next_payment_attempt is None
        assert shop.peer.events[-1]["type"] == "invoice.payment_failed"
        shop.peer.pay_invoice(str(bill.id))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "active"

    def test_that_waits_for_the_customer_is_incomplete_and_not_tried(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop, payment_behavior="default_incomplete")
        (bill,) = shop.invoices(made.id)
        assert (made.status, bill.status, bill.attempt_count) == ("incomplete", "open", 0)
        assert not shop.peer.everything("charge")
        with pytest.raises(stripe.InvalidRequestError, match="does not model"):
            shop.client.v1.subscriptions.update(made.id, {"cancel_at_period_end": True})
        shop.peer.advance(timedelta(hours=22))
        assert not shop.peer.everything("charge")
        shop.peer.pay_invoice(str(bill.id))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "active"

    def test_that_is_incomplete_for_23_hours_never_begins(self, shop: Shop) -> None:
        made = subscribe(shop, payment_behavior="default_incomplete")
        shop.peer.advance(timedelta(hours=23, seconds=-1))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "incomplete"
        shop.peer.advance(timedelta(seconds=1))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "incomplete_expired"
        (bill,) = shop.invoices(made.id)
        assert bill.status == "void"
        (payment,) = shop.client.v1.invoice_payments.list({"invoice": str(bill.id)}).data
        assert payment.status == "canceled"
        (event,) = [event for event in shop.peer.events if event["type"] == "customer.subscription.updated"]
        assert event["data"]["previous_attributes"] == {"status": "incomplete", "ended_at": None}
        with pytest.raises(NotOpen):
            shop.peer.pay_invoice(str(bill.id))

    def test_may_begin_with_a_trial_and_no_card(self, shop: Shop) -> None:
        made = subscribe(shop, trial_period_days=7)
        (bill,) = shop.invoices(made.id)
        assert (made.status, bill.status, bill.total) == ("trialing", "paid", 0)
        with_card(shop)
        shop.peer.advance(timedelta(days=7, hours=1))
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "active"
        assert shop.invoices(made.id)[-1].amount_paid == PRO_CENTS

    def test_of_a_bank_account_is_active_while_the_bank_decides(self, shop: Shop) -> None:
        page = shop.checkout("subscription", customer=shop.customer)
        first = str(shop.peer.pay_later(page.id)["subscription"])
        bank = str(shop.client.v1.subscriptions.retrieve(first).default_payment_method)
        made = subscribe(shop, default_payment_method=bank, payment_behavior="error_if_incomplete")
        assert (made.status, shop.invoices(made.id)[0].status) == ("active", "open")
        shop.peer.settle_bill(str(made.latest_invoice), succeeds=False)
        assert shop.client.v1.subscriptions.retrieve(made.id).status == "past_due"

    @pytest.mark.parametrize(
        ("asked", "param"),
        [
            ({"items": []}, "items"),
            ({"items": [{"quantity": 1}]}, "items[0][price]"),
            ({"items": [{"price": "price_unknown"}]}, "items[0][price]"),
            ({"customer": "cus_unknown"}, "customer"),
            ({"default_payment_method": VISA}, "default_payment_method"),
            ({"payment_behavior": "pending_if_incomplete"}, "payment_behavior"),
            ({"payment_behavior": "hope"}, "payment_behavior"),
            ({"trial_period_days": 0}, "trial_period_days"),
            ({"itms": [{"price": "price_unknown"}]}, "itms"),
        ],
    )
    def test_that_is_asked_for_wrongly_is_refused(self, shop: Shop, asked: Obj, param: str) -> None:
        with_card(shop)
        error = refusal(lambda: subscribe(shop, **asked))
        assert isinstance(error, stripe.InvalidRequestError)
        assert error.param == param
        assert not shop.peer.everything("subscription")

    def test_of_what_is_sold_once_or_no_more_is_refused(self, shop: Shop) -> None:
        with_card(shop)
        assert "type=one_time" in str(refusal(lambda: subscribe(shop, items=[{"price": shop.render}])))
        shop.client.v1.prices.update(shop.pro, {"active": False})
        assert "inactive" in str(refusal(lambda: subscribe(shop)))

    @pytest.mark.parametrize("asked", [{"collection_method": "send_invoice"}, {"cancel_at_period_end": True}])
    def test_that_stripe_could_make_and_the_peer_cannot(self, shop: Shop, asked: Obj) -> None:
        error = refusal(lambda: subscribe(shop, **asked))
        assert isinstance(error, stripe.InvalidRequestError)
        assert error.code == "peer_does_not_model_this"


class TestAnUpgradeThatMustBePaid:
    def test_is_billed_to_the_customers_card(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop)
        shop.move(made, shop.studio, **BILLED_AT_ONCE)
        assert shop.invoices(made.id)[-1].amount_paid == STUDIO_CENTS - PRO_CENTS

    def test_changes_nothing_with_a_card_that_fails(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop)
        with_card(shop, FAILING)
        before = len(shop.peer.events)
        error = refusal(lambda: shop.move(made, shop.studio, **BILLED_AT_ONCE, metadata={"kept_plan": "pro"}))
        assert isinstance(error, stripe.CardError)
        assert (error.http_status, error.code) == (402, "card_declined")
        assert error.user_message == "Your card was declined."
        after = shop.client.v1.subscriptions.retrieve(made.id)
        assert (after.status, item_of(after).price.id, after.metadata.to_dict()) == ("active", shop.pro, {})
        assert len(shop.invoices(made.id)) == 1
        assert not told_since(shop, before)
        with_card(shop)
        shop.move(made, shop.studio, **BILLED_AT_ONCE)
        assert shop.invoices(made.id)[-1].amount_paid == STUDIO_CENTS - PRO_CENTS

    def test_is_refused_without_any_card(self, shop: Shop) -> None:
        card = with_card(shop)
        made = subscribe(shop)
        shop.client.v1.payment_methods.detach(card)
        assert "no attached payment source" in str(refusal(lambda: shop.move(made, shop.studio, **BILLED_AT_ONCE)))
        assert item_of(shop.client.v1.subscriptions.retrieve(made.id)).price.id == shop.pro

    def test_needs_no_card_that_works_where_nothing_is_due(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop, items=[{"price": shop.studio}])
        shop.move(made, shop.pro, proration_behavior="none")
        with_card(shop, FAILING)
        # What was paid in full comes back in full.
        back = shop.move(made, shop.studio, **BILLED_AT_ONCE)
        assert item_of(back).price.id == shop.studio
        assert [bill.amount_due for bill in shop.invoices(made.id)] == [STUDIO_CENTS, 0]

    def test_counts_the_customers_credit(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop)
        with_card(shop, FAILING)
        shop.client.v1.customers.update(shop.customer, {"balance": -STUDIO_CENTS})
        moved = shop.move(made, shop.studio, **BILLED_AT_ONCE)
        assert item_of(moved).price.id == shop.studio
        assert shop.client.v1.customers.retrieve(shop.customer).balance == -PRO_CENTS

    def test_counts_what_was_left_for_the_next_bill(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop)
        shop.move(made, shop.studio)
        with_card(shop, FAILING)
        shop.peer.advance(timedelta(days=14))
        error = refusal(lambda: shop.move(made, shop.pro, **BILLED_AT_ONCE))
        assert isinstance(error, stripe.CardError)
        assert item_of(shop.client.v1.subscriptions.retrieve(made.id)).price.id == shop.studio

    def test_takes_no_card_of_somebody_elses(self, shop: Shop) -> None:
        with_card(shop)
        made = subscribe(shop)
        other = shop.client.v1.customers.create({"email": "bo@example.com"}).id
        theirs = shop.client.v1.payment_methods.attach(VISA, {"customer": other}).id
        error = refusal(lambda: shop.client.v1.subscriptions.update(made.id, {"default_payment_method": theirs}))
        assert isinstance(error, stripe.InvalidRequestError)
        assert error.param == "default_payment_method"
