"""Serves an app over real HTTP inside the test's own process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

START_SECONDS: Final = 20.0


def listen() -> socket.socket:
    """A listener on a port of its own, held until served so that nobody else gets it."""
    return socket.create_server(("127.0.0.1", 0))


def address(listener: socket.socket) -> str:
    """The base address of what is served on a listener."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


class Server:
    """A server in a thread, started and ready."""

    def __init__(self, app: ASGIApp, listener: socket.socket, grace_seconds: int = 3) -> None:
        """Raises AssertionError if the app does not start."""
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=grace_seconds,
            )
        )
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [listener]}, daemon=True
        )
        self._thread.start()
        until = time.monotonic() + START_SECONDS
        while not self._uvicorn.started:
            assert self._thread.is_alive(), "the server did not start"
            assert time.monotonic() < until, "the server took too long to start"
            time.sleep(0.01)

    def stop(self, at_once: bool = False) -> None:
        """End the server: politely, or at once as a crash would."""
        self._uvicorn.should_exit = True
        self._uvicorn.force_exit = at_once
        self._thread.join(20)


@contextmanager
def served(app: ASGIApp, listener: socket.socket, grace_seconds: int = 3) -> Iterator[Server]:
    """Serve an app as long as the block runs."""
    server = Server(app, listener, grace_seconds)
    try:
        yield server
    finally:
        server.stop()
