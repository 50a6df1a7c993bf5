"""The read model of deployments, drift and quarantine; how urgent an operation is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

PAGED_BY = ("deployment", "reseller", "external_id")
"""Lists of instances go by one of them and the id."""


def upgrade() -> None:
    op.create_table(
        "inventories",
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("try_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("problem", sa.String(length=60), nullable=True),
        sa.Column("doubt", sa.JSON(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
            name=op.f("fk_inventories_deployment_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deployment", name=op.f("pk_inventories")),
    )
    op.create_table(
        "unowned",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("instance_id", sa.String(length=200), nullable=False),
        sa.Column("observed", sa.JSON(), nullable=False),
        sa.Column("observe_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
            name=op.f("fk_unowned_deployment_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unowned")),
        sa.UniqueConstraint(
            "deployment", "instance_id", name=op.f("uq_unowned_deployment_instance_id")
        ),
    )
    op.create_table(
        "hosts",
        sa.Column("deployment", sa.String(length=40), nullable=False),
        sa.Column("server_name", sa.String(length=255), nullable=False),
        sa.Column("observed", sa.JSON(), nullable=False),
        sa.Column("observe_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cordoned", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["deployment"],
            ["deployments.id"],
            name=op.f("fk_hosts_deployment_deployments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("deployment", "server_name", name=op.f("pk_hosts")),
    )
    drained: sa.Column[bool] = sa.Column(
        "drained", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("deployments", drained)
    op.add_column("deployments", sa.Column("quarantine", sa.JSON(), nullable=True))
    op.add_column("instances", sa.Column("drift", sa.JSON(), nullable=True))
    urgency: sa.Column[str] = sa.Column(
        "urgency", sa.String(length=20), nullable=False, server_default="interactive"
    )
    op.add_column("operations", urgency)
    op.drop_index(op.f("ix_operations_deployment"), table_name="operations")
    columns = ["deployment", "status"]
    op.create_index(op.f("ix_operations_deployment_status"), "operations", columns)
    op.drop_index(op.f("ix_instances_reseller"), table_name="instances")
    for column in PAGED_BY:
        op.create_index(op.f(f"ix_instances_{column}_id"), "instances", [column, "id"])


def downgrade() -> None:
    for column in PAGED_BY:
        op.drop_index(op.f(f"ix_instances_{column}_id"), table_name="instances")
    op.create_index(op.f("ix_instances_reseller"), "instances", ["reseller"])
    # Not in a batch, which would make the tables anew: others refer to them.
    op.drop_index(op.f("ix_operations_deployment_status"), table_name="operations")
    op.create_index(op.f("ix_operations_deployment"), "operations", ["deployment"])
    op.drop_column("operations", "urgency")
    op.drop_column("instances", "drift")
    op.drop_column("deployments", "quarantine")
    op.drop_column("deployments", "drained")
    op.drop_table("hosts")
    op.drop_table("unowned")
    op.drop_table("inventories")
