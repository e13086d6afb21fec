"""Signed-in browsers of staff, kept on our side; the browser holds a random token only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from desk.database.models import Staff, StaffSession

IDLE_LIMIT: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=12)
_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewSession:
    """The token goes into the cookie; nobody can read it again."""

    token: str
    csrf: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who sits at this browser, and the word that its forms must carry."""

    staff: Staff
    csrf: str


def start_session(session: Session, staff: Staff, now: datetime) -> NewSession:
    """Sign a browser in; sessions that ran out are removed on the way."""
    session.execute(
        delete(StaffSession).where(
            (StaffSession.created_at < now - LONGEST)
            | (StaffSession.last_seen_at < now - IDLE_LIMIT)
        )
    )
    fresh = NewSession(token=secrets.token_urlsafe(32), csrf=secrets.token_urlsafe(32))
    session.add(
        StaffSession(
            token_hash=_hash(fresh.token),
            staff_id=staff.id,
            csrf=fresh.csrf,
            created_at=now,
            last_seen_at=now,
        )
    )
    session.flush()
    return fresh


def find_session(
    session: Session, token: str, now: datetime, *, used: bool = False
) -> SignedIn | None:
    """Who is signed in with this token; None when nobody is, or not any more.

    `used` says that the person did something: that moves the idle limit. A page that refreshes
    itself does not.
    """
    found = session.execute(
        select(StaffSession, Staff)
        .join(Staff, Staff.id == StaffSession.staff_id)
        .where(StaffSession.token_hash == _hash(token))
    ).first()
    if found is None:
        return None
    signed_in, staff = found
    ran_out = now - signed_in.last_seen_at > IDLE_LIMIT or now - signed_in.created_at > LONGEST
    if ran_out or not staff.active:
        return None
    if used and now - signed_in.last_seen_at > _NOTED_EVERY:
        signed_in.last_seen_at = now
    return SignedIn(staff=staff, csrf=signed_in.csrf)


def end_session(session: Session, token: str) -> None:
    """Sign a browser out."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == _hash(token)))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
