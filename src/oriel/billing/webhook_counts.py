"""Counts of payment events that reach our webhook."""

from oriel.infra.counters import Counter

TAKEN = "taken"
UNKNOWN_KIND = "unknown_kind"
BAD_SIGNATURE = "bad_signature"
UNREADABLE = "unreadable"
# What a well configured webhook never sends.
REFUSED = (UNKNOWN_KIND, BAD_SIGNATURE, UNREADABLE)

WEBHOOKS = Counter("oriel_webhooks", "Payment events received, by what became of them", ("result",))
