"""framing of photographs

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("photos") as batch_op:
        batch_op.add_column(sa.Column("turns", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("crop", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("focus", sa.String(length=2), server_default=sa.text("'11'"), nullable=False))
        batch_op.add_column(sa.Column("framings", sa.Integer(), server_default=sa.text("0"), nullable=False))
        batch_op.add_column(sa.Column("whole", sa.JSON(), nullable=True))
        batch_op.create_index(batch_op.f("ix_photos_original"), ["original"], unique=False)


def downgrade():
    with op.batch_alter_table("photos") as batch_op:
        batch_op.drop_index(batch_op.f("ix_photos_original"))
        for name in ("whole", "framings", "focus", "crop", "turns"):
            batch_op.drop_column(name)
