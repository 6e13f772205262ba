"""Refunds and disputes on the Stripe peer."""

import pytest
import stripe
from tests.contracts.payments.shop import RENDER_CENTS, Shop
from tests.peers.stripe import NotOpen


def charge_of(shop: Shop, intent: str) -> stripe.Charge:
    (charge,) = shop.client.v1.charges.list({"payment_intent": intent}).data
    return shop.client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})


class TestARefund:
    def test_gives_everything_back(self, shop: Shop) -> None:
        intent = shop.paid()
        refund = shop.client.v1.refunds.create({"payment_intent": intent, "metadata": {"render": "17"}})
        assert (refund.amount, refund.status, refund.payment_intent) == (RENDER_CENTS, "succeeded", intent)
        charge = charge_of(shop, intent)
        assert (charge.refunded, charge.amount_refunded) == (True, RENDER_CENTS)
        assert charge.refunds
        assert charge.refunds.data[0].id == refund.id

    def test_in_parts_is_whole_with_the_last_one(self, shop: Shop) -> None:
        intent = shop.paid()
        shop.client.v1.refunds.create({"payment_intent": intent, "amount": 300})
        assert not charge_of(shop, intent).refunded
        shop.client.v1.refunds.create({"charge": charge_of(shop, intent).id})
        assert charge_of(shop, intent).refunded
        amounts = [one.amount for one in shop.client.v1.refunds.list({"payment_intent": intent}).data]
        assert amounts == [RENDER_CENTS - 300, 300]

    def test_sends_what_has_changed(self, shop: Shop) -> None:
        intent = shop.paid()
        shop.peer.refund_from_dashboard(intent, 300)
        created, refunded = shop.peer.events[-2:]
        assert (created["type"], refunded["type"]) == ("refund.created", "charge.refunded")
        assert refunded["data"]["object"]["amount_refunded"] == 300
        assert refunded["data"]["previous_attributes"] == {"amount_refunded": 0}
        shop.peer.refund_from_dashboard(intent)
        assert shop.peer.events[-1]["data"]["previous_attributes"] == {"amount_refunded": 300, "refunded": False}

    def test_twice_is_refused(self, shop: Shop) -> None:
        intent = shop.paid()
        shop.client.v1.refunds.create({"payment_intent": intent})
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.client.v1.refunds.create({"payment_intent": intent})
        assert refused.value.code == "charge_already_refunded"
        assert len(shop.peer.everything("refund")) == 1

    def test_of_more_than_was_paid_is_refused(self, shop: Shop) -> None:
        intent = shop.paid()
        with pytest.raises(stripe.InvalidRequestError, match=r"\(\$9.01\) is greater than charge amount \(\$9.00\)"):
            shop.client.v1.refunds.create({"payment_intent": intent, "amount": RENDER_CENTS + 1})
        shop.client.v1.refunds.create({"payment_intent": intent, "amount": 500})
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded amount") as refused:
            shop.client.v1.refunds.create({"payment_intent": intent, "amount": 401})
        assert refused.value.param == "amount"

    def test_of_what_was_never_paid_is_refused(self, shop: Shop) -> None:
        session = shop.peer.decline(shop.checkout().id)
        with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
            shop.client.v1.refunds.create({"payment_intent": session["payment_intent"]})

    @pytest.mark.parametrize("reason", ["bored", ""])
    def test_needs_a_reason_that_stripe_knows(self, shop: Shop, reason: str) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.client.v1.refunds.create({"payment_intent": shop.paid(), "reason": reason})
        assert refused.value.param == "reason"

    def test_of_nothing_is_refused(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
            shop.client.v1.refunds.create({})
        with pytest.raises(stripe.InvalidRequestError, match="greater than or equal to 1"):
            shop.client.v1.refunds.create({"payment_intent": shop.paid(), "amount": 0})

    def test_can_be_looked_up(self, shop: Shop) -> None:
        made = shop.client.v1.refunds.create({"payment_intent": shop.paid(), "reason": "requested_by_customer"})
        assert shop.client.v1.refunds.retrieve(made.id).to_dict() == made.to_dict()


class TestADispute:
    def test_takes_the_money_and_forbids_a_refund(self, shop: Shop) -> None:
        intent = shop.paid()
        made = shop.peer.dispute(intent)
        found = shop.client.v1.disputes.retrieve(made["id"], {"expand": ["charge"]})
        assert (found.status, found.amount, found.payment_intent) == ("needs_response", RENDER_CENTS, intent)
        assert isinstance(found.charge, stripe.Charge)
        assert found.charge.disputed
        assert [event["type"] for event in shop.peer.events[-2:]] == [
            "charge.dispute.created",
            "charge.dispute.funds_withdrawn",
        ]
        with pytest.raises(stripe.InvalidRequestError) as refused:
            shop.client.v1.refunds.create({"payment_intent": intent})
        assert refused.value.code == "charge_disputed"

    @pytest.mark.parametrize("won", [True, False])
    def test_is_closed_by_the_bank(self, shop: Shop, won: bool) -> None:
        made = shop.peer.dispute(shop.paid())
        closed = shop.peer.close_dispute(made["id"], won=won)
        assert closed["status"] == ("won" if won else "lost")
        sent = [event["type"] for event in shop.peer.events[-2:]]
        assert "charge.dispute.closed" in sent
        assert ("charge.dispute.funds_reinstated" in sent) == won
        with pytest.raises(NotOpen):
            shop.peer.close_dispute(made["id"], won=not won)

    def test_needs_a_payment(self, shop: Shop) -> None:
        declined = shop.peer.decline(shop.checkout().id)
        with pytest.raises(NotOpen):
            shop.peer.dispute(declined["payment_intent"])

    def test_that_was_won_leaves_the_charge_refundable(self, shop: Shop) -> None:
        intent = shop.paid()
        shop.peer.close_dispute(shop.peer.dispute(intent)["id"], won=True)
        assert shop.client.v1.refunds.create({"payment_intent": intent}).amount == RENDER_CENTS
