"""What an interview takes down: values out of answers, of stories, and of corrections."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any, Final

from desk.reports import commands, days, items, kinds, times, vehicles
from desk.reports.kinds import Answer, Told, Unclear
from desk.reports.questions import Questions
from desk.reports.turns import Heard
from desk.reports.types import Asked
from desk.wording import say

WORDS_OF_A_STORY: Final = 6
WORDS_OF_A_LONG_STORY: Final = 12
"""So many words are a story even when no field was found in them."""
_REQUEST: Final = re.compile(
    r"^(?:hi|hello|hey|hola|buen[oa]s (?:dias|tardes|noches)|please|por favor|\W)*"
    r"(?:(?:i|we) (?:want|need|would like|wanna|have)(?: to)?|i'?d like to|can i|could i|quiero|"
    r"queremos|necesito|quisiera|me gustaria)"
    r"(?: (?:to|file|make|report|submit|a|an|the|police|poner|hacer|presentar|reportar|levantar|"
    r"denunciar|un|una|el|reporte|denuncia|about|for|of|that|because|please|de|sobre|por|porque|"
    r"que))*\b"
)
_ANONYMOUS: Final = re.compile(
    r"\b(?:anonym(?:ous(?:ly)?|ity)|anonim[oa]s?|(?:do not|don'?t) (?:want to (?:give|say)|"
    r"use) my name|"
    r"(?:sin dar|no quiero dar) mi nombre)\b"
)


class Notes(Questions):
    """An interview that takes values down; what comes of them is decided elsewhere."""

    def put(self, one: Asked, value: Any) -> None:
        """Take down a value, in place of one that was there."""
        self.values[one.name] = value
        if one.kind == "place":
            self.report.district = value.get("district")
        if one.name in self.state.skipped:
            self.state.skipped.remove(one.name)

    def read(self, asked: Asked, text: str, heard: Heard) -> Answer:
        """The value in a direct answer, if it can be beside what is known."""
        if asked.kind != "last4":  # that one says why it takes none
            text = kinds.without_social(text)
        answer = kinds.read(asked, text, self.context(heard))
        if isinstance(answer, Told) and (reason := self._against(asked, answer.value, heard)):
            return Unclear(reason)
        return answer

    def _against(self, asked: Asked, value: Any, heard: Heard) -> str | None:
        """What speaks against a value: a day before the one it must follow, or too long after."""
        if asked.kind != "date":
            return None
        first = self.values.get(asked.not_before) if asked.not_before else None
        if first is not None and value < first:
            return "before"
        if asked.within_days is None or (asked.not_before and first is None):
            return None
        start = date.fromisoformat(first) if first else kinds.today(self.context(heard))
        if date.fromisoformat(value) <= start + timedelta(days=asked.within_days):
            return None
        return "too_late" if first is None else "too_far_apart"

    def reread(self, one: Asked, text: str, heard: Heard) -> Answer:
        """The value in a correction: what it leaves open stays as it was told before."""
        if one.name not in self.values:
            return self.read(one, text, heard)
        if one.kind == "time" and not times.names_a_day(text):
            start = kinds.window_of(self.values[one.name]).earliest
            day = start.astimezone(self.department.profile.zone).date().isoformat()
            text = f"{day} {text}"  # "no, it was at 3": on the day told before
        answer = self.read(one, text, heard)
        if one.kind == "vehicle" and isinstance(answer, Told):
            return Told(vehicles.merged(self.values[one.name], answer.value))
        return answer

    def new_amount(self, one: Asked, amount: float) -> Answer:
        """The value of a field with another sum of dollars."""
        if one.kind == "money":
            return Told(amount)
        if one.kind == "items" and len(self.values.get(one.name, [])) == 1:
            return Told([{**self.values[one.name][0], "value": amount}])
        return Unclear()

    def corrected_items(self, text: str) -> tuple[Asked, list[dict[str, Any]]] | None:
        """A list of things with one of them put right: "the second item was blue"."""
        asked = self.asked_field()
        in_story = asked is not None and asked.kind == "text"
        for one in self.type.fields:
            if one.kind == "items" and one.name in self.values:
                changed = items.corrected(self.values[one.name], text, by_name=not in_story)
                if changed is not None:
                    return one, changed
        return None

    def learn(
        self, text: str, heard: Heard, *, but: Asked | None = None, words: str | None = None
    ) -> None:
        """Take from own words what later fields need, and note it aloud."""
        if not text.strip():
            return
        text = kinds.without_social(text)
        self.state.told.append(kinds.without_social(words) if words else text)
        found: list[Asked] = []
        rest = text
        found += self._learn_dates(text, heard, but)
        for one in sorted(self.type.fields, key=lambda f: f.kind != "place"):  # "5th" is no date
            if one.name in self.values or one is but or self.turn.channel in one.unless_channel:
                continue
            if one.setting is not None or self._leads_astray(one, text):
                continue
            asked_too = but is not None and but.kind == one.kind == "vehicle"
            if asked_too and len(vehicles.mentions(text)) < 2:  # it is the one that was asked for
                continue
            value = kinds.find(
                one, rest if one.kind in {"place", "time"} else text, self.context(heard)
            )
            if value is None:
                continue
            rest = value.rest if one.kind == "place" else rest
            self.put(one, value.value)
            found.append(one)
        self._learn_story(text, opening=but is None)
        if self.type.anonymous and _ANONYMOUS.search(times.plain(text)):
            self.leave_out_who()
        if found:
            shown = "; ".join(f"{one.label.say(self.language)}: {self.shown(one)}" for one in found)
            self.said.append(say("reports.noted_all", self.language, values=shown))

    def leave_out_who(self) -> None:
        """Ask neither for the name nor for a way to reach them."""
        for one in self.type.fields:
            if one.kind in {"name", "reach"} and one.skippable and one.name not in self.values:
                self.state.skipped += [] if one.name in self.state.skipped else [one.name]

    def _learn_dates(self, text: str, heard: Heard, but: Asked | None) -> list[Asked]:
        """Days for the fields that ask for one, when there are as many as there are fields."""
        open_fields = [
            one
            for one in self.type.fields
            if one.kind == "date" and one.name not in self.values and one is not but
        ]
        found = [kinds.read(one, text, self.context(heard)) for one in open_fields[:1]]
        if not found or not isinstance(found[0], Told):
            return []
        told = kinds.dates_in(open_fields[0], text, self.context(heard))
        if len(told) != len(open_fields) or told != sorted(told):
            return []
        for one, value in zip(open_fields, told, strict=True):
            if self._against(one, value, heard) is not None:
                break
            self.put(one, value)
        return [one for one in open_fields if one.name in self.values]

    def _leads_astray(self, one: Asked, text: str) -> bool:
        """Whether what a field could find in a text means something else in this type."""
        others = {other.kind for other in self.type.fields}
        if one.kind in {"phone", "email", "reach"} and "handle" in others:
            return not kinds.is_own_reach(text)  # the number that keeps calling is not theirs
        if one.kind == "money":  # what one thing is worth is told with the thing
            amounts = [other for other in self.type.fields if other.kind == "money"]
            return "items" in others or len(amounts) > 1
        if one.kind == "time" and "days" in others:
            return days.find_weekly(text) is not None  # "every Friday" is not last Friday
        if (
            one.kind == "time"
            and "date" in others
            and kinds.only_to_come(text, self.context(Heard()))
        ):
            return True
        return one.kind == "plate" and "vehicle" in others and bool(vehicles.mentions(text))

    def _learn_story(self, text: str, *, opening: bool) -> None:
        """Opening words that told something already, or are long, are the story."""
        if not opening or "story" in self.values:
            return
        long = len(_REQUEST.sub("", times.plain(text)).split()) >= WORDS_OF_A_LONG_STORY
        tells = long and not commands.is_question(text)
        if not self.values and not tells:
            return
        if len(text.split()) >= WORDS_OF_A_STORY and any(
            f.name == "story" for f in self.type.fields
        ):
            self.put(self.type.field("story"), text)
