"""Deployments, their instances, and who has them."""

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
    UniqueConstraint,
)

from gateway.storage.tables.types import ID, Alike, Instant, metadata, times

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
    Column("next_pin", String(64)),
    Column("labels", JSON, nullable=False),
    Column("capacity", Integer),
    Column("instance_base_directory", String(500)),
    Column("instance_url", String(500)),
    Column("cordoned", Boolean, nullable=False),
    Column("version", String(50)),
    Column("commands", Alike, nullable=False),
    Column("last_contact_time", Instant),
    Column("revision", Integer, nullable=False),
    Column("drained", Boolean, nullable=False),
    Column("quarantine", JSON(none_as_null=True)),
    Column("down_time", Instant),
    *times(),
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
    *times(),
    Index(None, "deployment", "instance_id"),
    *(Index(None, column, "id") for column in ("deployment", "reseller", "external_id")),
    *(Index(None, column, "status") for column in ("deployment", "reseller")),
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
