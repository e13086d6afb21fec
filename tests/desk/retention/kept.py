"""Things of a resident that are kept, made at a time of one's choice."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from desk import people
from desk.database import Base, Database
from desk.database.models import (
    ActionResult,
    Attachment,
    Conversation,
    Event,
    Feedback,
    InboxMessage,
    OutboxMessage,
    QueueItem,
    Report,
    ReportStep,
    Staff,
)
from desk.retention.policy import Defaults, Policy

NOW = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
PHONE = "+12095550123"
OTHER = "+12095550144"
POLICY = Policy(
    Defaults(
        conversations=100,
        reports=1000,
        drafts=30,
        photos=50,
        surveys=60,
        events=40,
        sessions=10,
        audit=500,
    ),
    {"house_check": 45},
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def conversation(
    session: Session, days: float, *, address: str = PHONE, channel: str = "sms"
) -> Conversation:
    """A conversation whose last message is so many days old, with one of everything that is not a
    report."""
    at = ago(days)
    one = Conversation(
        id=f"{channel}-{secrets.token_hex(16)}",
        channel=channel,
        address=address,
        our_address=secrets.token_hex(4),
        created_at=at,
        last_inbound_at=at,
        lease_owner=None,
    )
    session.add(one)
    session.flush()
    message(session, one, days)
    session.add(QueueItem(conversation_id=one.id, kind="talk", reason="asked", language="en",
                          state="ended", entered_at=at, ended_at=at))  # fmt: skip
    session.add(Event(kind="message_in", conversation_id=one.id, at=at))
    survey(session, one, days)
    session.flush()
    return one


def message(session: Session, one: Conversation, days: float) -> InboxMessage:
    """A message, its answer, and what the action said."""
    heard = InboxMessage(
        channel=one.channel,
        provider_id=secrets.token_hex(8),
        body_hash="0" * 64,
        conversation_id=one.id,
        text="I will be away from 12 Main Street",
        state="done",
        received_at=ago(days),
    )
    session.add(heard)
    session.flush()
    session.add(
        OutboxMessage(
            conversation_id=one.id,
            in_reply_to=heard.id,
            author="bot",
            text="Thank you",
            state="delivered",
            created_at=ago(days),
        )
    )
    session.add(
        ActionResult(
            conversation_id=one.id,
            message_id=str(heard.id),
            action="a",
            result={"text": "Thank you"},
            at=ago(days),
        )
    )
    session.flush()
    return heard


def survey(session: Session, one: Conversation, days: float) -> Feedback:
    row = Feedback(conversation_id=one.id, about="talk", comment="kind", at=ago(days))
    session.add(row)
    session.flush()
    return row


def report(
    session: Session,
    one: Conversation,
    days: float,
    state: str = "closed",
    type_id: str = "theft",
    *,
    reach: str | None = None,
) -> Report:
    """A report begun and, unless it is a draft, filed so many days ago."""
    filed = state not in {"draft", "kept", "refused", "deleted"}
    row = Report(
        number=f"T26-{secrets.token_hex(3).upper()}" if filed else None,
        conversation_id=one.id,
        type=type_id,
        state=state,
        language="en",
        fields={"name": "Maria Lopez", **({"reach": reach} if reach else {})},
        created_at=ago(days),
        updated_at=ago(days),
        submitted_at=ago(days) if filed else None,
    )
    session.add(row)
    session.flush()
    if filed:
        session.add(ReportStep(report_id=row.id, state=state, words="seen", at=ago(days)))
    session.flush()
    return row


def photo(session: Session, one: Conversation, days: float, of: Report | None = None) -> Attachment:
    heard = message(session, one, days)
    row = Attachment(
        public_id=secrets.token_hex(16),
        conversation_id=one.id,
        inbox_id=heard.id,
        position=0,
        report_id=of.id if of else None,
        state="stored",
        content=b"picture",
        thumbnail=b"small",
        created_at=ago(days),
    )
    session.add(row)
    session.flush()
    return row


def officer(session: Session) -> Staff:
    found = session.scalars(select(Staff)).first()
    return found or people.add_staff(
        session,
        email="rivera@larkfield.example",
        name="Officer Rivera",
        password="correct horse battery",
        roles=["officer"],
    )


def rows(database: Database) -> dict[str, int]:
    """How many rows each table has that has any."""
    with database.reading() as session:
        counts = {
            table.name: session.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one()  # noqa: S608
            for table in Base.metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count}


def everything(database: Database) -> str:
    """All that the database holds, as one text to search in."""
    with database.reading() as session:
        return "\n".join(
            str(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in session.execute(table.select())
        )
