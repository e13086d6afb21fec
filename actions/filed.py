"""What residents may do with the reports they filed: hear how they stand, take one back."""

from __future__ import annotations

from typing import Final

from actions.desk_action import DeskAction
from actions.said import Said
from actions.topics import choices, person
from actions.turn import Turn
from desk.database.models import Report
from desk.department import spoken_phone
from desk.reply import Choice, Reply
from desk.reports import adding, lifecycle, store, withdrawing
from desk.wording import say

_MOST_TOLD: Final = 2


class ActionReportStatus(DeskAction):
    """What became of a report, and taking one back."""

    offers_next = True
    stores = True  # a wrong pair of number and secret is noted

    def name(self) -> str:
        """Rasa's name for it."""
        return "action_report_status"

    def respond(self, turn: Turn) -> Said:
        """Say how it stands, to whom may know it; ask before a report is taken back."""
        text, conversation_id = turn.message.text, turn.message.conversation_id
        if number := withdrawing.agrees_to(turn.session, conversation_id, text):
            return withdrawn(turn, number)
        if withdrawing.wishes(text) and (open_here := _withdrawable(turn)):
            if len(open_here) == 1:
                return Said().reply(ask_to_withdraw(turn, open_here[0].number or ""))
            offered = tuple(_withdraw(turn, one) for one in open_here)
            return Said().reply(Reply(say("lifecycle.withdraw_which", turn.language), offered))
        return Said().reply(report_status(turn))


def report_status(turn: Turn) -> Reply:
    """How a report stands: one named by number and secret, else those filed in this conversation.

    Without either it is said what is needed; never whether somebody else's report exists.
    """
    session, conversation_id = turn.session, turn.message.conversation_id
    key = adding.key_in(turn.message.text)
    if key.number and key.secret:
        found = lifecycle.find(session, conversation_id, key.number, key.secret, turn.now)
        reports = [found] if found and found.state in store.SUBMITTED else []
        missing = "lifecycle.standing_none"
    else:
        reports = lifecycle.of_conversation(session, conversation_id)[:_MOST_TOLD]
        missing = "lifecycle.standing_ask"
    if reports:
        told = (lifecycle.standing(one, turn.department, turn.language) for one in reports)
        open_still = [one for one in reports if lifecycle.can_be_withdrawn(one)]
        offered = choices(("add_to_report",), turn.language) if open_still else ()
        withdraw = tuple(_withdraw(turn, one) for one in open_still)
        return Reply(" ".join(told), (*offered, *withdraw))
    numbers = turn.department.profile.numbers
    phone = spoken_phone(numbers.get("records", turn.department.profile.nonemergency))
    return Reply(say(missing, turn.language, phone=phone), (person(turn.language),))


def ask_to_withdraw(turn: Turn, number: str) -> Reply:
    """The question before a report is taken back, which cannot be undone."""
    return Reply(
        say("lifecycle.withdraw_ask", turn.language, number=number),
        (
            Choice(
                say("lifecycle.choice_withdraw_yes", turn.language),
                f"{withdrawing.CONFIRMED}:{number}",
            ),
            Choice(say("lifecycle.choice_withdraw_no", turn.language), f"not_withdrawn:{number}"),
        ),
    )


def withdrawn(turn: Turn, number: str) -> Said:
    """Take a report back, or say how it stands where that is no longer possible."""
    report = store.numbered(turn.session, number)
    if report is None:
        return Said().reply(report_status(turn))
    try:
        lifecycle.withdraw(turn.session, report, turn.department, turn.now)
    except lifecycle.CannotBecome:
        standing = lifecycle.standing(report, turn.department, turn.language)
        return Said().reply(Reply(standing, (person(turn.language),)))
    return Said().reply(Reply(say("lifecycle.withdrawn", turn.language, number=number)))


def kept(turn: Turn, number: str) -> Said:
    """Say that a report stays."""
    return Said().reply(Reply(say("lifecycle.not_withdrawn", turn.language, number=number)))


def _withdrawable(turn: Turn) -> list[Report]:
    filed = lifecycle.of_conversation(turn.session, turn.message.conversation_id)
    return [one for one in filed if lifecycle.can_be_withdrawn(one)][:_MOST_TOLD]


def _withdraw(turn: Turn, report: Report) -> Choice:
    title = say("lifecycle.choice_withdraw", turn.language, number=report.number or "")
    return Choice(title, f"withdraw:{report.number}")
