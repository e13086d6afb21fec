"""Changing the language of a conversation."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from actions.desk_action import DeskAction
from actions.meant import Offered
from actions.said import Said
from actions.topics import MENU, choices
from actions.turn import Turn
from desk.reply import Reply
from desk.wording import Language, say

_NAMED: Final[dict[Language, re.Pattern[str]]] = {
    "es": re.compile(r"\b(spanish|espa[nñ]ol|castellano)\b", re.IGNORECASE),
    "en": re.compile(r"\b(english|ingl[eé]s)\b", re.IGNORECASE),
}
_OTHER: Final[dict[Language, Language]] = {"en": "es", "es": "en"}


class ActionChangeLanguage(DeskAction):
    """A resident wants another language."""

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_change_language"

    def respond(self, turn: Turn) -> Said:
        """Confirm in the new language, and offer what was answered in the old one."""
        language = wanted(turn.message.text, turn.language)
        before = Offered.read(turn.slots.get("offered"))
        again = (before.answered,) if before is not None and before.answered else ()
        topics = (*again, *(topic for topic in MENU if topic not in again))
        said = Said().command("language", language=language)
        if before is not None:
            said.event(replace(before, topics=topics).kept_in("offered"))
        return said.reply(Reply(say("dialogue.language_now", language), choices(topics, language)))


def wanted(text: str, current: Language) -> Language:
    """The language that a text names; the other one when it names none, or both."""
    named = [language for language, names in _NAMED.items() if names.search(text)]
    return named[0] if len(named) == 1 else _OTHER[current]
