"""Compares what residents sent with what our tables and the provider's stand-in say came of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import httpx
from sqlalchemy import func, select

from desk.database import Database
from desk.database.models import Conversation, Event, InboxMessage, OutboxMessage
from tests.load.traffic import Sent
from tests.support import FrontDesk

_QUIET_HOLDERS: Final = frozenset({"queue", "human"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all texts. Times are seconds from the post to the provider's stand-in."""

    acknowledged: list[float]
    refused: int  # no 2xx
    lost: int  # acknowledged, but not stored or not answered
    doubled: int  # stored, answered or handed over more than once
    fixed: int  # answered by the fixed text
    answered: list[float] = field(default_factory=list)
    danger: list[float] = field(default_factory=list)


def settled(desk: FrontDesk, seconds: float = 600) -> bool:
    """Wait until no message waits in inbox or outbox; False when some still do after `seconds`."""
    database = Database(desk.database_url)
    until = time.monotonic() + seconds
    try:
        while True:
            with database.reading() as session:
                waiting = session.scalar(
                    select(func.count())
                    .select_from(InboxMessage)
                    .where(InboxMessage.state == "new")
                )
                sending = session.scalar(
                    select(func.count())
                    .select_from(OutboxMessage)
                    .where(OutboxMessage.state.in_(["queued", "sending"]))
                )
            if not waiting and not sending:
                return True
            if time.monotonic() > until:
                return False
            time.sleep(0.25)
    finally:
        database.close()


def compare(desk: FrontDesk, sent: Sequence[Sent]) -> Outcome:
    """Follow every text through inbox, outbox and the stand-in's journal."""
    journal = httpx.get(f"{desk.address('simulator')}/control/journal", timeout=60).json()
    handed = {
        entry["data"]["sid"]: datetime.fromisoformat(entry["at"]).timestamp()
        for entry in journal
        if entry["kind"] == "to_resident"
    }
    handed_to = Counter(entry["person"] for entry in journal if entry["kind"] == "to_resident")
    database = Database(desk.database_url)
    with database.reading() as session:
        inbox = {
            row.provider_id: row
            for row in session.execute(
                select(
                    InboxMessage.provider_id,
                    InboxMessage.id,
                    InboxMessage.state,
                    Conversation.holder,
                ).join(Conversation, Conversation.id == InboxMessage.conversation_id)
            )
        }
        replies: dict[int, list[Any]] = {}
        planned: Counter[str] = Counter()
        for row in session.execute(
            select(
                OutboxMessage.in_reply_to,
                OutboxMessage.text,
                OutboxMessage.provider_id,
                OutboxMessage.state,
                Conversation.address,
            ).join(Conversation, Conversation.id == OutboxMessage.conversation_id)
        ):
            replies.setdefault(row.in_reply_to, []).append(row)
            planned[row.address] += 1
        fixed = session.scalar(
            select(func.count()).select_from(Event).where(Event.kind == "fallback")
        )
    database.close()

    lost = doubled = 0
    answered: list[float] = []
    danger: list[float] = []
    for one in sent:
        if not one.accepted:
            continue
        row = inbox.get(one.sid)
        said = replies.get(row.id, []) if row else []
        times = [handed[reply.provider_id] for reply in said if reply.provider_id in handed]
        if times:
            (danger if one.text.danger else answered).append(min(times) - one.posted_at)
        elif row is None or row.state != "done" or row.holder not in _QUIET_HOLDERS:
            lost += 1
        doubled += len(said) - len({reply.text for reply in said})
    doubled += sum(max(0, count - planned[person]) for person, count in handed_to.items())
    return Outcome(
        acknowledged=[one.acknowledged for one in sent if one.acknowledged is not None],
        refused=sum(not one.accepted for one in sent),
        lost=lost,
        doubled=doubled,
        fixed=fixed or 0,
        answered=answered,
        danger=danger,
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of all lie; nan when there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
