"""The queue for a person: who waits, who talks, and how it ends."""

from desk.queue.alerts import raise_alert
from desk.queue.entering import QueueEntry, enter, leave, open_item
from desk.queue.notices import notice
from desk.queue.talking import (
    OUTCOMES,
    AlreadyClaimed,
    NothingToSay,
    NotHolder,
    NotThere,
    Outcome,
    claim,
    hand_back,
    held_in_page_inbox,
    next_for,
    reply,
    return_abandoned,
    take,
    transfer,
)
from desk.queue.waiting import opens_at, position, staffed, wait_range, waiting_items

__all__ = [
    "OUTCOMES",
    "AlreadyClaimed",
    "NotHolder",
    "NotThere",
    "NothingToSay",
    "Outcome",
    "QueueEntry",
    "claim",
    "enter",
    "hand_back",
    "held_in_page_inbox",
    "leave",
    "next_for",
    "notice",
    "open_item",
    "opens_at",
    "position",
    "raise_alert",
    "reply",
    "return_abandoned",
    "staffed",
    "take",
    "transfer",
    "wait_range",
    "waiting_items",
]
