"""The message log: what residents wrote, what was said to them, who holds the conversation."""

from desk.conversations.events import events_after, record
from desk.conversations.holder import Holder, HolderChanged, change_holder
from desk.conversations.inbox import (
    Channel,
    Inbound,
    Receipt,
    conversation_for,
    find_conversation,
    receive,
)
from desk.conversations.once import kept, once
from desk.conversations.outbox import add_outbound
from desk.conversations.transcript import Entry, transcript

__all__ = [
    "Channel",
    "Entry",
    "Holder",
    "HolderChanged",
    "Inbound",
    "Receipt",
    "add_outbound",
    "change_holder",
    "conversation_for",
    "events_after",
    "find_conversation",
    "kept",
    "once",
    "receive",
    "record",
    "transcript",
]
