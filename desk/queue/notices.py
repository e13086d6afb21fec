"""Tells a resident how they stand in the queue, honestly."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_datetime, format_time
from sqlalchemy.orm import Session

from desk.database.models import Conversation
from desk.department import Department, spoken_phone
from desk.queue.entering import QueueEntry
from desk.queue.waiting import opens_at, wait_range
from desk.reply import Reply
from desk.wording import Language, as_language, say

_VERY_LONG = 60


def notice(
    session: Session,
    entry: QueueEntry,
    conversation: Conversation,
    department: Department,
    now: datetime,
) -> Reply:
    """Position and range of minutes, or, when nobody answers live, when it opens and what to do."""
    language = as_language(conversation.language)
    phone = spoken_phone(department.profile.nonemergency)
    if conversation.holder == "human":
        return Reply(say("queue.with_person", language))
    if entry.open and entry.item.kind != "callback":
        return Reply(_in_line(session, entry.position, department, language, now))
    opening = opens_at(department, now)
    if opening is None:
        return Reply(say("queue.nobody_free", language, phone=phone))
    at = _spoken(opening, department, language, now)
    return Reply(say("queue.closed", language, phone=phone, at=at))


def _in_line(
    session: Session, rank: int, department: Department, language: Language, now: datetime
) -> str:
    place = say("queue.next" if rank == 1 else "queue.position", language, position=rank)
    minutes = wait_range(session, department, rank, now)
    if minutes is None:
        wait = say("queue.wait_unknown", language)
    elif minutes[1] > _VERY_LONG:
        wait = say("queue.wait_long", language)
    else:
        wait = say("queue.wait", language, low=minutes[0], high=minutes[1])
    return f"{place} {wait} {say('queue.while_waiting', language)}"


def _spoken(at: datetime, department: Department, language: Language, now: datetime) -> str:
    """A time in the department's zone as people say it; narrow spaces would not fit an SMS."""
    local = at.astimezone(department.hours.zone)
    today = now.astimezone(department.hours.zone).date()
    clock = (
        format_time(local, "h:mm a", locale=language).replace("\u202f", " ").replace("\xa0", " ")
    )
    if local.date() == today:
        return say("queue.today", language, clock=clock)
    if local.date() == today + timedelta(days=1):
        return say("queue.tomorrow", language, clock=clock)
    pattern = "EEEE d 'de' MMMM" if language == "es" else "EEEE, MMMM d"
    day = format_datetime(local, pattern, locale=language)
    return say("queue.on_day", language, day=day, clock=clock)
