"""Leads a report from the first word to its number, one message at a time."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import attachments, places, safety
from desk.conversations import record
from desk.database.models import Report
from desk.department import Department
from desk.reply import Reply
from desk.reports import adding, commands, filing, identifiers, items, kinds, lifecycle, store
from desk.reports.commands import Command, Correction
from desk.reports.kinds import Told, Unclear
from desk.reports.notes import WORDS_OF_A_STORY, Notes
from desk.reports.questions import STORY_KINDS, which_type
from desk.reports.times import plain
from desk.reports.turns import Handoff, Heard, Outcome, State, Turn
from desk.reports.types import Asked, Condition, UnknownType, report_type, told
from desk.wording import Language, say

_FITS: Final = 300  # characters: two SMS segments, with room for a folded letter or two
_MORE_INSIDE: Final = frozenset({"text", "items", "place", "time", "vehicle", "days", "date"})
"""Kinds of field whose answers often hold other answers too."""


def start(
    session: Session,
    turn: Turn,
    department: Department,
    type_id: str | None,
    heard: Heard,
) -> Outcome:
    """Begin a report of a type, or offer to go on with an unfinished one of this conversation.

    Without a type ("file a report", "continue my report") the unfinished one is offered, else the
    types are (of the group that was chosen). A type that this channel does not take is told where
    it is taken, and nothing is stored. The number and the secret of a draft bring it here from
    another channel. Raises UnknownType.
    """
    key = adding.key_in(heard.text)
    if type_id is None and key.number and key.secret:
        return _bring_here(session, turn, department, key.number, key.secret)
    if type_id is not None:
        kind = report_type(department.folder, type_id)
        if not kind.taken_on(turn.channel):
            return Outcome((filing.elsewhere(kind, department, turn.language),), "ended")
    old = store.unfinished(session, turn.conversation_id, turn.now)
    if old is not None and old.interview:
        old.state = "draft"
        interview = _Interview(session, turn, department, old)
        interview.offer(type_id, heard)
        return interview.outcome()
    if type_id is None:
        group = (heard.choice or "").removeprefix("group:")
        return Outcome((which_type(department, turn.language, group),), "ended")
    return _begin(session, turn, department, type_id, heard)


def _bring_here(
    session: Session, turn: Turn, department: Department, number: str, secret: str
) -> Outcome:
    found = lifecycle.find(session, turn.conversation_id, number, secret, turn.now)
    if found is None or not store.can_go_on(found, turn.now):
        return Outcome((Reply(say("reports.no_such_report", turn.language)),), "ended")
    kind = report_type(department.folder, found.type)
    if not kind.taken_on(turn.channel):
        return Outcome((filing.elsewhere(kind, department, turn.language),), "ended")
    store.take_over(session, found, turn.conversation_id, turn.now)
    return _Interview(session, turn, department, found).go_on_here()


def take(session: Session, turn: Turn, department: Department, heard: Heard) -> Outcome:
    """Take the next message of a conversation that has an open interview."""
    report = store.draft_of(session, turn.conversation_id)
    if report is None:
        return _after_refusal(session, turn, heard) or Outcome((), "ended")
    try:
        interview = _Interview(session, turn, department, report)
    except UnknownType:  # the department has taken the type away meanwhile
        return _leave_to_person(session, turn, report)
    return interview.hear(heard)


def pending_question(
    session: Session, conversation_id: str, language: Language, department: Department
) -> Reply | None:
    """The question an open interview waits on, to say it again after something else."""
    report = store.draft_of(session, conversation_id)
    if report is None:
        return None
    turn = Turn(conversation_id, "", "", language, "", report.updated_at)
    try:
        return _Interview(session, turn, department, report).question()
    except UnknownType:
        return None


def _begin(
    session: Session, turn: Turn, department: Department, type_id: str, heard: Heard
) -> Outcome:
    report = Report(
        conversation_id=turn.conversation_id,
        type=type_id,
        state="draft",
        language=turn.language,
        fields={},
        interview={"private": report_type(department.folder, type_id).private},
        created_at=turn.now,
        updated_at=turn.now,
    )
    session.add(report)
    session.flush()
    record(
        session, "report", turn.conversation_id, now=turn.now, report_id=report.id, state="draft"
    )
    interview = _Interview(session, turn, department, report)
    return interview.open(heard)


def _leave_to_person(session: Session, turn: Turn, report: Report) -> Outcome:
    store.change_state(session, report, "refused", turn.now)
    return Outcome(
        (Reply(say("reports.refused", turn.language)),),
        "refused",
        handoff=Handoff("refused_report", report.type, report.id),
        report_id=report.id,
    )


def _after_refusal(session: Session, turn: Turn, heard: Heard) -> Outcome | None:
    """A person for somebody whose report was just refused; they need not tell it again."""
    if heard.choice != "person" and commands.command(heard, short_only=False) != "person":
        return None
    last = session.scalars(
        select(Report)
        .where(Report.conversation_id == turn.conversation_id)
        .order_by(Report.id.desc())
        .limit(1)
    ).first()
    if last is None or last.state != "refused":
        return None
    return Outcome(
        (Reply(say("reports.person", turn.language)),),
        "ended",
        handoff=Handoff("asked", last.type, last.id),
        report_id=last.id,
    )


def _masked(text: str) -> str:
    """A text without the numbers that are nowhere to be kept."""
    return kinds.without_social(safety.mask(text))


class _Interview(Notes):
    """One step of one interview. Values are held here and stored at the end by `outcome`."""

    # what comes in

    def open(self, heard: Heard) -> Outcome:
        """The first step: acknowledge, take what the opening words tell, ask the first question."""
        self.said.append(self.type.opening.say(self.language))
        self._keep_photos(heard)
        text = _masked(heard.text)
        if self.type.requires_report:
            key = adding.key_in(text)
            text = key.rest if key.number else text  # the secret is nowhere to be kept
            self.state.number = key.number or ""
            if key.number and key.secret:
                self._look_up(key.number, key.secret)
        if found := commands.danger(heard, story=True) or self._screened(heard.text):
            self.state.held = text
            return self.outcome(danger=found)
        self.learn(text, heard)
        return self._advance()

    def hear(self, heard: Heard) -> Outcome:
        """One message in the middle of an interview."""
        asked = self.asked_field()
        story = asked is not None and asked.kind in STORY_KINDS
        self._keep_photos(heard)
        if found := self._screened(heard.text) or commands.danger(heard, story=story):
            if story:
                self.state.held = _masked(heard.text)
            return self.outcome(danger=found)
        if (chosen := heard.choice or self._titled(heard.text)) is not None:
            return self._chosen(chosen, heard)
        if (language := commands.language_asked(heard)) is not None:
            self.language = language
            return self._again(language=language)
        if asked is not None and asked.kind == "last4" and identifiers.is_long_number(heard.text):
            return self._long_number(asked, heard)
        heard = replace(heard, text=_masked(heard.text.strip()), choice=None)
        if heard.attachments and not heard.text and heard.location is None:
            self.said.append(say("reports.photo_kept", self.language))
            return self._again()
        if self.state.asking == "stop":
            return self._stopping(heard)
        if self.state.asking == "offer":
            return self._offered(heard)
        word = commands.command(heard, short_only=story)
        if word == "skip" and asked is None:
            word = None
        if word is not None:
            return self._steer(word)
        match self.state.asking.partition(":"):
            case ("field", _, name):
                return self._field_answer(self.type.field(name), heard)
            case ("sure", _, condition_id):
                return self._sure_answer(self.type.condition(condition_id), heard)
            case (("number" | "secret"), _, _):
                return self._key_answer(heard)
            case ("gate", _, _):
                return self._gate_answer(heard)
            case ("which", _, _):
                return self._which_answer(heard)
            case ("change", _, _):
                return self._change_answer(heard)
            case _:
                return self._confirm_answer(heard)

    def _titled(self, text: str) -> str | None:
        """The offered choice whose title somebody typed instead of tapping it."""
        words = kinds.bare(text)
        for one in self.question().choices:
            if one.value not in {"yes", "no"} and kinds.bare(one.title) == words:
                return one.value
        return None

    def go_on_here(self) -> Outcome:
        """Go on with a draft from another channel: what is known, and what is asked next."""
        known = "; ".join(
            f"{one.label.say(self.language)}: {self.shown(one)}"
            for one in self.type.fields
            if one.name in self.values
        )
        self.said.append(say("reports.resumed", self.language, values=known or "-"))
        if self.state.asking in {"stop", "offer"}:
            self.state.asking = self.state.before
        if self.state.asking == "confirm":  # this channel may need what the other one gave
            return self._advance()
        return self._again()

    def offer(self, type_id: str | None, heard: Heard) -> None:
        """Ask whether to go on with this older draft or to begin anew."""
        if self.state.asking != "offer":
            self.state.before = (
                self.state.before if self.state.asking == "stop" else self.state.asking
            )
        self.state.asking = "offer"
        self.state.next_type = type_id or ""
        self.state.heard = _masked(heard.text)

    def _screened(self, text: str) -> str | None:
        found = safety.screen(text)
        return found.kind if found else None

    # steering

    def _steer(self, word: Command) -> Outcome:
        match word:
            case "stop":
                self.state.before, self.state.asking = self.state.asking, "stop"
                return self.outcome()
            case "later":
                return self._keep()
            case "person":
                if self.state.asking in {"stop", "offer"}:
                    self.state.asking = self.state.before
                self.said.append(say("reports.person", self.language))
                return self._end("asking", Handoff("asked", self.report.type, self.report.id))
            case "why":
                asked = self.asked_field()
                key = "why_report" if self.state.asking in {"number", "secret"} else "why_gate"
                self.said.append(
                    asked.why.say(self.language) if asked else say(f"reports.{key}", self.language)
                )
                return self._again()
            case "back":
                return self._back()
            case "skip":
                return self._skip()
            case "resume":
                return self._resume()
            case _:  # repeat
                return self._again()

    def _back(self) -> Outcome:
        if not self.state.trail:
            self.said.append(say("reports.back_first", self.language))
            return self._again()
        step = self.state.trail.pop()
        if step == "gate":
            self.state.settled = []
        self._ask(step)
        asked = self.asked_field()
        if asked is not None:
            self.state.changing = asked.name in self.values
            if asked.name in self.state.skipped:
                self.state.skipped.remove(asked.name)
        return self.outcome()

    def _skip(self) -> Outcome:
        asked = self.asked_field()
        if asked is None:
            return self._again()
        if self.state.changing:  # leave it as it was
            return self._advance()
        if not asked.skippable:
            self.said.append(say("reports.cannot_skip", self.language))
            self.said.append(asked.why.say(self.language))
            return self._again()
        self._note_answered()
        self.state.skipped.append(asked.name)
        if self.type.anonymous and asked.kind == "name":
            self.leave_out_who()
        return self._advance()

    def _keep(self) -> Outcome:
        if self.state.asking in {"stop", "offer"}:
            self.state.asking = self.state.before
        key = store.keep(self.session, self.report, self.turn.now)
        words = say("reports.kept", self.language, number=key.number, secret=key.secret)
        self.said.append(words)
        return self._end("kept")

    def _delete(self) -> Outcome:
        store.delete(self.session, self.report, self.turn.now)
        return Outcome(
            (Reply(say("reports.deleted", self.language)),), "stopped", report_id=self.report.id
        )

    def _stopping(self, heard: Heard) -> Outcome:
        words = kinds.bare(heard.text)
        wanted = commands.command(heard, short_only=True)
        if any(words.startswith(one) for one in ("delete", "borr", "elimin")):
            return self._delete()
        if wanted == "later" or any(words.startswith(one) for one in ("keep", "save", "guard")):
            return self._keep()
        if wanted == "person":
            return self._steer("person")
        if wanted in {"resume", "back"} or kinds.says_no(heard.text):
            return self._resume()
        return self.outcome()

    def _resume(self) -> Outcome:
        if self.state.asking in {"stop", "offer"}:
            self.state.asking = self.state.before
        held, self.state.held = Heard(self.state.held), ""
        asked = self.asked_field()
        if held.text and asked is not None and asked.kind in STORY_KINDS:
            return self._field_answer(asked, held)
        if held.text:
            self.learn(held.text, held)
            return self._advance()
        return self._again()

    def _offered(self, heard: Heard) -> Outcome:
        words = kinds.bare(heard.text)
        word = commands.command(heard, short_only=True)
        if word == "resume" or kinds.says_yes(heard.text) or words.startswith(("continu", "sigu")):
            return self._resume()
        if words.startswith(("new", "start", "nuev", "empez")) or kinds.says_no(heard.text):
            return self._start_anew()
        if word in {"stop", "later"}:
            return self._keep()
        if word == "person":
            return self._steer("person")
        return self.outcome()

    def _start_anew(self) -> Outcome:
        wanted, opening = self.state.next_type, self.state.heard
        store.delete(self.session, self.report, self.turn.now)
        if not wanted:
            return Outcome((which_type(self.department, self.language),), "stopped")
        return _begin(self.session, self.turn, self.department, wanted, Heard(opening))

    def _chosen(self, value: str, heard: Heard) -> Outcome:
        asking, (kind, _, rest) = self.state.asking, value.partition(":")
        asked = self.asked_field()
        match kind:
            case "person":
                return self._steer("person")
            case "stop_keep":
                return self._keep()
            case "stop_delete" if asking == "stop":
                return self._delete()
            case "resume":
                return self._resume()
            case "skip" if asked:
                return self._skip()
            case "confirm" if asking == "confirm":
                return self._file()
            case "yes" | "no" if (
                asking == "gate" or asking.startswith("sure:") or asking == "confirm"
            ):
                return self.hear(Heard(kind, location=heard.location))
            case "yes" | "no" if asked and asked.kind == "yes_no":
                return self._store(asked, kind == "yes")
            case "field" if asking in {"change", "confirm"} and rest in self.changeable():
                return self._change(self.type.field(rest))
            case "option" if asking == "number" and rest.isdecimal():
                return self._own_report(int(rest))
            case "option" if asking == "which":
                return self._not_so(rest)
            case "option" if asking == "offer":
                return self._start_anew() if rest == "new" else self._resume()
            case "option" if (
                asked and asked.kind == "choice" and rest in {o.value for o in asked.options}
            ):
                return self._store(asked, rest)
            case "option" if (
                asked and asked.kind == "place" and rest == "as_told" and self.state.heard
            ):
                return self._store(asked, kinds.place_as_told(self.state.heard))
            case "option" if asked and rest.isdecimal() and int(rest) < len(self.state.options):
                return self._store(asked, self.state.options[int(rest)][1])
        return self._again()  # a choice of an earlier question

    # the report to be added to

    def _key_answer(self, heard: Heard) -> Outcome:
        """A number, a secret, or both, wherever they are told."""
        key = adding.key_in(heard.text, bare_word=self.state.asking == "secret")
        number = key.number or self.state.number
        if key.number:
            self.state.number = key.number
        if number and key.secret:
            return self._advance() if self._look_up(number, key.secret) else self._missed()
        if key.number:
            self._ask("secret")
            return self.outcome()
        if topic := commands.side_topic(heard, story=False):
            return self._again(side_topic=topic)
        return self._puzzled()

    def _look_up(self, number: str, secret: str) -> bool:
        """Find the report; after a few misses nothing is looked up any more."""
        if self.state.misses >= adding.MOST_MISSES:
            return False
        now = self.turn.now
        found = lifecycle.find(self.session, self.report.conversation_id, number, secret, now)
        self.state.number = ""
        if found is None:
            self.state.misses += 1
            return False
        self._found(found)
        return True

    def _missed(self) -> Outcome:
        self.state.number = ""
        tries = self.state.tries + 1
        self._ask("number")
        self.state.tries = tries
        gone = self.state.misses >= adding.MOST_MISSES
        self.said.append(
            say(f"reports.{'too_many_tries' if gone else 'no_such_report'}", self.language)
        )
        return self.outcome(reply=self.number_again(only_ways_out=gone))

    def _own_report(self, report_id: int) -> Outcome:
        """A report of this very conversation: who writes here has shown that it is theirs."""
        for one in self.own_reports():
            if one.id == report_id:
                self._found(one)
                return self._advance()
        return self._again()

    def _found(self, report: Report) -> None:
        self.state.found = report.id
        self.said.append(say("reports.report_found", self.language, number=report.number))

    # answers

    def _long_number(self, asked: Asked, heard: Heard) -> Outcome:
        """Of a longer number than we want only the last digits are kept: nothing else reads it."""
        answer = self.read(asked, heard.text, heard)
        return (
            self._puzzled(answer)
            if isinstance(answer, Unclear)
            else self._store(asked, answer.value)
        )

    def _gate_answer(self, heard: Heard) -> Outcome:
        if kinds.says_yes(heard.text):
            self._note_answered()
            self.state.settled += [one.id for one in self.open_conditions() if one.listed]
            held, self.state.held = self.state.held, ""
            self.learn(held, Heard(held))
            return self._advance()
        if kinds.says_no(heard.text):
            self._ask("which")
            return self.outcome()
        if topic := commands.side_topic(heard, story=False):
            return self._again(side_topic=topic)
        before = len(self.values)
        failing = next(
            (c for c in self.open_conditions() if told(c.fails, plain(heard.text))), None
        )
        if failing is not None or len(heard.text.split()) >= WORDS_OF_A_STORY:
            self.learn(heard.text, heard)
            if failing is not None or len(self.values) > before:
                return self._advance()
        return self._puzzled()

    def _which_answer(self, heard: Heard) -> Outcome:
        words = kinds.bare(heard.text)
        for one in self.listed():
            if words == kinds.bare(one.otherwise.say(self.language)) or told(
                one.fails, plain(heard.text)
            ):
                return self._not_so(one.id)
        if kinds.says_yes(heard.text):
            return self._not_so("none")
        if len(words.split()) >= 3 and not commands.is_question(heard.text):
            self.state.told.append(heard.text)  # something does not fit: a person reads what
            return self._refuse()
        return self._puzzled()

    def _not_so(self, condition_id: str) -> Outcome:
        if condition_id == "none":
            self.state.settled += [one.id for one in self.open_conditions() if one.listed]
            self.state.trail.append("gate")
            return self._advance()
        one = next((c for c in self.type.conditions if c.id == condition_id), None)
        return self._again() if one is None else self._fails(one)

    def _sure_answer(self, one: Condition, heard: Heard) -> Outcome:
        if kinds.says_yes(heard.text):
            return self._fails(one)
        if kinds.says_no(heard.text):
            self.state.settled.append(one.id)
            return self._advance()
        if topic := commands.side_topic(heard, story=False):
            return self._again(side_topic=topic)
        return self._puzzled()

    def _fails(self, one: Condition) -> Outcome:
        if one.if_not == "danger":
            self._ask("gate")
            return self.outcome(danger="emergency")
        return self._refuse("reports.refused_minor" if one.if_not == "minor" else "reports.refused")

    def _field_answer(self, asked: Asked, heard: Heard) -> Outcome:
        if heard.location is None and (fix := self._correction(heard)) is not None:
            return fix
        story = asked.kind in STORY_KINDS
        if story and self.state.held and kinds.says_yes(heard.text):
            return self._resume()
        if story and (topic := commands.side_topic(heard, story=True)):
            return self._again(side_topic=topic)
        if asked.skippable and kinds.says_unknown(heard.text):
            return self._skip()
        if story and commands.is_question(heard.text) and len(heard.text.split()) <= 12:
            self.said.append(say("reports.question_unknown", self.language))
            return self._again()
        answer = self.read(asked, heard.text, heard)
        if isinstance(answer, Told):
            return self._store(asked, answer.value, heard, answer.rest)
        if topic := commands.side_topic(heard, story=False):
            return self._again(side_topic=topic)
        if asked.kind not in {"place", "time", "date", "days"} and commands.is_question(heard.text):
            self.said.append(say("reports.question_unknown", self.language))
            return self._again()
        if asked.kind == "place":
            self.state.heard = heard.text[:200]
        if answer.options:
            self.state.options = [list(one) for one in answer.options]
        return self._puzzled(answer)

    def _confirm_answer(self, heard: Heard) -> Outcome:
        if kinds.says_yes(heard.text):
            return self._file()
        if (fix := self._correction(heard)) is not None:
            return fix
        if topic := commands.side_topic(heard, story=False):
            return self._again(side_topic=topic)
        if kinds.says_no(heard.text):
            self._ask("change")
            return self.outcome()
        return self._change_by_name(heard) or self._puzzled()

    def _change_answer(self, heard: Heard) -> Outcome:
        if (fix := self._correction(heard)) is not None:
            return fix
        if kinds.says_no(heard.text) or kinds.says_yes(heard.text):
            return self._advance() if kinds.says_no(heard.text) else self._again()
        return self._change_by_name(heard) or self._puzzled()

    def _change_by_name(self, heard: Heard) -> Outcome | None:
        named = commands.correction(f"change {heard.text}", self.corrigible())
        return self._change(named.field) if named and named.field and not named.rest else None

    def _correction(self, heard: Heard) -> Outcome | None:
        """What comes of a correction of an earlier answer; None when the message is none."""
        if (put_right := self.corrected_items(heard.text)) is not None:
            return self._replace(*put_right)
        if items.names_one(heard.text):  # but there is no such one: they see the list and say it
            listed = [one for one in self.corrigible() if one.kind == "items"]
            if listed and listed[0].name in self.values:
                self.said.append(self.read_back("reports.noted", listed[0]))
                return self._change(listed[0])
        found = commands.correction(heard.text, self.corrigible())
        if found is None:
            return None
        if found.field is None:
            return self._corrected_unnamed(found, heard)
        if not found.rest:
            return self._change(found.field)
        answer = self.reread(found.field, found.rest, heard)
        asked = self.asked_field()
        if isinstance(answer, Unclear):
            if asked is not None and asked.kind in STORY_KINDS and answer.reason != "ssn":
                return None  # "the car was gone" belongs to the story
            self._change(found.field)
            return self._puzzled(answer)
        return self._replace(found.field, answer.value)

    def _corrected_unnamed(self, found: Correction, heard: Heard) -> Outcome | None:
        asked = self.asked_field()
        amount = items.amount(found.rest)
        for one in self.corrigible():
            if amount is not None:
                answer = self.new_amount(one, amount)
            elif (
                one.kind
                in {
                    "time",
                    "place",
                    "phone",
                    "email",
                    "reach",
                    "choice",
                    "date",
                    "days",
                    "plate",
                    "vehicle",
                }
                and one.name in self.values
            ):
                answer = self.reread(one, found.rest, heard)
            else:
                continue
            if isinstance(answer, Told):
                return self._replace(one, answer.value)
        if asked is not None and asked.kind not in STORY_KINDS:
            answer = self.read(asked, found.rest, heard)
            if isinstance(answer, Told):
                return self._store(asked, answer.value)
        if asked is not None and asked.kind in {"text", "people"}:
            return None  # part of the story
        self._ask("change")
        return self.outcome()

    def _replace(self, one: Asked, value: Any) -> Outcome:
        """Put a corrected value in place of the old one, and ask what was asked before."""
        self.put(one, value)
        self.said.append(self.read_back("reports.changed", one))
        if self.state.asking == f"field:{one.name}" or self.state.asking in {"change", "confirm"}:
            return self._advance()
        if (refused := self._limits()) is not None:
            return refused
        asked = self.asked_field()
        return self._advance() if asked and not self.applies(asked) else self._again()

    def _change(self, one: Asked) -> Outcome:
        self._ask(f"field:{one.name}")
        self.state.changing = one.name in self.values
        return self.outcome()

    def _store(
        self, asked: Asked, value: Any, heard: Heard | None = None, rest: str = ""
    ) -> Outcome:
        self.put(asked, value)
        self._note_answered()
        if asked.kind not in {"text", "name"}:
            self.said.append(self.read_back("reports.noted", asked))
        if heard is not None and asked.kind in _MORE_INSIDE:
            text = rest if asked.kind in {"place", "time", "date"} else heard.text
            self.learn(text, heard, but=asked, words=heard.text)
        return self._advance()

    # what comes next

    def _advance(self) -> Outcome:
        """Ask for the first thing that is missing, or refuse, or read all back."""
        self.state.changing = False
        if self.type.requires_report and not self.state.found:
            self._ask("secret" if self.state.number else "number")
            return self.outcome()
        words = self.told_words()
        for one in self.open_conditions():
            if told(one.fails, words):
                self._ask(f"sure:{one.id}")
                return self.outcome()
        if any(one.listed for one in self.open_conditions()):
            self._ask("gate")
            return self.outcome()
        if (refused := self._limits()) is not None:
            return refused
        for asked in self.type.fields:
            known = asked.name in self.values or asked.name in self.state.skipped
            if not known and self.applies(asked):
                self._ask(f"field:{asked.name}")
                return self.outcome()
        self._ask("confirm")
        return self.outcome()

    def _limits(self) -> Outcome | None:
        """The refusal of a place not ours or a value above the cap, once the gate is passed."""
        if not self.type.gated or any(one.listed for one in self.open_conditions()):
            return None
        for asked in self.type.fields:
            value = self.values.get(asked.name)
            if (
                asked.kind == "place"
                and value
                and value["kind"] != "as_told"
                and not value["district"]
            ):
                return self._outside(value)
            worth = (
                items.total(value) if asked.kind == "items" and value
                else value if asked.kind == "money" and value else 0
            )  # fmt: skip
            if self.type.value_cap is not None and worth > self.type.value_cap:
                return self._refuse()
        return None

    def _outside(self, value: dict[str, Any]) -> Outcome:
        agency = self.department.agency(value["agency"]) if value["agency"] else None
        self.said.append(
            places.replies.outside(
                value["label"],
                places.Outside(agency),
                self.department,
                self.language,
                self.turn.now,
            ).text
        )
        return self._refuse("reports.refused_outside" if agency is not None else "reports.refused")

    def _refuse(self, key: str = "reports.refused") -> Outcome:
        if self.state.told and "story" not in self.values:
            self.values["story"] = " ".join(self.state.told)  # nothing told is lost
        self.said.append(say(key, self.language))
        reach = self.turn.channel == "sms" or str(self.values.get("reach", "")).startswith("+")
        self.said.append(
            filing.who_calls(self.department, self.language, self.turn.now, by_phone=reach)
        )
        store.change_state(self.session, self.report, "refused", self.turn.now)
        return self._end("refused", Handoff("refused_report", self.report.type, self.report.id))

    def _file(self) -> Outcome:
        if self.type.requires_report:
            return self._add()
        number = store.submit(self.session, self.report, self.type.promised_days, self.turn.now)
        done = say("reports.filed", self.language, number=number.number, secret=number.secret)
        self._save()
        return self._filed(self.report, done, self.report.promised_by or self.turn.now)

    def _add(self) -> Outcome:
        """Attach what was told to the report that was found; the draft has served."""
        target = store.get(self.session, self.state.found)
        told_now = "\n".join(
            f"{one.label.say(self.language)}: {self.shown(one)}"
            for one in self.type.fields
            if one.name in self.values
        )
        if target is None or not lifecycle.MAY_BECOME.get(target.state):
            return self._refuse("reports.cannot_add")
        adding.attach(self.session, target, told_now, self.turn.now)
        if self.state.photos:
            attachments.bind(
                self.session, self.report.conversation_id, self.state.photos, target.id
            )
        done = say("reports.added", self.language, number=target.number)
        promised = self.turn.now + timedelta(days=self.type.promised_days)
        outcome = self._filed(target, done, promised)
        store.delete(self.session, self.report, self.turn.now)
        return outcome

    def _filed(self, report: Report, done: str, promised: datetime) -> Outcome:
        words = " . ".join((*self.state.told, *(str(value) for value in self.values.values())))
        replies = filing.filed(self.type, done, promised, words, self.department, self.language)
        survey = not (self.type.private or self.type.requires_report)
        return Outcome(replies, "filed", report_id=report.id, survey=survey)

    # helpers

    def _puzzled(self, answer: Unclear | None = None) -> Outcome:
        """The answer did not fit: say so with an example, and after two tries offer ways out."""
        self.state.tries += 1
        return self.outcome(reply=self.asked_again(answer))

    def _keep_photos(self, heard: Heard) -> None:
        """Let photos belong to the report; those for a filed one wait until it is sure which."""
        ids = [str(one["id"]) for one in heard.attachments if one.get("id")]
        if not ids:
            return
        self.state.photos += ids
        if not self.type.requires_report:
            attachments.bind(self.session, self.report.conversation_id, ids, self.report.id)

    def _ask(self, step: str) -> None:
        self.state.asking = step
        self.state.tries = 0
        self.state.options = []
        self.state.heard = ""
        self.state.changing = False

    def _note_answered(self) -> None:
        if not self.state.changing and self.state.asking not in self.state.trail:
            self.state.trail.append(self.state.asking)

    # what goes out

    def _again(self, *, side_topic: str | None = None, language: Language | None = None) -> Outcome:
        return self.outcome(side_topic=side_topic, language=language)

    def _end(self, state: State, handoff: Handoff | None = None) -> Outcome:
        self._save()
        return Outcome(self._spoken(), state, handoff=handoff, report_id=self.report.id)

    def _spoken(self) -> tuple[Reply, ...]:
        """What there is to say, in as few messages as carry it."""
        texts: list[str] = []
        for words in self.said:
            if texts and len(texts[-1]) + len(words) < _FITS:
                texts[-1] += f" {words}"
            else:
                texts.append(words)
        return tuple(Reply(text) for text in texts)

    def outcome(
        self,
        *,
        reply: Reply | None = None,
        side_topic: str | None = None,
        danger: str | None = None,
        language: Language | None = None,
    ) -> Outcome:
        """Store where the interview stands, and say what there is to say and the open question."""
        self._save()
        if danger is not None:
            return Outcome((), "asking", danger=danger, report_id=self.report.id)
        question = reply or self.question()
        replies = self._spoken()
        if replies and len(replies[-1].text) + len(question.text) < _FITS:
            last = Reply(f"{replies[-1].text} {question.text}", question.choices)
            replies = (*replies[:-1], last)
        else:
            replies = (*replies, question)
        return Outcome(
            replies, "asking", side_topic=side_topic, language=language, report_id=self.report.id
        )

    def _save(self) -> None:
        self.report.interview = asdict(self.state)
        self.report.fields = dict(self.values)
        self.report.language = self.language
        store.touch(self.session, self.report, self.turn.now)
