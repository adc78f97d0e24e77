"""whom people might want to follow

Revision ID: 0023
Revises: 0022

"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade():
    op.create_table(
        "suggestions",
        sa.Column("id", ID, nullable=False),
        sa.Column("reader_id", ID, nullable=True),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("via_id", ID, nullable=True),
        sa.Column("friends", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(length=50), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("dismissed", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name=op.f("fk_suggestions_person_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reader_id"], ["users.id"], name=op.f("fk_suggestions_reader_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["via_id"], ["users.id"], name=op.f("fk_suggestions_via_id_users"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestions")),
        sa.UniqueConstraint("reader_id", "person_id", name=op.f("uq_suggestions_reader_id_person_id")),
    )
    op.create_index("ix_suggestions_of_reader", "suggestions", ["reader_id", "place"])
    op.create_index(op.f("ix_suggestions_person_id"), "suggestions", ["person_id"])
    op.create_index(op.f("ix_suggestions_via_id"), "suggestions", ["via_id"])
    op.add_column("users", sa.Column("suggested_at", MOMENT, nullable=True))


def downgrade():
    with op.batch_alter_table("users") as batch_op:
        batch_op.drop_column("suggested_at")
    op.drop_table("suggestions")
