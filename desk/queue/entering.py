"""How a resident comes into the queue for a person, and leaves it again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from desk.conversations import change_holder, record
from desk.database.models import Conversation, InboxMessage, QueueItem
from desk.department import load
from desk.queue.waiting import position, staffed
from desk.reply import Reply
from desk.reports import interview
from desk.settings import settings
from desk.wording import as_language, say


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A place in the queue. `open` says that a person answers live now."""

    item: QueueItem
    position: int
    open: bool


def lock(session: Session, conversation: Conversation) -> None:
    """Let nobody else change this conversation until the transaction ends, and see it as it is."""
    session.execute(
        select(Conversation.id)
        .where(Conversation.id == conversation.id)
        .with_for_update(key_share=True)
    )
    session.refresh(conversation, ["holder", "held_by", "epoch"])


def open_item(session: Session, conversation_id: str) -> QueueItem | None:
    """The one item of a conversation that has not ended."""
    return session.scalars(
        select(QueueItem)
        .where(QueueItem.conversation_id == conversation_id, QueueItem.state != "ended")
        .order_by(QueueItem.id)
        .execution_options(populate_existing=True)
    ).first()


def enter(
    session: Session,
    conversation: Conversation,
    *,
    reason: str,
    topic: str | None = None,
    kind: Literal["talk", "callback"] = "talk",
    urgency: int = 0,
    report_id: int | None = None,
    now: datetime,
) -> QueueEntry:
    """Put a conversation into the queue for a person; once in, entering again changes nothing.

    `reason` is asked, unsure, refused_report, sensitive, failed, loop or pulled. When nobody
    answers live now, or the live hours are over, a talk becomes a call-back. Where a call-back or
    an alert waits already, that item goes on: there is one open item for each conversation.
    """
    lock(session, conversation)
    is_open = staffed(session, load(settings().department), now)
    item = open_item(session, conversation.id)
    if item is None:
        item = QueueItem(
            conversation_id=conversation.id,
            kind=kind if is_open else "callback",
            reason=reason[:32],
            topic=topic[:32] if topic else None,
            urgency=urgency,
            language=conversation.language,
            district=conversation.district,
            report_id=report_id,
            entered_at=now,
        )
        session.add(item)
        session.flush()
        record(session, "queue", conversation.id, now=now, item_id=item.id, state="waiting")
    elif item.kind == "callback" and item.state == "waiting" and kind == "talk" and is_open:
        item.kind, item.entered_at = "talk", now
        record(session, "queue", conversation.id, now=now, item_id=item.id, state="waiting")
    item.topic = item.topic or (topic[:32] if topic else None)
    item.report_id = item.report_id or report_id
    item.urgency = max(item.urgency, urgency)
    if item.state == "waiting" and conversation.holder != "queue":
        change_holder(session, conversation, "queue", now=now)
    session.flush()
    return QueueEntry(item=item, position=position(session, item), open=is_open)


def leave(session: Session, conversation: Conversation, now: datetime) -> Reply:
    """The resident goes back to the automated assistant ("0"), and to an open interview.

    An alert stays for staff to see, and so does a call-back with a message left for it.
    """
    lock(session, conversation)
    language = as_language(conversation.language)
    item = open_item(session, conversation.id)
    if conversation.holder == "queue":
        change_holder(session, conversation, "bot", now=now)
    kept = item is not None and item.kind == "callback" and _left_a_message(session, item)
    if item is not None and item.state == "waiting" and item.kind != "alert" and not kept:
        item.state, item.outcome, item.ended_at = "ended", "left", now
        record(session, "queue", conversation.id, now=now, item_id=item.id, state="ended")
    text = say("queue.left_message_kept" if kept else "queue.left", language)
    question = interview.pending_question(
        session, conversation.id, language, load(settings().department)
    )
    if question is None:
        return Reply(f"{text} {say('queue.what_now', language)}")
    return Reply(f"{text}\n{question.text}", question.choices)


def _left_a_message(session: Session, item: QueueItem) -> bool:
    return bool(
        session.scalar(
            select(
                exists().where(
                    InboxMessage.conversation_id == item.conversation_id,
                    InboxMessage.received_at > item.entered_at,
                    InboxMessage.text != "0",
                )
            )
        )
    )
