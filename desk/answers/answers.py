"""Reads the department's answers from department/answers/<topic>.<language>.md and checks them.

A file begins with front matter between two lines of three dashes: owner, source, review (a date),
enabled, and `sms`, a shorter text for text messages. Below it stands the answer, in Markdown, for
the website and Messenger. A change counts from the next message on.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from desk.answers.placeholders import Placeholders
from desk.database.models import utc_now
from desk.department.loader import Department
from desk.reply import Reply
from desk.wording import LANGUAGES, Language
from desk.wording.sms import fold, is_gsm7, segments

FOLDER: Final = "answers"
MOST_SEGMENTS: Final = 2

log = structlog.get_logger(__name__)


class AnswerBroken(ValueError):
    """An answer's file cannot be used: its front matter is broken or a placeholder is unknown."""


class FrontMatter(BaseModel):
    """What stands above an answer. `review` is the day by which the owner looks at it again."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    owner: str = Field(min_length=1)
    source: str = Field(min_length=1)
    review: date
    enabled: bool
    sms: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    front: FrontMatter
    body: str

    def text(self, channel: str) -> str:
        return self.front.sms if channel == "sms" and self.front.sms else self.body


_read: dict[Path, tuple[int, int, _Answer]] = {}


def answer(
    topic: str,
    department: Department,
    language: Language,
    channel: str,
    now: datetime | None = None,
) -> Reply | None:
    """The department's answer to a topic, its placeholders filled as they are `now`.

    None when the answer is switched off, or there is none in any language; an answer that exists
    in another language only is given in that one. A file that was broken by a slip counts as it
    was before, or as missing; `check` names it.
    """
    folder = department.folder / FOLDER
    for one in (language, *(other for other in LANGUAGES if other != language)):
        name = f"{topic}.{one}.md"
        try:
            found = _load(folder / name)
            if found is None:
                continue
            if not found.front.enabled:
                return None
            known = Placeholders(department, one, now or utc_now())
            return Reply(_filled(found.text(channel), known, name))
        except AnswerBroken as broken:
            log.error("answer_broken", file=name, why=str(broken))
    return None


def check(folder: Path, department: Department) -> list[str]:
    """What is wrong with the answers in a folder, one sentence each; empty when all is well."""
    problems: list[str] = []
    paths = sorted(folder.glob("*.md"))
    names = {path.name for path in paths}
    for path in paths:
        topic, _, code = path.stem.rpartition(".")
        if code not in LANGUAGES or not topic:
            problems.append(f"{path.name}: not named <topic>.<language>.md")
            continue
        language: Language = "es" if code == "es" else "en"
        for other in LANGUAGES:
            if f"{topic}.{other}.md" not in names:
                problems.append(f"{path.name}: there is no {topic}.{other}.md")
        try:
            found = _parse(path)
            if not found.front.enabled:
                continue
            filled = {
                channel: [
                    _filled(found.text(channel), Placeholders(department, language, now), path.name)
                    for now in _moments(department)
                ]
                for channel in ("web", "sms")
            }
        except AnswerBroken as broken:
            problems.append(str(broken))
            continue
        if not found.body:
            problems.append(f"{path.name}: no text below the front matter")
        sms = fold(max(filled["sms"], key=len))
        if not is_gsm7(sms):
            problems.append(f"{path.name}: the text for SMS has signs that make it cost double")
        if segments(sms) > MOST_SEGMENTS:
            problems.append(
                f"{path.name}: {segments(sms)} SMS, at most {MOST_SEGMENTS}; shorten it or add sms"
            )
    return problems


def switch_off_unfillable(folder: Path, department: Department) -> dict[str, str]:
    """Set `enabled: false` in every answer that names what the department does not have.

    What is missing, by file name. Residents are then given the non-emergency number and a person.
    Raises AnswerBroken for a file that cannot be read.
    """
    missing: dict[str, str] = {}
    for path in sorted(folder.glob("*.md")):
        language: Language = "es" if path.stem.endswith(".es") else "en"
        known = Placeholders(department, language, utc_now())
        text = path.read_text(encoding="utf-8")
        named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        if unknown := sorted(named - known.keys()):
            missing[path.name] = ", ".join(unknown)
            path.write_text(text.replace("enabled: true", "enabled: false", 1), encoding="utf-8")
    return missing


def _moments(department: Department) -> Iterator[datetime]:
    """Moments at which opening hours are told at their longest: open at noon, closed at night."""
    for day, hour in ((5, 3), (7, 3), (8, 12), (9, 23)):  # of March 2026: Thu, Sat, Sun, Mon
        yield datetime(2026, 3, day, hour, tzinfo=department.profile.zone)


def _load(path: Path) -> _Answer | None:
    """The file as it stands, read again only when it has changed; the last good state if broken.

    Raises AnswerBroken when it is broken and was never good in this process.
    """
    try:
        stat = path.stat()
    except FileNotFoundError:
        _read.pop(path, None)
        return None
    kept = _read.get(path)
    if kept is None or kept[:2] != (stat.st_mtime_ns, stat.st_size):
        try:
            found = _parse(path)
        except AnswerBroken as broken:
            if kept is None:
                raise
            log.error("answer_broken", file=path.name, why=str(broken))
            found = kept[2]
        kept = (stat.st_mtime_ns, stat.st_size, found)
        _read[path] = kept
    return kept[2]


def _parse(path: Path) -> _Answer:
    try:
        parts = path.read_text(encoding="utf-8").split("---\n", 2)
    except UnicodeDecodeError as broken:
        raise AnswerBroken(f"{path.name}: not UTF-8 text") from broken
    if len(parts) < 3 or parts[0].strip():
        raise AnswerBroken(f"{path.name}: no front matter between two lines of ---")
    try:
        front = FrontMatter.model_validate(YAML(typ="safe").load(parts[1]) or {})
    except YAMLError as broken:
        raise AnswerBroken(f"{path.name}: front matter: {broken}") from broken
    except ValidationError as broken:
        slips = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in broken.errors())
        raise AnswerBroken(f"{path.name}: front matter: {slips}") from broken
    return _Answer(front, parts[2].strip())


def _filled(text: str, known: Mapping[str, str], name: str) -> str:
    try:
        return string.Formatter().vformat(text, (), known)
    except (AttributeError, IndexError, KeyError, ValueError) as broken:
        raise AnswerBroken(f"{name}: unknown placeholder {broken}") from broken
