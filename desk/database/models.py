"""Every table, in the order a message meets them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

RowId = BigInteger().with_variant(Integer, "sqlite")
"""A rising id. SQLite only makes those for a plain INTEGER primary key."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored as UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_now() -> datetime:
    """Now, aware, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """What all tables share: names of constraints, and aware times."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON}


class Conversation(Base):
    """One resident on one channel, and who holds the talk with them."""

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("channel", "address", "our_address"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)  # "sms-…", random
    channel: Mapped[str] = mapped_column(String(16))  # sms | messenger | web | shell
    address: Mapped[str] = mapped_column(String(128))  # E.164, PSID, hash of the web session
    our_address: Mapped[str] = mapped_column(String(64), default="")  # number or page written to
    language: Mapped[str] = mapped_column(String(2), default="en")
    holder: Mapped[str] = mapped_column(String(8), default="bot")  # bot | queue | human | closed
    held_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    epoch: Mapped[int] = mapped_column(default=0)  # raised by every change of holder
    danger: Mapped[str | None] = mapped_column(String(32))  # the kind last found
    danger_at: Mapped[datetime | None]
    opted_out: Mapped[bool] = mapped_column(default=False)
    district: Mapped[str | None] = mapped_column(String(64))
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_inbound_at: Mapped[datetime | None]


class InboxMessage(Base):
    """A message from a resident, stored before it is acknowledged."""

    __tablename__ = "inbox_message"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("ix_inbox_open", "state", "id"),
        Index("ix_inbox_conversation", "conversation_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    provider_id: Mapped[str] = mapped_column(String(160))  # MessageSid, mid, the browser's id
    body_hash: Mapped[str] = mapped_column(String(64))  # tells a repeat from a conflict
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    text: Mapped[str] = mapped_column(Text, default="")
    choice: Mapped[str | None] = mapped_column(Text)  # value of a choice that we offered
    location: Mapped[dict[str, Any] | None]  # {"latitude": degrees, "longitude": degrees}
    attachments: Mapped[list[Any]] = mapped_column(default=list)  # [{"id", "type"}]
    state: Mapped[str] = mapped_column(String(8), default="new")  # new | done
    danger: Mapped[str | None] = mapped_column(String(32))
    screened_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    received_at: Mapped[datetime] = mapped_column(default=utc_now)
    done_at: Mapped[datetime | None]


class OutboxMessage(Base):
    """A message to a resident, and the truth about its delivery."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_open", "state", "conversation_id", "id"),
        Index("ix_outbox_provider", "provider_id"),
        Index("ix_outbox_conversation", "conversation_id", "id"),
        Index("ix_outbox_reply", "in_reply_to"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("inbox_message.id"))
    author: Mapped[str] = mapped_column(String(8))  # bot | desk | staff
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str] = mapped_column(Text)
    choices: Mapped[list[Any]] = mapped_column(default=list)  # [{"title", "value"}], see desk.reply
    urgent: Mapped[bool] = mapped_column(default=False)  # a danger answer, sent first
    # queued | sending | sent | delivered | failed | unknown
    state: Mapped[str] = mapped_column(String(10), default="queued")
    provider_id: Mapped[str | None] = mapped_column(String(160))
    error: Mapped[str | None] = mapped_column(String(64))  # the provider's code
    attempts: Mapped[int] = mapped_column(default=0)
    look_ups: Mapped[int] = mapped_column(default=0)  # how often the provider was asked about it
    next_try_at: Mapped[datetime | None]  # to send it, or, while unknown, to look it up
    lease_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    sent_at: Mapped[datetime | None]


class SenderPace(Base):
    """Until when a number of ours is busy with what it was given to send."""

    __tablename__ = "sender_pace"

    sender: Mapped[str] = mapped_column(String(64), primary_key=True)
    free_at: Mapped[datetime]


class Event(Base):
    """Everything that was seen or done, append-only, with a rising id."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_conversation", "conversation_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    kind: Mapped[str] = mapped_column(String(32))
    conversation_id: Mapped[str | None] = mapped_column(ForeignKey("conversation.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)  # ids and states, never a text


class ActionResult(Base):
    """What an action answered to a message, so that a repeated turn changes nothing twice."""

    __tablename__ = "action_result"

    conversation_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(160), primary_key=True)
    action: Mapped[str] = mapped_column(String(64), primary_key=True)
    result: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=utc_now)


class Report(Base):
    """A non-emergency report, from its first answer to its end."""

    __tablename__ = "report"
    __table_args__ = (
        Index("ix_report_conversation", "conversation_id", "state"),
        Index("ix_report_state", "state", "submitted_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    number: Mapped[str | None] = mapped_column(String(32), unique=True)  # temporary, at submission
    secret_hash: Mapped[str | None] = mapped_column(String(160))
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    type: Mapped[str] = mapped_column(String(32))
    # draft | kept | submitted | under_review | needs_info | approved | rejected |
    # routed_elsewhere | duplicate_of | withdrawn | closed | refused | deleted
    state: Mapped[str] = mapped_column(String(16), default="draft")
    language: Mapped[str] = mapped_column(String(2))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)  # what was told, by field name
    interview: Mapped[dict[str, Any]] = mapped_column(default=dict)  # where the interview stands
    district: Mapped[str | None] = mapped_column(String(64))
    promised_by: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    submitted_at: Mapped[datetime | None]
    case_number: Mapped[str | None] = mapped_column(String(32), unique=True)  # when approved
    agency: Mapped[str | None] = mapped_column(String(64))  # who has it, when routed elsewhere
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))


class ReportStep(Base):
    """One step in the life of a filed report: a change of state, or something added to it."""

    __tablename__ = "report_step"
    __table_args__ = (Index("ix_report_step", "report_id", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    state: Mapped[str] = mapped_column(String(16))  # the report's state after the step
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # None: the resident
    words: Mapped[str] = mapped_column(Text, default="")  # said to the resident, or by them
    told: Mapped[bool] = mapped_column(default=False)  # whether the resident was written to
    added: Mapped[bool] = mapped_column(default=False)  # whether the resident added the words
    at: Mapped[datetime] = mapped_column(default=utc_now)


class Attachment(Base):
    """A photo that a resident sent, and what became of it."""

    __tablename__ = "attachment"
    __table_args__ = (
        UniqueConstraint("inbox_id", "position"),
        Index("ix_attachment_open", "state", "next_try_at"),
        Index("ix_attachment_conversation", "conversation_id", "id"),
        Index("ix_attachment_report", "report_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True)  # random: used outside
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"))
    position: Mapped[int]  # within its message, from 0
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    state: Mapped[str] = mapped_column(String(8))  # waiting | stored | refused | failed
    problem: Mapped[str | None] = mapped_column(String(16))  # why it was refused or has failed
    source_url: Mapped[str | None] = mapped_column(Text)  # where it waits; gone when settled
    media_type: Mapped[str | None] = mapped_column(String(32))  # as its bytes say
    size: Mapped[int | None]  # bytes of the original
    sha256: Mapped[str | None] = mapped_column(String(64))
    # read only where they are asked for; the thumbnail is our own drawing, without metadata
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    thumbnail: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]  # while it is being fetched, the end of the lease
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    settled_at: Mapped[datetime | None]


class OneTimeLink(Base):
    """A link that opens the website's chat at one topic. Its token is stored as a hash only."""

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    used_at: Mapped[datetime | None]


class QueueItem(Base):
    """Someone who waits for a person: a live talk, a call-back, or an alert."""

    __tablename__ = "queue_item"
    __table_args__ = (
        Index("ix_queue_open", "state", "urgency", "entered_at"),
        Index("ix_queue_conversation", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    kind: Mapped[str] = mapped_column(String(8))  # talk | callback | alert
    reason: Mapped[str] = mapped_column(String(32))
    topic: Mapped[str | None] = mapped_column(String(32))
    urgency: Mapped[int] = mapped_column(default=0)  # higher is sooner; danger is 100
    language: Mapped[str] = mapped_column(String(2))
    district: Mapped[str | None] = mapped_column(String(64))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    state: Mapped[str] = mapped_column(String(8), default="waiting")  # waiting | claimed | ended
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None] = mapped_column(String(32))
    entered_at: Mapped[datetime] = mapped_column(default=utc_now)
    claimed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Feedback(Base):
    """What a resident said of the service: helped or not, 1 to 5, own words."""

    __tablename__ = "feedback"
    __table_args__ = (Index("ix_feedback_conversation", "conversation_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    about: Mapped[str] = mapped_column(String(16))  # report | talk | service
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
    helped: Mapped[bool | None]
    score: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=utc_now)


class Staff(Base):
    """A member of staff who may sign in to the console."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))  # as residents see it: "Officer Rivera"
    password_hash: Mapped[str] = mapped_column(String(160))
    roles: Mapped[list[Any]] = mapped_column(default=list)
    languages: Mapped[list[Any]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    available: Mapped[bool] = mapped_column(default=False)  # takes talks now
    last_seen_at: Mapped[datetime | None]
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)


class StaffSession(Base):
    """A signed-in browser of a member of staff; the cookie holds the token, this its hash."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    last_seen_at: Mapped[datetime] = mapped_column(default=utc_now)


class AuditEntry(Base):
    """Who of the staff saw, changed or exported what; append-only, each row chained to the last.

    Rows are written by desk.people.audit only; triggers refuse every change (docs/adr/0011).
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(default=utc_now)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80), default="")  # "conversation:…", "report:…"
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    hash: Mapped[str] = mapped_column(String(64))  # of the row and of the hash before it
    seal: Mapped[str] = mapped_column(String(64))  # keyed, over the hash
    key_id: Mapped[str] = mapped_column(String(8))  # which key sealed it


class AuditMark(Base):
    """Where the audit chain begins and ends: two rows, sealed like the entries."""

    __tablename__ = "audit_mark"

    name: Mapped[str] = mapped_column(String(8), primary_key=True)  # begin | end
    entry_id: Mapped[int] = mapped_column(RowId)  # begin: the last one removed; end: the newest
    hash: Mapped[str] = mapped_column(String(64))  # of that entry
    seal: Mapped[str] = mapped_column(String(64))
    key_id: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]


class Hold(Base):
    """A conversation that is kept whatever its age, with all that is in it, until released."""

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_conversation", "conversation_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))  # when it was named
    why: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    placed_at: Mapped[datetime]
    released_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    released_at: Mapped[datetime | None]


class Job(Base):
    """Work that one process at a time does now and then, and when it was last done."""

    __tablename__ = "job"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
