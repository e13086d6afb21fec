"""Keeps what a court, a records request or a supervisor needs, whatever its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from desk import people
from desk.database.locks import KEEPING, alone
from desk.database.models import Conversation, Hold, Report, Staff
from desk.reports.store import plain_number


class NoSuchThing(LookupError):
    """There is no report and no conversation of this name."""


class NotOnHold(LookupError):
    """What should be released is not on hold."""


@dataclass(frozen=True, slots=True)
class Named:
    """What was named on the command line: a conversation, and the report if it was one."""

    conversation_id: str
    report: Report | None

    @property
    def subject(self) -> str:
        """As the audit calls it."""
        return f"report:{self.report.id}" if self.report else f"conversation:{self.conversation_id}"


def named(session: Session, name: str) -> Named:
    """A report by its number or case number, or a conversation by its id. Raises NoSuchThing."""
    wanted = plain_number(name)
    report = session.scalars(
        select(Report).where(or_(Report.number == wanted, Report.case_number == wanted))
    ).first()
    if report is not None:
        return Named(report.conversation_id, report)
    conversation = session.get(Conversation, name.strip())
    if conversation is None:
        raise NoSuchThing(name)
    return Named(conversation.id, None)


def place(session: Session, name: str, why: str, staff: Staff, now: datetime) -> Hold:
    """Put a report or conversation on hold; with a report goes all of its conversation.

    Several holds may be on one thing, each for its own reason: it is free when all are released.
    Raises NoSuchThing, and ValueError when no reason is given.
    """
    if not why.strip():
        raise ValueError("a hold needs a reason")
    alone(session, KEEPING)
    thing = named(session, name)
    hold = Hold(
        conversation_id=thing.conversation_id,
        report_id=thing.report.id if thing.report else None,
        why=why.strip(),
        placed_by=staff.id,
        placed_at=now,
    )
    session.add(hold)
    session.flush()
    people.audit(session, staff, "hold.place", thing.subject, now=now, hold_id=hold.id)
    return hold


def release(session: Session, name: str, staff: Staff, now: datetime) -> int:
    """Release every hold that names this report or conversation; how many there were.

    Raises NoSuchThing or NotOnHold.
    """
    thing = named(session, name)
    holds = session.scalars(
        select(Hold).where(
            Hold.conversation_id == thing.conversation_id,
            Hold.report_id == thing.report.id if thing.report else Hold.report_id.is_(None),
            Hold.released_at.is_(None),
        )
    ).all()
    if not holds:
        raise NotOnHold(name)
    for hold in holds:
        hold.released_at, hold.released_by = now, staff.id
        people.audit(session, staff, "hold.release", thing.subject, now=now, hold_id=hold.id)
    return len(holds)


def active(session: Session) -> list[Hold]:
    """The holds that are not released, oldest first."""
    return list(session.scalars(select(Hold).where(Hold.released_at.is_(None)).order_by(Hold.id)))


def called(session: Session, hold: Hold) -> str:
    """What a hold is on, as `named` finds it."""
    if hold.report_id is None:
        return hold.conversation_id
    return session.get_one(Report, hold.report_id).number or hold.conversation_id
