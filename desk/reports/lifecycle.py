"""What becomes of a filed report: its states, who is told, and what is added to it later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from babel.dates import format_date
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.conversations import add_outbound, record
from desk.database.models import Conversation, Event, Report, ReportStep, Staff
from desk.department import Department, spoken_phone
from desk.reply import Choice, Reply
from desk.reports import store
from desk.safety import mask
from desk.wording import Language, as_language, say

State = Literal[
    "submitted",
    "under_review",
    "needs_info",
    "approved",
    "rejected",
    "routed_elsewhere",
    "duplicate_of",
    "withdrawn",
    "closed",
]

_WORKED_ON: Final = frozenset(
    {"needs_info", "approved", "rejected", "routed_elsewhere", "duplicate_of", "withdrawn"}
)
MAY_BECOME: Final[Mapping[str, frozenset[str]]] = {
    "submitted": _WORKED_ON | {"under_review"},
    "under_review": _WORKED_ON,
    "needs_info": _WORKED_ON - {"needs_info"} | {"under_review", "closed"},
    "approved": frozenset({"closed"}),
    "rejected": frozenset({"under_review", "closed"}),  # a supervisor looks again after an appeal
    "routed_elsewhere": frozenset({"closed"}),
    "duplicate_of": frozenset({"closed"}),
    "withdrawn": frozenset(),
    "closed": frozenset(),
}
"""Which state may follow which (reports.md, Lifecycle)."""

OPEN: Final = frozenset({"submitted", "under_review", "needs_info"})
"""States in which the resident waits for us: what is promised by a date counts here."""

NEED_WORDS: Final = frozenset({"needs_info", "rejected"})
"""States that the resident must be given words for: what is needed, or why not."""

LONGEST_WORDS: Final = 1000
_WRONG_TRIES: Final = 5
_WRONG_WITHIN: Final = timedelta(hours=1)


class CannotBecome(ValueError):
    """The report may not go from its state into the wanted one."""


class WordsMissing(ValueError):
    """The wanted state must be explained to the resident."""


class NoSuchReport(LookupError):
    """The report or agency that was named does not exist."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The state staff want a report to have, and what goes with it.

    `words` are said to the resident (what is needed, why not); `agency` is the id of who covers it,
    for routed_elsewhere; `duplicate_of` the number of the other report; `case_number` for approved.
    """

    state: State
    words: str = ""
    agency: str = ""
    duplicate_of: str = ""
    case_number: str = ""


def change(
    session: Session,
    report: Report,
    wanted: Wanted,
    department: Department,
    staff: Staff | None,
    now: datetime,
) -> ReportStep:
    """Bring a report into a state, note the step, and tell the resident where that is safe.

    Raises CannotBecome, WordsMissing (also when they are longer than 1,000 characters),
    NoSuchReport for an unknown agency or an unknown or identical other report; then nothing is
    changed.
    """
    if wanted.state not in MAY_BECOME.get(report.state, frozenset()):
        raise CannotBecome(f"{report.state} may not become {wanted.state}")
    words = mask(wanted.words.strip())
    if len(words) > LONGEST_WORDS or (wanted.state in NEED_WORDS and not words):
        raise WordsMissing(wanted.state)
    if wanted.state == "routed_elsewhere":
        if department.agency(wanted.agency) is None:
            raise NoSuchReport(wanted.agency)
        report.agency = wanted.agency
    if wanted.state == "duplicate_of":
        report.duplicate_of_id = _other(session, report, wanted.duplicate_of).id
    if wanted.state == "approved":
        report.case_number = wanted.case_number.strip() or _case_number(session, now)
    store.change_state(session, report, wanted.state, now)
    conversation = session.get_one(Conversation, report.conversation_id)
    safe = is_safe_to_write(report)
    if safe and wanted.state != "withdrawn":
        language = as_language(report.language)
        add_outbound(
            session, conversation, news(report, words, department, language), "desk", now=now
        )
    return _note(session, report, now, staff=staff, words=words, told=safe)


def news(report: Report, words: str, department: Department, language: Language) -> Reply:
    """What the resident is told of the state the report has now."""
    agency = department.agency(report.agency) if report.agency else None
    promised = (
        report.promised_by.astimezone(department.profile.zone) if report.promised_by else None
    )
    text = say(
        f"lifecycle.{report.state}",
        language,
        number=report.number or "",
        case=report.case_number or "",
        words=words,
        phone=spoken_phone(department.profile.nonemergency),
        agency=agency.name.say(language) if agency else "",
        agency_phone=spoken_phone(agency.phone) if agency else "",
        date=format_date(promised.date(), "long", locale=language) if promised else "",
    )
    if report.state == "needs_info":
        add = Choice(say("lifecycle.choice_add", language), "topic:add_to_report")
        return Reply(text.strip(), (add,))
    return Reply(text.strip())


def withdraw(session: Session, report: Report, department: Department, now: datetime) -> ReportStep:
    """Take a report back at the resident's own wish. Raises CannotBecome."""
    return change(session, report, Wanted("withdrawn"), department, None, now)


def can_be_withdrawn(report: Report) -> bool:
    """Whether the resident can still take it back."""
    return "withdrawn" in MAY_BECOME.get(report.state, frozenset())


def supplement(session: Session, report: Report, text: str, now: datetime) -> ReportStep:
    """Add what a resident tells later. A report that waited for it is looked at again.

    Raises CannotBecome when the report is withdrawn or closed.
    """
    if not MAY_BECOME.get(report.state):
        raise CannotBecome(f"nothing can be added to a report that is {report.state}")
    if report.state == "needs_info":
        store.change_state(session, report, "under_review", now)
    else:
        store.touch(session, report, now)
        record(
            session,
            "report",
            report.conversation_id,
            now=now,
            report_id=report.id,
            state=report.state,
            added=True,
        )
    return _note(session, report, now, words=mask(text.strip())[:LONGEST_WORDS], added=True)


def steps(session: Session, report: Report) -> list[ReportStep]:
    """What happened to a report, oldest first."""
    return list(
        session.scalars(
            select(ReportStep).where(ReportStep.report_id == report.id).order_by(ReportStep.id)
        )
    )


def of_conversation(session: Session, conversation_id: str) -> list[Report]:
    """The filed reports of a conversation, newest first: who writes in it may know of them."""
    return list(
        session.scalars(
            select(Report)
            .where(Report.conversation_id == conversation_id, Report.state.in_(store.SUBMITTED))
            .order_by(Report.id.desc())
        )
    )


def find(
    session: Session, conversation_id: str, number: str, secret: str, now: datetime
) -> Report | None:
    """The report with this number, when the secret is right; None else.

    Five wrong tries in an hour and a conversation finds nothing for the rest of it, right or not.
    """
    wrong = session.scalar(
        select(func.count())
        .select_from(Event)
        .where(
            Event.kind == "report_not_found",
            Event.conversation_id == conversation_id,
            Event.at > now - _WRONG_WITHIN,
        )
    )
    if (wrong or 0) >= _WRONG_TRIES:
        return None
    found = store.with_secret(session, number, secret)
    if found is None:
        record(session, "report_not_found", conversation_id, now=now)
    return found


def standing(report: Report, department: Department, language: Language) -> str:
    """How a filed report stands, in words for the resident."""
    words = [say("lifecycle.standing", language, number=report.number or "")]
    words.append(say(f"reports.state_{report.state}", language))
    if report.case_number is not None:
        words.append(say("lifecycle.standing_case", language, case=report.case_number))
    if report.state in OPEN and report.promised_by is not None:
        local = report.promised_by.astimezone(department.profile.zone)
        date = format_date(local.date(), "long", locale=language)
        words.append(say("lifecycle.standing_promised", language, date=date))
    return " ".join(words)


def is_safe_to_write(report: Report) -> bool:
    """Whether the resident said nothing against being written to on this channel."""
    return report.fields.get("safe_contact") is not False


def _other(session: Session, report: Report, number: str) -> Report:
    found = store.numbered(session, number)
    if found is None or found.id == report.id or found.duplicate_of_id == report.id:
        raise NoSuchReport(number)
    return found


def _case_number(session: Session, now: datetime) -> str:
    """The next number of the year: "26-000123"."""
    year = f"{now:%y}-"
    last = session.scalar(
        select(func.max(Report.case_number)).where(Report.case_number.like(f"{year}______"))
    )
    return f"{year}{int(last[3:]) + 1 if last else 1:06}"


def _note(
    session: Session,
    report: Report,
    now: datetime,
    *,
    staff: Staff | None = None,
    words: str = "",
    told: bool = False,
    added: bool = False,
) -> ReportStep:
    step = ReportStep(
        report_id=report.id,
        state=report.state,
        staff_id=staff.id if staff else None,
        words=words,
        told=told,
        added=added,
        at=now,
    )
    session.add(step)
    session.flush()
    return step
