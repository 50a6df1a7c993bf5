"""Logs of events, webhooks and what they delivered; usage as it was read, and statements."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "delivery_attempts",
    "watches",
    "deliveries",
    "webhooks",
    "statement_lines",
    "usage_events",
    "usage_days",
    "statements",
    "statement_entries",
    "readings",
    "raws",
    "figures",
    "events",
    "closed_days",
)
"""From those that refer to others to those that are referred to."""


def upgrade() -> None:
    op.add_column("deployments", sa.Column("down_time", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "closed_days",
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("close_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("deployment", "day", name=op.f("pk_closed_days")),
    )
    op.create_table(
        "events",
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("instance", sa.String(length=40), nullable=True),
        sa.Column("deployment", sa.String(length=40), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reseller", "number", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_create_time"), "events", ["create_time"], unique=False)
    op.create_index(
        op.f("ix_events_reseller_instance_number"),
        "events",
        ["reseller", "instance", "number"],
        unique=False,
    )
    op.create_table(
        "figures",
        sa.Column("instance", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("reading", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("instance", "measure", "time", name=op.f("pk_figures")),
    )
    op.create_index(
        op.f("ix_figures_deployment_measure_time"),
        "figures",
        ["deployment", "measure", "time"],
        unique=False,
    )
    op.create_index(
        op.f("ix_figures_reseller_measure_time"),
        "figures",
        ["reseller", "measure", "time"],
        unique=False,
    )
    op.create_table(
        "raws",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_raws")),
    )
    op.create_table(
        "readings",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("instance", sa.String(length=40), nullable=True),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raw", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    op.create_index(
        op.f("ix_readings_deployment_command_time"),
        "readings",
        ["deployment", "command", "time"],
        unique=False,
    )
    op.create_index(
        op.f("ix_readings_instance_command_time"),
        "readings",
        ["instance", "command", "time"],
        unique=False,
    )
    op.create_index(op.f("ix_readings_raw"), "readings", ["raw"], unique=False)
    op.create_index(op.f("ix_readings_time"), "readings", ["time"], unique=False)
    op.create_table(
        "statement_entries",
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("statement", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reseller", "number", name=op.f("pk_statement_entries")),
    )
    op.create_index(
        op.f("ix_statement_entries_statement"), "statement_entries", ["statement"], unique=False
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("close_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledge_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=40), nullable=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("reseller", "month", name=op.f("uq_statements_reseller_month")),
    )
    op.create_table(
        "usage_days",
        sa.Column("instance", sa.String(length=40), nullable=False),
        sa.Column("measure", sa.String(length=20), nullable=False),
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("readings", sa.Integer(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("peak", sa.BigInteger(), nullable=False),
        sa.Column("latest", sa.BigInteger(), nullable=False),
        sa.Column("latest_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "instance", "measure", "reseller", "day", name=op.f("pk_usage_days")
        ),
    )
    op.create_index(
        op.f("ix_usage_days_deployment_until_day"),
        "usage_days",
        ["deployment", "until_day"],
        unique=False,
    )
    op.create_index(
        op.f("ix_usage_days_reseller_until_day"),
        "usage_days",
        ["reseller", "until_day"],
        unique=False,
    )
    op.create_table(
        "usage_events",
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("origin", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("instance", sa.String(length=40), nullable=True),
        sa.Column("deployment", sa.String(length=40), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("reseller", "number", name=op.f("pk_usage_events")),
    )
    op.create_index(
        op.f("ix_usage_events_create_time"), "usage_events", ["create_time"], unique=False
    )
    op.create_index(
        op.f("ix_usage_events_reseller_instance_number"),
        "usage_events",
        ["reseller", "instance", "number"],
        unique=False,
    )
    op.create_table(
        "statement_lines",
        sa.Column("statement", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("instance", sa.String(length=40), nullable=True),
        sa.Column("deployment", sa.String(length=40), nullable=True),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["statement"], ["statements.id"], name=op.f("fk_statement_lines_statement_statements")
        ),
        sa.PrimaryKeyConstraint("statement", "number", name=op.f("pk_statement_lines")),
    )
    op.create_index(
        op.f("ix_statement_lines_instance"), "statement_lines", ["instance"], unique=False
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("reseller", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("secrets", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("disable_reason", sa.String(length=60), nullable=True),
        sa.Column("disable_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fail_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["reseller"], ["resellers.id"], name=op.f("fk_webhooks_reseller_resellers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index(op.f("ix_webhooks_reseller"), "webhooks", ["reseller"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("webhook", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("update_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook"],
            ["webhooks.id"],
            name=op.f("fk_deliveries_webhook_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(op.f("ix_deliveries_create_time"), "deliveries", ["create_time"], unique=False)
    op.create_index(op.f("ix_deliveries_webhook_id"), "deliveries", ["webhook", "id"], unique=False)
    op.create_index(
        op.f("ix_deliveries_webhook_status_id"),
        "deliveries",
        ["webhook", "status", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_webhook_status_next_time"),
        "deliveries",
        ["webhook", "status", "next_time"],
        unique=False,
    )
    op.create_index(
        op.f("ix_deliveries_webhook_type_id"),
        "deliveries",
        ["webhook", "type", "id"],
        unique=False,
    )
    op.create_table(
        "watches",
        sa.Column("instance", sa.String(length=40), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("next_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instance"],
            ["instances.id"],
            name=op.f("fk_watches_instance_instances"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("instance", name=op.f("pk_watches")),
    )
    op.create_index(
        op.f("ix_watches_deployment_next_time"),
        "watches",
        ["deployment", "next_time"],
        unique=False,
    )
    op.create_index(op.f("ix_watches_next_time"), "watches", ["next_time"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("delivery", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.Column("excerpt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery"],
            ["deliveries.id"],
            name=op.f("fk_delivery_attempts_delivery_deliveries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery", "number", name=op.f("pk_delivery_attempts")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("deployments", "down_time")
