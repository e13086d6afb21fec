"""Tells which topic a message means: one that we offered before, or the weightier of two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Self

from rasa_sdk.events import EventType, SlotSet
from sqlalchemy.orm import Session

from actions.said import Said
from actions.topics import BUSINESS, DANGER, PERSON, REPORTS, called, choices, weight
from actions.turn import SHELL, Message, Turn
from desk import safety
from desk.database.models import InboxMessage
from desk.reply import Reply
from desk.reports import store, withdrawing
from desk.reports.adding import key_in
from desk.reports.kinds import bare
from desk.wording import LANGUAGES, say

_YES: Final = 0.5


@dataclass(frozen=True, slots=True)
class Offered:
    """Topics offered as choices, in order, and the id of the message they were offered about.

    `answered` is the topic which that message was taken for.
    """

    topics: tuple[str, ...]
    message_id: str
    answered: str | None = None

    @classmethod
    def about(cls, message: Message, topics: Iterable[str]) -> Self:
        """These topics, offered because of this message."""
        answered = message.intent if message.intent in BUSINESS else None
        return cls(tuple(topics), message.message_id, answered)

    @classmethod
    def read(cls, slot: Mapping[str, Any] | None) -> Self | None:
        """What a slot holds."""
        return cls(tuple(slot["topics"]), slot["message_id"], slot["answered"]) if slot else None

    def kept_in(self, slot: str) -> EventType:
        """The event that keeps it in a slot."""
        kept = {"topics": [*self.topics], "message_id": self.message_id, "answered": self.answered}
        return SlotSet(slot, kept)


def meant(message: Message, session: Session, slots: Mapping[str, Any], now: datetime) -> Message:
    """The message as it is to be answered outside a form.

    Whoever takes a topic that was offered, by tapping or in words, brings it with the message that
    it was offered about, so that nothing has to be told twice. Number and secret of a report open
    it while it is a draft, and else ask how it stands. Of two topics in one message the
    dangerous one comes first, then what needs doing; `second_topic` is the one that is left.
    """
    key = key_in(message.text)
    if key.number and key.secret and not message.choice:  # whatever else it was taken for
        draft = store.is_unfinished(session, key.number, now)
        topic = "file_report" if draft else "report_status"
        return replace(message, intent=topic, confidence=1.0, certain=True)
    if not (message.choice or message.certain) and _is_withdrawal(message, session, now):
        return replace(message, intent="report_status", confidence=1.0, second_topic=None)
    offered = Offered.read(slots.get("offered"))
    if offered is not None:
        message = _taken_up(message, offered, session)
    return _weightier_first(message)


def _is_withdrawal(message: Message, session: Session, now: datetime) -> bool:
    """Whether a message is about taking a filed report back, and not one that is being made."""
    conversation_id = message.conversation_id
    if message.intent in DANGER or store.unfinished(session, conversation_id, now) is not None:
        return False
    return withdrawing.wishes(message.text) or bool(
        withdrawing.agrees_to(session, conversation_id, message.text)
    )


def is_sure_danger(message: Message) -> bool:
    """Whether NLU found danger, and not by a guess."""
    return message.intent in DANGER and (
        message.certain or safety.counts(message.intent, message.confidence, message.text)
    )


def offer_next(turn: Turn, said: Said, next_topic: Offered) -> Said:
    """Offer what else a message was about."""
    names = ", ".join(called(topic, turn.language) for topic in next_topic.topics)
    text = say("dialogue.also", turn.language, topic=names)
    said.reply(Reply(text, choices(next_topic.topics, turn.language)))
    return said.event(next_topic.kept_in("offered"))


def _taken_up(message: Message, offered: Offered, session: Session) -> Message:
    topic = _named(message, offered)
    if topic == "change_language":
        return replace(message, intent=topic)  # about no message but itself
    if topic is not None:
        return _with_original(replace(message, text=""), topic, offered, session)
    if message.intent in offered.topics and not message.choice:
        certain = _with_original(message, message.intent, offered, session)
        return replace(certain, certain=message.certain, confidence=message.confidence)
    return message


def _named(message: Message, offered: Offered) -> str | None:
    """The topic that was taken: tapped, its number or name typed, or a yes to the only one."""
    if message.certain:
        return message.intent if message.intent in offered.topics else None
    words = bare(message.text)
    for topic in offered.topics:
        if words and words in {bare(called(topic, language)) for language in LANGUAGES}:
            return topic
    by_number = message.channel in {"web", SHELL}  # elsewhere the gateway knows what it numbered
    if by_number and words.isdecimal() and 0 < int(words[:2]) <= len(offered.topics):
        return offered.topics[int(words[:2]) - 1]
    agrees = message.intent == "affirm" and message.confidence >= _YES
    asked = len(offered.topics) == 1 and offered.topics != ("change_language",)
    return offered.topics[0] if agrees and asked else None


def _with_original(message: Message, topic: str, offered: Offered, session: Session) -> Message:
    original = None
    if offered.message_id.isdecimal():
        original = session.get(InboxMessage, int(offered.message_id))
    if original is None or original.conversation_id != message.conversation_id:
        return replace(message, intent=topic, confidence=1.0, choice=None, certain=True)
    return replace(
        message,
        text="\n".join(text for text in (original.text, message.text) if text),
        intent=topic,
        confidence=1.0,
        choice=None,
        location=message.location or original.location,
        attachments=(*original.attachments, *message.attachments),
        certain=True,
    )


def _weightier_first(message: Message) -> Message:
    first, second = message.intent, message.second_topic
    alone = replace(message, second_topic=None)
    if second not in BUSINESS or second == first or message.certain or first == "nlu_fallback":
        return alone
    taken = replace(alone, intent=second, confidence=message.second_confidence)
    if first not in BUSINESS or _says_less(first, second):
        return taken
    if _says_less(second, first):
        return alone
    if weight(second) < weight(first):
        return replace(taken, second_topic=first)
    return message


def _says_less(topic: str, than: str) -> bool:
    """Whether a topic adds nothing to another: "a report" to a theft, "a person" to a burglary."""
    return (topic == "file_report" and than in REPORTS) or (
        topic == "talk_to_person" and than in PERSON
    )
