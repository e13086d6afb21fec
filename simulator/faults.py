"""Faults that a provider shows on request: the next N calls go wrong in a chosen way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Literal

from fastapi import Response
from fastapi.responses import JSONResponse, StreamingResponse

FaultKind = Literal["429", "500", "lost", "timeout", "reset", "delay", "404", "slow", "redirect"]


@dataclass(slots=True)
class Fault:
    """`kind` of trouble for the next `count` calls.

    timeout: the call is accepted and answered only after `seconds` · delay: the same, for callers
    that wait · reset: not accepted, the connection breaks off · 429, 500: not accepted, refused ·
    lost: accepted, but answered with a 500, and Twilio never reports on it.
    Only files show: 404: not there (yet) · slow: comes in pieces, over `seconds` · redirect: sends
    whoever asks `to` another address.
    """

    kind: FaultKind
    count: int
    seconds: float = 30.0
    to: str = ""


class Faults:
    """The faults one provider still has to show, first in, first out."""

    def __init__(self) -> None:
        self.waiting: Final[list[Fault]] = []

    def order(self, fault: Fault) -> None:
        """Show this fault after those already ordered."""
        self.waiting.append(fault)

    def take(self) -> Fault | None:
        """The fault for this call, or None when all goes well."""
        if not self.waiting:
            return None
        fault = self.waiting[0]
        fault.count -= 1
        if fault.count <= 0:
            self.waiting.pop(0)
        return fault

    def clear(self) -> None:
        """From now on all goes well."""
        self.waiting.clear()


def broken_connection() -> Response:
    """An answer that breaks off after its headers, as a reset connection does."""

    async def part() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.01)
        raise ConnectionResetError("a fault that was ordered")

    return StreamingResponse(part(), media_type="application/json")


def server_error() -> Response:
    """A plain 500."""
    return JSONResponse({"code": 20500, "message": "Internal Server Error", "status": 500}, 500)
