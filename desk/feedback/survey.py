"""Asks three small questions after a report or a talk, and never insists."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import safety
from desk.conversations import record
from desk.database.models import Conversation, Feedback
from desk.reply import Choice, Reply
from desk.reports import Heard, commands, kinds
from desk.wording import Language, say

About = Literal["report", "talk", "service"]

_OPEN_FOR: Final = timedelta(hours=24)
_LONGEST: Final = 2000
_SCORE: Final = re.compile(
    r"(?:score:)?\s*([1-5])\s*(?:/\s*5|of 5|out of 5|de 5|stars?|estrellas?)?"
)
_NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
    "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say next, and whether the survey is over."""

    reply: Reply
    done: bool


def ask(
    session: Session,
    conversation: Conversation,
    about: About,
    language: Language,
    now: datetime,
    *,
    report_id: int | None = None,
) -> Reply | None:
    """The first question; None when this conversation must not be asked.

    Nobody is asked who was in danger in this conversation, whatever kind of danger it was.
    """
    if conversation.danger is not None or conversation.opted_out:
        return None
    for old in _open(session, conversation.id, now):
        _close(old)
    row = Feedback(conversation_id=conversation.id, about=about, report_id=report_id, at=now)
    session.add(row)
    session.flush()
    return _question("helped", language)


def take(
    session: Session, conversation: Conversation, heard: Heard, language: Language, now: datetime
) -> Answer | None:
    """Take an answer; None when nothing was asked or the message is about something else.

    In the second case the survey is over, and the message belongs to whoever comes next.
    """
    rows = _open(session, conversation.id, now)
    if not rows:
        return None
    row = rows[0]
    if conversation.danger is not None or safety.screen(heard.text) is not None:
        _close(row)
        return None
    if heard.choice == "skip" or commands.command(heard, short_only=True) in {
        "skip",
        "stop",
        "later",
    }:
        return _finish(session, row, language, now)
    if row.helped is None:
        helped = _helped(heard)
        if helped is None:
            _close(row)
            return None
        row.helped = helped
        return Answer(_question("score", language), done=False)
    if row.score is None:
        score = _score(heard)
        if score is None:
            _close(row)
            return None
        row.score = score
        return Answer(_question("comment", language), done=False)
    if heard.choice is not None or commands.side_topic(heard, story=True) is not None:
        _close(row)
        return None
    if not kinds.says_unknown(heard.text):
        row.comment = safety.mask(heard.text.strip())[:_LONGEST]
    return _finish(session, row, language, now)


def _open(session: Session, conversation_id: str, now: datetime) -> list[Feedback]:
    return list(
        session.scalars(
            select(Feedback)
            .where(
                Feedback.conversation_id == conversation_id,
                Feedback.comment.is_(None),
                Feedback.at >= now - _OPEN_FOR,
            )
            .order_by(Feedback.id.desc())
        )
    )


def _close(row: Feedback) -> None:
    row.comment = row.comment or ""  # a comment that is there, even empty, ends the survey


def _finish(session: Session, row: Feedback, language: Language, now: datetime) -> Answer:
    _close(row)
    session.flush()
    record(session, "feedback", row.conversation_id, now=now, feedback_id=row.id)
    return Answer(Reply(say("feedback.thanks", language)), done=True)


def _helped(heard: Heard) -> bool | None:
    if heard.choice in {"yes", "no"}:
        return heard.choice == "yes"
    if kinds.says_yes(heard.text):
        return True
    return False if kinds.says_no(heard.text) else None


def _score(heard: Heard) -> int | None:
    words = kinds.bare(heard.choice or heard.text)
    if words in _NUMBERS:
        return _NUMBERS[words]
    found = _SCORE.fullmatch(words)
    return int(found.group(1)) if found else None


def _question(step: Literal["helped", "score", "comment"], language: Language) -> Reply:
    text = say(f"feedback.{step}", language)
    skip = Choice(say("feedback.choice_skip", language), "skip")
    if step == "helped":
        yes = Choice(say("feedback.choice_yes", language), "yes")
        return Reply(text, (yes, Choice(say("feedback.choice_no", language), "no"), skip))
    if step == "score":
        return Reply(text, tuple(Choice(str(n), f"score:{n}") for n in range(1, 6)))
    return Reply(text, (skip,))
