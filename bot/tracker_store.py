"""Where Rasa keeps its trackers: a database that fails loudly, and conversations that stay warm."""

from __future__ import annotations

import asyncio
import json
import os
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.turn_failed import TurnFailed
from bot.warm_tracker import REPEATS_KNOWN, WarmTracker

_ROOT = Path(__file__).resolve().parent.parent
_MESSAGES_A_SESSION = 20  # a cold start costs more with every event of its session
_KEPT_WARM = 1_000  # conversations
_LOCK_WAIT_SECONDS = 3
_CONNECTIONS = 2  # one for what is read on the event loop, one for the writer


class FrontdeskTrackerStore(SQLTrackerStore):
    """Rasa's SQL tracker store at `FRONTDESK_TRACKER_URL`, by default var/tracker.db.

    Trackers of the latest conversations stay in memory. One counts only while the store holds
    nothing that it has not seen: another process may have gone on with the conversation.
    """

    def __init__(
        self,
        host: str | None = None,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        **_configured: Any,
    ) -> None:
        self._warm: OrderedDict[str, WarmTracker] = OrderedDict()
        url = os.environ.get("FRONTDESK_TRACKER_URL") or host or f"sqlite:///{_ROOT}/var/tracker.db"
        file = sa.engine.make_url(url).database
        if url.startswith("sqlite") and file:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        super().__init__(host=url, domain=domain, event_broker=event_broker)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="tracker")
        if self.engine.dialect.name == "sqlite":
            self._keep_connections(url)
        with self.session_scope() as session:  # Rasa only logs that it could not make the table
            session.query(self.SQLEvent.id).first()

    def _keep_connections(self, url: str) -> None:
        """Rasa opens SQLite's file anew for each session: that took a fifth of a turn."""
        self.engine.dispose()
        self.engine = sa.create_engine(
            url,
            poolclass=sa.pool.QueuePool,
            pool_size=_CONNECTIONS,
            connect_args={"check_same_thread": False},
        )
        sa.event.listen(self.engine, "connect", _settle_sqlite)
        self.sessionmaker.configure(bind=self.engine)

    @SQLTrackerStore.domain.setter
    def domain(self, domain: Domain | None) -> None:
        """Another model is loaded: its slots may be others."""
        self._warm.clear()
        self._domain = domain or Domain.empty()

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """The tracker of a conversation that begins."""
        tracker = WarmTracker(sender_id, self.domain.slots)
        tracker.heard_all = True
        return tracker

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of the latest session. Raises TurnFailed when the database is away.

        A warm one is given away until it is saved: a turn that breaks leaves nothing behind.
        """
        with _failing_loudly():
            warm = self._warm_one(sender_id)
            if warm is None:
                return self._from_events(sender_id)
            return self._warm.pop(sender_id)

    def _warm_one(self, sender_id: str) -> WarmTracker | None:
        """The tracker in memory, if the store has not gone on without it."""
        warm = self._warm.get(sender_id)
        if warm is None or warm.end == self._end(sender_id):
            return warm
        del self._warm[sender_id]
        return None

    def _end(self, sender_id: str) -> int | None:
        """The id of the conversation's last row; None when there is none."""
        with self.engine.connect() as connection:
            end: int | None = connection.execute(_END, {"sender": sender_id}).scalar()
            return end

    def _from_events(self, sender_id: str) -> WarmTracker | None:
        if self._end(sender_id) is None:
            return None
        with self.session_scope() as session:
            rows = self._event_query(session, sender_id, fetch_events_from_all_sessions=False).all()
        events = [json.loads(row.data) for row in rows]
        tracker: WarmTracker = WarmTracker.from_dict(sender_id, events, self.domain.slots)
        tracker.rest(rows[-1].id)
        return tracker

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Store what is new in the tracker. Raises TurnFailed when the database is away.

        A thread waits for the disk, not the event loop, on which the other conversations go on.
        """
        self._warm.pop(tracker.sender_id, None)
        if not isinstance(tracker, WarmTracker):  # a full one, by Rasa's own HTTP API
            with _failing_loudly():
                await super().save(tracker)
            return
        if _may_end_session(tracker):
            for event in (
                ActionExecuted(ACTION_SESSION_START_NAME),
                SessionStarted(),
                ActionExecuted(ACTION_LISTEN_NAME),
            ):
                tracker.update(event)
        new = tracker.unstored()
        if not new:
            return
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)
        with _failing_loudly():
            loop = asyncio.get_running_loop()
            ids = await loop.run_in_executor(self._writer, self._append, tracker, new)
        tracker.rest(ids[-1])
        if len(ids) == len(new):  # else another process has stored some too
            self._warm[tracker.sender_id] = tracker
            if len(self._warm) > _KEPT_WARM:
                self._warm.popitem(last=False)

    def _append(self, tracker: WarmTracker, events: list[Event]) -> list[int]:
        """Store events, and return the ids of all rows after those that the tracker knows."""
        with self.engine.begin() as connection:
            connection.execute(_EVENTS.insert(), [_row(tracker.sender_id, one) for one in events])
            known = {"sender": tracker.sender_id, "end": tracker.end}
            return list(connection.execute(_IDS_AFTER, known).scalars())

    def said_after(self, sender_id: str, message_id: str) -> list[dict[str, Any]] | None:
        """What the bot said to a message, as Rasa's bot events; None when the message is unknown.

        Only the newest messages are looked at. Raises TurnFailed when the database is away.
        """
        with _failing_loudly():
            warm = self._warm_one(sender_id)
            if warm is not None and (warm.heard_all or message_id in warm.heard):
                return warm.heard.get(message_id)
            return self._stored_after(sender_id, message_id)

    def just_said(self, sender_id: str, message_id: str) -> list[dict[str, Any]] | None:
        """The same, about the message whose turn was stored a moment ago."""
        warm = self._warm.get(sender_id)
        if warm is None:
            return self.said_after(sender_id, message_id)
        return warm.heard.get(message_id)

    def _stored_after(self, sender_id: str, message_id: str) -> list[dict[str, Any]] | None:
        if self._end(sender_id) is None:
            return None
        event = self.SQLEvent
        with self.session_scope() as session:
            mine = session.query(event.id, event.data).filter(event.sender_id == sender_id)
            heard = mine.filter(event.type_name == UserUttered.type_name)
            next_id: int | None = None
            for row in heard.order_by(event.id.desc()).limit(REPEATS_KNOWN):
                if json.loads(row.data).get("message_id") == message_id:
                    said = mine.filter(event.type_name == BotUttered.type_name, event.id > row.id)
                    if next_id is not None:
                        said = said.filter(event.id < next_id)
                    return [json.loads(one.data) for one in said.order_by(event.id)]
                next_id = row.id
        return None


_EVENTS = SQLTrackerStore.SQLEvent.__table__
_MINE = _EVENTS.c.sender_id == sa.bindparam("sender")
_END = sa.select(sa.func.max(_EVENTS.c.id)).where(_MINE)
_IDS_AFTER = (
    sa.select(_EVENTS.c.id).where(_MINE, _EVENTS.c.id > sa.bindparam("end")).order_by(_EVENTS.c.id)
)


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    """One event as Rasa's own store writes it."""
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


@contextmanager
def _failing_loudly() -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise TurnFailed(f"the tracker store: {type(error).__name__}") from None


def _may_end_session(tracker: WarmTracker) -> bool:
    """Whether a session is long and at rest: nothing asked, no slot that would be lost."""
    remembered = {k: v for k, v in tracker.current_slot_values().items() if v is not None}
    if tracker.active_loop_name or remembered.keys() - {SESSION_START_METADATA_SLOT}:
        return False
    heard = sum(isinstance(event, UserUttered) for event in tracker.unstored())
    return tracker.messages + heard >= _MESSAGES_A_SESSION


def _settle_sqlite(connection: Any, _record: Any) -> None:
    """Readers and the writer do not block each other, and what is stored survives a power cut."""
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_LOCK_WAIT_SECONDS}000"):
        connection.execute(f"PRAGMA {pragma}")
