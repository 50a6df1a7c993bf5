"""What the instances use: answers as they were read, figures, days and statements."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from gateway.storage.tables.types import ID, Instant, metadata, times

# Answers as they came, compressed, each once, by the SHA-256 of what was said.
raws = Table(
    "raws",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("create_time", Instant, nullable=False),
)

# Each look at a deployment or an instance: when, what was asked, and the answer or the problem.
readings = Table(
    "readings",
    metadata,
    Column("id", ID, primary_key=True),
    Column("deployment", ID, nullable=False),
    Column("instance", ID),
    Column("command", String(60), nullable=False),
    Column("time", Instant, nullable=False),
    Column("raw", String(64), index=True),
    Column("problem", String(60)),
    Index(None, "deployment", "command", "time"),
    Index(None, "instance", "command", "time"),
    Index(None, "time"),
)

# Values and since when they hold; a row only where something changed.
figures = Table(
    "figures",
    metadata,
    Column("instance", ID, primary_key=True),
    Column("measure", String(20), primary_key=True),
    Column("time", Instant, primary_key=True),
    Column("value", BigInteger),
    Column("reseller", ID, nullable=False),
    Column("deployment", ID, nullable=False),
    Column("reading", ID, nullable=False),
    Index(None, "deployment", "measure", "time"),
    Index(None, "reseller", "measure", "time"),
)

# Days that are over, added up; a row goes on as long as the days are equal.
usage_days = Table(
    "usage_days",
    metadata,
    Column("instance", ID, primary_key=True),
    Column("measure", String(20), primary_key=True),
    Column("reseller", ID, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("until_day", Date, nullable=False),
    Column("deployment", ID, nullable=False),
    Column("readings", Integer, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("peak", BigInteger, nullable=False),
    Column("latest", BigInteger, nullable=False),
    Column("latest_time", Instant, nullable=False),
    Index(None, "reseller", "until_day"),
    Index(None, "deployment", "until_day"),
)

# How a day of a deployment was watched: what was expected, what came, and where it is missing.
closed_days = Table(
    "closed_days",
    metadata,
    Column("deployment", ID, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("readings", Integer, nullable=False),
    Column("gaps", JSON, nullable=False),
    Column("close_time", Instant, nullable=False),
)

# When an instance is looked into next, and what was noticed the last time.
watches = Table(
    "watches",
    metadata,
    Column("instance", ID, ForeignKey("instances.id", ondelete="CASCADE"), primary_key=True),
    Column("deployment", ID, nullable=False),
    Column("next_time", Instant, nullable=False),
    Column("state", JSON, nullable=False),
    Index(None, "deployment", "next_time"),
    Index(None, "next_time"),
)

# A reseller's month: closed once, never changed after; ``hash`` is that of its entry.
statements = Table(
    "statements",
    metadata,
    Column("id", ID, primary_key=True),
    Column("reseller", ID, nullable=False),
    Column("month", String(7), nullable=False),
    Column("status", String(20), nullable=False),
    Column("figures", JSON, nullable=False),
    Column("evidence", JSON, nullable=False),
    Column("close_time", Instant, nullable=False),
    Column("acknowledge_time", Instant),
    Column("acknowledged_by", ID),
    *times(),
    UniqueConstraint("reseller", "month"),
)

statement_lines = Table(
    "statement_lines",
    metadata,
    Column("statement", ID, ForeignKey("statements.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),
    Column("instance", ID),
    Column("deployment", ID),
    Column("figures", JSON, nullable=False),
    Column("create_time", Instant, nullable=False),
    Index(None, "instance"),
)

# What was done to the statements of a reseller: one chain of hashes.
statement_entries = Table(
    "statement_entries",
    metadata,
    Column("reseller", ID, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("statement", ID, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("create_time", Instant, nullable=False),
    Index(None, "statement"),
)
