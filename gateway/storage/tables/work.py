"""Operations, and what is done again and again."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from gateway.storage.tables.types import ID, PATH, Instant, Told, metadata, times

operations = Table(
    "operations",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("reseller", ID, nullable=False),
    Column("reseller_path", PATH, nullable=False),
    Column("client", ID, nullable=False),
    Column("deployment", ID),
    Column("instance", ID, index=True),
    Column("parent", ID, index=True),
    Column("on_behalf_of", String(256)),
    Column("request_id", String(128), nullable=False),
    Column("status", String(20), nullable=False),
    Column("changes", Boolean, nullable=False),
    Column("urgency", String(20), nullable=False),
    Column("steps", JSON, nullable=False),
    Column("secrets", Text, nullable=False),  # encrypted: arguments, results
    Column("context", JSON, nullable=False),
    Column("percent_progress", Integer),
    Column("status_text", Told),
    Column("log", Told, nullable=False),
    Column("log_start", Integer, nullable=False),
    Column("problem", JSON),
    Column("resolution", JSON),
    Column("lock", String(100), unique=True),
    Column("cancel_requested", Boolean, nullable=False),
    Column("one_time", Boolean, nullable=False),
    Column("deadline", Instant, nullable=False),
    Column("next_poll_time", Instant),
    Column("lease_owner", String(64)),
    Column("lease_time", Instant),
    Column("fence", Integer, nullable=False),
    Column("end_time", Instant),
    *times(),
    Index(None, "status", "next_poll_time"),
    Index(None, "deployment", "status"),
    Index(None, "reseller_path", "id"),
    Index(None, "status", "id"),
    Index(  # what is forgotten soon after: of few rows, whatever else there is
        "ix_operations_read_end_time",
        "end_time",
        sqlite_where=text("changes IS 0"),
        postgresql_where=text("changes IS false"),
    ),
    Index(
        "ix_operations_one_time_end_time",
        "end_time",
        sqlite_where=text("one_time = 1"),
        postgresql_where=text("one_time"),
    ),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("next_time", Instant, nullable=False),
)

# Idempotency keys, as digests of their scope: held by a request, then bound to what it began.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("client", ID, ForeignKey("clients.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("operation", String(60), nullable=False),
    Column("fingerprint", Text, nullable=False),  # encrypted
    Column("permissions", JSON, nullable=False),
    Column("target", String(100)),
    Column("holder", String(32), nullable=False),
    Column("lease_time", Instant, nullable=False),
    Column("create_time", Instant, nullable=False),
    Column("expire_time", Instant, nullable=False, index=True),
)
