"""people read times by the clock of a zone

Revision ID: 0028
Revises: 0027

"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("users", sa.Column("time_zone", sa.String(length=40), nullable=False, server_default=sa.text("''")))


def downgrade():
    op.drop_column("users", "time_zone")  # not in a batch, which would forget that ids are given once
