"""Resellers, their clients, and what these sign in with."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.storage.tables.types import ID, PATH, Instant, metadata, times

resellers = Table(
    "resellers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("parent", ID, ForeignKey("resellers.id")),
    Column("path", PATH, nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("external_id", String(200)),
    Column("deployments", JSON),
    Column("roles", JSON),
    Column("disabled_permissions", JSON, nullable=False),
    Column("suspend_time", Instant),
    *times(),
)

clients = Table(
    "clients",
    metadata,
    Column("id", ID, primary_key=True),
    Column("reseller", ID, ForeignKey("resellers.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("instances", JSON),
    Column("allowed_ips", JSON),
    Column("public_keys", JSON),
    Column("issuer", String(500)),
    Column("subject", String(200)),
    Column("disabled", Boolean, nullable=False),
    Column("expire_time", Instant),
    Column("last_use_time", Instant),
    Column("disabled_by", ID),
    *times(),
    UniqueConstraint("issuer", "subject"),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("client", ID, ForeignKey("clients.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hash", String(300), nullable=False),
    Column("create_time", Instant, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("public_key", JSON, nullable=False),
    Column("private_key", Text, nullable=False),  # encrypted
    Column("create_time", Instant, nullable=False),
    Column("activate_time", Instant, nullable=False),
    Column("retire_time", Instant),
)

# Tokens that were revoked before their time; kept until they would have expired anyway.
revoked_tokens = Table(
    "revoked_tokens",
    metadata,
    Column("token", String(64), primary_key=True),
    Column("expire_time", Instant, nullable=False, index=True),
)

# Assertions of clients that were used once (RFC 7523, section 3); kept until they expire.
used_assertions = Table(
    "used_assertions",
    metadata,
    Column("client", ID, primary_key=True),
    Column("token", String(64), primary_key=True),
    Column("expire_time", Instant, nullable=False, index=True),
)

# Failed logins by what they are counted for; they outlive a restart (decision 14).
login_failures = Table(
    "login_failures",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("until", Instant, nullable=False),
    Column("update_time", Instant, nullable=False, index=True),
)

# Limits of a reseller: no row inherits, a null limit lifts, zero forbids (decision 25).
quotas = Table(
    "quotas",
    metadata,
    Column("reseller", ID, ForeignKey("resellers.id", ondelete="CASCADE"), primary_key=True),
    Column("resource", String(40), primary_key=True),
    Column("limit", Integer),
)
