"""Topics with a text that the department approved."""

from __future__ import annotations

from actions.desk_action import DeskAction
from actions.said import Said
from actions.stations import station_of_bare_place
from actions.topics import person
from actions.turn import Turn
from desk import answers, places
from desk.department import spoken_phone
from desk.reply import Reply
from desk.wording import say


class ActionAnswer(DeskAction):
    """The department's text on the topic that was brought."""

    offers_next = True

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_answer"

    def respond(self, turn: Turn) -> Said:
        """Say the text, or who else can tell when the department wrote none."""
        return station_of_bare_place(turn) or Said().reply(approved(turn, turn.message.intent))


def approved(turn: Turn, topic: str) -> Reply:
    """The department's text on a topic; without one, the number that can tell and a person."""
    if topic == "nonemergency_number":
        return places.replies.nonemergency_number(turn.department, turn.language, turn.now)
    written = answers.answer(topic, turn.department, turn.language, turn.message.channel)
    if written is not None:
        return written
    phone = spoken_phone(turn.department.profile.nonemergency)
    return Reply(say("dialogue.no_answer", turn.language, phone=phone), (person(turn.language),))
