"""The message log's tables, for statements on the hot path: without objects they cost a third."""

from __future__ import annotations

from typing import Final, cast

from sqlalchemy import Table

from desk.database.models import Conversation, Event, InboxMessage, OutboxMessage, SenderPace

CONVERSATION: Final = cast(Table, Conversation.__table__)
INBOX: Final = cast(Table, InboxMessage.__table__)
OUTBOX: Final = cast(Table, OutboxMessage.__table__)
EVENT: Final = cast(Table, Event.__table__)
PACE: Final = cast(Table, SenderPace.__table__)
