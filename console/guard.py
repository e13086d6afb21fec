"""Stands around every request: security headers, a bound on bodies, errors without traces."""

from __future__ import annotations

from typing import Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

MAX_BODY_BYTES: Final = 64 * 1024
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # no-referrer would take the Origin from our own forms
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_HTTPS_ONLY: Final = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


class Guard:
    """ASGI middleware, outermost. `https` says that staff reach us by https only."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        named = HEADERS | (_HTTPS_ONLY if https else {})
        self._headers = [(name.encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        read = 0

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                there = {name.lower() for name, _ in message.get("headers", [])}
                ours = [one for one in self._headers if one[0] not in there]
                message["headers"] = [*message.get("headers", []), *ours]
            await send(message)

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MAX_BODY_BYTES:
                raise _TooLarge
            return message

        try:
            await self.app(scope, bounded, guarded)
        except _TooLarge:
            if not started:
                await _answer(guarded, 413, b"Too large.")
        except Exception as error:  # noqa: BLE001 - the outermost one, it is logged
            # the message of an error may quote what somebody wrote
            log.error("request_broke", error=type(error).__name__, path=_route(scope))
            if not started:
                await _answer(guarded, 500, b"Something broke here. Nothing was changed.")


class _TooLarge(Exception):
    """The caller sends more than we read."""


def _route(scope: Scope) -> str | None:
    return getattr(scope.get("route"), "path", None)


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
