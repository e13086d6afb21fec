"""Sends everybody to the page their role works with."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse

from console.access import STAFF, TALKERS, Caller, Desk, desk_of, role, same_form
from desk import people
from desk.database.models import utc_now

router = APIRouter()


@router.get("/")
def home(caller: Caller = role(*STAFF)) -> RedirectResponse:
    """The queue for who talks with residents, the reports for the others."""
    talks = not people.TALKS.isdisjoint(caller.staff.roles)
    return RedirectResponse("/queue" if talks else "/reports", 303)


@router.post("/availability", dependencies=[Depends(same_form)])
def availability(
    available: bool = Form(), caller: Caller = role(*TALKERS), desk: Desk = Depends(desk_of)
) -> RedirectResponse:
    """Available for talks, or away."""
    with desk.database.transaction() as session:
        staff = session.merge(caller.staff)
        people.set_available(staff, available, utc_now())
        people.audit(session, staff, "availability", f"staff:{staff.id}", available=available)
    return RedirectResponse("/queue", 303)
