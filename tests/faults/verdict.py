"""Says of residents who wrote once each whether they were answered, once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import httpx
from sqlalchemy import select

from desk.database.models import Conversation, Event, InboxMessage, OutboxMessage
from tests.faults.counts import Verdict
from tests.faults.people import Told
from tests.faults.scene import Scene

_HONEST: Final = frozenset({"unknown"})  # nobody knows, staff see it, and it is not repeated
_TAKEN: Final = frozenset({"sent", "delivered", "read"})


def judge(scene: Scene, people: Collection[str], each: int = 1) -> Verdict:
    """Follow each person's message, or messages, through the tables and the provider's journal."""
    verdict = Verdict(messages=len(people) * each)
    entries = journal(scene)
    with scene.database() as database, database.reading() as session:
        for person in people:
            conversation = session.scalars(
                select(Conversation).where(Conversation.address == person)
            ).one_or_none()
            if conversation is None:
                verdict.lost += 1
                verdict.why.append(f"{person}: not stored")
                continue
            here = conversation.id
            heard = list(
                session.scalars(select(InboxMessage).where(InboxMessage.conversation_id == here))
            )
            said = list(
                session.scalars(select(OutboxMessage).where(OutboxMessage.conversation_id == here))
            )
            handed = [one for one in entries if one["person"] == person]
            _follow(verdict, person, each, heard, said, handed)
            fallbacks = select(Event).where(Event.conversation_id == here, Event.kind == "fallback")
            for event in session.scalars(fallbacks):
                verdict.fixed += 1
                verdict.why.append(f"{person}: fixed text ({event.data.get('reason')})")
    return verdict


def _follow(
    verdict: Verdict,
    person: str,
    each: int,
    heard: list[InboxMessage],
    said: list[OutboxMessage],
    handed: list[dict[str, Any]],
) -> None:
    texts = [(one.in_reply_to, one.text) for one in said]
    doubled = max(0, len(heard) - each) + len(texts) - len(set(texts))
    doubled += max(0, len(handed) - len(said))
    if doubled:
        verdict.doubled += doubled
        verdict.why.append(f"{person}: {len(heard)} stored, {texts}, {len(handed)} handed over")
    verdict.unknown += sum(one.state in _HONEST for one in said)
    sids = {one["data"].get("sid") or one["data"].get("mid") for one in handed}
    arrived = all(
        one.state in _HONEST or (one.state in _TAKEN and one.provider_id in sids) for one in said
    )
    answered = {one.in_reply_to for one in said}
    missed = max(0, each - len(heard))
    missed += sum(one.state != "done" or one.id not in answered for one in heard)
    if missed or not arrived:
        verdict.lost += missed or 1
        states = [(one.state, one.error) for one in said]
        verdict.why.append(f"{person}: inbox {[one.state for one in heard]}, outbox {states}")


def journal(scene: Scene) -> list[dict[str, Any]]:
    """Everything that was handed to the providers' stand-ins."""
    answer = httpx.get(f"{scene.desk.address('simulator')}/control/journal", timeout=60)
    answer.raise_for_status()
    return [one for one in answer.json() if one["kind"] == "to_resident"]


def danger_times(scene: Scene, told: Collection[Told]) -> list[float]:
    """Seconds from the acknowledgement of danger to the hand-over of 911; a miss is infinite."""
    answered: dict[str, float] = {}
    for one in journal(scene):
        if "911" in one["data"]["body"]:
            answered.setdefault(one["person"], datetime.fromisoformat(one["at"]).timestamp())
    return [
        answered[one.phone] - (one.accepted_at or one.posted_at)
        if one.phone in answered
        else float("inf")
        for one in told
        if one.text.danger
    ]
