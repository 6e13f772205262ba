"""The journal of webhooks: what Stripe told us, what became of it, and a way to process it again."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.wrappers import Response

from oriel.admin.customers import customers_found
from oriel.admin.lists import BaseModelView, Button, Cell, Column, Condition, Filter, Section
from oriel.admin.staff import staff
from oriel.admin.trail import in_trail
from oriel.admin.views import act, finish
from oriel.billing.event_search import is_about, payment_about
from oriel.billing.journal import EVENT_KINDS, replay
from oriel.billing.models import PaymentEvent
from oriel.mails.wording import money

# What is shown of the object at Stripe that an event is about, beside its amount.
_ABOUT = {"object": "Object", "status": "Status", "id": "Id"}


class PaymentEventView(BaseModelView[PaymentEvent]):
    """The events of the payment service."""

    menu_name = "Webhooks"
    part = "events"
    group = "Customers"
    model = PaymentEvent
    search_hint = (
        "the beginning of the customer's address, or the id of an event, a payment, a customer or anything at Stripe"
    )
    columns = (
        Column("Received", lambda event: event.received_at, lambda event: f"/admin/events/{event.id}"),
        Column("Kind", lambda event: event.kind),
        Column("About", lambda event: _about(event)),
        Column("State", lambda event: "done" if event.due_at is None else f"waiting, {event.tries} tries"),
        Column("Error", lambda event: event.error),
    )
    filters = (
        Filter(
            "state",
            "State",
            {
                "failed": PaymentEvent.error.is_not(None),
                "waiting": PaymentEvent.due_at.is_not(None),
                "done": PaymentEvent.due_at.is_(None),
            },
        ),
        Filter("kind", "Kind", {kind: PaymentEvent.kind == kind for kind in EVENT_KINDS}),
    )

    def order(self) -> tuple[InstrumentedAttribute[Any], ...]:
        """Return the time of arrival: Stripe's ids are in no order."""
        return (PaymentEvent.received_at, PaymentEvent.id)

    def searched(self, text: str) -> Condition:
        """Find events by their id, or by the payments, plans and customers that they are about."""
        return is_about(text, customers_found(text))

    def sections(self, row: PaymentEvent) -> Sequence[Section]:
        """Return what is known of an event, and what it said."""
        event = {
            "Kind": row.kind,
            "Received": row.received_at,
            "Next attempt": row.due_at,
            "Attempts": row.tries,
            "Error": row.error,
            "Id": row.id,
        }
        about = row.body.get("data", {}).get("object")
        facts = about if isinstance(about, dict) else {}
        shown = {title: facts[name] for name, title in _ABOUT.items() if name in facts}
        if isinstance(facts.get("amount"), int) and isinstance(facts.get("currency"), str):
            shown["Amount"] = money(facts["amount"], facts["currency"])
        if payment := payment_about(row):
            shown["Payment"] = Cell(payment.id, f"/admin/payments/{payment.id}")
        return (Section("Event", event), Section("About", shown))

    def buttons(self, row: PaymentEvent) -> Sequence[Button]:
        """Return the one action: an event may come again at any time, so this harms nobody."""
        return (Button("event.replay", f"/admin/events/{row.id}/replay"),)

    @act("/<string(maxlength=255):event_id>/replay", "event.replay")
    def replay(self, event_id: str) -> Response:
        """Process an event again."""

        def do() -> str:
            self.row(event_id)
            with in_trail(staff().actor, "event.replay", "event", event_id):
                replay(event_id)
            return "The event was processed."

        return finish(do, self.url_of(event_id))


def _about(event: PaymentEvent) -> str:
    about = event.body.get("data", {}).get("object")
    return str(about.get("id", "")) if isinstance(about, dict) else ""
