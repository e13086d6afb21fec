"""The reports: a list by state, and one report's page, where records staff decide on it."""

from __future__ import annotations

from typing import Final, Literal, get_args

from fastapi import APIRouter, Depends, Form, HTTPException, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import ColumnElement, and_, false, func, select, true
from sqlalchemy.orm import Session

from console.access import Caller, Desk, RowId, desk_of, is_confidant, role, same_form
from console.queue_page import frame
from desk import people
from desk.database.models import Report, Staff, utc_now
from desk.department import Department
from desk.reports import UnknownType, document, is_private, lifecycle, report_type, store

router = APIRouter(prefix="/reports")

READERS: Final = ("officer", "records", "supervisor")
DECIDERS: Final = ("records", "supervisor")
OVERDUE: Final = "overdue"
STATES: Final = (
    OVERDUE,
    "submitted",
    "under_review",
    "needs_info",
    "approved",
    "rejected",
    "routed_elsewhere",
    "duplicate_of",
    "withdrawn",
    "closed",
    "draft",
    "kept",
    "refused",
)
_MOST: Final = 200


@router.get("")
def page(
    state: str = "submitted", caller: Caller = role(*READERS), desk: Desk = Depends(desk_of)
) -> Response:
    """The reports in one state, the one promised soonest first."""
    if state not in STATES:
        raise HTTPException(404, "There is no such state of a report.")
    with desk.database.transaction() as session:
        people.audit(session, caller.staff, "reports.view", state=state)
        counted = session.execute(
            select(Report.state, func.count()).where(seen_by(caller)).group_by(Report.state)
        )
        counts = {name: number for name, number in counted}  # noqa: C416 - a Row is no pair to mypy
        overdue = select(func.count()).where(_in_state(OVERDUE), seen_by(caller))
        counts[OVERDUE] = session.scalar(overdue) or 0
        found = session.scalars(
            select(Report)
            .where(_in_state(state), seen_by(caller))
            .order_by(Report.promised_by.is_(None), Report.promised_by, Report.id)
            .limit(_MOST)
        ).all()
        return desk.view.page(
            "reports.html",
            **frame(session, caller, "reports"),
            reports=[(one, type_name(desk.view.department, one)) for one in found],
            state=state,
            states=STATES,
            counts=counts,
            waiting=lifecycle.OPEN,
        )


def _in_state(state: str) -> ColumnElement[bool]:
    if state == OVERDUE:
        return and_(Report.state.in_(lifecycle.OPEN), Report.promised_by < utc_now())
    return Report.state == state


def seen_by(caller: Caller) -> ColumnElement[bool]:
    """Which reports this caller may know of."""
    if is_confidant(caller.staff):
        return true()
    return func.coalesce(Report.interview["private"].as_boolean(), false()).is_(False)


def _report(session: Session, report_id: RowId, caller: Caller, *, lock: bool = False) -> Report:
    """A report that this caller may know of; whoever may not is told that there is none."""
    report = session.get(Report, report_id, with_for_update={"key_share": True} if lock else None)
    if report is None or (is_private(report) and not is_confidant(caller.staff)):
        raise HTTPException(404, "There is no such report.")
    return report


@router.get("/{report_id}")
def one(
    report_id: RowId,
    problem: Literal["", "changed", "words", "missing"] = "",
    caller: Caller = role(*READERS),
    desk: Desk = Depends(desk_of),
) -> Response:
    """One report: what was told, what happened to it, and what may be decided."""
    department = desk.view.department
    with desk.database.transaction() as session:
        report = _report(session, report_id, caller)
        if report.state == "deleted":
            raise HTTPException(404, "There is no such report.")
        people.audit(session, caller.staff, "report.view", f"report:{report.id}")
        steps = lifecycle.steps(session, report)
        ids = {step.staff_id for step in steps} - {None}
        names = {
            one.id: one.name for one in session.scalars(select(Staff).where(Staff.id.in_(ids)))
        }
        may = lifecycle.MAY_BECOME.get(report.state, frozenset()) - {"withdrawn"}
        other = session.get(Report, report.duplicate_of_id) if report.duplicate_of_id else None
        return desk.view.page(
            "report.html",
            **frame(session, caller, "report"),
            report=report,
            filed=report.state in store.SUBMITTED,
            type_name=type_name(department, report),
            fields=document.shown_fields(report, department, "en"),
            printable=report.case_number is not None and report.state in {"approved", "closed"},
            steps=[(step, names.get(step.staff_id or 0, "The resident")) for step in steps],
            may=[state for state in get_args(lifecycle.State) if state in may],
            decides=not set(DECIDERS).isdisjoint(caller.staff.roles),
            need_words=lifecycle.NEED_WORDS,
            agencies=[(agency.id, agency.name.en) for agency in department.agencies],
            agency=department.agency(report.agency) if report.agency else None,
            other=other,
            told=lifecycle.is_safe_to_write(report),
            problem=problem,
        )


@router.get("/{report_id}/document.pdf")
def pdf(
    report_id: RowId, caller: Caller = role(*READERS), desk: Desk = Depends(desk_of)
) -> Response:
    """The approved report, to print or to send."""
    with desk.database.transaction() as session:
        report = _report(session, report_id, caller)
        try:
            made = document.pdf(report, desk.view.department)
        except document.NotApproved:
            raise HTTPException(404, "Only an approved report can be had as a PDF.") from None
        people.audit(session, caller.staff, "report.export", f"report:{report.id}")
    headers = {"content-disposition": f'attachment; filename="report-{report_id}.pdf"'}
    return Response(made, media_type="application/pdf", headers=headers)


@router.post("/{report_id}/change", dependencies=[Depends(same_form)])
def change(
    report_id: RowId,
    before: str = Form(max_length=16),
    state: lifecycle.State = Form(),
    words: str = Form("", max_length=lifecycle.LONGEST_WORDS),
    agency: str = Form("", max_length=64),
    duplicate_of: str = Form("", max_length=32),
    case_number: str = Form("", max_length=32),
    caller: Caller = role(*DECIDERS),
    desk: Desk = Depends(desk_of),
) -> RedirectResponse:
    """Decide on a report; `before` is the state the page showed, so that nobody decides blindly."""
    wanted = lifecycle.Wanted(state, words, agency, duplicate_of, case_number)
    problem = ""
    with desk.database.transaction() as session:
        report = _report(session, report_id, caller, lock=True)
        if report.state not in store.SUBMITTED:
            raise HTTPException(404, "There is no such report.")
        try:
            if report.state != before:
                raise lifecycle.CannotBecome(state)
            lifecycle.change(session, report, wanted, desk.view.department, caller.staff, utc_now())
        except lifecycle.CannotBecome:
            problem = "changed"
        except lifecycle.WordsMissing:
            problem = "words"
        except lifecycle.NoSuchReport:
            problem = "missing"
        else:
            subject = f"report:{report.id}"
            people.audit(session, caller.staff, "report.change", subject, state=state)
    query = f"?problem={problem}" if problem else ""
    return RedirectResponse(f"/reports/{report_id}{query}", status_code=303)


def type_name(department: Department, report: Report) -> str:
    """What people call a report of this type."""
    try:
        return report_type(department.folder, report.type).title.en
    except UnknownType:
        return report.type.replace("_", " ").capitalize()
