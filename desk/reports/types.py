"""What a report type is, and the types a department's folder holds."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from desk.department.models import Facts, Id, Text
from desk.wording import Language, WordingMissing, say

FOLDER: Final = "reports"
COMMON: Final = "common.yml"

Kind = Literal[
    "text", "items", "place", "time", "money", "phone", "email", "reach", "name", "choice",
    "yes_no", "vehicle", "plate", "people", "last4", "days", "date", "handle",
]  # fmt: skip
Channel = Literal["sms", "messenger", "web"]


class ReportTypeBroken(ValueError):
    """A file of a report type does not say what a type needs; the message names file and place."""


class UnknownType(LookupError):
    """There is no report type with this id."""


def _pattern(written: str) -> str:
    try:
        re.compile(written)
    except re.error as error:
        raise ValueError(f"{written!r} is not a regular expression: {error}") from None
    return written


Pattern = Annotated[str, AfterValidator(_pattern)]
"""A regular expression over told words in lower case, without accents."""


class Condition(Facts):
    """Something that must hold for a report to be taken by this form.

    `listed` conditions are read out in the gate question; the others only matter when `fails`
    finds them in what was told. `holds` finds that it need not be asked.
    """

    id: Id
    says: Text
    otherwise: Text
    if_not: Literal["danger", "minor", "refuse"] = "refuse"
    listed: bool = True
    holds: tuple[Pattern, ...] = ()
    fails: tuple[Pattern, ...] = ()


class Option(Facts):
    """One answer of a choice; `words` find it in what was told."""

    value: Id
    title: Text
    words: tuple[Pattern, ...] = ()


class Asked(Facts):
    """A field: what it is called, how it is asked for, and when it is asked at all.

    `when` names fields and the values one of which each must have; `when_told` asks only when a
    pattern is in what was told; `unless_channel` leaves it out where the channel gives it.
    `setting` names a setting of a type: a common field that only types with it have. `whose` says
    which of two vehicles is meant; without it, the label does ("Your vehicle", "Other vehicle").
    Of a date, `when_is` says that it must be past or to come, `not_before` which date it follows,
    `within_days` by how many days at most (without `not_before`, of today).
    """

    name: Id
    kind: Kind
    label: Text
    ask: Text
    example: Text
    why: Text
    skippable: bool = False
    options: tuple[Option, ...] = ()
    when: dict[Id, tuple[str, ...]] = Field(default_factory=dict)
    when_told: tuple[Pattern, ...] = ()
    unless_channel: tuple[str, ...] = ()
    setting: Literal["ask_safe_contact"] | None = None
    whose: Literal["own", "other"] | None = None
    when_is: Literal["past", "future"] | None = None
    not_before: Id | None = None
    within_days: Annotated[int, Field(ge=1, le=365)] | None = None

    @property
    def own(self) -> bool | None:
        """Whether a thing of the resident is asked for (False: another's; None: either)."""
        if self.whose is not None:
            return self.whose == "own"
        label = self.label.en.lower()
        if re.search(r"\b(your|my|own)\b", label):
            return True
        return False if re.search(r"\b(other|their)\b", label) else None

    @model_validator(mode="after")
    def _choices_have_options(self) -> Self:
        if (self.kind == "choice") != bool(self.options):
            raise ValueError("a choice needs options, and nothing else has them")
        return self


class Advice(Facts):
    """Something worth telling at the end, perhaps only when a pattern is in what was told."""

    text: Text
    when_told: tuple[Pattern, ...] = ()


class AfterFiling(Facts):
    """What is said when a report is filed, in the order in which it is said.

    `who_and_when` may use {date}, the day by which somebody has looked at it.
    """

    acknowledge: Text
    thank: Text
    what_next: Text
    who_and_when: Text
    what_may_not: Text


class Group(Facts):
    """Types that are offered together to somebody who has not said what they report."""

    id: Id
    title: Text
    types: Annotated[tuple[Id, ...], Field(min_length=1)]


class Common(Facts):
    """What every type shares. `gate` uses {conditions}; `groups` order the types to choose from."""

    gate: Text
    conditions: tuple[Condition, ...]
    fields: tuple[Asked, ...]
    groups: tuple[Group, ...] = ()


class ReportType(Facts):
    """A kind of report: what must hold, what is asked, and what is said at the end.

    `button` is its name among others to choose from; the topics of topics.yml have theirs in
    the wording.
    `value_cap` is in dollars, `promised_days` and `retention_days` in days; `without` names common
    conditions that do not matter here ("all": none does). `anonymous` lets people leave out who
    they are; `channels` are those it is taken on; `requires_report` adds to a filed report, found
    by number and secret; `private` keeps it from the officer it names; `ask_safe_contact` asks
    whether it is safe to write to the resident here.
    """

    id: Id
    title: Text
    button: Text | None = None
    opening: Text
    promised_days: Annotated[int, Field(ge=1, le=365)]
    value_cap: Annotated[int, Field(ge=1)] | None = None
    conditions: tuple[Condition, ...] = ()
    without: tuple[Id, ...] | Literal["all"] = ()
    anonymous: bool = False
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)] = get_args(Channel)
    requires_report: bool = False
    private: bool = False
    ask_safe_contact: bool = False
    retention_days: Annotated[int, Field(ge=1, le=36500)] | None = None
    fields: Annotated[tuple[Asked, ...], Field(min_length=1)]
    after: AfterFiling
    advice: tuple[Advice, ...] = ()
    gate: Text  # from common.yml

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> Self:
        for what, names in (
            ("field", [one.name for one in self.fields]),
            ("condition", [one.id for one in self.conditions]),
        ):
            if twice := {name for name in names if names.count(name) > 1}:
                raise ValueError(f"{what} {sorted(twice)[0]!r} is there twice")
        known = {one.name: one for one in self.fields}
        for one in self.fields:
            if one.not_before is not None and (
                one.not_before not in known or {known[one.not_before].kind, one.kind} != {"date"}
            ):
                raise ValueError(f"{one.name} and {one.not_before!r} must be dates")
            if one.within_days is not None and one.kind != "date":
                raise ValueError(f"{one.name} is no date, which within_days is for")
            for name, values in one.when.items():
                if name not in known:
                    raise ValueError(f"{one.name} depends on {name!r}, which is no field")
                allowed = {option.value for option in known[name].options} or {"yes", "no"}
                if known[name].kind not in {"choice", "yes_no"} or set(values) - allowed:
                    raise ValueError(f"{one.name} depends on a value {name!r} cannot have")
        return self

    def called(self, language: Language) -> str:
        """Its name among others to choose from."""
        if self.button is not None:
            return self.button.say(language)
        try:
            return say(f"dialogue.topic_{self.id}", language)
        except WordingMissing:
            return self.title.say(language)

    @property
    def gated(self) -> bool:
        """Whether it can be refused at all: a complaint never is."""
        return bool(self.conditions)

    def taken_on(self, channel: str) -> bool:
        """Whether it is taken on a channel (the trainer's shell takes all)."""
        return channel in self.channels or channel not in get_args(Channel)

    def field(self, name: str) -> Asked:
        """The field with this name. Raises KeyError."""
        for one in self.fields:
            if one.name == name:
                return one
        raise KeyError(name)

    def condition(self, condition_id: str) -> Condition:
        """The condition with this id. Raises KeyError."""
        for one in self.conditions:
            if one.id == condition_id:
                return one
        raise KeyError(condition_id)


def _load(path: Path) -> dict[str, object]:
    try:
        loaded = YAML(typ="safe").load(path)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ReportTypeBroken(f"{path.name}: {error}") from None
    if not isinstance(loaded, dict):
        raise ReportTypeBroken(f"{path.name}: there is nothing in it")
    return loaded


def read_type(path: Path) -> ReportType:
    """The type in one file, with what common.yml beside it adds. Raises ReportTypeBroken."""
    try:
        common = Common.model_validate(_load(path.with_name(COMMON)))
    except ValidationError as error:
        raise ReportTypeBroken(f"{COMMON}: {_first(error)}") from None
    try:
        own = ReportType.model_validate(
            {"id": path.stem, "gate": common.gate.model_dump(), **_load(path)}
        )
        ids = {one.id for one in common.conditions}
        without = ids if own.without == "all" else set(own.without)
        if unknown := without - ids:
            raise ReportTypeBroken(
                f"{path.name}: without {sorted(unknown)[0]!r}: no such condition"
            )
        return ReportType.model_validate(
            {
                **own.model_dump(),
                "conditions": [
                    *(one.model_dump() for one in common.conditions if one.id not in without),
                    *(one.model_dump() for one in own.conditions),
                ],
                "fields": [one.model_dump() for one in (*own.fields, *_shared(own, common))],
            }
        )
    except ValidationError as error:
        raise ReportTypeBroken(f"{path.name}: {_first(error)}") from None


def _shared(own: ReportType, common: Common) -> Iterator[Asked]:
    """The common fields that a type has; its own field of the same name goes before."""
    named = {one.name for one in own.fields}
    for one in common.fields:
        if one.name in named or (one.setting is not None and not getattr(own, one.setting)):
            continue
        if own.requires_report:  # the report that is added to knows who they are
            continue
        who = one.kind in {"name", "reach"}
        yield one.model_copy(update={"skippable": True}) if own.anonymous and who else one


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(str(step) for step in first['loc'])}: {first['msg']}"


_kept: dict[Path, tuple[tuple[tuple[str, int, int], ...], dict[str, ReportType]]] = {}
_groups: dict[Path, tuple[tuple[int, int], tuple[Group, ...]]] = {}
_lock = threading.Lock()


def report_types(department_folder: Path) -> dict[str, ReportType]:
    """The types of a department by id, read again when a file changes. Raises ReportTypeBroken."""
    folder = (department_folder / FOLDER).resolve()
    paths = sorted(folder.glob("*.yml"))
    signature = tuple((p.name, (s := p.stat()).st_mtime_ns, s.st_size) for p in paths)
    with _lock:
        if folder not in _kept or _kept[folder][0] != signature:
            types = {path.stem: read_type(path) for path in paths if path.name != COMMON}
            _kept[folder] = (signature, types)
        return _kept[folder][1]


def report_type(department_folder: Path, type_id: str) -> ReportType:
    """One type. Raises UnknownType or ReportTypeBroken."""
    try:
        return report_types(department_folder)[type_id]
    except KeyError:
        raise UnknownType(type_id) from None


def groups(department_folder: Path) -> tuple[Group, ...]:
    """How the types are ordered to be offered. Raises ReportTypeBroken."""
    path = (department_folder / FOLDER / COMMON).resolve()
    stat = path.stat()
    signature = (stat.st_mtime_ns, stat.st_size)
    with _lock:
        if path not in _groups or _groups[path][0] != signature:
            try:
                _groups[path] = (signature, Common.model_validate(_load(path)).groups)
            except ValidationError as error:
                raise ReportTypeBroken(f"{COMMON}: {_first(error)}") from None
        return _groups[path][1]


def told(patterns: tuple[str, ...], words: str) -> bool:
    """Whether one of the patterns is in words that desk.reports.times.plain made plain."""
    return any(re.search(pattern, words) for pattern in patterns)
