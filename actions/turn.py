"""What an action knows of the message it answers, out of Rasa's tracker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from rasa_sdk import Tracker
from sqlalchemy.orm import Session

from desk.database.models import Conversation
from desk.department import Department
from desk.wording import Language, as_language

SHELL: Final = "shell"
"""The channel of `rasa shell`, where no gateway stands in front."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a resident as Rasa understood it.

    When a choice was tapped, `choice` is its value, or it names a topic: then the `intent` is
    `certain`, and `text` is empty or the earlier message that the choice was offered about.
    `ranking` are the likeliest topics with their confidence (0 to 1), best first; `second_topic`
    is another topic in the same message.
    """

    conversation_id: str
    message_id: str
    channel: str
    language: Language
    text: str
    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    choice: str | None
    location: dict[str, float] | None
    attachments: tuple[dict[str, Any], ...]
    certain: bool = False
    second_topic: str | None = None
    second_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A message, what is open in its conversation, and what is needed to answer it.

    `asked` is whether the form that runs has asked before; `slots` are Rasa's.
    """

    message: Message
    session: Session
    department: Department
    now: datetime
    asked: bool
    slots: dict[str, Any]

    @property
    def language(self) -> Language:
        """The language to answer in."""
        return self.message.language


def read_message(tracker: Tracker) -> Message:
    """The latest message in a tracker; without the gateway's metadata it is from `rasa shell`."""
    latest = tracker.latest_message
    metadata = latest.get("metadata") or {}
    text = latest.get("text") or ""
    intent = latest.get("intent") or {}
    name = intent.get("name") or "nlu_fallback"
    command = text.startswith("/")  # only a choice can be one, see bot/channel.py
    chosen = next(tracker.get_latest_entity_values("value"), None) if command else None
    if name == "file_report":  # a kind of report may be no intent of its own
        name = next(tracker.get_latest_entity_values("topic"), None) or name
    second = _second_topic(latest.get("entities") or ())
    return Message(
        conversation_id=tracker.sender_id,
        message_id=latest.get("message_id") or "",
        channel=metadata.get("channel") or SHELL,
        language=as_language(metadata.get("language")),
        text="" if command else text,
        intent=str(name),
        confidence=float(intent.get("confidence") or 0.0),
        ranking=tuple(
            (one["name"], float(one["confidence"])) for one in latest.get("intent_ranking") or ()
        ),
        choice=str(chosen) if chosen else None,
        location=metadata.get("location"),
        attachments=tuple(metadata.get("attachments") or ()),
        certain=command and name != "choose",
        second_topic=second.get("value"),
        second_confidence=float(second.get("confidence_entity") or second.get("confidence") or 0),
    )


def _second_topic(entities: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return next((one for one in entities if one.get("entity") == "second_topic"), {})


def shell_conversation(session: Session, conversation_id: str, now: datetime) -> Conversation:
    """The conversation row of a talk in `rasa shell`, made when it is the first message."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        conversation = Conversation(
            id=conversation_id, channel=SHELL, address=conversation_id, created_at=now
        )
        session.add(conversation)
        session.flush()
    return conversation
