"""Leads the small survey after a report, or when somebody wants to say how it was."""

from __future__ import annotations

from typing import Final

from actions.desk_action import LoopAction
from actions.meant import is_sure_danger
from actions.reports import heard_in
from actions.said import Said
from actions.topics import person
from actions.turn import Turn
from desk import feedback
from desk.database.models import Conversation
from desk.reply import Reply
from desk.wording import say

_CLEAR: Final = 0.5


class ValidateFeedbackForm(LoopAction):
    """Hands each answer to the desk; whatever is not an answer ends the survey and is dealt with.

    The slot `feedback` says what the survey is about.
    """

    form = "feedback_form"
    slot = "opinion"
    remembers = ("feedback",)
    stores = True

    def respond(self, turn: Turn) -> Said:
        """Ask the first question, or take an answer and ask the next."""
        message = turn.message
        conversation = turn.session.get_one(Conversation, message.conversation_id)
        if not turn.asked:
            about = turn.slots.get("feedback") or {"about": "service", "report_id": None}
            question = feedback.ask(
                turn.session,
                conversation,
                about["about"],
                turn.language,
                turn.now,
                report_id=about["report_id"],
            )
            if question is not None:
                return self.ask_on(Said().reply(question))
            return self.end(_no_survey(turn) if message.intent == "give_feedback" else Said())
        if is_sure_danger(message):
            return self.ask_on(Said().command("danger", kind=message.intent))
        wants_person = message.intent == "talk_to_person" and message.confidence >= _CLEAR
        if wants_person or message.certain:
            return self.let_go()
        answer = feedback.take(
            turn.session, conversation, heard_in(message), turn.language, turn.now
        )
        if answer is None:
            return self.let_go()
        said = Said().reply(answer.reply)
        return self.end(said) if answer.done else self.ask_on(said)


def _no_survey(turn: Turn) -> Said:
    """For somebody who is not asked how it was, and wants to tell: a person listens."""
    text = say("dialogue.feedback_to_person", turn.language)
    return Said().reply(Reply(text, (person(turn.language),)))
