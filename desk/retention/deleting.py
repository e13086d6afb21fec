"""Deletes rows with all that hangs on them, so that nothing is left of what goes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from desk.database.models import (
    ActionResult,
    Attachment,
    Base,
    Conversation,
    Event,
    Feedback,
    Hold,
    InboxMessage,
    OneTimeLink,
    OutboxMessage,
    QueueItem,
    Report,
    ReportStep,
    StaffSession,
)
from desk.retention.dialogues import Dialogues
from desk.retention.due import Kind

_AROUND: Final = timedelta(minutes=10)
"""How long before its first stored answer and after filing a report is still spoken of."""


def delete_rows(session: Session, kind: Kind, keys: Sequence[Any], dialogues: Dialogues) -> None:
    """Delete rows of a kind by their keys, with what hangs on them, here and in the dialogues."""
    _DELETE[kind](session, keys, dialogues)


def delete_reports(session: Session, ids: Collection[int], dialogues: Dialogues) -> None:
    """Reports, their steps and photos, and the messages in which they were told."""
    told = session.execute(
        select(Report.conversation_id, Report.created_at, Report.submitted_at).where(
            Report.id.in_(ids)
        )
    ).all()
    delete_where(session, Attachment, Attachment.report_id.in_(ids))
    delete_where(session, ReportStep, ReportStep.report_id.in_(ids))
    for table in (Feedback, QueueItem, Hold):
        _changed(session, table, table.report_id.in_(ids), report_id=None)
    _changed(session, Report, Report.duplicate_of_id.in_(ids), duplicate_of_id=None)
    delete_where(session, Report, Report.id.in_(ids))
    for conversation_id, created_at, submitted_at in told:
        if submitted_at is not None:
            since, until = created_at - _AROUND, submitted_at + _AROUND
            _untell(session, conversation_id, since, until)
            dialogues.forget([conversation_id], since=since, until=until)


def delete_drafts(session: Session, ids: Collection[int], _dialogues: Dialogues) -> None:
    """Reports that were never filed; the messages are the conversation's."""
    _changed(session, Attachment, Attachment.report_id.in_(ids), report_id=None)
    delete_where(session, ReportStep, ReportStep.report_id.in_(ids))
    for table in (Feedback, QueueItem, Hold):
        _changed(session, table, table.report_id.in_(ids), report_id=None)
    delete_where(session, Report, Report.id.in_(ids))


def delete_photos(session: Session, ids: Collection[int], _dialogues: Dialogues) -> None:
    """Photos, with their bytes."""
    delete_where(session, Attachment, Attachment.id.in_(ids))


def delete_conversations(session: Session, ids: Collection[str], dialogues: Dialogues) -> None:
    """Conversations and everything in them; filed reports must not be among it, or be meant."""
    reports = select(Report.id).where(Report.conversation_id.in_(ids))
    dialogues.forget(ids)
    delete_where(session, Attachment, Attachment.conversation_id.in_(ids))
    delete_where(session, ReportStep, ReportStep.report_id.in_(reports))
    for table in (Feedback, QueueItem, Hold, Attachment):
        _changed(session, table, table.report_id.in_(reports), report_id=None)
        delete_where(session, table, table.conversation_id.in_(ids))
    _changed(session, Report, Report.duplicate_of_id.in_(reports), duplicate_of_id=None)
    delete_where(session, Report, Report.conversation_id.in_(ids))
    delete_where(session, OutboxMessage, OutboxMessage.conversation_id.in_(ids))
    delete_where(session, InboxMessage, InboxMessage.conversation_id.in_(ids))
    delete_where(session, ActionResult, ActionResult.conversation_id.in_(ids))
    delete_events_of(session, ids)
    delete_where(session, Conversation, Conversation.id.in_(ids))


def delete_messages_in(session: Session, ids: Collection[int], _dialogues: Dialogues) -> None:
    """Messages of residents, with their photos and what actions answered to them."""
    for one in session.execute(
        select(InboxMessage.id, InboxMessage.conversation_id).where(InboxMessage.id.in_(ids))
    ).all():
        answers = and_(
            ActionResult.conversation_id == one.conversation_id,
            ActionResult.message_id == str(one.id),
        )
        delete_where(session, ActionResult, answers)
    delete_where(session, Attachment, Attachment.inbox_id.in_(ids))
    _changed(session, OutboxMessage, OutboxMessage.in_reply_to.in_(ids), in_reply_to=None)
    delete_where(session, InboxMessage, InboxMessage.id.in_(ids))


def delete_messages_out(session: Session, ids: Collection[int], _dialogues: Dialogues) -> None:
    """Messages to residents."""
    delete_where(session, OutboxMessage, OutboxMessage.id.in_(ids))


def delete_events_of(session: Session, conversation_ids: Collection[str]) -> None:
    """All events of conversations. The newest of all stays, emptied: numbers must go on rising."""
    newest = session.scalar(select(func.max(Event.id)))
    mine = Event.conversation_id.in_(conversation_ids)
    _changed(
        session, Event, and_(mine, Event.id == newest), conversation_id=None, kind="erased", data={}
    )
    delete_where(session, Event, mine)


def _untell(session: Session, conversation_id: str, since: datetime, until: datetime) -> None:
    """Delete the messages of a time, but those that another report's photos came with, or its own
    time takes in."""
    other = aliased(Report)

    def unless_told(at: Any) -> ColumnElement[bool]:
        return ~exists().where(
            other.conversation_id == conversation_id, other.created_at <= at, other.updated_at >= at
        )

    said = OutboxMessage.created_at
    delete_where(
        session,
        OutboxMessage,
        and_(
            OutboxMessage.conversation_id == conversation_id,
            said.between(since, until),
            OutboxMessage.state.not_in(("queued", "sending")),
            unless_told(said),
        ),
    )
    heard = InboxMessage.received_at
    ids = session.scalars(
        select(InboxMessage.id).where(
            InboxMessage.conversation_id == conversation_id,
            heard.between(since, until),
            InboxMessage.state == "done",
            unless_told(heard),
            ~exists().where(
                Attachment.inbox_id == InboxMessage.id,
                Attachment.report_id.is_not(None),
            ),
        )
    ).all()
    delete_messages_in(session, ids, Dialogues(None))


def _delete_by(key: Any) -> Callable[[Session, Sequence[Any], Dialogues], None]:
    def delete_them(session: Session, keys: Sequence[Any], _dialogues: Dialogues) -> None:
        delete_where(session, key.class_, key.in_(keys))

    return delete_them


def delete_where(session: Session, table: type[Base], which: ColumnElement[bool]) -> None:
    """Delete the rows of a table for which this holds."""
    session.execute(delete(table).where(which).execution_options(synchronize_session=False))


def _changed(
    session: Session, table: type[Base], which: ColumnElement[bool], **values: Any
) -> None:
    session.execute(
        update(table).where(which).values(**values).execution_options(synchronize_session=False)
    )


_DELETE: Final[Mapping[Kind, Callable[[Session, Sequence[Any], Dialogues], None]]] = {
    "reports": delete_reports,
    "drafts": delete_drafts,
    "photos": delete_photos,
    "surveys": _delete_by(Feedback.id),
    "conversations": delete_conversations,
    "messages_in": delete_messages_in,
    "messages_out": delete_messages_out,
    "events": _delete_by(Event.id),
    "sessions": _delete_by(StaffSession.token_hash),
    "links": _delete_by(OneTimeLink.token_hash),
}
