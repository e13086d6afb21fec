"""What a resident is told at the end: that it is filed, refused, or taken elsewhere."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date

from desk.department import Closed, Department
from desk.reply import Choice, Reply
from desk.reports.times import plain
from desk.reports.types import ReportType, told
from desk.settings import settings
from desk.wording import Language, say


def filed(
    kind: ReportType,
    done: str,
    promised: datetime,
    words: str,
    department: Department,
    language: Language,
) -> tuple[Reply, ...]:
    """The five parts in their order, with `done` (number and secret, or what it was added to).

    `words` is all that was told; it decides which advice is given.
    """
    after = kind.after
    day = _day(promised, department, language)
    texts = [
        f"{after.acknowledge.say(language)} {after.thank.say(language)} {done}",
        " ".join(
            (
                after.what_next.say(language),
                after.who_and_when.say(language).format(date=day),
                after.what_may_not.say(language),
            )
        ),
        *(
            one.text.say(language)
            for one in kind.advice
            if not one.when_told or told(one.when_told, plain(words))
        ),
    ]
    return tuple(Reply(text) for text in texts)


def who_calls(department: Department, language: Language, now: datetime, *, by_phone: bool) -> str:
    """Who takes up what was refused, and on which day: that of the next live hours."""
    state = department.hours.state(department.profile.live_hours, now)
    at = (state.opens_at or now) if isinstance(state, Closed) else now
    key = "call_back" if by_phone else "call_back_write"
    return say(
        f"reports.{key}",
        language,
        department=department.profile.name.say(language),
        day=_day(at, department, language),
    )


def elsewhere(kind: ReportType, department: Department, language: Language) -> Reply:
    """Where a type is taken that this channel does not take."""
    address = settings().public_url or str(department.profile.website or "")
    website = address.removeprefix("https://").removeprefix("http://").rstrip("/")
    if "web" not in kind.channels:
        return Reply(say("reports.elsewhere_messenger", language))
    link = Choice(say("reports.choice_link", language), f"link:{kind.id}")
    return Reply(say("reports.elsewhere_web", language, website=website), (link,))


def _day(at: datetime, department: Department, language: Language) -> str:
    return format_date(at.astimezone(department.profile.zone).date(), "long", locale=language)
