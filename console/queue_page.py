"""The queue: alerts, who waits, what is mine, who is with the bot, call-backs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from fastapi import APIRouter, Depends, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console.access import TALKERS, Caller, Desk, desk_of, role, same_form
from desk import people, queue
from desk.database.models import Conversation, Event, QueueItem, Staff, utc_now

router = APIRouter(prefix="/queue")

LIVE_FOR: Final = timedelta(minutes=30)
"""How long after a resident's last message their talk with the bot counts as live."""
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One item of the queue as a line of the page."""

    item: QueueItem
    conversation: Conversation
    holder: str | None  # the name of who has it


@router.get("")
def page(caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)) -> Response:
    """The whole page."""
    with desk.database.transaction() as session:
        people.audit(session, caller.staff, "queue.view")
        values = _lists(session, caller.staff, utc_now())
        return desk.view.page("queue.html", **frame(session, caller, "queue"), **values)


@router.get("/lists")
def lists(caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)) -> Response:
    """The part of the page that changes."""
    with desk.database.reading() as session:
        values = _lists(session, caller.staff, utc_now())
        return desk.view.page("queue_lists.html", csrf=caller.csrf, **values)


@router.get("/counts", dependencies=[role(*TALKERS)])
def counts(desk: Desk = Depends(desk_of)) -> Response:
    """How many wait, for the head of every page."""
    with desk.database.reading() as session:
        return desk.view.page("counts.html", **_counts(session))


@router.post("/next", dependencies=[Depends(same_form)])
def next_one(caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)) -> RedirectResponse:
    """Take the next one."""
    with desk.database.transaction() as session:
        item = queue.next_for(session, caller.staff, utc_now())
        if item is None:
            return RedirectResponse("/queue", 303)
        people.audit(session, caller.staff, "queue.claim", f"conversation:{item.conversation_id}")
        return RedirectResponse(f"/conversations/{item.conversation_id}", 303)


def frame(session: Session, caller: Caller, here: str) -> dict[str, Any]:
    """What the head of every page needs: who is signed in, how many wait, the newest event."""
    talks = not people.TALKS.isdisjoint(caller.staff.roles)
    return {
        "me": session.get_one(Staff, caller.staff.id),
        "csrf": caller.csrf,
        "here": here,
        "talks": talks,
        "cursor": session.scalar(select(func.max(Event.id))) or 0,
        **(_counts(session) if talks else {"waiting_count": 0, "alert_count": 0, "newest": 0}),
    }


def _counts(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(QueueItem.id, QueueItem.kind).where(QueueItem.state == "waiting")
    ).all()
    return {
        "waiting_count": len(rows),
        "alert_count": sum(kind == "alert" for _, kind in rows),
        "newest": max((item_id for item_id, _ in rows), default=0),
    }


def _lists(session: Session, staff: Staff, now: datetime) -> dict[str, Any]:
    rows = [
        Row(item, conversation, name)
        for item, conversation, name in session.execute(
            select(QueueItem, Conversation, Staff.name)
            .join(Conversation, Conversation.id == QueueItem.conversation_id)
            .outerjoin(Staff, Staff.id == QueueItem.claimed_by)
            .where(QueueItem.state != "ended")
            .order_by(QueueItem.urgency.desc(), QueueItem.entered_at, QueueItem.id)
            .limit(_MOST)
        )
    ]
    waiting = [row for row in rows if row.item.state == "waiting"]
    taken = [row for row in rows if row.item.state == "claimed"]
    with_bot = session.scalars(
        select(Conversation)
        .where(Conversation.holder == "bot", Conversation.last_inbound_at > now - LIVE_FOR)
        .order_by(Conversation.last_inbound_at.desc())
        .limit(_MOST)
    ).all()
    # a colleague answers them elsewhere: nobody here claimed them, so they are no queue items
    in_page_inbox = session.scalars(
        select(Conversation)
        .where(Conversation.holder == "human", Conversation.held_by.is_(None))
        .order_by(Conversation.last_inbound_at.desc())
        .limit(_MOST)
    ).all()
    return {
        "alerts": [row for row in waiting if row.item.kind == "alert"],
        "waiting": [row for row in waiting if row.item.kind == "talk"],
        "callbacks": [row for row in waiting if row.item.kind == "callback"],
        "mine": [row for row in taken if row.item.claimed_by == staff.id],
        "others": [row for row in taken if row.item.claimed_by != staff.id],
        "with_bot": with_bot,
        "in_page_inbox": in_page_inbox,
        "at_desk": [one.name for one in people.at_the_desk(session, now)],
    }
