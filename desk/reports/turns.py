"""What goes into one step of an interview, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from desk.reply import Reply
from desk.wording import Language

State = Literal["asking", "filed", "stopped", "kept", "refused", "ended"]
"""asking: the interview goes on · filed · stopped: and deleted · kept: for later · refused: by the
gate · ended: there is no interview (any more)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Which message this is, who sent it where, in which language; `now` is aware."""

    conversation_id: str
    message_id: str
    channel: str  # sms | messenger | web | shell
    language: Language
    address: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What the resident said: words with the topic NLU found, or a tapped choice, a point, photos.

    `location` has latitude and longitude in degrees; `confidence` runs from 0 to 1.
    """

    text: str = ""
    intent: str | None = None
    confidence: float = 0.0
    choice: str | None = None
    location: Mapping[str, float] | None = None
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Handoff:
    """A person should go on, and why: asked | refused_report."""

    reason: str
    topic: str | None = None
    report_id: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to say, and how the interview stands.

    `side_topic` is a topic to answer before the replies (which repeat the open question), `danger`
    a kind of danger to answer first, `language` a language the resident asked for. `survey` says
    whether they may be asked how they liked the service: never after a complaint.
    """

    replies: tuple[Reply, ...]
    state: State
    side_topic: str | None = None
    handoff: Handoff | None = None
    danger: str | None = None
    language: Language | None = None
    report_id: int | None = None
    survey: bool = True
