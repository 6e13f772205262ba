"""Signed events: what is read of them, and every malformed one refused as the sender's fault."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st

from oriel.billing.gateway import Event
from oriel.billing.signatures import read_signed, signed
from oriel.errors import InvalidEvent

SECRET = "whsec_tests"  # noqa: S105
GOOD: dict[str, Any] = {
    "id": "evt_1",
    "object": "event",
    "type": "charge.refunded",
    "created": 1_795_000_000,
    "data": {"object": {"id": "ch_1", "object": "charge", "payment_intent": None, "amount": 499}},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read(body: Any) -> Event:  # noqa: ANN401  (malformed ones too)
    return read_signed(*signed(body, SECRET, datetime.now(UTC)), SECRET)


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the good event with one value changed, at a dotted path."""
    event = json.loads(json.dumps(GOOD))
    *parents, last = path.split(".")
    inner = event
    for name in parents:
        inner = inner[name]
    inner[last] = value
    return dict(event)


def test_an_event_is_kept_without_anything_of_the_customer() -> None:
    event = read(GOOD)
    assert (event.id, event.kind) == ("evt_1", "charge.refunded")
    assert event.created_at == datetime.fromtimestamp(1_795_000_000, UTC)
    assert event.body == {"data": {"object": {"id": "ch_1", "object": "charge"}}}


@pytest.mark.parametrize("name", ["SUMMER-25", "balance.summary.1", "50% off", "p" * 5000])
def test_an_event_about_something_else_may_name_it_in_any_way(name: str) -> None:
    assert read(changed("data.object.id", name)).body["data"] == {"object": {"id": name, "object": "charge"}}


def test_an_object_may_lack_an_id() -> None:
    assert read(changed("data.object", {"object": "balance"})).body == {"data": {"object": {"object": "balance"}}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", None),
        ("id", 7),
        ("id", "evt_\x00"),
        ("id", "evt_\ud800"),
        ("id", "e" * 256),
        ("type", None),
        ("type", "charge\x00refunded"),
        ("type", "c" * 256),
        ("created", "yesterday"),
        ("created", -1),
        ("created", 10**30),
        ("created", True),
        ("data", None),
        ("data", []),
        ("data", {}),
        ("data.object", None),
        ("data.object", ["ch_1"]),
        ("data.object.id", 7),
        ("data.object.id", ""),
        ("data.object.id", "ch_\x00"),
        ("data.object.id", "x" * 5001),
        ("data.object.payment_intent", "pi_\x00"),
        ("data.object.payment_intent", {"id": "pi_1"}),
    ],
)
def test_a_malformed_field_is_refused(path: str, value: object) -> None:
    with pytest.raises(InvalidEvent):
        read(changed(path, value))


@pytest.mark.parametrize(
    "body", [b"", b"not JSON", b"[" * 500 + b"]" * 500, b"9" * 5000, b"NaN", b"[]", b"null", b"{}"]
)
def test_a_body_that_is_no_event_is_refused(body: bytes) -> None:
    header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET, int(time.time()))
    with pytest.raises(InvalidEvent):
        read_signed(body, header, SECRET)


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(body=json_values)
def test_any_other_json_is_refused(body: object) -> None:
    with pytest.raises(InvalidEvent):
        read(body)
