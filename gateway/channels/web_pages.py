"""Draws the chat page and its messages."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from desk.conversations import Entry, transcript
from desk.database.models import Staff
from desk.department import Department, spoken_phone
from desk.settings import ROOT
from desk.wording import Language, say

LONGEST_TEXT: Final = 1600
ASSETS: Final = ROOT / "webchat"
_SHOWN_MESSAGES: Final = 200
_TAPPABLE = re.compile(
    r"(?P<link>https?://[^\s<>\"']*[^\s<>\"'.,;:!?)])"
    r"|(?P<phone>\(\d{3}\) \d{3}-\d{4}\b)"
    r"|(?P<short>\b(?:911|988)\b(?!-\d))"
)
_TO_TEXT = re.compile(r"\b(?:text|mensajes? de texto|texto) (?:to |al )?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page says of the department, in the reader's language."""

    department: str
    non_emergency: str  # as people read it
    zone: ZoneInfo

    @classmethod
    def of(cls, department: Department, language: Language) -> Facts:
        """The facts of a loaded department."""
        profile = department.profile
        phone = spoken_phone(profile.nonemergency)
        return cls(profile.name.say(language), phone, profile.zone)


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message as the page shows it. `side` is "in" for a resident's, "out" for ours."""

    side: str
    entry: Entry
    name: str
    zone: ZoneInfo
    open: bool  # its choices may still be tapped

    @property
    def key(self) -> str:
        """The element's id, the same from the transcript and from the stream."""
        return f"{self.side}-{self.entry.id}"

    @property
    def clock(self) -> str:
        """When it was said, in the department's zone."""
        local = self.entry.at.astimezone(self.zone)
        return f"{local:%I}:{local:%M} {local:%p}".lstrip("0")

    @property
    def text(self) -> Markup:
        """The text with line breaks; links and phone numbers can be tapped in our own only."""
        if self.side == "in":
            return _lines(escape(self.entry.text))
        return _lines(Markup().join(_tappable(self.entry.text)))


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as one browser sees it: messages, who holds it, and how far it was read."""

    bubbles: tuple[Bubble, ...] = ()
    holder: str = "bot"
    staff_name: str = ""
    cursor: int = 0
    language: Language | None = None


def bubbles(
    session: Session,
    conversation_id: str,
    zone: ZoneInfo,
    language: Language,
    limit: int = _SHOWN_MESSAGES,
) -> tuple[Bubble, ...]:
    """The last messages of a conversation, oldest first. Choices older than what the resident
    wrote last are no longer open: tapping them would answer a question that is over."""
    entries = transcript(session, conversation_id, limit)
    last_heard = max(
        (index for index, one in enumerate(entries) if one.author == "resident"), default=-1
    )
    return tuple(
        Bubble(
            side="in" if one.author == "resident" else "out",
            entry=one,
            name=author_name(session, one, language),
            zone=zone,
            open=index > last_heard,
        )
        for index, one in enumerate(entries)
    )


def author_name(session: Session, entry: Entry, language: Language) -> str:
    """Who said it: never a person's name on what the assistant wrote, or the other way round."""
    if entry.author == "staff":
        return staff_name(session, entry.staff_id, language)
    key = {"resident": "you", "bot": "assistant"}.get(entry.author, "desk")
    return say(f"webchat.{key}", language)


def staff_name(session: Session, staff_id: int | None, language: Language) -> str:
    """How residents see a member of staff ("Officer Rivera")."""
    staff = session.get(Staff, staff_id) if staff_id is not None else None
    return staff.name if staff else say("webchat.person", language)


def _tappable(text: str) -> Iterator[Markup]:
    done = 0
    for found in _TAPPABLE.finditer(text):
        yield escape(text[done : found.start()])
        done = found.end()
        shown = found.group()
        if found["link"]:
            yield Markup(
                '<a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a>'
            ).format(shown, shown)
        else:
            digits = re.sub(r"\D", "", shown)
            number = digits if found["short"] else f"+1{digits}"
            # who is told to text because they cannot talk must not set off a call
            scheme = "sms" if _TO_TEXT.search(text, 0, found.start()) else "tel"
            yield Markup('<a href="{}:{}">{}</a>').format(scheme, number, shown)
    yield escape(text[done:])


def _lines(text: Markup) -> Markup:
    return Markup("<br>").join(text.splitlines())


class Pages:
    """The templates, and the addresses of the page's own files (with a digest, so that they may
    be kept for ever)."""

    def __init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(ROOT / "gateway" / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals.update(asset=self.asset, new_id=lambda: secrets.token_hex(12))

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            for path in ASSETS.rglob("*.*")
        }

    def asset(self, name: str) -> str:
        """The address of one of the page's own files."""
        return f"/chat/assets/{name}?v={self._digests[name]}"

    def render(self, template: str, language: Language, **values: object) -> str:
        """A template with the wording of a language: `t("key")` says a sentence of webchat.yml."""

        def sentence(key: str, **more: object) -> str:
            return say(f"webchat.{key}", language, **more)

        page = self._templates.get_template(template)
        return page.render(t=sentence, language=language, limit=LONGEST_TEXT, **values)
