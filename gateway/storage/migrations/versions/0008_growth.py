"""Indexes for what is asked again and again of tables that grow; paths in the order of bytes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
oldest = "0007"

PATHS = (("resellers", "path"), ("operations", "reseller_path"))
INDEXES = (
    ("operations", ("status", "id")),
    ("instances", ("deployment", "status")),
    ("instances", ("reseller", "status")),
    ("audit_log", ("reseller", "id")),
)
READS = "ix_operations_read_end_time"
ONE_TIME = "ix_operations_one_time_end_time"


def upgrade() -> None:
    _order_paths("C")
    for table, columns in INDEXES:
        op.create_index(op.f(_name(table, columns)), table, list(columns))
    op.create_index(
        READS,
        "operations",
        ["end_time"],
        sqlite_where=sa.text("changes IS 0"),
        postgresql_where=sa.text("changes IS false"),
    )
    op.create_index(
        ONE_TIME,
        "operations",
        ["end_time"],
        sqlite_where=sa.text("one_time = 1"),
        postgresql_where=sa.text("one_time"),
    )


def downgrade() -> None:
    for name in (ONE_TIME, READS):
        op.drop_index(name, table_name="operations")
    for table, columns in reversed(INDEXES):
        op.drop_index(op.f(_name(table, columns)), table_name=table)
    _order_paths("default")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"


def _order_paths(collation: str) -> None:
    """Set the order of paths: SQLite's is that of bytes already."""
    if op.get_bind().dialect.name == "postgresql":
        for table, column in PATHS:
            kind = sa.String(length=1000, collation=collation)
            op.alter_column(table, column, type_=kind)
