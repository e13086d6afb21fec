"""Who a browser is to the web chat: a random token in a cookie, and what follows from it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from desk.settings import Settings

LASTS_SECONDS: Final = 24 * 60 * 60
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class WebSession:
    """A browser's session. The token is a secret between the browser and us, never stored here."""

    token: str

    @property
    def address(self) -> str:
        """The conversation's address: a hash, so that the database opens no conversation."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def form_token(self) -> str:
        """What every form carries; another site can neither read nor compute it."""
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()

    def owns(self, form_token: str) -> bool:
        """The form was rendered for this session."""
        return hmac.compare_digest(form_token.encode(), self.form_token.encode())


def new_session() -> WebSession:
    """A session nobody else can guess: 128 random bits."""
    return WebSession(secrets.token_hex(16))


class Cookies:
    """The session's cookie: `__Host-frontdesk`, kept apart per embedding site.

    Over plain http in local mode it is `frontdesk` without Secure, because not every browser and
    no HTTP library stores a Secure cookie from http://127.0.0.1.
    """

    def __init__(self, settings: Settings) -> None:
        self.secure: Final = not settings.local or settings.public_url.startswith("https://")
        self.name: Final = "__Host-frontdesk" if self.secure else "frontdesk"
        self._more = "Secure; SameSite=None; Partitioned" if self.secure else "SameSite=Lax"

    def read(self, request: Request) -> WebSession | None:
        """The session of a request; None when it has none, or a malformed one."""
        token = request.cookies.get(self.name, "")
        return WebSession(token) if _TOKEN.fullmatch(token) else None

    def set(self, response: Response, session: WebSession) -> None:
        """Let the browser keep the session for a day from now."""
        self._write(response, session.token, LASTS_SECONDS)

    def clear(self, response: Response) -> None:
        """Let the browser forget its session."""
        self._write(response, "", 0)

    def _write(self, response: Response, value: str, age: int) -> None:
        # written out because http.cookies knows Partitioned only from Python 3.14 on
        cookie = f"{self.name}={value}; Path=/; HttpOnly; Max-Age={age}; {self._more}"
        response.headers.append("set-cookie", cookie)


def own_origins(settings: Settings) -> frozenset[str]:
    """The origins our own pages have."""
    origins = {_origin(settings.public_url)} if settings.public_url else set()
    if settings.local:
        origins |= {f"http://{name}:{settings.gateway_port}" for name in ("127.0.0.1", "localhost")}
    return frozenset(origins)


def from_own_page(request: Request, origins: Collection[str]) -> bool:
    """The request was not sent by another site's page.

    A missing Origin header says nothing, and the form token decides alone.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    return site in ("same-origin", "none") and (origin is None or origin in origins)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
