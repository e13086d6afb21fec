"""When a message was not understood, or is not for us."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rasa_sdk.events import SlotSet

from actions.answers import approved
from actions.desk_action import DeskAction
from actions.meant import Offered
from actions.people import hand_over
from actions.said import Said
from actions.stations import station_of_bare_place
from actions.topics import BUSINESS, DANGER, MENU, choices, person
from actions.turn import Message, Turn
from desk.reply import Reply
from desk.wording import say

_TRIES: Final = 2
_GUESSES: Final = 3
_LIKELY: Final = 0.02
"""A topic below this confidence is no guess."""

_CLOSE: Final = 0.1
"""Nor is one whose confidence is less than this part of the best one's."""


class ActionUnsure(DeskAction):
    """Asks once, with likely topics in people's words; the second time a person takes over."""

    offers_next = True

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_unsure"

    def respond(self, turn: Turn) -> Said:
        """Ask, or say that it is not for us, or hand over."""
        if (station := station_of_bare_place(turn)) is not None:
            return station
        if turn.message.intent == "out_of_scope":
            offered = (*choices(MENU[:3], turn.language), person(turn.language))
            return Said().reply(Reply(approved(turn, "out_of_scope").text, offered))
        return ask_which(turn, guesses(turn.message))


def ask_which(turn: Turn, topics: tuple[str, ...]) -> Said:
    """Ask which of these topics is meant; the second time in a row, hand over to a person.

    Where one of them is danger, the number to call stands above the question.
    """
    language = turn.language
    misunderstood = int(turn.slots.get("misunderstood") or 0) + 1
    if misunderstood >= _TRIES:
        return hand_over(turn, "unsure", text="dialogue.unsure_again")
    if DANGER & set(topics):
        emergency = turn.department.profile.emergency
        text = say("dialogue.unsure_danger", language, emergency=emergency)
    else:
        text = say("dialogue.unsure" if topics else "dialogue.unsure_no_guess", language)
    topics = topics or MENU[:3]
    said = Said().reply(Reply(text, (*choices(topics, language), person(language))))
    said.event(Offered.about(turn.message, topics).kept_in("offered"))
    return said.event(SlotSet("misunderstood", misunderstood))


def guesses(message: Message, surely: Iterable[str] = ()) -> tuple[str, ...]:
    """The likeliest topics, at most three, danger first: what may be danger is never the last.

    `surely` are among them whatever their confidence is.
    """
    ranked = [one for one in message.ranking if one[0] in BUSINESS - {"talk_to_person"}]
    best = max((confidence for _, confidence in ranked), default=0.0)
    likely = [topic for topic, sure in ranked if sure >= max(_LIKELY, _CLOSE * best)]
    chosen = list(dict.fromkeys((*surely, *likely)))[:_GUESSES]
    return tuple(sorted(chosen, key=lambda topic: topic not in DANGER))
