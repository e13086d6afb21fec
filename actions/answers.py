"""Topics with a text that the department approved."""

from __future__ import annotations

from typing import Final

from actions.desk_action import DeskAction
from actions.said import Said
from actions.stations import station_of_bare_place
from actions.topics import person
from actions.turn import Turn
from desk import answers, places
from desk.department import spoken_phone
from desk.reply import Reply
from desk.reports import adding, lifecycle
from desk.wording import say

_MOST_TOLD: Final = 2


class ActionAnswer(DeskAction):
    """The department's text on the topic that was brought."""

    offers_next = True

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_answer"

    def respond(self, turn: Turn) -> Said:
        """Say the text, or who else can tell when the department wrote none."""
        return station_of_bare_place(turn) or Said().reply(approved(turn, turn.message.intent))


class ActionReportStatus(DeskAction):
    """What became of a report."""

    offers_next = True
    stores = True  # a wrong pair of number and secret is noted

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_report_status"

    def respond(self, turn: Turn) -> Said:
        """Say how it stands, to whom may know it."""
        return Said().reply(report_status(turn))


def approved(turn: Turn, topic: str) -> Reply:
    """The department's text on a topic; without one, the number that can tell and a person."""
    if topic == "nonemergency_number":
        return places.replies.nonemergency_number(turn.department, turn.language, turn.now)
    written = answers.answer(topic, turn.department, turn.language, turn.message.channel)
    if written is not None:
        return written
    phone = spoken_phone(turn.department.profile.nonemergency)
    return Reply(say("dialogue.no_answer", turn.language, phone=phone), (person(turn.language),))


def report_status(turn: Turn) -> Reply:
    """How a report stands: one named by number and secret, else those filed in this conversation.

    Without either it is said what is needed; never whether somebody else's report exists.
    """
    session, conversation_id = turn.session, turn.message.conversation_id
    key = adding.key_in(turn.message.text)
    if key.number and key.secret:
        found = lifecycle.find(session, conversation_id, key.number, key.secret, turn.now)
        reports, missing = [found] if found else [], "lifecycle.standing_none"
    else:
        reports = lifecycle.of_conversation(session, conversation_id)[:_MOST_TOLD]
        missing = "lifecycle.standing_ask"
    if reports:
        told = (lifecycle.standing(one, turn.department, turn.language) for one in reports)
        return Reply(" ".join(told))
    numbers = turn.department.profile.numbers
    phone = spoken_phone(numbers.get("records", turn.department.profile.nonemergency))
    return Reply(say(missing, turn.language, phone=phone), (person(turn.language),))
