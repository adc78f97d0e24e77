"""receipts hold the answers themselves

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("DELETE FROM receipts")  # a day's at most; what they answered can't be told from their facts
    with op.batch_alter_table("receipts") as receipts:
        receipts.drop_column("facts")
        receipts.drop_column("shape")
        receipts.add_column(sa.Column("body", sa.Text(), nullable=False))
        receipts.add_column(sa.Column("tag", sa.String(length=64), nullable=True))


def downgrade():
    op.execute("DELETE FROM receipts")
    with op.batch_alter_table("receipts") as receipts:
        receipts.drop_column("tag")
        receipts.drop_column("body")
        receipts.add_column(sa.Column("shape", sa.String(length=40), nullable=False))
        receipts.add_column(sa.Column("facts", sa.JSON(), nullable=False))
