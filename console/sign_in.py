"""Signs staff in and out."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from console.access import STAFF, Caller, Desk, anyone, desk_of, role, same_form
from desk import people
from desk.database.models import utc_now

router = APIRouter()


@router.get("/sign-in", dependencies=[anyone()])
def form(desk: Desk = Depends(desk_of)) -> Response:
    """The form."""
    return desk.view.page("sign_in.html", email="", problem=None)


@router.post("/sign-in", dependencies=[anyone()])
def sign_in(
    request: Request,
    email: str = Form("", max_length=254),
    password: str = Form("", max_length=256),
    desk: Desk = Depends(desk_of),
) -> Response:
    """Open a session. There is no form word yet: the browser says which site the form is from."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise HTTPException(403, "This form was sent from another site.")
    with desk.database.transaction() as session:
        now = utc_now()
        staff = people.authenticate(session, email, password, now)
        fresh = None
        if not isinstance(staff, people.SignInRefused):
            people.end_session(session, request.cookies.get(desk.cookie, ""))
            fresh = people.start_session(session, staff, now)
    if isinstance(staff, people.SignInRefused) or fresh is None:
        locked = isinstance(staff, people.SignInRefused) and staff.locked
        problem = (
            "Too many tries. This account is locked for 15 minutes."
            if locked
            else "Email and password do not match an account."
        )
        return desk.view.page("sign_in.html", email=email, problem=problem, code=401)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        desk.cookie, fresh.token, httponly=True, samesite="lax", secure=desk.secure, path="/"
    )
    return answer


@router.post("/sign-out", dependencies=[Depends(same_form)])
def sign_out(caller: Caller = role(*STAFF), desk: Desk = Depends(desk_of)) -> Response:
    """End the session, and be away."""
    with desk.database.transaction() as session:
        staff = session.merge(caller.staff)
        people.set_available(staff, False, utc_now())
        people.end_session(session, caller.token)
        people.audit(session, staff, "sign_out", f"staff:{staff.id}")
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(desk.cookie, path="/", secure=desk.secure, httponly=True, samesite="lax")
    return answer
