"""Idempotency keys; where a log begins; a person's word on an unknown outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("client", sa.String(length=40), nullable=False),
        sa.Column("operation", sa.String(length=60), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("target", sa.String(length=100), nullable=True),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("lease_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("create_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expire_time", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["client"],
            ["clients.id"],
            name=op.f("fk_idempotency_keys_client_clients"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_idempotency_keys")),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_keys_client"), ["client"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_idempotency_keys_expire_time"), ["expire_time"], unique=False
        )

    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("log_start", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("resolution", sa.JSON(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.drop_column("resolution")
        batch_op.drop_column("log_start")

    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_expire_time"))
        batch_op.drop_index(batch_op.f("ix_idempotency_keys_client"))

    op.drop_table("idempotency_keys")
