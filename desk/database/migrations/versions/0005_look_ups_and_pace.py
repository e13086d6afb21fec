"""look-ups of messages nobody knows the fate of, and the pace of our numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "outbox_message",
        sa.Column("look_ups", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index("ix_outbox_conversation", "outbox_message", ["conversation_id", "id"])
    op.create_table(
        "sender_pace",
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", name="pk_sender_pace"),
    )


def downgrade() -> None:
    op.drop_table("sender_pace")
    op.drop_index("ix_outbox_conversation", "outbox_message")
    with op.batch_alter_table("outbox_message") as table:
        table.drop_column("look_ups")
