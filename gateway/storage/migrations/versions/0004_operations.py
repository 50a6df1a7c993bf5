"""Operations that are parts of another; chores that one process does for all."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("next_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("parent", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_operations_parent"), ["parent"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("operations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_operations_parent"))
        batch_op.drop_column("parent")

    op.drop_table("chores")
