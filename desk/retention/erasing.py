"""Erases a person: all that is kept of who writes from an address, but what must be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from desk import people
from desk.database.locks import KEEPING, alone
from desk.database.models import (
    ActionResult,
    Attachment,
    Base,
    Conversation,
    Feedback,
    InboxMessage,
    OutboxMessage,
    QueueItem,
    Report,
)
from desk.reports import kinds
from desk.reports.store import SUBMITTED
from desk.retention.deleting import (
    delete_conversations,
    delete_drafts,
    delete_events_of,
    delete_where,
)
from desk.retention.dialogues import Dialogues
from desk.retention.due import HELD
from desk.retention.policy import Policy

By = Literal["phone", "email", "conversation"]


class NotAnAddress(ValueError):
    """What was given is no phone number or e-mail address."""


class NobodyKnown(LookupError):
    """Nothing is kept of who was named."""


@dataclass(frozen=True, slots=True)
class KeptReport:
    """A filed report that its retention keeps, and until when."""

    number: str
    type: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What erasing would do: conversations that go, those reduced to their kept reports, and those
    on hold, which stay as they are. The counts are of what goes."""

    whole: tuple[str, ...]
    reduced: tuple[str, ...]
    held: tuple[str, ...]
    kept: tuple[KeptReport, ...]
    reports: int
    messages: int
    photos: int


def find(session: Session, by: By, value: str, policy: Policy, now: datetime) -> Plan:
    """What there is of a person, found by the address they write from, or gave in a report as the
    way to reach them. Changes nothing. Raises NotAnAddress or NobodyKnown."""
    conversations = _conversations(session, by, value)
    if not conversations:
        raise NobodyKnown
    held = set(session.scalars(HELD)) & set(conversations)
    free = [one for one in conversations if one not in held]
    kept = {one.id: one for one in _kept(session, free, policy, now)}
    reduced = sorted({one.conversation_id for one in kept.values()})
    whole = [one for one in free if one not in set(reduced)]
    photos = _count(session, Attachment, _photos_that_go(free, list(kept)))
    return Plan(
        whole=tuple(whole),
        reduced=tuple(reduced),
        held=tuple(sorted(held)),
        kept=tuple(
            KeptReport(one.number or "", one.type, _until(one, policy)) for one in kept.values()
        ),
        reports=_count(session, Report, Report.conversation_id.in_(free)) - len(kept),
        messages=_count(session, InboxMessage, InboxMessage.conversation_id.in_(free))
        + _count(session, OutboxMessage, OutboxMessage.conversation_id.in_(free)),
        photos=photos,
    )


def erase(
    session: Session,
    by: By,
    value: str,
    policy: Policy,
    dialogues: Dialogues,
    now: datetime,
) -> Plan:
    """Do what `find` says; it is looked for anew, so that nothing has changed in between.

    The audit keeps numbers only. Raises NotAnAddress or NobodyKnown.
    """
    alone(session, KEEPING)
    plan = find(session, by, value, policy, now)
    delete_conversations(session, plan.whole, dialogues)
    for conversation_id in plan.reduced:
        _reduce(session, conversation_id, policy, dialogues, now)
    people.audit(
        session,
        None,
        "retention.erase",
        now=now,
        conversations=len(plan.whole),
        reduced=len(plan.reduced),
        held=len(plan.held),
        reports=plan.reports,
        messages=plan.messages,
        photos=plan.photos,
        kept=[one.number for one in plan.kept],
    )
    return plan


def _conversations(session: Session, by: By, value: str) -> list[str]:
    if by == "conversation":
        found = session.get(Conversation, value.strip())
        return [found.id] if found is not None else []
    address = kinds.phone_in(value) if by == "phone" else kinds.email_in(value)
    if address is None:
        raise NotAnAddress(value)
    told = select(Report.conversation_id).where(Report.fields["reach"].as_string() == address)
    wrote = and_(Conversation.channel == "sms", Conversation.address == address)
    return list(
        session.scalars(
            select(Conversation.id)
            .where(or_(wrote, Conversation.id.in_(told)))
            .order_by(Conversation.id)
        )
    )


def _kept(
    session: Session, conversation_ids: Sequence[str], policy: Policy, now: datetime
) -> list[Report]:
    filed = session.scalars(
        select(Report)
        .where(Report.conversation_id.in_(conversation_ids), Report.state.in_(SUBMITTED))
        .order_by(Report.id)
    )
    return [one for one in filed if _until(one, policy) > now]


def _until(report: Report, policy: Policy) -> datetime:
    return policy.report_ends(report.type, report.submitted_at or report.created_at)


def _reduce(
    session: Session, conversation_id: str, policy: Policy, dialogues: Dialogues, now: datetime
) -> None:
    """Leave of a conversation its kept reports, their photos, and the address they came from."""
    kept = [one.id for one in _kept(session, [conversation_id], policy, now)]
    others = session.scalars(
        select(Report.id).where(Report.conversation_id == conversation_id, Report.id.not_in(kept))
    ).all()
    delete_where(session, Attachment, _photos_that_go([conversation_id], kept))
    delete_drafts(session, others, dialogues)
    dialogues.forget([conversation_id])
    for table in (Feedback, OutboxMessage, ActionResult):
        delete_where(session, table, table.conversation_id == conversation_id)
    delete_where(
        session,
        QueueItem,
        and_(QueueItem.conversation_id == conversation_id, QueueItem.state == "ended"),
    )
    with_photos = select(Attachment.inbox_id).where(Attachment.report_id.in_(kept))
    mine = InboxMessage.conversation_id == conversation_id
    delete_where(session, InboxMessage, and_(mine, InboxMessage.id.not_in(with_photos)))
    session.execute(
        update(InboxMessage)
        .where(mine)
        .values(text="", choice=None, location=None)
        .execution_options(synchronize_session=False)
    )
    delete_events_of(session, [conversation_id])


def _photos_that_go(conversation_ids: Sequence[str], kept: Sequence[int]) -> ColumnElement[bool]:
    return and_(
        Attachment.conversation_id.in_(conversation_ids),
        or_(Attachment.report_id.is_(None), Attachment.report_id.not_in(kept)),
    )


def _count(session: Session, table: type[Base], which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(which)) or 0
