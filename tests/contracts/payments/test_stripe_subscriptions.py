"""Subscriptions on the Stripe peer: renewed, changed, owed for, cancelled."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
import stripe
from tests.contracts.payments.shop import PRO_CENTS, STUDIO_CENTS, Shop, item_of, open_shop
from tests.peers.stripe import Obj, stripe_peer

MONTH_END = datetime(2027, 1, 31, 10, 30, tzinfo=UTC)


@pytest.fixture
def january() -> Iterator[Shop]:
    """A shop on 31 January."""
    with stripe_peer(start=MONTH_END) as peer:
        yield open_shop(peer, stripe.StripeClient(peer.key, base_addresses={"api": peer.url}, max_network_retries=0))


def ends(shop: Shop, subscription: str) -> datetime:
    return datetime.fromtimestamp(item_of(shop.client.v1.subscriptions.retrieve(subscription)).current_period_end, UTC)


def told(shop: Shop, *types: str) -> list[Obj]:
    return [event for event in shop.peer.events if event["type"] in types]


class TestRenewal:
    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            (datetime(2027, 1, 31, tzinfo=UTC), ["02-28", "03-31", "04-30", "05-31"]),
            (datetime(2028, 1, 31, tzinfo=UTC), ["02-29", "03-31", "04-30", "05-31"]),
            (datetime(2027, 1, 30, tzinfo=UTC), ["02-28", "03-30", "04-30", "05-30"]),
            (datetime(2027, 1, 29, tzinfo=UTC), ["02-28", "03-29", "04-29", "05-29"]),
            (datetime(2027, 11, 30, tzinfo=UTC), ["12-30", "01-30", "02-29", "03-30"]),
        ],
    )
    def test_falls_on_the_anchors_day_or_the_months_last(self, start: datetime, expected: list[str]) -> None:
        with stripe_peer(start=start) as peer:
            shop = open_shop(peer, stripe.StripeClient(peer.key, base_addresses={"api": peer.url}))
            subscription = shop.subscribed().id
            found = []
            for _ in expected:
                end = ends(shop, subscription)
                found.append(end.strftime("%m-%d"))
                peer.advance(end + timedelta(hours=2))
        assert found == expected

    def test_of_a_year_from_a_leap_day_ends_on_the_28th(self) -> None:
        with stripe_peer(start=datetime(2028, 2, 29, tzinfo=UTC)) as peer:
            shop = open_shop(peer, stripe.StripeClient(peer.key, base_addresses={"api": peer.url}))
            subscription = shop.subscribed(line_items=[{"price": shop.yearly, "quantity": 1}])
            assert ends(shop, subscription.id) == datetime(2029, 2, 28, tzinfo=UTC)

    def test_is_a_draft_for_an_hour_and_is_paid_then(self, january: Shop) -> None:
        subscription = january.subscribed().id
        end = ends(january, subscription)
        january.peer.advance(end)
        assert ends(january, subscription) == datetime(2027, 3, 31, 10, 30, tzinfo=UTC)
        assert [one.status for one in january.invoices(subscription)] == ["paid", "draft"]
        january.peer.advance(timedelta(hours=1))
        (_, renewal) = january.invoices(subscription)
        assert (renewal.status, renewal.amount_paid) == ("paid", PRO_CENTS)
        assert renewal.billing_reason == "subscription_cycle"

    def test_has_what_is_paid_for_in_the_lines_and_the_past_in_its_own_period(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.advance(ends(january, subscription) + timedelta(hours=1))
        (first, renewal) = january.invoices(subscription)
        assert (renewal.period_start, renewal.period_end) == (
            first.lines.data[0].period.start,
            first.lines.data[0].period.end,
        )
        assert renewal.lines.data[0].period.start == renewal.period_end

    def test_tells_what_has_changed(self, january: Shop) -> None:
        subscription = january.subscribed()
        before = len(january.peer.events)
        january.peer.advance(ends(january, subscription.id) + timedelta(hours=1))
        sent = january.peer.events[before:]
        assert [event["type"] for event in sent] == [
            "invoice.created",
            "customer.subscription.updated",
            "payment_intent.created",
            "invoice.finalized",
            "charge.succeeded",
            "payment_intent.succeeded",
            "invoice_payment.paid",
            "invoice.paid",
            "invoice.payment_succeeded",
        ]
        previous = sent[1]["data"]["previous_attributes"]
        assert set(previous) == {"items", "latest_invoice"}
        assert previous["items"]["data"][0]["current_period_end"] == item_of(subscription).current_period_end
        assert sent[1]["request"] == {"id": None, "idempotency_key": None}

    def test_catches_up_when_much_time_passes_at_once(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.advance(timedelta(days=364))
        assert len(january.invoices(subscription)) == 12
        assert ends(january, subscription) == MONTH_END.replace(year=2028)


class TestACardThatFails:
    def test_makes_it_past_due_and_is_tried_eight_times_more_in_two_weeks(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.card_fails(january.customer)
        end = ends(january, subscription)
        january.peer.advance(end + timedelta(hours=1))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "past_due"
        january.peer.advance(end + timedelta(days=14))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "past_due"
        january.peer.advance(end + timedelta(days=14, hours=1))
        gone = january.client.v1.subscriptions.retrieve(subscription)
        assert gone.status == "canceled"
        assert gone.cancellation_details
        assert gone.cancellation_details.reason == "payment_failed"
        failures = told(january, "invoice.payment_failed")
        assert [event["data"]["object"]["attempt_count"] for event in failures] == list(range(1, 10))
        assert [event["data"]["object"]["next_payment_attempt"] is None for event in failures] == [False] * 8 + [True]
        assert [one.status for one in january.invoices(subscription)] == ["paid", "open"]

    def test_recovers_with_the_next_try_when_it_works_again(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.card_fails(january.customer)
        january.peer.advance(ends(january, subscription) + timedelta(hours=1))
        january.peer.card_fails(january.customer, fails=False)
        january.peer.advance(timedelta(days=1))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "active"
        changes = [
            event["data"].get("previous_attributes", {}).get("status")
            for event in told(january, "customer.subscription.updated")
        ]
        assert changes == [None, "active", "past_due"]
        assert january.invoices(subscription)[-1].attempt_count == 2

    def test_recovers_at_once_when_the_customer_pays_the_invoice(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.card_fails(january.customer)
        january.peer.advance(ends(january, subscription) + timedelta(hours=1))
        january.peer.pay_invoice(january.invoices(subscription)[-1].id)
        assert january.client.v1.subscriptions.retrieve(subscription).status == "active"


class TestAnotherPrice:
    def test_with_an_invoice_at_once_charges_for_what_is_left(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.advance(timedelta(days=14))
        moved = january.move(subscription, january.studio, proration_behavior="always_invoice")
        assert item_of(moved).price.id == january.studio
        assert item_of(moved).current_period_end == item_of(subscription).current_period_end
        (_, upgrade) = january.invoices(subscription.id)
        assert upgrade.billing_reason == "subscription_update"
        assert [line.amount for line in upgrade.lines.data] == [-PRO_CENTS // 2, STUDIO_CENTS // 2]
        assert upgrade.amount_paid == (STUDIO_CENTS - PRO_CENTS) // 2

    def test_with_prorations_charges_with_the_next_invoice(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.advance(timedelta(days=14))
        january.move(subscription, january.studio)
        assert len(january.invoices(subscription.id)) == 1
        january.peer.advance(timedelta(days=15))
        renewal = january.invoices(subscription.id)[-1]
        assert renewal.amount_paid == STUDIO_CENTS + (STUDIO_CENTS - PRO_CENTS) // 2

    def test_without_prorations_costs_the_new_price_from_the_next_period(self, january: Shop) -> None:
        subscription = january.subscribed(line_items=[{"price": january.studio, "quantity": 1}])
        january.peer.advance(timedelta(days=14))
        moved = january.move(subscription, january.pro, proration_behavior="none")
        assert item_of(moved).price.id == january.pro
        assert len(january.invoices(subscription.id)) == 1
        (event,) = told(january, "customer.subscription.updated")
        assert set(event["data"]["previous_attributes"]) == {"items"}
        january.peer.advance(timedelta(days=15))
        assert january.invoices(subscription.id)[-1].amount_paid == PRO_CENTS

    @pytest.mark.parametrize(("mode", "cents"), [("flexible", 0), ("classic", STUDIO_CENTS // 2 - PRO_CENTS // 2)])
    def test_taken_back_gives_credit_for_what_was_paid_or_in_classic_mode_for_the_price_of_late(
        self, january: Shop, mode: str, cents: int
    ) -> None:
        subscription = january.subscribed(
            line_items=[{"price": january.studio, "quantity": 1}], subscription_data={"billing_mode": {"type": mode}}
        )
        january.peer.advance(timedelta(days=14))
        january.move(subscription, january.pro, proration_behavior="none")
        january.move(subscription, january.studio, proration_behavior="always_invoice")
        assert january.invoices(subscription.id)[-1].amount_due == cents

    def test_that_is_lower_leaves_credit_when_it_is_invoiced_at_once(self, january: Shop) -> None:
        subscription = january.subscribed(line_items=[{"price": january.studio, "quantity": 1}])
        january.peer.advance(timedelta(days=14))
        january.move(subscription, january.pro, proration_behavior="always_invoice")
        credit = (STUDIO_CENTS - PRO_CENTS) // 2
        assert january.client.v1.customers.retrieve(january.customer).balance == -credit
        (_, back) = january.invoices(subscription.id)
        assert (back.total, back.amount_due, back.status) == (-credit, 0, "paid")
        january.peer.advance(timedelta(days=15))
        renewal = january.invoices(subscription.id)[-1]
        assert (renewal.total, renewal.amount_due, renewal.starting_balance) == (PRO_CENTS, 0, -credit)
        assert january.client.v1.customers.retrieve(january.customer).balance == PRO_CENTS - credit

    def test_of_another_interval_begins_a_period_now(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.advance(timedelta(days=14))
        january.move(subscription, january.yearly)
        assert ends(january, subscription.id) == MONTH_END + timedelta(days=14 + 365)
        assert january.invoices(subscription.id)[-1].amount_paid == PRO_CENTS * 10 - PRO_CENTS // 2

    def test_may_begin_a_period_now(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.advance(timedelta(days=14))
        january.move(
            subscription, january.studio, billing_cycle_anchor={"type": "now"}, proration_behavior="always_invoice"
        )
        assert january.invoices(subscription.id)[-1].amount_paid == STUDIO_CENTS - PRO_CENTS // 2
        assert ends(january, subscription.id) == datetime(2027, 3, 14, 10, 30, tzinfo=UTC)

    def test_changes_nothing_when_it_must_be_paid_and_the_card_fails(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.card_fails(january.customer)
        with pytest.raises(stripe.CardError):
            january.move(
                subscription,
                january.studio,
                proration_behavior="always_invoice",
                payment_behavior="error_if_incomplete",
            )
        assert item_of(january.client.v1.subscriptions.retrieve(subscription.id)).price.id == january.pro

    def test_that_cannot_be_paid_makes_it_past_due(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.card_fails(january.customer)
        january.move(subscription, january.studio, proration_behavior="always_invoice")
        assert january.client.v1.subscriptions.retrieve(subscription.id).status == "past_due"

    def test_needs_the_items_id(self, january: Shop) -> None:
        subscription = january.subscribed()
        with pytest.raises(stripe.InvalidRequestError, match="item's id"):
            january.client.v1.subscriptions.update(subscription.id, {"items": [{"price": january.studio}]})

    def test_takes_the_anchor_as_an_object_alone(self, january: Shop) -> None:
        subscription = january.subscribed()
        with pytest.raises(stripe.InvalidRequestError, match="Invalid object"):
            january.client.v1.subscriptions.update(subscription.id, {"billing_cycle_anchor": "now"})  # type: ignore[arg-type]


class TestAPreview:
    ANEW: ClassVar[dict[str, Any]] = {"billing_cycle_anchor": {"type": "now"}, "proration_behavior": "always_invoice"}

    def preview(self, shop: Shop, subscription: stripe.Subscription, **details: Any) -> stripe.Invoice:  # noqa: ANN401
        items = [{"id": item_of(subscription).id, "price": shop.studio}]
        asked: Any = {"subscription": subscription.id, "subscription_details": {"items": items, **details}}
        return shop.client.v1.invoices.create_preview(asked)

    def test_says_what_a_new_period_costs_and_changes_nothing(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.peer.advance(timedelta(days=14))
        events, at = len(january.peer.events), int((MONTH_END + timedelta(days=7)).timestamp())
        preview = self.preview(january, subscription, **self.ANEW, proration_date=at)
        assert preview.amount_due == STUDIO_CENTS - PRO_CENTS * 3 // 4
        assert (preview.billing_reason, preview.id[:12]) == ("upcoming", "upcoming_in_")
        assert (len(january.peer.events), len(january.invoices(subscription.id))) == (events, 1)
        assert january.client.v1.subscriptions.retrieve(subscription.id) == subscription
        january.move(subscription, january.studio, **self.ANEW, proration_date=at)
        assert january.invoices(subscription.id)[-1].amount_paid == preview.amount_due

    def test_says_what_the_next_period_costs(self, january: Shop) -> None:
        subscription = january.subscribed()
        preview = self.preview(january, subscription, proration_behavior="none")
        assert preview.amount_due == STUDIO_CENTS
        [line] = preview.lines.data
        assert line.period.start == item_of(subscription).current_period_end

    def test_takes_a_credit_off(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.client.v1.customers.update(january.customer, {"balance": -500})
        assert self.preview(january, subscription, proration_behavior="none").amount_due == STUDIO_CENTS - 500

    @pytest.mark.parametrize("days", [-1, 40])
    def test_of_a_moment_outside_the_period_is_refused(self, january: Shop, days: int) -> None:
        subscription = january.subscribed()
        at = int((MONTH_END + timedelta(days=days)).timestamp())
        with pytest.raises(stripe.InvalidRequestError, match="proration_date"):
            self.preview(january, subscription, **self.ANEW, proration_date=at)
        with pytest.raises(stripe.InvalidRequestError, match="proration_date"):
            january.move(subscription, january.studio, **self.ANEW, proration_date=at)

    def test_of_a_subscription_that_has_no_next_bill_is_refused(self, january: Shop) -> None:
        subscription = january.subscribed()
        january.client.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
        with pytest.raises(stripe.InvalidRequestError, match="no upcoming invoice"):
            self.preview(january, subscription, proration_behavior="none")
        january.peer.cancel_from_dashboard(subscription.id)
        with pytest.raises(stripe.InvalidRequestError, match="no upcoming invoice"):
            self.preview(january, subscription, **self.ANEW)


class TestCancelling:
    def test_at_the_periods_end_keeps_it_until_then(self, january: Shop) -> None:
        subscription = january.subscribed().id
        asked = january.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": True})
        assert (asked.status, asked.cancel_at_period_end) == ("active", True)
        assert asked.cancel_at == item_of(asked).current_period_end
        january.peer.advance(ends(january, subscription) - timedelta(seconds=1))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "active"
        january.peer.advance(timedelta(seconds=1))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "canceled"
        assert len(january.invoices(subscription)) == 1
        (gone,) = told(january, "customer.subscription.deleted")
        assert gone["data"]["object"]["status"] == "canceled"
        assert "previous_attributes" not in gone["data"]

    def test_can_be_taken_back(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": True})
        back = january.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": False})
        assert (back.cancel_at_period_end, back.cancel_at, back.canceled_at) == (False, None, None)
        january.peer.advance(timedelta(days=40))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "active"

    def test_in_the_portal_sets_the_date_alone(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.portal_cancel(subscription)
        found = january.client.v1.subscriptions.retrieve(subscription)
        assert found.billing_mode.type == "flexible"
        assert (found.cancel_at_period_end, found.cancel_at) == (False, item_of(found).current_period_end)
        (event,) = told(january, "customer.subscription.updated")
        assert event["data"]["previous_attributes"] == {
            "cancel_at": None,
            "canceled_at": None,
            "cancellation_details": {"reason": None},
        }
        january.peer.advance(timedelta(days=28))
        assert january.client.v1.subscriptions.retrieve(subscription).status == "canceled"

    def test_in_the_portal_is_taken_back_by_emptying_the_date(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.portal_cancel(subscription)
        still = january.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": False})
        assert still.cancel_at
        back = january.client.v1.subscriptions.update(subscription, {"cancel_at": ""})
        assert (back.cancel_at, back.canceled_at) == (None, None)

    def test_in_the_portal_can_be_taken_back_there(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.portal_cancel(subscription)
        assert january.peer.portal_resume(subscription)["cancel_at"] is None

    def test_in_the_portal_of_a_classic_one_sets_both(self, january: Shop) -> None:
        subscription = january.subscribed(subscription_data={"billing_mode": {"type": "classic"}}).id
        cancelled = january.peer.portal_cancel(subscription)
        assert cancelled["cancel_at_period_end"]
        assert cancelled["cancel_at"]

    def test_at_once_ends_it(self, january: Shop) -> None:
        subscription = january.subscribed().id
        gone = january.client.v1.subscriptions.cancel(subscription, {"cancellation_details": {"comment": "Too loud"}})
        assert (gone.status, gone.ended_at) == ("canceled", int(january.peer.now.timestamp()))
        assert gone.cancellation_details
        assert (gone.cancellation_details.reason, gone.cancellation_details.comment) == (
            "cancellation_requested",
            "Too loud",
        )
        with pytest.raises(stripe.InvalidRequestError) as refused:
            january.client.v1.subscriptions.cancel(subscription)
        assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")

    def test_once_done_leaves_only_metadata_to_change(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.peer.cancel_from_dashboard(subscription)
        january.client.v1.subscriptions.update(subscription, {"metadata": {"why": "moved"}})
        with pytest.raises(stripe.InvalidRequestError, match="canceled subscription"):
            january.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": True})

    def test_both_ways_in_one_call_is_refused(self, january: Shop) -> None:
        subscription = january.subscribed().id
        with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
            january.client.v1.subscriptions.update(subscription, {"cancel_at_period_end": False, "cancel_at": ""})


class TestFinding:
    def test_leaves_out_the_cancelled_unless_they_are_asked_for(self, january: Shop) -> None:
        old, new = january.subscribed().id, january.subscribed().id
        january.client.v1.subscriptions.cancel(old)
        of = january.customer
        listed = january.client.v1.subscriptions.list
        assert [one.id for one in listed({"customer": of}).data] == [new]
        assert [one.id for one in listed({"customer": of, "status": "all"}).data] == [new, old]
        assert [one.id for one in listed({"status": "canceled"}).data] == [old]
        assert not listed({"customer": of, "status": "past_due"}).data

    def test_invoices_by_customer_subscription_and_status(self, january: Shop) -> None:
        subscription = january.subscribed().id
        january.subscribed()
        january.peer.advance(timedelta(days=28))
        listed = january.client.v1.invoices.list
        assert len(listed({"customer": january.customer}).data) == 4
        assert len(listed({"subscription": subscription, "status": "draft"}).data) == 1

    def test_an_invoice_by_its_payment(self, january: Shop) -> None:
        subscription = january.subscribed().id
        (invoice,) = january.invoices(subscription)
        intent = january.peer.everything("payment_intent")[0]["id"]
        asked: stripe.params.InvoicePaymentListParams = {
            "payment": {"type": "payment_intent", "payment_intent": intent},
            "expand": ["data.invoice"],
        }
        (payment,) = january.client.v1.invoice_payments.list(asked).data
        assert isinstance(payment.invoice, stripe.Invoice)
        assert payment.invoice.id == invoice.id
        assert "invoice" not in january.client.v1.payment_intents.retrieve(intent)
