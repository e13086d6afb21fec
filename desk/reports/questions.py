"""What an interview asks next, in words, with the choices that go with it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from desk.database.models import Report
from desk.department import Department
from desk.reply import Choice, Reply
from desk.reports import kinds, lifecycle
from desk.reports.kinds import Context, Unclear
from desk.reports.standing import Standing
from desk.reports.times import plain
from desk.reports.turns import Heard, Turn
from desk.reports.types import Asked, Condition, ReportType, groups, report_type, report_types, told
from desk.wording import Language, say

TRIES: Final = 2
"""After so many answers that did not fit, ways out are offered."""
STORY_KINDS: Final = frozenset({"text", "items", "people"})
"""Kinds of field that take nearly any text."""
_MOST_OWN: Final = 3
_MOST_CHOICES: Final = 8


def which_type(department: Department, language: Language, group: str | None = None) -> Reply:
    """The types to choose from: all of them when they are few, else first their groups.

    A group's choice has the value "group:" and its id.
    """
    types = report_types(department.folder)
    ordered = groups(department.folder)
    chosen = next((one for one in ordered if one.id == group), None)
    listed = [one for one in chosen.types if one in types] if chosen else list(types)
    question = say("reports.which_type", language)
    choices = tuple(Choice(types[one].called(language), f"topic:{one}") for one in listed)
    if chosen or not ordered or len(choices) <= _MOST_CHOICES:
        return Reply(question, choices)
    in_groups = [one for one in ordered if any(name in types for name in one.types)]
    grouped = {name for one in in_groups for name in one.types}
    return Reply(
        say("reports.which_group", language),
        (
            *(Choice(one.title.say(language), f"group:{one.id}") for one in in_groups),
            *(c for c in choices if c.value.removeprefix("topic:") not in grouped),
        ),
    )


class Questions:
    """An interview as it stands in one step: its report, its values, and what it asks."""

    def __init__(
        self, session: Session, turn: Turn, department: Department, report: Report
    ) -> None:
        self.session = session
        self.turn = turn
        self.language: Language = turn.language
        self.department = department
        self.report = report
        self.type: ReportType = report_type(department.folder, report.type)
        self.state = Standing(**report.interview)
        self.values: dict[str, Any] = dict(report.fields)
        self.said: list[str] = []  # to say before the next question

    def question(self) -> Reply:
        """The open question, with its choices."""
        language, kind, name = self.language, *self.asking()
        match kind:
            case "field":
                asked = self.type.field(name)
                return Reply(self._ask_of(asked), self._field_choices(asked))
            case "number":
                own = [Choice(one.number or "", f"option:{one.id}") for one in self.own_reports()]
                return Reply(say("reports.which_report", language), tuple(own))
            case "secret":
                return Reply(say("reports.which_secret", language))
            case "gate":
                return self._gate_question()
            case "which":
                return self._which_question()
            case "sure":
                otherwise = self.type.condition(name).otherwise.say(language)
                return Reply(say("reports.sure", language, otherwise=otherwise), self._yes_no())
            case "change":
                return self._change_question()
            case "stop":
                return self._stop_question()
            case "offer":
                return self._offer_question()
            case _:
                return self._confirm_question()

    def _ask_of(self, asked: Asked) -> str:
        words = asked.ask.say(self.language)
        if not (self.type.anonymous and asked.kind == "name"):
            return words
        channel = self.turn.channel if self.turn.channel in {"sms", "messenger"} else "web"
        return f"{say(f'reports.anonymous_{channel}', self.language)} {words}"

    def _gate_question(self) -> Reply:
        language = self.language
        listed = [one.says.say(language) for one in self.open_conditions() if one.listed]
        return Reply(
            self.type.gate.say(language).format(conditions="; ".join(listed)),
            (
                Choice(say("reports.choice_all_true", language), "yes"),
                Choice(say("reports.choice_not_all", language), "no"),
            ),
        )

    def _which_question(self) -> Reply:
        language = self.language
        named = [Choice(c.otherwise.say(language), f"option:{c.id}") for c in self.listed()]
        none = Choice(say("reports.choice_all_true", language), "option:none")
        return Reply(say("reports.which", language), (*named, none))

    def _change_question(self) -> Reply:
        return Reply(
            say("reports.which_change", self.language),
            tuple(
                Choice(self.type.field(one).label.say(self.language), f"field:{one}")
                for one in self.changeable()
            ),
        )

    def _stop_question(self) -> Reply:
        ways = (
            ("choice_keep", "stop_keep"),
            ("choice_delete", "stop_delete"),
            ("choice_go_on", "resume"),
        )
        return Reply(say("reports.stop", self.language), self._named(ways))

    def _offer_question(self) -> Reply:
        title = self.type.title.say(self.language)
        ways = (("choice_continue", "option:continue"), ("choice_new", "option:new"))
        return Reply(say("reports.offer", self.language, title=title), self._named(ways))

    def _confirm_question(self) -> Reply:
        lines = [
            f"{one.label.say(self.language)}: {self.shown(one)}."
            for one in self.type.fields
            if one.name in self.values
        ]
        summary = " ".join(lines).replace("..", ".")
        ways = (("choice_confirm", "confirm"), ("choice_change", "no"))
        return Reply(say("reports.confirm", self.language, summary=summary), self._named(ways))

    def _named(self, ways: tuple[tuple[str, str], ...]) -> tuple[Choice, ...]:
        return tuple(Choice(say(f"reports.{key}", self.language), value) for key, value in ways)

    def _yes_no(self) -> tuple[Choice, ...]:
        return self._named((("yes", "yes"), ("no", "no")))

    def _field_choices(self, asked: Asked) -> tuple[Choice, ...]:
        if self.state.options:
            return tuple(
                Choice(label, f"option:{index}")
                for index, (label, _) in enumerate(self.state.options)
            )
        if asked.kind == "choice":
            return tuple(
                Choice(one.title.say(self.language), f"option:{one.value}") for one in asked.options
            )
        if asked.kind == "yes_no":
            return self._yes_no()
        return self._named(((self._skip_key(asked), "skip"),)) if asked.skippable else ()

    def _skip_key(self, asked: Asked) -> str:
        who = self.type.anonymous and asked.kind in {"name", "reach"}
        return "choice_anonymous" if who else "choice_skip"

    def asked_again(self, answer: Unclear | None) -> Reply:
        """The question again after an answer that did not fit, at last with ways out of it."""
        asked = self.asked_field()
        reply = self.question()
        if answer is not None and answer.reason == "several":
            return Reply(say("reports.unclear_several", self.language), reply.choices)
        reason = answer.reason if answer else "other"
        limit = asked.within_days if asked else None
        words = say(f"reports.unclear_{reason}", self.language, days=limit or "")
        if asked is None:
            ways = self._ways_out(None) if self.state.tries >= TRIES else ()
            return Reply(f"{words} {reply.text}", (*reply.choices, *ways))
        example = say(
            "reports.example", self.language, example=asked.example.say(self.language).rstrip(".")
        )
        if self.state.tries < TRIES:
            return Reply(f"{words} {asked.ask.say(self.language)} {example}", reply.choices)
        text = f"{words} {example} {say('reports.ways_out', self.language)}"
        skip_only = asked.skippable and not self.state.options and asked.kind != "choice"
        own = reply.choices if asked.kind == "yes_no" or not skip_only else ()
        return Reply(text, (*own, *self._ways_out(asked)))

    def number_again(self, *, only_ways_out: bool) -> Reply:
        """The question for the report's number after a miss; `only_ways_out` when none counts "
        "more."""
        question = self.question()
        if only_ways_out:
            return Reply(say("reports.ways_out", self.language), self._ways_out(None))
        ways = self._ways_out(None) if self.state.tries >= TRIES else ()
        return Reply(question.text, (*question.choices, *ways))

    def _ways_out(self, asked: Asked | None) -> tuple[Choice, ...]:
        ways: list[tuple[str, str]] = []
        if (
            asked is not None
            and asked.kind == "place"
            and self.state.heard
            and not self.state.options
        ):
            ways.append(("choice_as_told", "option:as_told"))
        if asked is not None and asked.skippable:
            ways.append((self._skip_key(asked), "skip"))
        return self._named((*ways, ("choice_person", "person"), ("choice_later", "stop_keep")))

    # what it depends on

    def asking(self) -> tuple[str, str]:
        """What is asked, and of what: ("field", "place")."""
        kind, _, name = self.state.asking.partition(":")
        return kind, name

    def asked_field(self) -> Asked | None:
        """The field that is asked for, None when something else is."""
        kind, name = self.asking()
        return self.type.field(name) if kind == "field" else None

    def own_reports(self) -> list[Report]:
        """Reports filed in this very conversation that something can be added to."""
        filed = lifecycle.of_conversation(self.session, self.report.conversation_id)
        return [one for one in filed if lifecycle.MAY_BECOME.get(one.state)][:_MOST_OWN]

    def listed(self) -> list[Condition]:
        """The conditions that the gate reads out."""
        return [one for one in self.type.conditions if one.listed]

    def open_conditions(self) -> list[Condition]:
        """The conditions that are not known to hold."""
        words = self.told_words()
        return [
            one
            for one in self.type.conditions
            if one.id not in self.state.settled
            and not (told(one.holds, words) and not told(one.fails, words))
        ]

    def told_words(self) -> str:
        """All that was told in own words, made plain."""
        return plain(" . ".join(self.state.told))

    def applies(self, asked: Asked) -> bool:
        """Whether a field is asked at all, after what is known."""
        if self.turn.channel in asked.unless_channel:
            return False
        for name, wanted in asked.when.items():
            value = self.values.get(name)
            if isinstance(value, bool):
                value = "yes" if value else "no"
            if value not in wanted:
                return False
        return not asked.when_told or told(asked.when_told, self.told_words())

    def changeable(self) -> list[str]:
        """The names of the fields that have a value."""
        return [one.name for one in self.type.fields if one.name in self.values]

    def corrigible(self) -> tuple[Asked, ...]:
        """The fields that a correction can mean."""
        asked = self.asked_field()
        return tuple(one for one in self.type.fields if one.name in self.values or one is asked)

    def context(self, heard: Heard) -> Context:
        """What reading an answer needs."""
        return Context(self.department, self.language, self.turn.now, heard.location)

    def shown(self, one: Asked) -> str:
        """A field's value in words."""
        return kinds.show(one, self.values[one.name], self.department, self.language)

    def read_back(self, key: str, one: Asked) -> str:
        """A sentence that says a field's value."""
        return say(key, self.language, label=one.label.say(self.language), value=self.shown(one))
