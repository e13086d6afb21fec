"""Staff accounts: added by an operator, opened with a password, locked after five wrong ones."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Final, Literal, get_args

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.database.models import Staff, utc_now
from desk.people.audits import audit
from desk.wording import LANGUAGES

Role = Literal[
    "officer",
    "call-taker",
    "supervisor",
    "records",
    "editor",
    "trainer",
    "analyst",
    "auditor",
    "admin",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
TALKS: Final[frozenset[Role]] = frozenset({"officer", "call-taker", "supervisor"})
"""Roles whose holders talk with residents."""

MAX_TRIES: Final = 5
LOCKED_FOR: Final = timedelta(minutes=15)
MIN_PASSWORD: Final = 12

_hasher: Final = PasswordHasher()


class SignInRefused(Exception):
    """The sign-in did not succeed; `locked` says that waiting is needed, not another try."""

    def __init__(self, *, locked: bool) -> None:
        super().__init__("locked" if locked else "wrong")
        self.locked = locked


class StaffExists(ValueError):
    """There is already an account with this email."""


def hash_password(password: str) -> str:
    """The argon2id hash that is stored. Raises ValueError when the password is too short."""
    if len(password) < MIN_PASSWORD:
        raise ValueError(f"a password needs at least {MIN_PASSWORD} characters")
    return _hasher.hash(password)


def add_staff(
    session: Session,
    *,
    email: str,
    name: str,
    password: str,
    roles: Collection[str],
    languages: Collection[str] = ("en",),
) -> Staff:
    """Add an account. `name` is what residents read ("Officer Rivera").

    Raises StaffExists, and ValueError for an unknown role or language or a broken address.
    """
    address = _address(email)
    if session.scalars(select(Staff.id).where(Staff.email == address)).first() is not None:
        raise StaffExists(address)
    if unknown := sorted(set(roles) - set(ROLES)):
        raise ValueError(f"unknown role {unknown[0]!r}; there are {', '.join(ROLES)}")
    if unknown := sorted(set(languages) - set(LANGUAGES)):
        raise ValueError(f"unknown language {unknown[0]!r}; there are {', '.join(LANGUAGES)}")
    if not roles or not languages or not name.strip() or len(name) > 80:
        raise ValueError("a name of at most 80 characters, a role and a language are needed")
    staff = Staff(
        email=address,
        name=" ".join(name.split()),
        password_hash=hash_password(password),
        roles=sorted(set(roles)),
        languages=sorted(set(languages)),
    )
    session.add(staff)
    session.flush()
    audit(session, None, "staff.add", f"staff:{staff.id}", roles=staff.roles)
    return staff


def find_staff(session: Session, email: str) -> Staff | None:
    """The active account with this email; None when there is none."""
    wanted = email.strip().lower()
    return session.scalars(select(Staff).where(Staff.email == wanted, Staff.active)).first()


def ensure_demo_officer(session: Session, *, email: str, name: str, password: str) -> Staff:
    """The demo account of local mode, with this password; added when it is not there."""
    staff = session.scalars(select(Staff).where(Staff.email == _address(email))).first()
    if staff is None:
        return add_staff(
            session,
            email=email,
            name=name,
            password=password,
            roles=("officer", "supervisor", "records"),
            languages=LANGUAGES,
        )
    staff.name = " ".join(name.split())
    if not _matches(staff.password_hash, password):
        staff.password_hash = _hasher.hash(password)
    staff.active, staff.failed_sign_ins, staff.locked_until = True, 0, None
    return staff


def authenticate(
    session: Session, email: str, password: str, now: datetime | None = None
) -> Staff | SignInRefused:
    """The account that email and password open, or why not.

    The refusal is returned, not raised, so that the caller's transaction keeps the count of
    failed tries. An unknown email takes as long as a wrong password.
    """
    now = now or utc_now()
    staff = session.scalars(
        select(Staff).where(Staff.email == email.strip().lower()).with_for_update(key_share=True)
    ).first()
    if staff is None or not staff.active:
        _matches(_nobody(), password)
        audit(session, None, "sign_in.refused", now=now)
        return SignInRefused(locked=False)
    if staff.locked_until is not None and staff.locked_until > now:
        audit(session, staff, "sign_in.locked", f"staff:{staff.id}", now=now)
        return SignInRefused(locked=True)
    if not _matches(staff.password_hash, password):
        staff.failed_sign_ins += 1
        locked = staff.failed_sign_ins >= MAX_TRIES
        if locked:
            staff.locked_until, staff.failed_sign_ins = now + LOCKED_FOR, 0
        audit(session, staff, "sign_in.refused", f"staff:{staff.id}", now=now)
        return SignInRefused(locked=locked)
    staff.failed_sign_ins, staff.locked_until = 0, None
    if _hasher.check_needs_rehash(staff.password_hash):
        staff.password_hash = _hasher.hash(password)
    audit(session, staff, "sign_in", f"staff:{staff.id}", now=now)
    return staff


def _address(email: str) -> str:
    address = email.strip().lower()
    name, at, domain = address.partition("@")
    if not (name and at and domain) or len(address) > 254 or set(address) & set(" \t\n<>,;"):
        raise ValueError(f"{email!r} is not an email address")
    return address


def _matches(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("no such account")
