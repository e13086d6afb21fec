"""Small words outside an interview: hello, thanks, what can you do."""

from __future__ import annotations

from typing import Final

from actions import filed
from actions.desk_action import DeskAction
from actions.meant import Offered, offer_next
from actions.people import hand_over
from actions.said import Said
from actions.stations import station_of_bare_place
from actions.topics import LOOK_UPS, MENU, choices, person
from actions.turn import Turn
from desk.conversations import links, transcript
from desk.reply import Reply, choices_from_json
from desk.reports import report_types, which_type, withdrawing
from desk.settings import settings
from desk.wording import say

_OURS: Final = ("bot", "desk")
_LOOK_BACK: Final = 10


class ActionDialogue(DeskAction):
    """Answers the intents that are words of the dialogue and no topic."""

    offers_next = True

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_dialogue"

    def respond(self, turn: Turn) -> Said:
        """Say the sentence of the intent, with the menu where it helps."""
        if turn.message.intent == "repeat":
            return Said().reply(_said_last(turn))
        if (station := station_of_bare_place(turn)) is not None:
            return station
        said = Said().reply(small_words(turn, turn.message.intent))
        return said.command("introduced") if turn.message.intent == "greet" else said


class ActionBack(DeskAction):
    """ "Back" outside an interview. Rasa's own action of this name would undo the last message."""

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_back"

    def respond(self, turn: Turn) -> Said:
        """Say that nothing is open."""
        return Said().reply(small_words(turn, "back"))


class ActionChoose(DeskAction):
    """A choice that belongs to no open question, or a message without words."""

    stores = True

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_choose"

    def respond(self, turn: Turn) -> Said:
        """Hand over when a person is wanted; otherwise say what is possible now."""
        message, language = turn.message, turn.language
        if message.choice == "person":
            return hand_over(turn, "asked")
        kind, _, chosen = (message.choice or "").partition(":")
        if kind == "group":
            return Said().reply(which_type(turn.department, language, chosen))
        if kind == "link" and chosen in report_types(turn.department.folder):
            link = settings().chat_url(start=links.make(turn.session, chosen, turn.now))
            return Said().reply(Reply(say("reports.link", language, link=link)))
        if kind == "withdraw":
            return Said().reply(filed.ask_to_withdraw(turn, chosen))
        if kind == withdrawing.CONFIRMED:
            return filed.withdrawn(turn, chosen)
        if kind == "not_withdrawn":
            return filed.kept(turn, chosen)
        if message.location:
            text, offered = "dialogue.got_location", choices(LOOK_UPS, language)
        elif message.attachments:
            text, offered = "dialogue.got_file", choices(("file_report",), language)
        elif message.choice == "resume":
            next_topic = Offered.read(turn.slots.get("next_topic"))
            if next_topic is not None:
                return offer_next(turn, Said(), next_topic)
            text, offered = "dialogue.menu", choices(MENU, language)
        else:
            text, offered = "dialogue.choice_over", choices(MENU, language)
        return Said().reply(Reply(say(text, language), offered))


def small_words(turn: Turn, intent: str) -> Reply:
    """The sentence for an intent that is no topic."""
    language = turn.language
    if intent == "greet":
        name = turn.department.profile.name.say(language)
        text = say("dialogue.greeting", language, department=name)
    else:
        text = say(f"dialogue.{intent}", language)
    if intent == "goodbye":
        return Reply(text)
    if intent == "insult":
        return Reply(text, (person(language), *choices(MENU[:2], language)))
    return Reply(text, choices(MENU, language))


def _said_last(turn: Turn) -> Reply:
    """What we said last in this conversation, said again."""
    for entry in reversed(transcript(turn.session, turn.message.conversation_id, _LOOK_BACK)):
        if entry.author in _OURS and not entry.urgent:
            return Reply(entry.text, choices_from_json(list(entry.choices)))
    return Reply(say("dialogue.repeat_nothing", turn.language), choices(MENU, turn.language))
