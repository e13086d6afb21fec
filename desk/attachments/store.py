"""Keeps attachments: expected, fetched in turns under a lease, stored, shown, bound to reports."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

from sqlalchemy import ColumnElement, CursorResult, Select, func, or_, select, update
from sqlalchemy.orm import Session

from desk.attachments.photos import Photo
from desk.conversations.events import record
from desk.database.models import Attachment, Conversation, InboxMessage

MOST_IN_ONE: Final = 10
"""Attachments of one message that are taken."""

MOST_A_DAY: Final = 40
"""Attachments of one conversation that are taken within a day."""

Unkept = Literal["refused", "failed"]
_DAY: Final = timedelta(days=1)
_NO_PHOTO: Final = re.compile(r"(?:video|audio)(?:/|$)")
_KIND: Final = re.compile(r"[a-z0-9][a-z0-9/+.-]{0,63}")
_ENDINGS: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
}
_SHOWN: Final = (
    Attachment.public_id,
    Attachment.inbox_id,
    Attachment.state,
    Attachment.problem,
    Attachment.media_type,
    Attachment.size,
    Attachment.created_at,
)


class TooMany(RuntimeError):
    """A conversation has sent as many attachments within a day as are taken."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An attachment in hand. `attempts` counts this try too and proves that it is still ours.

    With a `problem` it is known already that it is not taken.
    """

    id: int
    conversation_id: str
    inbox_id: int
    channel: str
    url: str
    problem: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment as lists show it, without its bytes. `id` is the public one."""

    id: str
    inbox_id: int
    state: str  # waiting | stored | refused | failed
    problem: str | None
    media_type: str | None
    size: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Original:
    """A stored file as the resident sent it. `name` is ours, not what the resident called it."""

    name: str
    media_type: str
    content: bytes


def expect(
    session: Session, inbox_id: int, sent: Sequence[Mapping[str, str]], now: datetime
) -> list[str]:
    """Note the attachments of a message that was just stored: each {"type", "url"} to be fetched.

    The message then names them as {"id", "type"}, and that is what a turn carries. What is over
    the limits, or no photo by its own account, is noted as refused when its turn comes. Gives the
    public ids.
    """
    message = session.get_one(InboxMessage, inbox_id)
    room = MOST_A_DAY - _today(session, message.conversation_id, now)
    named = []
    for position, one in enumerate(sent[: MOST_IN_ONE + 1]):
        problem = None
        if position >= min(MOST_IN_ONE, room):
            problem = "many"
        elif _NO_PHOTO.match(one["type"].lower()):
            problem = "type"
        row = _new(message, position, "waiting", now)
        row.source_url, row.problem = one["url"], problem
        session.add(row)
        named.append({"id": row.public_id, "type": _kind(one["type"])})
    message.attachments = named
    session.flush()
    return [one["id"] for one in named]


def add(session: Session, inbox_id: int, content: bytes, photo: Photo, now: datetime) -> str:
    """Store a photo that came with a message that was just stored; its public id.

    Raises TooMany.
    """
    message = session.get_one(InboxMessage, inbox_id)
    if _today(session, message.conversation_id, now) >= MOST_A_DAY:
        raise TooMany
    row = _new(message, 0, "stored", now)
    row.content, row.thumbnail, row.media_type = content, photo.thumbnail, photo.media_type
    row.size, row.sha256 = len(content), photo.sha256
    row.settled_at = now
    session.add(row)
    message.attachments = [{"id": row.public_id, "type": photo.media_type}]
    session.flush()
    _tell(session, message.conversation_id, row.id, "stored", now)
    return row.public_id


def waits(session: Session, now: datetime) -> bool:
    """Whether an attachment could be claimed now. Only looks."""
    return session.execute(_ready(now).limit(1)).first() is not None


def claim(session: Session, *, now: datetime, lease: timedelta, limit: int = 1) -> list[Waiting]:
    """Take attachments to fetch, the oldest first; nobody else gets them before `now` + `lease`."""
    claimed = []
    ids = session.scalars(
        _ready(now)
        .order_by(Attachment.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    for one in ids:
        row = session.execute(
            update(Attachment)
            .where(Attachment.id == one, Attachment.state == "waiting")
            .values(attempts=Attachment.attempts + 1, next_try_at=now + lease)
            .returning(
                Attachment.id,
                Attachment.conversation_id,
                Attachment.inbox_id,
                Attachment.source_url,
                Attachment.problem,
                Attachment.attempts,
            )
        ).first()
        if row is not None:
            claimed.append(_in_hand(session, row))
    return claimed


def keep(session: Session, one: Waiting, content: bytes, photo: Photo, now: datetime) -> bool:
    """Store what was fetched. False when it is no longer ours: nothing is changed."""
    return _change(
        session,
        one,
        now,
        state="stored",
        problem=None,
        content=content,
        thumbnail=photo.thumbnail,
        media_type=photo.media_type,
        size=len(content),
        sha256=photo.sha256,
    )


def settle(session: Session, one: Waiting, state: Unkept, problem: str, now: datetime) -> bool:
    """Note that it is not taken, or could not be fetched. False when it is no longer ours."""
    return _change(session, one, now, state=state, problem=problem)


def later(session: Session, one: Waiting, at: datetime) -> None:
    """Have it fetched again, not before `at`."""
    session.execute(_ours(one).values(next_try_at=at))


def told_already(session: Session, one: Waiting, problems: Collection[str]) -> bool:
    """Whether another attachment of the same message has one of these problems, and is settled.

    Until the commit nobody else can ask this of the same message: one of them comes first.
    """
    session.execute(
        select(InboxMessage.id)
        .where(InboxMessage.id == one.inbox_id)
        .with_for_update(key_share=True)
    )
    return (
        session.execute(
            select(Attachment.id)
            .where(
                Attachment.inbox_id == one.inbox_id,
                Attachment.id != one.id,
                Attachment.state.in_(("refused", "failed")),
                Attachment.problem.in_(problems),
            )
            .limit(1)
        ).first()
        is not None
    )


def bind(session: Session, conversation_id: str, ids: Collection[str], report_id: int) -> int:
    """Let attachments, by their public ids, belong to a report; how many do now.

    Only those of this conversation that belong to no other report. Doing it again changes nothing.
    """
    done = session.execute(
        update(Attachment)
        .where(
            Attachment.public_id.in_(ids),
            Attachment.conversation_id == conversation_id,
            or_(Attachment.report_id.is_(None), Attachment.report_id == report_id),
        )
        .values(report_id=report_id)
    )
    return cast("CursorResult[Any]", done).rowcount


def of_report(session: Session, report_id: int) -> list[Attached]:
    """The attachments that belong to a report, oldest first, whatever became of them."""
    return _listed(session, Attachment.report_id == report_id)


def of_conversation(session: Session, conversation_id: str) -> list[Attached]:
    """All attachments of a conversation, oldest first, whatever became of them."""
    return _listed(session, Attachment.conversation_id == conversation_id)


def thumbnail(session: Session, conversation_id: str, public_id: str) -> bytes | None:
    """The small copy of a stored photo of this conversation, a JPEG; None when there is none."""
    return session.scalar(select(Attachment.thumbnail).where(*_is(conversation_id, public_id)))


def original(session: Session, conversation_id: str, public_id: str) -> Original | None:
    """A stored photo of this conversation as it was sent; None when there is none.

    It may hold anything a photo can hold (a place, a text behind its end): nothing may draw it or
    run it as part of a page.
    """
    found = session.execute(
        select(Attachment.media_type, Attachment.content).where(*_is(conversation_id, public_id))
    ).first()
    if found is None or found.media_type is None or found.content is None:
        return None
    name = f"photo-{public_id[:8]}.{_ENDINGS[found.media_type]}"
    return Original(name, found.media_type, found.content)


def _new(message: InboxMessage, position: int, state: str, now: datetime) -> Attachment:
    return Attachment(
        public_id=secrets.token_hex(16),
        conversation_id=message.conversation_id,
        inbox_id=message.id,
        position=position,
        state=state,
        created_at=now,
    )


def _kind(told: str) -> str:
    """What a provider calls the file, if it is a word that is safe everywhere."""
    word = told.partition(";")[0].strip().lower()
    return word if _KIND.fullmatch(word) else "file"


def _today(session: Session, conversation_id: str, now: datetime) -> int:
    counted = select(func.count()).where(
        Attachment.conversation_id == conversation_id, Attachment.created_at > now - _DAY
    )
    return session.scalar(counted) or 0


def _ready(now: datetime) -> Select[int]:
    """Of screened messages only: nothing may be said of a photo while danger is not ruled out."""
    due = or_(Attachment.next_try_at.is_(None), Attachment.next_try_at <= now)
    screened = select(InboxMessage.id).where(
        InboxMessage.id == Attachment.inbox_id, InboxMessage.screened_at.is_not(None)
    )
    return select(Attachment.id).where(Attachment.state == "waiting", due, screened.exists())


def _in_hand(session: Session, row: Any) -> Waiting:
    channel = session.scalars(
        select(Conversation.channel).where(Conversation.id == row.conversation_id)
    ).one()
    return Waiting(
        id=row.id,
        conversation_id=row.conversation_id,
        inbox_id=row.inbox_id,
        channel=channel,
        url=row.source_url or "",
        problem=row.problem,
        attempts=row.attempts,
    )


def _ours(one: Waiting) -> Any:
    return update(Attachment).where(
        Attachment.id == one.id,
        Attachment.state == "waiting",
        Attachment.attempts == one.attempts,
    )


def _change(session: Session, one: Waiting, now: datetime, **values: Any) -> bool:
    settled = {"source_url": None, "next_try_at": None, "settled_at": now}
    changed = session.execute(
        _ours(one).values(**values, **settled).returning(Attachment.id)
    ).first()
    if changed is None:
        return False
    _tell(session, one.conversation_id, one.id, values["state"], now)
    return True


def _tell(
    session: Session, conversation_id: str, attachment_id: int, state: str, now: datetime
) -> None:
    record(
        session, "attachment", conversation_id, now=now, attachment_id=attachment_id, state=state
    )


def _is(conversation_id: str, public_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Attachment.public_id == public_id,
        Attachment.conversation_id == conversation_id,
        Attachment.state == "stored",
    )


def _listed(session: Session, which: ColumnElement[bool]) -> list[Attached]:
    rows = session.execute(select(*_SHOWN).where(which).order_by(Attachment.id))
    return [Attached(*row) for row in rows]
