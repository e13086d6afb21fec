"""Danger that Rasa understood where the screen of the gateway found none."""

from __future__ import annotations

from actions.desk_action import DeskAction
from actions.meant import Offered, is_sure_danger
from actions.said import Said
from actions.turn import Turn
from actions.unsure import ask_which, guesses


class ActionDanger(DeskAction):
    """Names the kind of danger; the gateway says the danger answer and alarms staff.

    A guess alarms nobody: it is asked about, below the number to call.
    """

    forgets = ("misunderstood", "offered")

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_danger"

    def respond(self, turn: Turn) -> Said:
        """The command alone: the words must be the same whoever found the danger."""
        message = turn.message
        second = (message.second_topic,) if message.second_topic else ()
        if not is_sure_danger(message):
            return ask_which(turn, guesses(message, (message.intent, *second)))
        said = Said().command("danger", kind=message.intent)
        return said.event(Offered.about(message, second).kept_in("next_topic")) if second else said
