"""Everything that the peer knows: its objects, its time, and the events that it has sent."""

import copy
import secrets
import string
import threading
from collections import defaultdict
from collections.abc import Callable

from tests.peers.stripe.wire import Obj, Refused

import stripe

API_VERSION: str = stripe.api_version
ACCOUNT_ID = "acct_1PeerOfTheTests"
_LETTERS = string.ascii_letters + string.digits
_CALLED = {"payment_method": "PaymentMethod"}
_BY_THE_SYSTEM: Obj = {"id": None, "idempotency_key": None}
Listener = Callable[[Obj], None]


class Account:
    """One Stripe account in test mode. Whoever changes it holds `lock`."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.objects: dict[str, Obj] = {}
        self._kinds: defaultdict[str, dict[str, Obj]] = defaultdict(dict)
        self.request: Obj = _BY_THE_SYSTEM
        self.listeners: list[Listener] = []
        # Customers whose cards are declined, and payment methods that fail whoever is charged.
        self.declined: set[str] = set()
        self.failing: set[str] = set()
        # What Stripe remembers without showing it.
        self.asked: dict[str, Obj] = {}
        self.line_items: dict[str, list[Obj]] = {}
        self.pending_lines: dict[str, list[Obj]] = {}
        self.payment_of: dict[str, str] = {}
        # What a subscription's running period has been charged for in full.
        self.debited: dict[str, int] = {}
        self.first_failure: dict[str, int] = {}
        # Subscriptions whose trial's end was announced.
        self.announced: set[str] = set()
        # Endpoints that are a function of the test's.
        self.taken_by_hand: set[str] = set()

    def new_id(self, prefix: str, length: int = 24) -> str:
        """Make an identifier that no object of any account has."""
        return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(length))}"

    def add(self, made: Obj) -> Obj:
        """Keep a new object."""
        assert made["id"] not in self.objects
        self.objects[made["id"]] = self._kinds[made["object"]][made["id"]] = made
        return made

    def remove(self, gone: Obj) -> None:
        """Forget an object."""
        del self.objects[gone["id"]], self._kinds[gone["object"]][gone["id"]]

    def get(self, kind: str, name: str, *, param: str = "id") -> Obj:
        """Find an object; in the path (`param` is "id") a missing one is a 404, in a parameter a 400.

        Raises:
            Refused: There is none of that kind.
        """
        found = self.objects.get(name)
        if found is None or found["object"] != kind:
            raise no_such(kind, name, param)
        return found

    def living_customer(self, name: str, *, param: str = "id") -> Obj:
        """Find a customer that is not deleted; one that is, is missing.

        Raises:
            Refused: There is none.
        """
        customer = self.get("customer", name, param=param)
        if customer.get("deleted"):
            raise no_such("customer", name, param)
        return customer

    def all(self, kind: str) -> list[Obj]:
        """List the objects of a kind, the newest first."""
        return list(reversed(self._kinds[kind].values()))

    def emit(self, name: str, about: Obj, previous: Obj | None = None) -> None:
        """Say what happened, with the object as it now is."""
        data: Obj = {"object": copy.deepcopy(about)}
        if previous is not None:
            data["previous_attributes"] = previous
        event = {
            "id": self.new_id("evt"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": sum(wants(endpoint, name) for endpoint in self.all("webhook_endpoint")),
            "request": dict(self.request),
            "type": name,
        }
        self.add(event)
        for listener in self.listeners:
            listener(event)

    def change(self, what: Obj, event: str | None, **new: object) -> Obj:
        """Set fields, say so with the event, and give the former values of those that are others now."""
        previous = former(what, {**what, **new})
        what.update(new)
        if event and previous:
            self.emit(event, what, previous)
        return previous


def no_such(kind: str, name: str, param: str) -> Refused:
    """Make the refusal for what is not there."""
    status = 404 if param == "id" else 400
    return Refused(f"No such {_CALLED.get(kind, kind)}: '{name}'", status=status, code="resource_missing", param=param)


def former(old: Obj, new: Obj) -> Obj:
    """Give what `previous_attributes` holds: the old values of all that differs, nested where it is nested."""
    told: Obj = {}
    for name, value in new.items():
        before = old.get(name)
        if before == value:
            continue
        nested = isinstance(before, dict) and isinstance(value, dict)
        told[name] = former(before or {}, value) if nested else copy.deepcopy(before)
    told.update({name: copy.deepcopy(value) for name, value in old.items() if name not in new})
    return told


def wants(endpoint: Obj, event: str) -> bool:
    """Say whether an endpoint is on and has asked for this type of event."""
    names = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in names or event in names)


def merged(metadata: Obj, asked: object) -> Obj:
    """Give metadata after an update: new keys join, empty values remove, an empty string removes all."""
    if asked == "":
        return {}
    assert isinstance(asked, dict)
    return {name: value for name, value in {**metadata, **asked}.items() if value != ""}
