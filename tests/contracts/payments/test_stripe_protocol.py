"""The Stripe peer's side of the wire: keys, versions, idempotency, errors, lists, and a network that fails."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
import stripe
from tests.contracts.payments.shop import Shop
from tests.peers.stripe import API_VERSION, StripePeer


def raw(peer: StripePeer, path: str, body: str | None = None, **headers: str) -> httpx.Response:
    """Ask without stripe-python."""
    sent = {"Authorization": f"Bearer {peer.key}", "Content-Type": "application/x-www-form-urlencoded", **headers}
    method = "GET" if body is None else "POST"
    return httpx.request(method, peer.url + path, content=body, headers=sent, trust_env=False)


class TestEveryCall:
    def test_needs_the_right_key(self, peer: StripePeer) -> None:
        stranger = stripe.StripeClient("sk_test_of_someone_else", base_addresses={"api": peer.url})
        with pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test"):
            stranger.v1.customers.create({})
        assert raw(peer, "/v1/customers", Authorization="").status_code == 401
        assert not peer.everything("customer")

    def test_is_answered_with_its_version_and_a_name_of_its_own(self, peer: StripePeer) -> None:
        first, second = (raw(peer, "/v1/customers", **{"Stripe-Version": "2026-10-28.endive"}) for _ in range(2))
        assert first.headers["Stripe-Version"] == "2026-10-28.endive"
        assert first.headers["Request-Id"].startswith("req_")
        assert first.headers["Request-Id"] != second.headers["Request-Id"]
        assert raw(peer, "/v1/customers").headers["Stripe-Version"] == API_VERSION
        assert raw(peer, "/v1/customers", **{"Stripe-Version": "newest"}).status_code == 400

    def test_is_kept_for_the_test_to_see(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        client.v1.customers.create({"email": "ada@example.com"}, {"idempotency_key": "ada-1"})
        (call,) = peer.calls
        assert (call.method, call.path, call.form) == ("POST", "/v1/customers", {"email": "ada@example.com"})
        assert (call.idempotency_key, call.version) == ("ada-1", API_VERSION)

    def test_of_an_unknown_address_is_refused(self, peer: StripePeer) -> None:
        answer = raw(peer, "/v1/unicorns")
        assert answer.status_code == 404
        assert answer.json()["error"]["message"].startswith("Unrecognized request URL (GET: /v1/unicorns)")

    def test_may_use_brackets_without_numbers(self, shop: Shop) -> None:
        body = (
            f"mode=payment&success_url=https://x.example&line_items[0][price]={shop.render}&line_items[0][quantity]=1"
        )
        answer = raw(
            shop.peer, "/v1/checkout/sessions", f"{body}&expand[]=line_items&allowed_payment_method_types[]=card"
        )
        assert answer.json()["line_items"]["data"][0]["price"]["id"] == shop.render


class TestParameters:
    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ("nmae=x", "parameter_unknown", "nmae"),
            ("address[city]=a&address[planet]=b", "parameter_unknown", "address[planet]"),
            ("balance=much", "parameter_invalid_integer", "balance"),
            ("name[first]=Ada", None, "name"),
            ("tax_exempt=always", None, "tax_exempt"),
            ("address=Bath", None, "address"),
            ("preferred_locales=en", None, "preferred_locales"),
            ("email=nobody", "email_invalid", "email"),
            ("metadata[a][b]=c", None, "metadata[a]"),
            ("name=Ada&name[first]=Ada", None, "name"),
            ("metadata[a]=" + "b" * 501, None, "metadata[a]"),
            ("metadata[" + "a" * 41 + "]=b", "parameter_invalid", "metadata"),
        ],
    )
    def test_that_stripe_would_refuse(self, peer: StripePeer, body: str, code: str | None, param: str) -> None:
        answer = raw(peer, "/v1/customers", body)
        error = answer.json()["error"]
        assert answer.status_code == 400
        assert not peer.everything("customer")
        assert (error["type"], error.get("code"), error["param"]) == ("invalid_request_error", code, param)

    def test_that_are_several_and_unknown_are_all_named(self, peer: StripePeer) -> None:
        message = raw(peer, "/v1/customers", "a=1&b=2").json()["error"]["message"]
        assert message == "Received unknown parameters: a, b"

    @pytest.mark.parametrize(
        ("body", "code", "param"),
        [
            ("unit_amount=1&product_data[name]=x", "parameter_missing", "currency"),
            ("unit_amount=1&currency=usd", "parameter_missing", "product"),
            ("currency=usd&product_data[name]=x", "parameter_missing", "unit_amount"),
            ("currency=usd&unit_amount=-1&product_data[name]=x", "parameter_invalid", "unit_amount"),
            ("currency=usd&unit_amount=1&product=prod_x", "resource_missing", "product"),
            ("currency=usd&unit_amount=1&product_data[nmae]=x", "parameter_unknown", "product_data[nmae]"),
            ("currency=&unit_amount=1&product_data[name]=x", "parameter_invalid_empty", "currency"),
            ("currency=usd&unit_amount=1&product_data[name]=x&active=yes", None, "active"),
            ("currency=usd&unit_amount=1&product_data[name]=x&recurring[interval]=hour", None, "recurring[interval]"),
        ],
    )
    def test_of_a_price(self, peer: StripePeer, body: str, code: str | None, param: str) -> None:
        error = raw(peer, "/v1/prices", body).json()["error"]
        assert (error.get("code"), error["param"]) == (code, param)
        assert not peer.everything("price")


class TestAnIdempotencyKey:
    def test_gives_the_first_answer_again(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        first, second = (client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"}) for _ in range(2))
        assert first.id == second.id
        assert len(peer.everything("customer")) == 1
        assert first.last_response
        assert second.last_response
        assert "Idempotent-Replayed" not in first.last_response.headers
        assert second.last_response.headers["Idempotent-Replayed"] == "true"
        assert second.last_response.headers["Original-Request"] == first.last_response.headers["Request-Id"]

    def test_is_for_the_same_parameters(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k"})
        with pytest.raises(stripe.IdempotencyError, match="same parameters") as refused:
            client.v1.customers.create({"name": "Bo"}, {"idempotency_key": "k"})
        assert refused.value.http_status == 400
        with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
            client.v1.products.create({"name": "Ada"}, {"idempotency_key": "k"})
        assert len(peer.everything("customer")) == 1

    def test_keeps_a_refusal_too(self, shop: Shop) -> None:
        intent = shop.paid()
        too_much: stripe.params.RefundCreateParams = {"payment_intent": intent, "amount": 5000}
        for _ in range(2):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                shop.client.v1.refunds.create(too_much, {"idempotency_key": "k"})
        assert refused.value.headers
        assert refused.value.headers["Idempotent-Replayed"] == "true"

    def test_may_be_written_in_small_letters(self, peer: StripePeer) -> None:
        first, second = (raw(peer, "/v1/customers", "name=x", **{"idempotency-key": "k"}) for _ in range(2))
        assert first.json() == second.json()

    def test_is_forgotten_after_a_day(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        client.v1.customers.create({}, {"idempotency_key": "k"})
        peer.advance(timedelta(days=1, seconds=1))
        client.v1.customers.create({}, {"idempotency_key": "k"})
        assert len(peer.everything("customer")) == 2

    def test_keeps_nothing_for_parameters_that_were_wrong(self, peer: StripePeer) -> None:
        assert raw(peer, "/v1/customers", "nmae=x", **{"Idempotency-Key": "k"}).status_code == 400
        assert raw(peer, "/v1/customers", "name=x", **{"Idempotency-Key": "k"}).status_code == 200

    def test_is_busy_while_the_first_call_is_under_way(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        peer.hang(30)
        first = threading.Thread(target=client.v1.customers.create, args=({}, {"idempotency_key": "k"}))
        first.start()
        while not peer.everything("customer"):
            time.sleep(0.005)
        with pytest.raises(stripe.APIError) as refused:
            client.v1.customers.create({}, {"idempotency_key": "k"})
        assert refused.value.http_status == 409
        assert refused.value.error
        assert refused.value.error.code == "idempotency_key_in_use"
        peer.hang(0)
        first.join()
        client.v1.customers.create({}, {"idempotency_key": "k"})
        assert len(peer.everything("customer")) == 1

    def test_of_twenty_calls_at_once_makes_one_object(self, peer: StripePeer) -> None:
        def call(_: int) -> int:
            return raw(peer, "/v1/customers", "name=Ada", **{"Idempotency-Key": "k"}).status_code

        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(call, range(20)))
        assert 200 in answers
        assert answers <= {200, 409}
        assert len(peer.everything("customer")) == 1

    def test_stands_in_the_events_that_it_caused(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        client.v1.customers.create({}, {"idempotency_key": "k"})
        request = peer.events[0]["request"]
        assert request["idempotency_key"] == "k"
        assert request["id"].startswith("req_")


class TestANetworkThatFails:
    def test_answers_503_while_stripe_is_down(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        peer.go_down()
        with pytest.raises(stripe.APIError) as refused:
            client.v1.customers.create({})
        assert refused.value.http_status == 503
        peer.come_back()
        client.v1.customers.create({})

    def test_refuses_connections_and_comes_back_at_the_same_address(
        self, peer: StripePeer, client: stripe.StripeClient
    ) -> None:
        address = peer.url
        peer.go_down(refuse=True)
        for _ in range(2):
            with pytest.raises(stripe.APIConnectionError):
                client.v1.customers.create({})
        peer.come_back()
        assert peer.url == address
        client.v1.customers.create({})

    def test_does_a_call_whose_answer_is_lost(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        peer.fail_after(1)
        client.v1.customers.create({"name": "Ada"}, {"idempotency_key": "a"})
        with pytest.raises(stripe.APIConnectionError):
            client.v1.customers.create({"name": "Bo"}, {"idempotency_key": "b"})
        assert len(peer.everything("customer")) == 2
        again = client.v1.customers.create({"name": "Bo"}, {"idempotency_key": "b"})
        assert again.id == peer.everything("customer")[1]["id"]
        assert len(peer.everything("customer")) == 2

    def test_hangs_after_the_call_is_done(self, peer: StripePeer) -> None:
        peer.hang(30)
        impatient = stripe.StripeClient(
            peer.key,
            base_addresses={"api": peer.url},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=0.2),
        )
        with pytest.raises(stripe.APIConnectionError):
            impatient.v1.customers.create({})
        assert len(peer.everything("customer")) == 1

    def test_is_busy_for_a_while(self, peer: StripePeer, client: stripe.StripeClient) -> None:
        peer.be_busy(1)
        with pytest.raises(stripe.RateLimitError):
            client.v1.customers.list()
        client.v1.customers.list()


class TestLists:
    def test_go_from_page_to_page(self, client: stripe.StripeClient) -> None:
        made = [client.v1.customers.create({"name": str(number)}).id for number in range(7)]
        page = client.v1.customers.list({"limit": 3})
        assert (page.has_more, [one.id for one in page.data]) == (True, made[:3:-1])
        assert [one.id for one in page.auto_paging_iter()] == made[::-1]
        last = client.v1.customers.list({"limit": 3, "starting_after": made[1]})
        assert (last.has_more, [one.id for one in last.data]) == (False, [made[0]])
        back = client.v1.customers.list({"limit": 2, "ending_before": made[0]})
        assert (back.has_more, [one.id for one in back.data]) == (True, [made[2], made[1]])

    def test_are_ten_long_unless_asked_and_a_hundred_at_most(self, client: stripe.StripeClient) -> None:
        for _ in range(11):
            client.v1.customers.create({})
        assert len(client.v1.customers.list().data) == 10
        for limit in (0, 101):
            with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
                client.v1.customers.list({"limit": limit})
        with pytest.raises(stripe.InvalidRequestError, match="No such"):
            client.v1.customers.list({"starting_after": "cus_gone"})

    def test_select_by_time(self, shop: Shop) -> None:
        now = int(shop.peer.now.timestamp())
        assert shop.client.v1.events.list({"created": {"gte": now}}).data
        assert not shop.client.v1.events.list({"created": {"gt": now}}).data

    def test_expand_what_is_in_them(self, shop: Shop) -> None:
        shop.subscribed()
        (session,) = shop.client.v1.checkout.sessions.list({"expand": ["data.subscription.latest_invoice"]}).data
        assert isinstance(session.subscription, stripe.Subscription)
        assert isinstance(session.subscription.latest_invoice, stripe.Invoice)

    def test_refuse_to_select_by_what_the_peer_would_ignore(self, client: stripe.StripeClient) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.subscriptions.list({"collection_method": "send_invoice"})
        assert refused.value.code == "peer_does_not_model_this"

    def test_refuse_to_expand_what_is_no_object(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            shop.client.v1.customers.retrieve(shop.customer, {"expand": ["email"]})
        with pytest.raises(stripe.InvalidRequestError, match="more than 4 levels"):
            shop.client.v1.customers.retrieve(shop.customer, {"expand": ["a.b.c.d.e"]})
