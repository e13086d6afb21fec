"""Stands around every request: headers, a bound on bodies, errors without traces, a log line."""

from __future__ import annotations

import json
import time
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.metrics import REQUESTS

log = structlog.get_logger(__name__)

MAX_BODY_BYTES: Final = 1024 * 1024
MOST_UPLOAD_BYTES: Final = 32 * 1024 * 1024
MOST_HEADER_BYTES: Final = 32 * 1024
UPLOADS: Final = frozenset({"/chat/photos"})
"""Paths that say themselves, in words, what is too large for them: a page answers there."""

_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
# What is no page needs nothing; a page that is one brings a policy of its own.
_NO_PAGE: Final = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
)
_HTTPS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")


class BodyTooLargeError(HTTPException):
    """The caller sends more than we read."""

    def __init__(self) -> None:
        super().__init__(413, "too_large")


class Guard:
    """ASGI middleware, outermost. `https` says that residents reach us by https only."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._always = (*_HEADERS, _HTTPS_ONLY) if https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0
        began = time.perf_counter()

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._with_headers(list(message.get("headers", [])))
            await send(message)

        try:
            uploads = scope["path"] in UPLOADS
            most = MOST_UPLOAD_BYTES if uploads else MAX_BODY_BYTES
            if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADER_BYTES:
                await _answer(guarded, 431, "headers_too_large")
            elif _declared(scope) > MAX_BODY_BYTES and not uploads:
                await _answer(guarded, 413, "too_large")
            else:
                await self.app(scope, _bounded(receive, most), guarded)
        except Exception:
            log.exception("request_broke")
            if not status:
                await _answer(guarded, 500, "internal")
        finally:
            route = getattr(scope.get("route"), "path", None)
            seconds = time.perf_counter() - began
            method = scope["method"]
            REQUESTS.labels(method, route or "none", status).observe(seconds)
            log.info(
                "request", method=method, route=route, status=status, ms=round(seconds * 1000, 1)
            )

    def _with_headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        there = {name.lower() for name, _ in headers}
        ours = self._always
        if b"content-security-policy" not in there:
            ours = (*ours, *_NO_PAGE)
        return headers + [one for one in ours if one[0] not in there]


def _declared(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _bounded(receive: Receive, most: int) -> Receive:
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > most:
            raise BodyTooLargeError
        return message

    return bounded


async def _answer(send: Send, status: int, error: str) -> None:
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
