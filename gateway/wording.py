"""The few sentences the gateway says itself, and how several become one text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import phonenumbers

from desk.database.models import Conversation
from desk.department import Department
from desk.reply import Reply
from desk.wording import Language, as_language, say

_MOST_IN_ONE: Final = 1400
"""Characters joined into one SMS; choices and folding need the rest of the 1,600."""


def introduction(language: Language, department: Department) -> str:
    """Who is speaking, said before the first answer: a machine, not 911, cannot send officers."""
    profile = department.profile
    return say(
        "gateway.introduction",
        language,
        department=profile.short_name,
        emergency=profile.emergency,
    )


def fixed_text(language: Language, department: Department) -> str:
    """What is said when the bot cannot answer."""
    profile = department.profile
    number = phonenumbers.parse(profile.nonemergency, "US")
    return say(
        "gateway.failed",
        language,
        emergency=profile.emergency,
        nonemergency=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
    )


def order_followed(conversation: Conversation, department: Department) -> str:
    """What somebody is told who has turned messages off, or on again."""
    profile = department.profile
    return say(
        "gateway.opted_out" if conversation.opted_out else "gateway.opted_in",
        as_language(conversation.language),
        department=profile.short_name,
        emergency=profile.emergency,
    )


def last_resort(language: Language) -> str:
    """What is said when not even the department's facts can be read."""
    return say("gateway.last_resort", language)


def in_one(replies: list[Reply]) -> Iterator[Reply]:
    """Replies as one, in order; as several only where the text would be too long for one SMS.

    What follows choices goes into the next message, so that a number always means what it did.
    """
    text = ""
    for reply in replies:
        if text and len(text) + len(reply.text) > _MOST_IN_ONE:
            yield Reply(text)
            text = ""
        text = f"{text}\n{reply.text}" if text else reply.text
        if reply.choices:
            yield Reply(text, reply.choices)
            text = ""
    if text:
        yield Reply(text)
