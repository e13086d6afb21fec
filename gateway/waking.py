"""A signal that loops sleep on: work has come, or it is time to look."""

from __future__ import annotations

import asyncio
from typing import Final

POLL_SECONDS: Final = 0.15
"""How long rows that other processes wrote may lie unseen."""

CALLED_POLL_SECONDS: Final = 1.0
"""The same while notices call us: time alone brings things too, such as the end of a lease."""


class Signal:
    """Wakes one loop; may be set from any thread, many times."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self) -> None:
        """Let the loop look at once."""
        if self._loop is None:
            self._event.set()
        else:
            self._loop.call_soon_threadsafe(self._event.set)

    async def wait(self, seconds: float = POLL_SECONDS) -> None:
        """Sleep until set, at most `seconds`."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            pass
        self._event.clear()
