"""Who may do what here: sessions, roles that every handler declares, and forms that are ours."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Form, HTTPException, Path, Request

from console.view import View
from desk import people
from desk.database import Database
from desk.database.models import Staff, utc_now
from desk.database.notices import Notices
from desk.settings import Settings


@dataclass(frozen=True)
class Desk:
    """What every handler works with."""

    settings: Settings
    database: Database
    notices: Notices
    view: View

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https; only local mode does without."""
        return not self.settings.local

    @property
    def cookie(self) -> str:
        """The name of the session cookie; the prefix ties it to this host and to https."""
        return "__Host-console" if self.secure else "console"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the member of staff, and the word that their forms carry."""

    staff: Staff
    csrf: str
    token: str


def is_confidant(staff: Staff) -> bool:
    """Whether they see private reports: a complaint is kept from the officer it names."""
    return "supervisor" in staff.roles


class NotSignedIn(Exception):
    """Nobody is signed in at this browser, or not any more."""


class Need:
    """What a handler needs of its caller; tests find it on every route."""

    def __init__(self, *roles: str) -> None:
        self.roles: Final = frozenset(roles)

    def __call__(self, request: Request) -> Caller:
        """The caller. Raises NotSignedIn, or refuses who has none of the roles."""
        desk: Desk = request.app.state.desk
        token = request.cookies.get(desk.cookie, "")
        # what the page fetches by itself does not count as somebody being there
        used = "hx-request" not in request.headers and request.url.path != "/stream"
        with desk.database.transaction() as session:
            found = people.find_session(session, token, utc_now(), used=used) if token else None
            if found is None:
                raise NotSignedIn
            if self.roles.isdisjoint(found.staff.roles):
                people.audit(session, found.staff, "refused", request.url.path[:80])
        if self.roles.isdisjoint(found.staff.roles):
            raise HTTPException(403, "Your account does not have the role for this page.")
        return Caller(staff=found.staff, csrf=found.csrf, token=token)


class Anyone(Need):
    """For the few handlers that work without signing in."""

    def __call__(self, request: Request) -> None:  # type: ignore[override]  # nobody is named
        """Everybody may."""


def role(*roles: str) -> Any:
    """A dependency: the caller, who has one of these roles."""
    return Depends(Need(*roles))


def anyone() -> Any:
    """A dependency: no sign-in needed."""
    return Depends(Anyone())


RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""The id of a row in an address; larger ones no database knows."""

TALKERS: Final = tuple(sorted(people.TALKS))
STAFF: Final = people.ROLES


def same_form(request: Request, csrf: str = Form("")) -> None:
    """Refuse a form that our own page did not make."""
    desk: Desk = request.app.state.desk
    token = request.cookies.get(desk.cookie, "")
    with desk.database.reading() as session:
        found = people.find_session(session, token, utc_now()) if token else None
    if found is None:
        raise NotSignedIn
    if not secrets.compare_digest(found.csrf.encode(), csrf.encode()):
        raise HTTPException(403, "This form is out of date. Go back, reload the page, try again.")


def desk_of(request: Request) -> Desk:
    """The desk that this app serves."""
    desk: Desk = request.app.state.desk
    return desk
