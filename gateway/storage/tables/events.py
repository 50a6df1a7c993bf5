"""The logs of events, and the webhooks that carry them out."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from gateway.storage.tables.types import ID, Instant, Told, metadata, times


def _log(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("reseller", ID, primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("id", ID, nullable=False),
        Column("origin", ID, nullable=False),
        Column("type", String(60), nullable=False),
        Column("subject", String(100), nullable=False),
        Column("instance", ID),
        Column("deployment", ID),
        Column("data", JSON, nullable=False),
        Column("create_time", Instant, nullable=False),
        Index(None, "reseller", "instance", "number"),
        Index(None, "create_time"),
    )


# One log for each reseller: what happened to it and below it, numbered without gaps.
events = _log("events")

# What a bill depends on, kept longer; what is trimmed is replaced by a baseline.
usage_events = _log("usage_events")

# Who wants to be told, and up to which event deliveries were made for it.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", ID, primary_key=True),
    Column("reseller", ID, ForeignKey("resellers.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("types", JSON(none_as_null=True)),
    Column("secrets", Text, nullable=False),  # encrypted
    Column("status", String(20), nullable=False),
    Column("disable_reason", String(60)),
    Column("disable_time", Instant),
    Column("fail_time", Instant),
    Column("position", Integer, nullable=False),
    *times(),
)

# One event for one webhook, as it is sent; kept for 30 days.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", ID, primary_key=True),
    Column("webhook", ID, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", ID, nullable=False),
    Column("number", Integer),
    Column("type", String(60), nullable=False),
    Column("cause", String(20), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_time", Instant),
    Column("lease_owner", String(64)),
    Column("lease_time", Instant),
    Column("end_time", Instant),
    *times(),
    Index(None, "webhook", "id"),
    Index(None, "webhook", "status", "id"),
    Index(None, "webhook", "status", "next_time"),
    Index(None, "webhook", "type", "id"),
    Index(None, "create_time"),
)

# Each try of a delivery, and what came of it.
delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("delivery", ID, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("time", Instant, nullable=False),
    Column("milliseconds", Integer, nullable=False),
    Column("status", Integer),
    Column("problem", String(60)),
    Column("excerpt", Told),
)
