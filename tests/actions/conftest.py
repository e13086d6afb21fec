"""A tiny harness: say something to an action and see what it tells Rasa."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import desk_action
from actions.desk_action import DeskAction
from desk.conversations import conversation_for
from desk.database import Database
from desk.database.models import InboxMessage

_IDS = itertools.count(1)


@dataclass
class Told:
    """What an action told Rasa."""

    messages: list[dict[str, Any]]
    events: list[dict[str, Any]]

    @property
    def text(self) -> str:
        return "\n".join(one["text"] for one in self.messages if one["text"])

    @property
    def payloads(self) -> list[str]:
        return [button["payload"] for one in self.messages for button in one["buttons"]]

    @property
    def commands(self) -> list[dict[str, Any]]:
        return [one["custom"] for one in self.messages if one["custom"]]

    def sets(self, slot: str) -> Any:
        """The last value an event gives a slot; fails when none does."""
        return [one["value"] for one in self.events if one.get("name") == slot and "value" in one][
            -1
        ]

    @property
    def followed_by(self) -> str | None:
        """The action that is to come next, when one is named."""
        named = [one["name"] for one in self.events if one["event"] == "followup"]
        return named[-1] if named else None

    def has_event(self, kind: str, name: str | None) -> bool:
        return any(one["event"] == kind and one.get("name") == name for one in self.events)

    @property
    def ended(self) -> bool:
        return self.sets("requested_slot") is None


@dataclass
class Talk:
    """One conversation with actions; keeps the slots as Rasa would."""

    conversation_id: str
    channel: str = "sms"
    language: str = "en"
    slots: dict[str, Any] = field(default_factory=dict)

    async def say(
        self,
        action: DeskAction,
        text: str = "",
        intent: str = "nlu_fallback",
        *,
        choice: str | None = None,
        confidence: float = 0.95,
        ranking: tuple[tuple[str, float], ...] = (),
        location: dict[str, float] | None = None,
        message_id: str | None = None,
        second: str | None = None,
        second_confidence: float = 0.9,
        topic: str | None = None,
    ) -> Told:
        message_id = message_id or self._received(text)
        if choice:
            text, intent = '/choose{"value": "…"}', "choose"
        elif not text:
            text = f"/{intent}"
        metadata = {"channel": self.channel, "language": self.language, "location": location}
        entities: list[dict[str, Any]] = [{"entity": "value", "value": choice}] if choice else []
        if topic:
            entities.append({"entity": "topic", "value": topic})
        if second:
            also = {"entity": "second_topic", "value": second}
            entities.append({**also, "confidence_entity": second_confidence})
        latest = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": entities,
            "intent_ranking": [{"name": n, "confidence": c} for n, c in ranking],
            "message_id": message_id,
            "metadata": {} if self.channel == "shell" else metadata,
        }
        tracker = Tracker(
            self.conversation_id, dict(self.slots), latest, [], False, None, {}, "action_listen"
        )
        dispatcher = CollectingDispatcher()
        told = Told(dispatcher.messages, await action.run(dispatcher, tracker, {}))
        for event in told.events:
            if event["event"] == "slot":
                self.slots[event["name"]] = event["value"]
        return told

    def _received(self, text: str) -> str:
        """The id under which the gateway would have stored the message."""
        if self.channel == "shell":
            return f"m{next(_IDS)}"
        with desk_action.database().transaction() as session:
            row = InboxMessage(
                channel=self.channel,
                provider_id=f"p{next(_IDS)}",
                body_hash="",
                conversation_id=self.conversation_id,
                text=text,
            )
            session.add(row)
            session.flush()
            return str(row.id)


@pytest.fixture
def desk_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/frontdesk.db")
    database.migrate()
    monkeypatch.setattr(desk_action, "database", lambda: database)
    yield database
    database.close()


@pytest.fixture
def meet(desk_database: Database) -> Callable[..., Talk]:
    """A new conversation, by SMS and in English unless told otherwise."""

    def new(channel: str = "sms", language: str = "en") -> Talk:
        with desk_database.transaction() as session:
            row = conversation_for(
                session, channel, f"+1209555{next(_IDS):04}", now=datetime.now(UTC)
            )
            return Talk(row.id, channel, language)

    return new
