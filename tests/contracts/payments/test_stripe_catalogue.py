"""Products, prices, customers, the portal, webhook endpoints and events on the Stripe peer."""

import pytest
import stripe
from tests.contracts.payments.shop import Shop
from tests.peers.stripe import StripePeer


class TestProductsAndPrices:
    def test_a_product_may_bring_its_price(self, client: stripe.StripeClient) -> None:
        data: stripe.params.ProductCreateParamsDefaultPriceData = {"currency": "usd", "unit_amount": 900}
        product = client.v1.products.create({"name": "Render", "id": "render", "default_price_data": data})
        assert client.v1.prices.retrieve(str(product.default_price)).product == "render"
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.products.create({"name": "Render", "id": "render"})
        assert refused.value.code == "resource_already_exists"

    def test_a_product_can_be_changed_and_found(self, client: stripe.StripeClient) -> None:
        product = client.v1.products.create({"name": "Pro", "metadata": {"plan": "pro", "old": "1"}})
        changed = client.v1.products.update(product.id, {"name": "Studio", "active": False, "metadata": {"old": ""}})
        assert (changed.name, changed.active, changed.metadata.to_dict()) == ("Studio", False, {"plan": "pro"})
        assert client.v1.products.retrieve(product.id).name == "Studio"
        assert not client.v1.products.list({"active": True}).data
        assert client.v1.products.list({"ids": [product.id]}).data

    def test_a_price_is_found_by_its_key(self, shop: Shop) -> None:
        price = shop.client.v1.prices.update(shop.pro, {"lookup_key": "pro_monthly"})
        assert price.lookup_key == "pro_monthly"
        found = shop.client.v1.prices.list({"lookup_keys": ["pro_monthly", "other"], "expand": ["data.product"]})
        assert [one.id for one in found.data] == [shop.pro]
        assert isinstance(found.data[0].product, stripe.Product)

    def test_a_key_belongs_to_one_price_until_it_is_moved(self, shop: Shop) -> None:
        shop.client.v1.prices.update(shop.pro, {"lookup_key": "pro"})
        with pytest.raises(stripe.InvalidRequestError, match="already uses that lookup key"):
            shop.client.v1.prices.update(shop.studio, {"lookup_key": "pro"})
        moved = shop.client.v1.prices.update(shop.studio, {"lookup_key": "pro", "transfer_lookup_key": True})
        assert moved.lookup_key == "pro"
        assert shop.client.v1.prices.retrieve(shop.pro).lookup_key is None

    def test_prices_are_one_off_or_recurring(self, shop: Shop) -> None:
        one_off, recurring = (shop.client.v1.prices.retrieve(name) for name in (shop.render, shop.pro))
        assert (one_off.type, one_off.recurring) == ("one_time", None)
        assert recurring.recurring
        assert (recurring.type, recurring.recurring.interval) == ("recurring", "month")
        assert [one.id for one in shop.client.v1.prices.list({"type": "one_time"}).data] == [shop.render]
        assert [one.id for one in shop.client.v1.prices.list({"recurring": {"interval": "year"}}).data] == [shop.yearly]


class TestCustomers:
    def test_can_be_changed_and_found(self, shop: Shop) -> None:
        changed = shop.client.v1.customers.update(shop.customer, {"email": "bo@example.com", "metadata": {"user": "9"}})
        assert changed.email == "bo@example.com"
        assert shop.peer.events[-1]["data"]["previous_attributes"] == {
            "email": "ada@example.com",
            "metadata": {"user": None},
        }
        assert [one.id for one in shop.client.v1.customers.list({"email": "bo@example.com"}).data] == [shop.customer]

    def test_that_are_deleted_lose_their_subscriptions(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        assert shop.client.v1.customers.delete(shop.customer).deleted
        gone = shop.client.v1.customers.retrieve(shop.customer)
        assert gone.to_dict() == {"id": shop.customer, "object": "customer", "deleted": True}
        assert shop.client.v1.subscriptions.retrieve(subscription).status == "canceled"
        assert [event["type"] for event in shop.peer.events[-2:]] == [
            "customer.subscription.deleted",
            "customer.deleted",
        ]
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            shop.client.v1.customers.update(shop.customer, {"name": "Ada"})
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            shop.checkout(customer=shop.customer)

    def test_that_never_were_are_missing(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.customers.retrieve("cus_unknown")
        error = refused.value
        assert (error.http_status, error.code, error.param) == (404, "resource_missing", "id")

    def test_show_their_subscriptions_when_asked(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        found = shop.client.v1.customers.retrieve(shop.customer, {"expand": ["subscriptions"]})
        assert found.subscriptions
        assert [one.id for one in found.subscriptions.data] == [subscription]


class TestThePortal:
    def test_opens_for_a_customer(self, shop: Shop) -> None:
        configuration = shop.client.v1.billing_portal.configurations.create(
            {"features": {"payment_method_update": {"enabled": True}, "invoice_history": {"enabled": True}}}
        )
        assert configuration.features.payment_method_update.enabled
        assert not configuration.features.subscription_cancel.enabled
        session = shop.client.v1.billing_portal.sessions.create(
            {"customer": shop.customer, "configuration": configuration.id, "return_url": "https://oriel.example.com/me"}
        )
        assert session.url.startswith("https://billing.stripe.com/")
        assert session.return_url == "https://oriel.example.com/me"

    def test_is_not_open_before_it_is_set_up(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="No configuration provided"):
            shop.client.v1.billing_portal.sessions.create({"customer": shop.customer})

    def test_can_be_found_and_changed(self, shop: Shop) -> None:
        portal = shop.client.v1.billing_portal.configurations
        made = portal.create({"features": {"invoice_history": {"enabled": True}}, "metadata": {"by": "setup"}})
        assert [one.id for one in portal.list({"active": True}).data] == [made.id]
        portal.update(made.id, {"active": False, "features": {"invoice_history": {"enabled": False}}})
        found = portal.retrieve(made.id)
        assert (found.active, found.features.invoice_history.enabled) == (False, False)
        with pytest.raises(stripe.InvalidRequestError, match="not active"):
            shop.client.v1.billing_portal.sessions.create({"customer": shop.customer, "configuration": made.id})

    def test_opens_at_a_subscription_of_the_customer(self, shop: Shop) -> None:
        subscription = shop.subscribed().id
        made = shop.client.v1.billing_portal.configurations.create(
            {"features": {"subscription_cancel": {"enabled": True}}}
        )
        session = shop.client.v1.billing_portal.sessions.create(
            {
                "customer": shop.customer,
                "configuration": made.id,
                "flow_data": {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription}},
            }
        )
        assert session.flow
        assert session.flow.type == "subscription_cancel"
        stranger = shop.client.v1.customers.create({}).id
        with pytest.raises(stripe.InvalidRequestError, match="No such subscription"):
            shop.client.v1.billing_portal.sessions.create(
                {
                    "customer": stranger,
                    "configuration": made.id,
                    "flow_data": {"type": "subscription_cancel", "subscription_cancel": {"subscription": subscription}},
                }
            )


class TestWebhookEndpoints:
    def test_show_their_secret_once(self, client: stripe.StripeClient) -> None:
        made = client.v1.webhook_endpoints.create(
            {"url": "https://oriel.example.com/api/webhooks/stripe", "enabled_events": ["invoice.paid"]}
        )
        assert made.secret
        assert made.secret.startswith("whsec_")
        (listed,) = client.v1.webhook_endpoints.list().data
        assert "secret" not in listed
        assert listed.enabled_events == ["invoice.paid"]

    def test_can_be_changed_and_removed(self, client: stripe.StripeClient) -> None:
        made = client.v1.webhook_endpoints.create({"url": "https://a.example.com", "enabled_events": ["*"]})
        changed = client.v1.webhook_endpoints.update(made.id, {"disabled": True, "enabled_events": ["invoice.paid"]})
        assert (changed.status, changed.enabled_events) == ("disabled", ["invoice.paid"])
        client.v1.webhook_endpoints.delete(made.id)
        assert not client.v1.webhook_endpoints.list().data

    def test_need_names_of_events_and_an_address(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.webhook_endpoints.create(
                {"url": "https://a.example.com", "enabled_events": ["invoice.eaten"]}  # type: ignore[list-item]
            )
        assert refused.value.param == "enabled_events[0]"
        with pytest.raises(stripe.InvalidRequestError, match="explicit scheme"):
            client.v1.webhook_endpoints.create({"url": "a.example.com", "enabled_events": ["*"]})


class TestEvents:
    def test_are_found_by_type(self, shop: Shop) -> None:
        shop.paid()
        (event,) = shop.client.v1.events.list({"type": "checkout.session.completed"}).data
        assert shop.client.v1.events.retrieve(event.id).to_dict() == event.to_dict()
        some = shop.client.v1.events.list({"types": ["charge.succeeded", "checkout.session.completed"]}).data
        assert [one.type for one in some] == ["checkout.session.completed", "charge.succeeded"]
        assert len(shop.client.v1.events.list({"type": "price.*"}).data) == 4

    def test_hold_what_was_at_the_time(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        customer = client.v1.customers.create({"name": "Ada"}).id
        client.v1.customers.update(customer, {"name": "Bo"})
        assert [event["data"]["object"]["name"] for event in peer.events] == ["Ada", "Bo"]
        assert len({event["id"] for event in peer.events}) == 2
