"""Keeps reports: numbers and secrets at filing, and the list for staff."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from desk.conversations import record
from desk.database.models import Report
from desk.reports.times import plain

KEPT_FOR: Final = timedelta(days=30)
SUBMITTED: Final = frozenset(
    {"submitted", "under_review", "needs_info", "approved", "rejected", "routed_elsewhere",
     "duplicate_of", "withdrawn", "closed"}
)  # fmt: skip
"""States of a report that was filed."""
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # none that is taken for another: 0 O 1 I L U
_NUMBER_LENGTH: Final = 6
_SECRET_LENGTH: Final = 8
_hasher: Final = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Filed:
    """What the resident keeps of a report. The secret is told once; only its hash is stored."""

    number: str
    secret: str


def submit(session: Session, report: Report, promised_days: int, now: datetime) -> Filed:
    """File a draft: give it number, secret and promised-by date. Raises ValueError for no draft."""
    if report.state != "draft":
        raise ValueError(f"report {report.id} is {report.state}, not a draft")
    filed = _with_new_key(session, report, now)
    report.submitted_at = now
    report.promised_by = now + timedelta(days=promised_days)
    change_state(session, report, "submitted", now)
    return filed


def keep(session: Session, report: Report, now: datetime) -> Filed:
    """Put a draft aside, under a number and a secret by which it goes on on another channel."""
    kept = _with_new_key(session, report, now)
    change_state(session, report, "kept", now)
    return kept


def take_over(session: Session, report: Report, conversation_id: str, now: datetime) -> None:
    """Let a draft go on in another conversation; one that is open there is put aside."""
    open_there = draft_of(session, conversation_id)
    if open_there is not None and open_there is not report:
        change_state(session, open_there, "kept", now)
    report.conversation_id = conversation_id
    change_state(session, report, "draft", now)


def _with_new_key(session: Session, report: Report, now: datetime) -> Filed:
    key = Filed(report.number or _free_number(session, now), _letters(_SECRET_LENGTH))
    report.number = key.number
    report.secret_hash = _hasher.hash(key.secret)
    return key


def change_state(session: Session, report: Report, state: str, now: datetime) -> None:
    """Bring a report into a state, and record it."""
    report.state = state
    touch(session, report, now)
    record(session, "report", report.conversation_id, now=now, report_id=report.id, state=state)


def touch(session: Session, report: Report, now: datetime) -> None:
    """Store a report as it is now, changed at `now` and not at the clock's own time."""
    report.updated_at = now
    flag_modified(report, "updated_at")  # else the same moment twice counts as unset
    session.flush()


def draft_of(session: Session, conversation_id: str) -> Report | None:
    """The draft a conversation is at work on."""
    return session.scalars(
        select(Report)
        .where(Report.conversation_id == conversation_id, Report.state == "draft")
        .order_by(Report.id.desc())
    ).first()


def unfinished(session: Session, conversation_id: str, now: datetime) -> Report | None:
    """The newest draft of a conversation, open or kept, that is not too old to go on with."""
    return session.scalars(
        select(Report)
        .where(
            Report.conversation_id == conversation_id,
            Report.state.in_(("draft", "kept")),
            Report.updated_at >= now - KEPT_FOR,
        )
        .order_by(Report.updated_at.desc(), Report.id.desc())
    ).first()


def delete(session: Session, report: Report, now: datetime) -> None:
    """Forget what a draft holds; the empty row stays, for the record that there was one."""
    report.fields = {}
    report.interview = {}
    report.district = None
    change_state(session, report, "deleted", now)


def reports(
    session: Session,
    states: Collection[str] = SUBMITTED,
    *,
    type_id: str | None = None,
    district: str | None = None,
    overdue_at: datetime | None = None,
    limit: int = 100,
) -> list[Report]:
    """Reports in some states, newest first; `overdue_at`: only those promised before then."""
    query = select(Report).where(Report.state.in_(states))
    if type_id is not None:
        query = query.where(Report.type == type_id)
    if district is not None:
        query = query.where(Report.district == district)
    if overdue_at is not None:
        query = query.where(Report.promised_by < overdue_at)
    return list(
        session.scalars(query.order_by(Report.submitted_at.desc(), Report.id.desc()).limit(limit))
    )


def get(session: Session, report_id: int) -> Report | None:
    """One report, for staff."""
    return session.get(Report, report_id)


def numbered(session: Session, number: str) -> Report | None:
    """The report with this number, however it was typed: for who has shown that they may know."""
    return session.scalars(select(Report).where(Report.number == plain_number(number))).first()


def with_secret(session: Session, number: str, secret: str) -> Report | None:
    """The report with this number, when the secret is right; None else.

    An unknown number costs the same time as a wrong secret, so that nobody learns which exist.
    """
    report = numbered(session, number)
    stored = report.secret_hash if report and report.secret_hash else _nobodys_hash()
    try:
        _hasher.verify(stored, secret.strip().upper())
    except (VerifyMismatchError, InvalidHashError):
        return None
    return report


def is_unfinished(session: Session, number: str, now: datetime) -> bool:
    """Whether a number is that of a draft which can still go on."""
    report = numbered(session, number)
    return report is not None and can_go_on(report, now)


def can_go_on(report: Report, now: datetime) -> bool:
    """Whether a report is a draft that is not too old."""
    return report.state in {"draft", "kept"} and report.updated_at >= now - KEPT_FOR


def plain_number(number: str) -> str:
    """A report's number as it is stored, from however it was typed."""
    return plain(number).upper().replace(" ", "")


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex(16))


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))


def _free_number(session: Session, now: datetime) -> str:
    while True:
        number = f"T{now:%y}-{_letters(_NUMBER_LENGTH)}"
        if session.scalar(select(Report.id).where(Report.number == number)) is None:
            return number
