"""A way from one process to another that can be cut, held up, or made to talk nonsense."""

from __future__ import annotations

import asyncio
import itertools
import threading
from contextlib import suppress
from typing import Final, Literal, Self

Mode = Literal["open", "down", "slow", "garbage"]

_NONSENSE: Final = (
    b"<html><body>It works!</body></html>",
    b"{",
    b"[]",
    b'{"events": "none"}',
    b'{"events": [{"event": "slot"}], "responses": []}',
    b'{"events": [{"event": "no such kind", "name": "answer"}], "responses": []}',
)


class Between:
    """Listens on a port of its own and passes everything on to another. Use as a context manager.

    down: connections break off · slow: nothing comes for `slow_seconds` · garbage: every request
    is answered with a 200 and nonsense, each time another. A change of mode cuts what is open.
    """

    def __init__(self, port: int, slow_seconds: float = 30.0) -> None:
        self._behind = port
        self._slow_seconds = slow_seconds
        self._mode: Mode = "open"
        self._nonsense = itertools.cycle(_NONSENSE)
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def mode(self, mode: Mode) -> None:
        """Behave so from now on, and cut all that is open."""
        asyncio.run_coroutine_threadsafe(self._change(mode), self._loop).result(10)

    async def _change(self, mode: Mode) -> None:
        self._mode = mode
        for writer in self._open:
            writer.transport.abort()

    async def _end(self) -> None:
        self._server.close()
        await self._change("down")
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._behave(reader, writer)
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    async def _behave(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self._mode:
            case "down":
                return
            case "slow":
                await asyncio.sleep(self._slow_seconds)
                await self._pass(reader, writer)
            case "garbage":
                await reader.readuntil(b"\r\n\r\n")
                body = next(self._nonsense)
                head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
                await writer.drain()
                writer.write_eof()
                await reader.read()  # until the caller has closed: else the answer may be lost
            case "open":
                await self._pass(reader, writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        self._open.add(back)
        try:
            await asyncio.wait(
                [
                    asyncio.create_task(_pump(reader, back)),
                    asyncio.create_task(_pump(there, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            self._open.discard(back)
            back.transport.abort()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
