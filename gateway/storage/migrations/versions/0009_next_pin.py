"""The certificate that a deployment will show next, trusted beside the one of now."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
oldest = "0008"


def upgrade() -> None:
    op.add_column("deployments", sa.Column("next_pin", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("deployments", "next_pin")
