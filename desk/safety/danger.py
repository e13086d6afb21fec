"""Answers danger: the department's text for its kind, with a way on and a person."""

from __future__ import annotations

from desk.answers.answers import answer
from desk.department.loader import Department
from desk.reply import Choice, Reply
from desk.wording import Language, say


def danger_reply(
    kind: str,
    department: Department,
    language: Language,
    channel: str = "sms",
    draft_kept: bool = False,
) -> Reply:
    """The urgent answer to a danger topic, with the choices "resume" and "person".

    `draft_kept` says that a half-made report waits for the resident. Never fails for want of a
    text: where the department's is missing, switched off or broken, a fixed one is given.
    """
    approved = answer(kind, department, language, channel)
    text = (
        approved.text
        if approved
        else say("safety.fallback", language, emergency=department.profile.emergency)
    )
    safe = say("safety.resume" if draft_kept else "safety.safe", language)
    choices = (Choice(safe, "resume"), Choice(say("safety.person", language), "person"))
    return Reply(text, choices, urgent=True)
