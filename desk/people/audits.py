"""The record of who of the staff saw, changed or exported what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from desk.database.at_commit import at_commit
from desk.database.models import AuditEntry, Staff, utc_now
from desk.people.chain import append


def audit(
    session: Session,
    staff: Staff | None,
    action: str,
    subject: str = "",
    *,
    now: datetime | None = None,
    **data: Any,
) -> None:
    """Note an action ("conversation.view") on a subject ("conversation:…").

    `staff` is None for what an operator or nobody known did. `data` holds ids and states, never
    what a resident wrote. The row is written when the transaction commits: it joins the chain
    behind all that were committed before.
    """
    entry = AuditEntry(
        at=now or utc_now(),
        staff_id=staff.id if staff is not None else None,
        action=action,
        subject=subject,
        data=data,
    )
    at_commit(session, append, entry)
