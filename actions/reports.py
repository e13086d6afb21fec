"""Leads the interview of a report; what was told, and what comes next, the desk knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rasa_sdk.events import SlotSet

from actions.answers import approved
from actions.desk_action import LoopAction
from actions.filed import report_status
from actions.said import Said
from actions.stations import answer, place_in
from actions.topics import LOOK_UPS, PERSON, REPORTS, person
from actions.turn import Message, Turn
from desk import answers, places
from desk.database.models import Conversation, Report
from desk.department import spoken_phone
from desk.places import PlaceFound
from desk.reply import Reply
from desk.reports import (
    Heard,
    Outcome,
    UnknownType,
    interview,
    kinds,
    report_type,
    report_types,
    store,
)
from desk.reports import Turn as ReportTurn
from desk.wording import say

_CLEAR: Final = 0.55
"""From this confidence on (0 to 1) another topic is taken for one in the middle of an interview."""

_IN_PASSING: Final = {
    "greet": None,
    "thanks": None,
    "insult": "dialogue.insult",
    "give_feedback": "dialogue.feedback_later",
}
"""What is no answer to any question: what is said to it before the question comes again."""


class ValidateReportForm(LoopAction):
    """Hands every message of an interview to the desk and tells what comes of it."""

    form = "report_form"
    slot = "answer"
    stores = True

    def respond(self, turn: Turn) -> Said:
        """Start the interview, or go on with it."""
        if not turn.asked:
            return self._open(turn)
        draft = store.draft_of(turn.session, turn.message.conversation_id)
        if draft is not None and _is_free_for_a_topic(turn, draft):
            if _is_other_report(turn, draft):
                return self._open(turn)  # the desk asks whether to go on with the one that is open
            if turn.message.intent in PERSON:
                return self._to_person(turn)
            if turn.message.intent in _IN_PASSING:
                return self._in_passing(turn)
        told = interview.take(
            turn.session, _report_turn(turn), turn.department, _in_interview(turn)
        )
        if told.state == "ended" and not told.replies:
            return self.let_go()  # ended elsewhere: by staff, or on another channel
        return self._tell(turn, told)

    def _open(self, turn: Turn) -> Said:
        topic = turn.message.intent
        kind = topic if topic in report_types(turn.department.folder) else None
        told = interview.start(
            turn.session, _report_turn(turn), turn.department, kind, heard_in(turn.message)
        )
        if topic in REPORTS - {"file_report"} and kind is None and told.state == "ended":
            return self.end(Said().reply(no_form(turn)))
        return self._tell(turn, told)

    def _to_person(self, turn: Turn) -> Said:
        """What only a person can take, in the middle of an interview, which is kept meanwhile."""
        topic = turn.message.intent
        wish = Heard(choice="person")
        told = interview.take(turn.session, _report_turn(turn), turn.department, wish)
        written = answers.answer(topic, turn.department, turn.language, turn.message.channel)
        if told.handoff is not None and topic != "talk_to_person":
            told = replace(told, handoff=replace(told.handoff, topic=topic))
        if written is not None:
            told = replace(told, replies=(Reply(written.text), *told.replies))
        return self._tell(turn, told)

    def _in_passing(self, turn: Turn) -> Said:
        """A word that is no answer: acknowledged where it needs to be, and the question again."""
        again = Heard(intent="repeat", confidence=1.0)
        told = interview.take(turn.session, _report_turn(turn), turn.department, again)
        if (key := _IN_PASSING[turn.message.intent]) is not None:
            told = replace(told, replies=(Reply(say(key, turn.language)), *told.replies))
        return self._tell(turn, told)

    def _tell(self, turn: Turn, told: Outcome) -> Said:
        said = Said()
        if told.danger is not None:
            said.command("danger", kind=told.danger)
        if told.language is not None:
            said.command("language", language=told.language)
        if told.side_topic is not None:
            said.reply(aside(turn, told.side_topic))
        said.reply(*told.replies)
        if told.handoff is not None:
            said.command(
                "handoff",
                reason=told.handoff.reason,
                topic=told.handoff.topic,
                report_id=told.handoff.report_id,
            )
        if told.state == "asking":
            return self.ask_on(said)
        if told.state == "filed" and self.next_topic(turn) is None:
            said.event(SlotSet("feedback", {"about": "report", "report_id": told.report_id}))
            return self.end(said, then="feedback_form")
        return self.end(said)


def no_form(turn: Turn) -> Reply:
    """For a report of a kind that the department takes no form for."""
    topic, language = turn.message.intent, turn.language
    written = answers.answer(topic, turn.department, language, turn.message.channel)
    if written is not None:
        return Reply(written.text, (person(language),))
    key = "add_to_report" if topic == "add_to_report" else "no_form"
    phone = spoken_phone(turn.department.profile.nonemergency)
    return Reply(say(f"dialogue.{key}", language, phone=phone), (person(language),))


def heard_in(message: Message) -> Heard:
    """A message as the desk hears it."""
    return Heard(
        text=message.text,
        intent=message.intent,
        confidence=message.confidence,
        choice=message.choice,
        location=message.location,
        attachments=message.attachments,
    )


def aside(turn: Turn, topic: str) -> Reply:
    """The answer to a question in the middle of an interview, without choices that leave it."""
    if topic in LOOK_UPS:
        place = place_in(turn)
        if isinstance(place, PlaceFound):
            return Reply(answer(turn, topic, place).text)
        return Reply(_look_up_without_place(turn, topic))
    return Reply((report_status(turn) if topic == "report_status" else approved(turn, topic)).text)


def _look_up_without_place(turn: Turn, topic: str) -> str:
    """What a look-up says of the place that the report is about; without one, how to ask later."""
    draft = store.draft_of(turn.session, turn.message.conversation_id)
    for value in (draft.fields if draft is not None else {}).values():
        if isinstance(value, dict) and "latitude" in value:
            place = places.understand(value["label"], turn.department, language=turn.language)
            if isinstance(place, PlaceFound):
                return answer(turn, topic, place).text
    phone = spoken_phone(turn.department.profile.nonemergency)
    return say("dialogue.place_in_interview", turn.language, phone=phone)


def _in_interview(turn: Turn) -> Heard:
    """What the desk hears in the middle of an interview."""
    heard = heard_in(turn.message)
    if turn.message.certain and turn.message.intent == "change_language":
        return replace(heard, text="english" if turn.language == "es" else "español")
    return heard


def _is_free_for_a_topic(turn: Turn, draft: Report) -> bool:
    """Whether a message can bring a topic, because it does not answer what the interview asks.

    Nearly any words answer a question for the story.
    """
    message = turn.message
    if message.certain:
        return True
    asking, _, name = str(draft.interview.get("asking", "")).partition(":")
    if message.confidence < _CLEAR or message.choice or asking in {"stop", "offer"}:
        return False
    if asking != "field":
        return not (kinds.says_yes(message.text) or kinds.says_no(message.text))
    try:
        field = report_type(turn.department.folder, draft.type).field(name)
    except (UnknownType, KeyError):
        return False
    context = kinds.Context(turn.department, turn.language, turn.now, message.location)
    return not isinstance(kinds.read(field, message.text, context), kinds.Told)


def _is_other_report(turn: Turn, draft: Report) -> bool:
    others = report_types(turn.department.folder).keys() - {"add_to_report", draft.type}
    return turn.message.intent in others


def _report_turn(turn: Turn) -> ReportTurn:
    row = turn.session.get(Conversation, turn.message.conversation_id)
    return ReportTurn(
        conversation_id=turn.message.conversation_id,
        message_id=turn.message.message_id,
        channel=turn.message.channel,
        language=turn.language,
        address=row.address if row is not None else "",
        now=turn.now,
    )
