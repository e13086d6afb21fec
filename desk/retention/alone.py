"""Lets one transaction at a time delete, or place a hold: no hold comes a moment too late."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

_LOCK: Final = 0x6B656570  # "keep": one number, the same in every process


def alone(session: Session) -> None:
    """Wait until no other transaction that called this is open. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
