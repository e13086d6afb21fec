"""Fetches what residents sent from where the provider keeps it, and from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx

from desk.attachments import MOST_BYTES, NotAPhoto
from desk.settings import Settings

_GONE: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.GONE})
_HTTPS_PORTS: Final = (None, 443)
_TWILIO_FILES: Final = ("twiliocdn.com",)
_TWILIO_BUCKET: Final = ("s3-external-1.amazonaws.com", "/media.twiliocdn.com/")
_META_FILES: Final = ("fbcdn.net", "fbsbx.com")
_HEADERS: Final = {"Accept": "image/*, */*;q=0.1", "Accept-Encoding": "identity"}


class NotFetched(Exception):
    """The file could not be had. `again`: it may be had later; `wait`: not before, in seconds."""

    def __init__(self, why: str, *, again: bool, wait: float | None = None) -> None:
        super().__init__(why)
        self.why: Final = why
        self.again: Final = again
        self.wait: Final = wait


class Media:
    """The providers' files.

    Which addresses are asked is decided here alone, because the address comes from outside: by
    SMS the configured Twilio address under our own account, then, after one redirect, Twilio's
    file hosts; in Messenger Meta's file hosts. In local mode the stand-in is all of these.
    """

    def __init__(self, settings: Settings, client: httpx.AsyncClient) -> None:
        account = settings.twilio_account_sid
        self._auth = (account, settings.twilio_auth_token.get_secret_value())
        self._folder = f"/2010-04-01/Accounts/{account}/"
        self._twilio = httpx.URL(settings.twilio_api_url)
        self._graph = httpx.URL(settings.graph_api_url)
        self._local = settings.local
        self._client = client

    async def fetch(self, channel: str, address: str) -> bytes:
        """The file at an address that a provider gave us.

        Raises NotFetched; NotAPhoto when it is larger than what is kept; httpx.HTTPError. Bounds
        the time of each step, but not of the whole.
        """
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, ValueError):
            raise NotFetched("address", again=False) from None
        if not self._may_ask(channel, url):
            raise NotFetched("address", again=False)
        found = await self._get(url, self._auth if channel == "sms" else None)
        if isinstance(found, httpx.URL):
            if not self._may_follow(channel, found):
                raise NotFetched("redirect", again=False)
            found = await self._get(found, None)  # our password is for Twilio's API only
        if isinstance(found, httpx.URL):
            raise NotFetched("redirect", again=False)
        return found

    def _may_ask(self, channel: str, url: httpx.URL) -> bool:
        if not self._is_safe(url):
            return False
        if channel == "sms":
            return _origin(url) == _origin(self._twilio) and url.path.startswith(self._folder)
        return channel == "messenger" and self._may_follow(channel, url)

    def _may_follow(self, channel: str, url: httpx.URL) -> bool:
        if not self._is_safe(url):
            return False
        stand_in = self._twilio if channel == "sms" else self._graph
        if self._local and _origin(url) == _origin(stand_in):
            return True
        if url.scheme != "https" or url.port not in _HTTPS_PORTS:
            return False
        bucket, folder = _TWILIO_BUCKET
        if channel == "sms" and url.host == bucket:
            return url.path.startswith(folder)
        hosts = _TWILIO_FILES if channel == "sms" else _META_FILES
        return any(url.host == one or url.host.endswith(f".{one}") for one in hosts)

    def _is_safe(self, url: httpx.URL) -> bool:
        secure = url.scheme == "https" or (self._local and url.scheme == "http")
        return secure and not url.userinfo and "/../" not in url.path

    async def _get(self, url: httpx.URL, auth: tuple[str, str] | None) -> bytes | httpx.URL:
        """The bytes at an address, or where it sends us instead."""
        async with self._client.stream(
            "GET", url, auth=auth, headers=_HEADERS, follow_redirects=False
        ) as response:
            if response.next_request is not None:
                return response.next_request.url
            if response.status_code != httpx.codes.OK:
                why = "gone" if response.status_code in _GONE else f"status_{response.status_code}"
                raise NotFetched(why, again=True, wait=_seconds(response.headers))
            return await _bounded(response)


async def _bounded(response: httpx.Response) -> bytes:
    """The body as it travels: what is packed stays packed, so that it cannot unpack beyond all."""
    declared = response.headers.get("content-length", "")
    if declared.isascii() and declared.isdecimal() and int(declared[:18]) > MOST_BYTES:
        raise NotAPhoto("large")
    body = bytearray()
    async for part in response.aiter_raw():
        body += part
        if len(body) > MOST_BYTES:
            raise NotAPhoto("large")
    return bytes(body)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"https": 443, "http": 80}.get(url.scheme)
    return url.scheme, url.host, url.port or default


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        return min(max(float(headers.get("retry-after", "")), 0.0), 600.0)
    except ValueError:
        return None
