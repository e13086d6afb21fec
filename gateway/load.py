"""Knows how late the event loop is: how much more is asked of this process than it can do."""

from __future__ import annotations

import asyncio
from typing import Final

_STEP_SECONDS: Final = 0.02
_LATE_SECONDS: Final = 0.02
_FADES: Final = 0.8  # a step, so that one quiet moment does not hide the rush around it


class Load:
    """Measured while `run` runs; `high` means that what can wait should.

    Acknowledging a message takes a fraction of answering it, and a provider does not wait long.
    So in a rush the loops begin little else, and make up for it afterwards.
    """

    def __init__(self) -> None:
        self._late = 0.0  # seconds

    @property
    def high(self) -> bool:
        """Whether the event loop comes too late to what is due."""
        return self._late > _LATE_SECONDS

    async def run(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _STEP_SECONDS
            await asyncio.sleep(_STEP_SECONDS)
            self._late = max(loop.time() - due, self._late * _FADES)
