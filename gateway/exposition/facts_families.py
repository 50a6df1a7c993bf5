"""The facts as data: what of the database is shown, see ``measures.families`` for the rest."""

from typing import Final

from gateway.measures.families import Family, Kind


def _fact(name: str, says: str, *labels: str) -> Family:
    return Family(name, Kind.GAUGE, says, labels)


TOPICS: Final = ("audit", "event")

UP: Final = _fact("facts_up", "Whether the database answered; 0 means that no fact is known.")
SECONDS: Final = _fact("facts_duration_seconds", "How long reading the facts took.")
UNFINISHED: Final = _fact(
    "operations_unfinished", "Operations that go on, by kind and status.", "kind", "status"
)
OLDEST: Final = _fact(
    "operations_oldest_age_seconds", "Age of the oldest of these.", "kind", "status"
)
OVERDUE: Final = _fact("operations_overdue", "Operations that go on past their deadline.")
UNKNOWN: Final = _fact(
    "operations_unknown", "Operations that ended as unknown and wait for a person's word."
)
QUEUE: Final = _fact("queue_operations", "Operations that are due and that nobody carries on.")
QUEUE_LAG: Final = _fact("queue_lag_seconds", "For how long the first of these has been due.")
UNNUMBERED: Final = _fact("outbox_rows", "Audit rows and events without a number.", "topic")
SEQUENCER_LAG: Final = _fact("sequencer_lag_seconds", "Age of the oldest of these.", "topic")
UNDELIVERED: Final = _fact("webhook_backlog_deliveries", "Deliveries to webhooks that are due.")
DELIVERY_LAG: Final = _fact("webhook_lag_seconds", "For how long the first of these has been due.")
WEBHOOKS: Final = _fact("webhooks", "Webhooks by status.", "status")
DEPLOYMENT_UP: Final = _fact(
    "deployment_up", "Whether a deployment could be reached when last tried.", "deployment"
)
QUARANTINED: Final = _fact(
    "deployment_quarantined", "Whether a deployment showed another certificate.", "deployment"
)
INVENTORY_AGE: Final = _fact(
    "inventory_age_seconds", "How old what is known of its instances is.", "deployment"
)
UNCLOSED: Final = _fact(
    "statements_unclosed_month_end_timestamp_seconds",
    "End of the oldest month of any reseller that is not closed; in the future where all are.",
)

FACTS: Final = (
    UP,
    SECONDS,
    UNFINISHED,
    OLDEST,
    OVERDUE,
    UNKNOWN,
    QUEUE,
    QUEUE_LAG,
    UNNUMBERED,
    SEQUENCER_LAG,
    UNDELIVERED,
    DELIVERY_LAG,
    WEBHOOKS,
    DEPLOYMENT_UP,
    QUARANTINED,
    INVENTORY_AGE,
    UNCLOSED,
)
