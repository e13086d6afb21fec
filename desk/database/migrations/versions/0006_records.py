"""the audit chain, holds, and work that is done now and then."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from desk.settings import settings

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ENTRY = sa.table(
    "audit_entry",
    sa.column("id", ROW_ID),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("staff_id", ROW_ID),
    sa.column("action", sa.String),
    sa.column("subject", sa.String),
    sa.column("data", sa.JSON),
    sa.column("hash", sa.String),
    sa.column("seal", sa.String),
    sa.column("key_id", sa.String),
)
AT_ONCE = 1000

# What hangs on a conversation or message that is deleted is looked for by these.
INDEXES = (
    ("ix_outbox_reply", "outbox_message", "in_reply_to"),
    ("ix_queue_conversation", "queue_item", "conversation_id"),
    ("ix_feedback_conversation", "feedback", "conversation_id"),
)

# An entry may go only when the chain's beginning, sealed, was moved behind it before.
SQLITE_TRIGGERS = (
    """
    CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
    """
    CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
    WHEN NOT EXISTS (SELECT 1 FROM audit_mark WHERE name = 'begin' AND entry_id >= OLD.id)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
)
POSTGRESQL_TRIGGERS = (
    """
    CREATE FUNCTION audit_entry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            -- by the table's own schema: a dump is restored without a search path
            DECLARE removable boolean;
            BEGIN
                EXECUTE format(
                    'SELECT EXISTS (SELECT 1 FROM %I.audit_mark WHERE name = ''begin'' AND entry_id >= $1)',
                    TG_TABLE_SCHEMA
                ) INTO removable USING OLD.id;
                IF removable THEN
                    RETURN OLD;
                END IF;
            END;
        END IF;
        RAISE EXCEPTION 'the audit is append-only';
    END $$
    """,
    """
    CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_is_append_only()
    """,
)


def upgrade() -> None:
    for name, length in (("hash", 64), ("seal", 64), ("key_id", 8)):
        op.add_column(
            "audit_entry",
            sa.Column(name, sa.String(length=length), nullable=False, server_default=""),
        )
    op.create_table(
        "audit_mark",
        sa.Column("name", sa.String(length=8), nullable=False),
        sa.Column("entry_id", ROW_ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_audit_mark"),
    )
    op.create_table(
        "hold",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("report_id", ROW_ID, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("placed_by", ROW_ID, nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_by", ROW_ID, nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name="fk_hold_conversation_id_conversation"
        ),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name="fk_hold_report_id_report"),
        sa.ForeignKeyConstraint(["placed_by"], ["staff.id"], name="fk_hold_placed_by_staff"),
        sa.ForeignKeyConstraint(["released_by"], ["staff.id"], name="fk_hold_released_by_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_hold"),
    )
    op.create_index("ix_hold_conversation", "hold", ["conversation_id"])
    op.create_table(
        "job",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_job"),
    )
    for name, table, column in INDEXES:
        op.create_index(name, table, [column])
    _chain(op.get_bind())
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE_TRIGGERS if sqlite else POSTGRESQL_TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_no_update")
        op.execute("DROP TRIGGER audit_entry_no_delete")
    else:
        op.execute("DROP TRIGGER audit_entry_no_change ON audit_entry")
        op.execute("DROP FUNCTION audit_entry_is_append_only()")
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
    op.drop_table("job")
    op.drop_table("hold")
    op.drop_table("audit_mark")
    for name in ("key_id", "seal", "hash"):
        op.drop_column("audit_entry", name)


def _chain(connection: sa.Connection) -> None:
    """Chain the entries that are there, as desk/people/chain.py did when this was written."""
    secret = settings().secret_key.get_secret_value()
    key = hmac.digest(secret.encode(), b"frontdesk audit chain 1", "sha256")
    key_id = hashlib.sha256(key).hexdigest()[:8]

    def seal(words: str) -> str:
        return hmac.new(key, words.encode(), "sha256").hexdigest()

    number, last = 0, "0" * 64
    while rows := connection.execute(
        sa.select(ENTRY).where(ENTRY.c.id > number).order_by(ENTRY.c.id).limit(AT_ONCE)
    ).all():
        for row in rows:
            at = row.at.replace(tzinfo=UTC) if row.at.tzinfo is None else row.at.astimezone(UTC)
            told = at.isoformat(timespec="microseconds")
            content = [last, row.id, told, row.staff_id, row.action, row.subject, row.data]
            last = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
            number = row.id
            connection.execute(
                sa.update(ENTRY)
                .where(ENTRY.c.id == number)
                .values(hash=last, seal=seal(last), key_id=key_id)
            )
    if number:
        mark = sa.table(
            "audit_mark",
            *(sa.column(name) for name in ("name", "entry_id", "hash", "seal", "key_id")),
            sa.column("at", sa.DateTime(timezone=True)),
        )
        connection.execute(
            sa.insert(mark).values(
                name="end",
                entry_id=number,
                hash=last,
                seal=seal(f"end {number} {last}"),
                key_id=key_id,
                at=datetime.now(UTC),
            )
        )
