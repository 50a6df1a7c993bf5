"""The tables. Core, not ORM: one query says what one query does."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A time in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ANN401 - SQLAlchemy's signature
        """Refuse naive times and store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time must not be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware time."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Told(TypeDecorator[str]):
    """What a server said; NUL and half a surrogate pair, which no database holds, are replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what can be stored."""
        del dialect
        if value is None:
            return None
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


ID = String(40)


def _times() -> tuple[Column[datetime], Column[datetime]]:
    return (
        Column("create_time", Instant, nullable=False),
        Column("update_time", Instant, nullable=False),
    )


resellers = Table(
    "resellers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("parent", ID, ForeignKey("resellers.id")),
    Column("path", String(1000), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("external_id", String(200)),
    Column("deployments", JSON),
    Column("roles", JSON),
    Column("disabled_permissions", JSON, nullable=False),
    Column("suspend_time", Instant),
    *_times(),
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
    *_times(),
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

deployments = Table(
    "deployments",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(200), nullable=False, unique=True),
    Column("host", String(255), nullable=False),
    Column("port", Integer, nullable=False),
    Column("user_name", String(200), nullable=False),
    Column("password", Text, nullable=False),  # encrypted
    Column("pin", String(64)),
    Column("labels", JSON, nullable=False),
    Column("capacity", Integer),
    Column("instance_base_directory", String(500)),
    Column("instance_url", String(500)),
    Column("cordoned", Boolean, nullable=False),
    Column("version", String(50)),
    Column("commands", JSON, nullable=False),
    Column("last_contact_time", Instant),
    Column("revision", Integer, nullable=False),
    Column("drained", Boolean, nullable=False),
    Column("quarantine", JSON(none_as_null=True)),
    *_times(),
    UniqueConstraint("host", "port"),
)

# The read model of a deployment: how old it is, why it is not newer, what was doubted in it.
inventories = Table(
    "inventories",
    metadata,
    Column("deployment", ID, ForeignKey("deployments.id", ondelete="CASCADE"), primary_key=True),
    Column("as_of", Instant),
    Column("try_time", Instant, nullable=False),
    Column("problem", String(60)),
    Column("doubt", JSON(none_as_null=True)),
    Column("number", Integer),
)

# Instances that a deployment lists and nobody owns; the id is theirs for good once adopted.
unowned = Table(
    "unowned",
    metadata,
    Column("id", ID, primary_key=True),
    Column("deployment", ID, ForeignKey("deployments.id", ondelete="CASCADE"), nullable=False),
    Column("instance_id", String(200), nullable=False),
    Column("observed", JSON, nullable=False),
    Column("observe_time", Instant, nullable=False),
    Column("create_time", Instant, nullable=False),
    UniqueConstraint("deployment", "instance_id"),
)

# The instance hosts of a deployment as last seen, and whether we place nothing on them.
hosts = Table(
    "hosts",
    metadata,
    Column("deployment", ID, ForeignKey("deployments.id", ondelete="CASCADE"), primary_key=True),
    Column("server_name", String(255), primary_key=True),
    Column("observed", JSON, nullable=False),
    Column("observe_time", Instant),
    Column("cordoned", Boolean, nullable=False),
)

instances = Table(
    "instances",
    metadata,
    Column("id", ID, primary_key=True),
    Column("instance_id", String(32), nullable=False),
    Column("deployment", ID, ForeignKey("deployments.id"), nullable=False),
    Column("reseller", ID, ForeignKey("resellers.id"), nullable=False),
    Column("display_name", String(200), nullable=False),
    Column("alias", String(200)),
    Column("external_id", String(200)),
    Column("labels", JSON, nullable=False),
    Column("instance_host", String(255), nullable=False),
    Column("base_directory", String(500), nullable=False),
    Column("status", String(20), nullable=False),
    Column("observed", JSON, nullable=False),
    Column("observe_time", Instant),
    Column("kept_state", JSON, nullable=False),
    Column("drift", JSON(none_as_null=True)),
    Column("delete_time", Instant),
    Column("purge_time", Instant),
    *_times(),
    Index(None, "deployment", "instance_id"),
    *(Index(None, column, "id") for column in ("deployment", "reseller", "external_id")),
)

# Limits of a reseller: no row inherits, a null limit lifts, zero forbids (decision 25).
quotas = Table(
    "quotas",
    metadata,
    Column("reseller", ID, ForeignKey("resellers.id", ondelete="CASCADE"), primary_key=True),
    Column("resource", String(40), primary_key=True),
    Column("limit", Integer),
)

# How many of a resource an instance holds, as far as it was admitted by us or observed.
holdings = Table(
    "holdings",
    metadata,
    Column("instance", ID, ForeignKey("instances.id"), primary_key=True),
    Column("resource", String(40), primary_key=True),
    Column("held", Integer, nullable=False),
    Column("observe_time", Instant),
)

# Changes of owner; what happened before one stays with the former owner (decision 20).
transfers = Table(
    "transfers",
    metadata,
    Column("id", ID, primary_key=True),
    Column("instance", ID, ForeignKey("instances.id"), nullable=False, index=True),
    Column("former", ID, nullable=False),
    Column("owner", ID, nullable=False),
    Column("client", ID, nullable=False),
    Column("request_id", String(128), nullable=False),
    Column("create_time", Instant, nullable=False),
)

# Instance ids, aliases and tombstones of a deployment: any clash is one identical answer.
# Rows are never removed, so an id once used never goes to another reseller (law 3).
names = Table(
    "names",
    metadata,
    Column("deployment", ID, ForeignKey("deployments.id"), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("instance", ID, nullable=False),
    Column("reseller", ID, nullable=False),
    Column("tombstone", Boolean, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("create_time", Instant, nullable=False),
)

operations = Table(
    "operations",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("reseller", ID, nullable=False),
    Column("reseller_path", String(1000), nullable=False),
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
    *_times(),
    Index(None, "status", "next_poll_time"),
    Index(None, "deployment", "status"),
    Index(None, "reseller_path", "id"),
)

chores = Table(
    "chores",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("next_time", Instant, nullable=False),
)

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
