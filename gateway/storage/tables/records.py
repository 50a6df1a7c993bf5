"""What was done, for good: the outbox, the audit log, the facts."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table

from gateway.storage.tables.types import ID, Instant, metadata

# Audit rows and events, written in the transaction of the change; numbered later.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("topic", String(40), nullable=False),
    Column("reseller", ID, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("create_time", Instant, nullable=False),
    Index(None, "topic", "id"),
)

# Numbers without gaps, taken in the transaction of what they number.
counters = Table(
    "counters",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Integer, nullable=False),
)

# What must outlive a restore: revocations, owners, names. Copied to the witness file.
facts = Table(
    "facts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(40), nullable=False),
    Column("object", String(100), nullable=False),
    Column("state", JSON, nullable=False),
    Column("create_time", Instant, nullable=False),
)

# The audit log: one chain of hashes for each reseller, numbered by the sequencer.
audit_log = Table(
    "audit_log",
    metadata,
    Column("reseller", ID, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("id", ID, nullable=False, unique=True),
    Column("payload", JSON, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("create_time", Instant, nullable=False),
    Index(None, "reseller", "id"),
)
