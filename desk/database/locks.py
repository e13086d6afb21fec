"""Lets one transaction at a time do what others must not do beside it.

Rows are locked with `key_share=True` (FOR NO KEY UPDATE): plain FOR UPDATE would keep others from
noting an event that refers to the row, while they hold the lock that numbers events: a deadlock.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

NUMBERING: Final = 0x66726F6E74  # "front"
"""Giving events and audit entries their numbers."""

KEEPING: Final = 0x6B656570  # "keep"
"""Deleting, or placing a hold: no hold comes a moment too late."""


def alone(session: Session, work: int) -> None:
    """Wait until no other transaction that is alone with this work is open.

    On SQLite a transaction is the only writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": work})
