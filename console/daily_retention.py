"""Deletes daily what the department keeps no longer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

import anyio
import structlog
from sqlalchemy.exc import SQLAlchemyError

from console.access import Desk
from desk import retention
from desk.database.models import utc_now

log = structlog.get_logger(__name__)

_DAILY: Final = timedelta(hours=24)
_LOOK_SECONDS: Final = 600


async def delete_daily(desk: Desk, look_seconds: float = _LOOK_SECONDS) -> None:
    """Look now and then whether the last run is a day old, and run it then, unless a setting says
    not to. Of several consoles one runs it. A run that is cut off goes on at a later look."""
    if not desk.settings.retention_daily:
        return
    while True:
        await asyncio.sleep(look_seconds)
        try:
            deleted = await anyio.to_thread.run_sync(_run, desk, abandon_on_cancel=True)
            log.info("retention_run", **deleted)
        except retention.RunsAlready:
            continue
        except retention.PolicyBroken as broken:
            log.error("retention_policy_broken", why=str(broken))
        except SQLAlchemyError as error:
            log.warning("retention_failed", error=type(error).__name__)


def _run(desk: Desk) -> dict[str, int]:
    policy = retention.load_policy(desk.settings.department)
    dialogues = retention.Dialogues(desk.settings.tracker_url)
    try:
        counts = retention.run(desk.database, policy, utc_now(), dialogues, every=_DAILY)
    finally:
        dialogues.close()
    return {count.kind: count.deleted for count in counts}
