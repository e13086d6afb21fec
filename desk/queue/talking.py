"""Staff take conversations, write in them and give them back; only the holder writes."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, get_args

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from desk import people
from desk.conversations import add_outbound, change_holder, record
from desk.database.models import (
    Conversation,
    InboxMessage,
    OutboxMessage,
    QueueItem,
    Staff,
)
from desk.department import load
from desk.queue.entering import enter, lock, open_item
from desk.queue.waiting import waiting_items
from desk.reply import Reply
from desk.reports import interview, store
from desk.settings import settings
from desk.wording import as_language, say

Outcome = Literal["resolved", "bot_goes_on", "report_filed", "referred"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
_ENDS_INTERVIEW: Final = frozenset({"report_filed", "referred"})
MAX_REPLY: Final = 1600


class AlreadyClaimed(RuntimeError):
    """Somebody else was quicker; `by` is who, None when the item has ended."""

    def __init__(self, by: Staff | None) -> None:
        super().__init__("already claimed")
        self.by = by


class NotHolder(PermissionError):
    """Only who holds the conversation may do that; `by` is the person who holds it, if any."""

    def __init__(self, by: Staff | None) -> None:
        super().__init__("not the holder")
        self.by = by


class NotThere(LookupError):
    """There is no such item."""


class NothingToSay(ValueError):
    """The reply is empty, or longer than any channel carries."""


def claim(session: Session, item_id: int, staff: Staff, now: datetime) -> QueueItem:
    """Take a waiting item: the resident is told who joined. Raises AlreadyClaimed, NotThere."""
    conversation_id = session.scalar(
        select(QueueItem.conversation_id).where(QueueItem.id == item_id)
    )
    if conversation_id is None:
        raise NotThere(item_id)
    conversation = session.get_one(Conversation, conversation_id)
    lock(session, conversation)
    claimed = session.execute(
        update(QueueItem)
        .where(QueueItem.id == item_id, QueueItem.state == "waiting")
        .values(state="claimed", claimed_by=staff.id, claimed_at=now)
        .execution_options(synchronize_session=False)
        .returning(QueueItem.id)
    ).scalar()
    item = session.get_one(QueueItem, item_id, populate_existing=True)
    if claimed is None:
        by = session.get(Staff, item.claimed_by) if item.state == "claimed" else None
        if by is not None and by.id == staff.id:
            return item
        raise AlreadyClaimed(by)
    change_holder(session, conversation, "human", staff_id=staff.id, now=now)
    record(session, "queue", conversation.id, now=now, item_id=item.id, state="claimed")
    joined = say("queue.joined", as_language(conversation.language), name=staff.name)
    add_outbound(session, conversation, Reply(joined), "desk", now=now)
    return item


def next_for(session: Session, staff: Staff, now: datetime) -> QueueItem | None:
    """Take the most urgent, then the longest waiting, of those in a language this person speaks.

    Alerts are for everybody. Two who ask at once get two different items. None: nobody waits.
    """
    spoken = case((QueueItem.language.in_(staff.languages), 1), else_=0)
    item_id = session.scalars(
        waiting_items()
        .join(Conversation, Conversation.id == QueueItem.conversation_id)
        .where((spoken == 1) | (QueueItem.kind == "alert"))
        .with_only_columns(QueueItem.id)
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True, of=Conversation)
    ).first()
    return None if item_id is None else claim(session, item_id, staff, now)


def take(session: Session, conversation: Conversation, staff: Staff, now: datetime) -> QueueItem:
    """Pull a conversation from the bot. Raises AlreadyClaimed when a person holds it."""
    return claim(
        session, enter(session, conversation, reason="pulled", now=now).item.id, staff, now
    )


def reply(
    session: Session, conversation: Conversation, staff: Staff, text: str, now: datetime
) -> OutboxMessage:
    """Write to the resident. Raises NotHolder, NothingToSay."""
    _must_hold(session, conversation, staff)
    said = text.replace("\r\n", "\n").strip()
    if not said or len(said) > MAX_REPLY:
        raise NothingToSay(f"{len(said)} characters; 1 to {MAX_REPLY} can be sent")
    return add_outbound(session, conversation, Reply(said), "staff", staff_id=staff.id, now=now)


def hand_back(
    session: Session, conversation: Conversation, staff: Staff, outcome: str, now: datetime
) -> None:
    """End the talk; the bot goes on, with the question an open interview waits on.

    An officer who filed the report, or referred the resident, has ended that interview too: its
    draft is kept aside. What a colleague took over in the page's own inbox, where no account of
    ours holds it, anybody may hand back. Raises NotHolder, and ValueError for an outcome that is
    none of OUTCOMES.
    """
    if outcome not in OUTCOMES:
        raise ValueError(f"{outcome!r} is no outcome")
    lock(session, conversation)
    if not held_in_page_inbox(conversation):
        _must_hold(session, conversation, staff)
    item = open_item(session, conversation.id)
    if item is not None:
        item.state, item.outcome, item.ended_at = "ended", outcome, now
        record(session, "queue", conversation.id, now=now, item_id=item.id, state="ended")
    change_holder(session, conversation, "bot", now=now)
    language = as_language(conversation.language)
    add_outbound(session, conversation, Reply(say("queue.back", language)), "desk", now=now)
    if outcome in _ENDS_INTERVIEW and (draft := store.draft_of(session, conversation.id)):
        store.change_state(session, draft, "kept", now)
    question = interview.pending_question(
        session, conversation.id, language, load(settings().department)
    )
    if question is not None:
        add_outbound(session, conversation, question, "bot", now=now)


def held_in_page_inbox(conversation: Conversation) -> bool:
    """Whether somebody answers in the page's own inbox, so that the bot is silent."""
    return conversation.holder == "human" and conversation.held_by is None


def transfer(session: Session, conversation: Conversation, staff: Staff, now: datetime) -> None:
    """Put the conversation back at its old place in the queue. Raises NotHolder."""
    _must_hold(session, conversation, staff)
    _back_to_queue(session, conversation, "queue.passed_on", now)


def return_abandoned(session: Session, now: datetime) -> list[str]:
    """Give others what officers who are gone left unanswered; the ids of those conversations.

    Gone means no heartbeat for people.LOST_AFTER; unanswered that the resident had the last word.
    """
    talks = session.scalars(
        select(Conversation)
        .join(QueueItem, QueueItem.conversation_id == Conversation.id)
        .join(Staff, Staff.id == QueueItem.claimed_by)
        .where(
            QueueItem.state == "claimed",
            QueueItem.claimed_at <= now - people.LOST_AFTER,
            Conversation.holder == "human",
            Staff.last_seen_at.is_(None) | (Staff.last_seen_at <= now - people.LOST_AFTER),
        )
        .with_for_update(key_share=True, skip_locked=True, of=Conversation)
    ).all()
    returned = []
    for conversation in talks:
        lock(session, conversation)
        if conversation.holder == "human" and _unanswered(session, conversation):
            _back_to_queue(session, conversation, "queue.officer_lost", now)
            returned.append(conversation.id)
    return returned


def _must_hold(session: Session, conversation: Conversation, staff: Staff) -> None:
    lock(session, conversation)
    if conversation.holder != "human" or conversation.held_by != staff.id:
        by = conversation.held_by
        raise NotHolder(session.get(Staff, by) if by is not None else None)


def _back_to_queue(
    session: Session, conversation: Conversation, wording: str, now: datetime
) -> None:
    item = open_item(session, conversation.id)
    if item is not None:  # it keeps the time it came in, and so goes to the head
        item.state, item.claimed_by, item.claimed_at = "waiting", None, None
        record(session, "queue", conversation.id, now=now, item_id=item.id, state="waiting")
    change_holder(session, conversation, "queue", now=now)
    text = say(wording, as_language(conversation.language))
    add_outbound(session, conversation, Reply(text), "desk", now=now)


def _unanswered(session: Session, conversation: Conversation) -> bool:
    heard = session.scalar(
        select(func.max(InboxMessage.received_at)).where(
            InboxMessage.conversation_id == conversation.id
        )
    )
    said = session.scalar(
        select(func.max(OutboxMessage.created_at)).where(
            OutboxMessage.conversation_id == conversation.id, OutboxMessage.author == "staff"
        )
    )
    return heard is not None and (said is None or heard > said)
