"""Keeps residents' photos as the providers do, and serves them, with troubles on request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, RedirectResponse, StreamingResponse

from simulator.faults import Fault, Faults, broken_connection, server_error
from simulator.journal import Journal

FOLDER: Final = "/files"
_PIECE: Final = 1024


@dataclass(frozen=True, slots=True)
class Media:
    """A photo a resident sent: what the provider calls its type, and its bytes."""

    content_type: str
    content: bytes


class Files:
    """Both providers' file hosts. `url` is where they are reached; addresses cannot be guessed."""

    def __init__(self, url: str, journal: Journal) -> None:
        self._url = url
        self._journal = journal
        self._files: dict[str, Media] = {}
        self.faults = Faults()

    def put(self, media: Media) -> str:
        """Keep a file; its address."""
        key = secrets.token_urlsafe(24)
        self._files[key] = media
        return f"{self._url}{FOLDER}/{key}"

    def forget(self) -> None:
        """Delete all files: whoever asks later finds nothing."""
        self._files.clear()

    async def serve(self, key: str) -> Response:
        """Answer who asks for a file."""
        fault = self.faults.take()
        self._journal.add("media", "fetched", "", fault=fault.kind if fault else "")
        media = self._files.get(key)
        if media is None or (fault and fault.kind == "404"):
            return Response(status_code=404)
        if fault and (trouble := await _trouble(fault, media)):
            return trouble
        return Response(media.content, media_type=media.content_type)


async def _trouble(fault: Fault, media: Media) -> Response | None:
    match fault.kind:
        case "429":
            return JSONResponse({}, 429, headers={"Retry-After": "1"})
        case "500":
            return server_error()
        case "reset":
            return broken_connection()
        case "redirect":
            return RedirectResponse(fault.to, 307)
        case "slow":
            return StreamingResponse(_drip(media, fault.seconds), media_type=media.content_type)
    await asyncio.sleep(fault.seconds)
    return None


async def _drip(media: Media, seconds: float) -> AsyncIterator[bytes]:
    """The file in small pieces, never silent for long, over `seconds` in all."""
    pieces = range(0, len(media.content), _PIECE)
    for start in pieces:
        yield media.content[start : start + _PIECE]
        await asyncio.sleep(seconds / len(pieces))


def router(files: Files) -> APIRouter:
    """The file hosts' paths."""
    routes = APIRouter(prefix=FOLDER, tags=["media"])

    @routes.get("/{key}", response_model=None)
    async def file(key: str) -> Response:
        return await files.serve(key)

    return routes
