"""Passing a resident to a person."""

from __future__ import annotations

from typing import Literal

from actions.desk_action import DeskAction
from actions.said import Said
from actions.turn import Turn
from desk import answers
from desk.reply import Reply
from desk.wording import say

Reason = Literal["asked", "unsure", "refused_report", "sensitive", "failed"]


class ActionTalkToPerson(DeskAction):
    """A resident asks for a person, or brings what only a person can take."""

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_talk_to_person"

    def respond(self, turn: Turn) -> Said:
        """Say what the department says of the topic, and hand over with all that was written.

        The gateway says how long it may take.
        """
        message = turn.message
        asked_for = message.intent == "talk_to_person"
        topic = message.second_topic if asked_for else message.intent
        written = answers.answer(message.intent, turn.department, turn.language, message.channel)
        return hand_over(turn, "asked", topic=topic, written=written)


def hand_over(
    turn: Turn,
    reason: Reason,
    *,
    topic: str | None = None,
    report_id: int | None = None,
    text: str = "dialogue.handing_over",
    written: Reply | None = None,
) -> Said:
    """Tell the resident that a person takes over, and ask the gateway to make it so.

    `written` is what the department says of the topic; without it the sentence `text` is said.
    """
    said = Said().reply(Reply(written.text if written else say(text, turn.language)))
    return said.command("handoff", reason=reason, topic=topic, report_id=report_id)
