"""Where Rasa keeps its trackers: a database that fails loudly, and sessions that stay short."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    SESSION_START_METADATA_SLOT,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.turn_failed import TurnFailed

_ROOT = Path(__file__).resolve().parent.parent
_MESSAGES_A_SESSION = 20  # a turn costs more with every event of its session
_REPEATS_LOOKED_FOR = 20  # how many messages back a repeated one is recognised
_LOCK_WAIT_SECONDS = 3


class FrontdeskTrackerStore(SQLTrackerStore):
    """Rasa's SQL tracker store at `FRONTDESK_TRACKER_URL`, by default var/tracker.db."""

    def __init__(
        self,
        host: str | None = None,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        **_configured: Any,
    ) -> None:
        url = os.environ.get("FRONTDESK_TRACKER_URL") or host or f"sqlite:///{_ROOT}/var/tracker.db"
        file = sa.engine.make_url(url).database
        if url.startswith("sqlite") and file:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        super().__init__(host=url, domain=domain, event_broker=event_broker)
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _settle_sqlite)
            self.engine.dispose()
        with self.session_scope() as session:  # Rasa only logs that it could not make the table
            session.query(self.SQLEvent.id).first()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the latest session. Raises TurnFailed when the database is away."""
        try:
            return await super().retrieve(sender_id)
        except sa.exc.SQLAlchemyError as error:
            raise TurnFailed(f"the tracker store: {type(error).__name__}") from None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store what is new in the tracker. Raises TurnFailed when the database is away."""
        if _may_end_session(tracker):
            for event in (
                ActionExecuted(ACTION_SESSION_START_NAME),
                SessionStarted(),
                ActionExecuted(ACTION_LISTEN_NAME),
            ):
                tracker.update(event)
        try:
            await super().save(tracker)
        except sa.exc.SQLAlchemyError as error:
            raise TurnFailed(f"the tracker store: {type(error).__name__}") from None

    def said_after(self, sender_id: str, message_id: str) -> list[dict[str, Any]] | None:
        """What the bot said to a message, as Rasa's bot events; None when the message is unknown.

        Only the newest messages are looked at. Raises TurnFailed when the database is away.
        """
        event = self.SQLEvent
        try:
            with self.session_scope() as session:
                mine = session.query(event.id, event.data).filter(event.sender_id == sender_id)
                heard = mine.filter(event.type_name == UserUttered.type_name)
                next_id: int | None = None
                for row in heard.order_by(event.id.desc()).limit(_REPEATS_LOOKED_FOR):
                    if json.loads(row.data).get("message_id") == message_id:
                        said = mine.filter(
                            event.type_name == BotUttered.type_name, event.id > row.id
                        )
                        if next_id is not None:
                            said = said.filter(event.id < next_id)
                        return [json.loads(one.data) for one in said.order_by(event.id)]
                    next_id = row.id
        except sa.exc.SQLAlchemyError as error:
            raise TurnFailed(f"the tracker store: {type(error).__name__}") from None
        return None


def _may_end_session(tracker: DialogueStateTracker) -> bool:
    """Whether a session is long and at rest: nothing asked, no slot that would be lost."""
    remembered = {k: v for k, v in tracker.current_slot_values().items() if v is not None}
    if tracker.active_loop_name or remembered.keys() - {SESSION_START_METADATA_SLOT}:
        return False
    heard = sum(isinstance(event, UserUttered) for event in tracker.events)
    return heard >= _MESSAGES_A_SESSION


def _settle_sqlite(connection: Any, _record: Any) -> None:
    """Readers and the writer do not block each other, and what is stored survives a power cut."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_LOCK_WAIT_SECONDS}000"):
        connection.execute(f"PRAGMA {pragma}")
