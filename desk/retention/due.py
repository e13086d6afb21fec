"""Finds what is due: kept longer than the policy says, and not needed by what is still kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from desk.database.models import (
    Attachment,
    Conversation,
    Event,
    Feedback,
    Hold,
    InboxMessage,
    OneTimeLink,
    OutboxMessage,
    QueueItem,
    Report,
    StaffSession,
)
from desk.reports.lifecycle import OPEN
from desk.reports.store import SUBMITTED
from desk.retention.policy import Policy

Kind = Literal[
    "reports", "drafts", "photos", "surveys", "messages_out", "messages_in", "events",
    "conversations", "sessions", "links",
]  # fmt: skip

HELD: Final = select(Hold.conversation_id).where(Hold.released_at.is_(None))
"""Conversations on hold: nothing that is part of them goes."""


@dataclass(frozen=True, slots=True)
class Due:
    """Rows of one kind that are due: their key, the conversation they are part of, and which."""

    key: InstrumentedAttribute[Any]
    conversation: InstrumentedAttribute[Any] | None
    condition: ColumnElement[bool]

    @property
    def held(self) -> ColumnElement[bool] | None:
        """Which of them are on hold; None when this kind cannot be."""
        return None if self.conversation is None else self.conversation.in_(HELD)


def due(kind: Kind, policy: Policy, now: datetime) -> Due:
    """What is due of a kind at `now`, held or not."""
    return _KINDS[kind](policy, now)


def report_is_due(report: type[Report], policy: Policy, now: datetime) -> ColumnElement[bool]:
    """Whether a row of `report` is due, filed or not.

    A filed report that the resident still waits for stays, unless its type names its own days.
    """
    filed_at = func.coalesce(report.submitted_at, report.created_at)
    own = [
        and_(report.type == type_id, filed_at <= now - timedelta(days=days))
        for type_id, days in policy.by_type.items()
    ]
    others = and_(
        report.type.not_in(list(policy.by_type)),
        report.state.not_in(OPEN),
        filed_at <= now - timedelta(days=policy.defaults.reports),
    )
    return or_(
        and_(report.state.in_(SUBMITTED), or_(*own, others)),
        and_(
            report.state.not_in(SUBMITTED),
            report.updated_at <= now - timedelta(days=policy.defaults.drafts),
        ),
    )


def _reports(policy: Policy, now: datetime) -> Due:
    filed = and_(Report.state.in_(SUBMITTED), report_is_due(Report, policy, now))
    return Due(Report.id, Report.conversation_id, filed)


def _drafts(policy: Policy, now: datetime) -> Due:
    unfiled = and_(Report.state.not_in(SUBMITTED), report_is_due(Report, policy, now))
    return Due(Report.id, Report.conversation_id, unfiled)


def _photos(policy: Policy, now: datetime) -> Due:
    of_a_filed = exists().where(Report.id == Attachment.report_id, Report.state.in_(SUBMITTED))
    old = Attachment.created_at <= now - timedelta(days=policy.defaults.photos)
    return Due(Attachment.id, Attachment.conversation_id, and_(old, ~of_a_filed))


def _surveys(policy: Policy, now: datetime) -> Due:
    old = Feedback.at <= now - timedelta(days=policy.defaults.surveys)
    return Due(Feedback.id, Feedback.conversation_id, old)


def _conversations(policy: Policy, now: datetime) -> Due:
    before = now - timedelta(days=policy.defaults.conversations)
    lately = or_(
        exists().where(
            InboxMessage.conversation_id == Conversation.id, InboxMessage.received_at > before
        ),
        exists().where(
            OutboxMessage.conversation_id == Conversation.id, OutboxMessage.created_at > before
        ),
    )
    quiet = func.coalesce(Conversation.last_inbound_at, Conversation.created_at) <= before
    needed = _needed(Conversation.id, policy, now)
    return Due(Conversation.id, Conversation.id, and_(quiet, ~lately, ~needed))


def _messages_in(policy: Policy, now: datetime) -> Due:
    return Due(
        InboxMessage.id,
        InboxMessage.conversation_id,
        and_(
            InboxMessage.received_at <= now - timedelta(days=policy.defaults.conversations),
            InboxMessage.state == "done",
            ~_needed(InboxMessage.conversation_id, policy, now),
        ),
    )


def _messages_out(policy: Policy, now: datetime) -> Due:
    return Due(
        OutboxMessage.id,
        OutboxMessage.conversation_id,
        and_(
            OutboxMessage.created_at <= now - timedelta(days=policy.defaults.conversations),
            OutboxMessage.state.not_in(("queued", "sending")),
            ~_needed(OutboxMessage.conversation_id, policy, now),
        ),
    )


def _events(policy: Policy, now: datetime) -> Due:
    newest = select(func.max(aliased(Event).id)).scalar_subquery()  # or numbers would begin again
    old = Event.at <= now - timedelta(days=policy.defaults.events)
    return Due(Event.id, Event.conversation_id, and_(old, Event.id < newest))


def _sessions(policy: Policy, now: datetime) -> Due:
    old = StaffSession.last_seen_at <= now - timedelta(days=policy.defaults.sessions)
    return Due(StaffSession.token_hash, None, old)


def _links(policy: Policy, now: datetime) -> Due:
    old = OneTimeLink.created_at <= now - timedelta(days=policy.defaults.sessions)
    return Due(OneTimeLink.token_hash, None, old)


def _needed(
    conversation: InstrumentedAttribute[str], policy: Policy, now: datetime
) -> ColumnElement[bool]:
    """Whether a report that stays came out of a conversation, or somebody waits for a person in
    it: then its messages stay, too."""
    report = aliased(Report)
    return or_(
        exists().where(report.conversation_id == conversation, ~report_is_due(report, policy, now)),
        exists().where(QueueItem.conversation_id == conversation, QueueItem.state != "ended"),
    )


_KINDS: Final[Mapping[Kind, Callable[[Policy, datetime], Due]]] = {
    "reports": _reports,
    "drafts": _drafts,
    "photos": _photos,
    "surveys": _surveys,
    "messages_out": _messages_out,
    "messages_in": _messages_in,
    "events": _events,
    "conversations": _conversations,
    "sessions": _sessions,
    "links": _links,
}
KINDS: Final[tuple[Kind, ...]] = tuple(_KINDS)
"""All kinds but the audit, in the order in which they are deleted: what is part of another first,
so that it is counted as what it is."""
