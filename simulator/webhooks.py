"""Posts signed webhooks the way the providers do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from twilio.request_validator import RequestValidator

TWILIO_WAITS: Final = 15.0
GRAPH_WAITS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Posted:
    """How a webhook went: the last HTTP status (None: no connection) and how often it was tried."""

    status: int | None
    attempts: int

    @property
    def accepted(self) -> bool:
        """Frontdesk took it."""
        return self.status is not None and 200 <= self.status < 300


async def post_twilio(
    client: httpx.AsyncClient,
    url: str,
    fields: Mapping[str, str],
    auth_token: str,
    retries: int = 1,
) -> Posted:
    """Post a form signed with X-Twilio-Signature; repeated only when the connection fails."""
    signature = RequestValidator(auth_token).compute_signature(url, dict(fields))
    headers = {"X-Twilio-Signature": signature, "User-Agent": "TwilioProxy/1.1"}
    for attempt in range(1, retries + 2):
        try:
            answer = await client.post(
                url, data=dict(fields), headers=headers, timeout=TWILIO_WAITS
            )
        except httpx.TransportError:
            await asyncio.sleep(0.2)
        else:
            return Posted(answer.status_code, attempt)
    return Posted(None, retries + 1)


async def post_graph(
    client: httpx.AsyncClient, url: str, payload: Any, app_secret: str, retries: int = 3
) -> Posted:
    """Post JSON signed with X-Hub-Signature-256; repeated until Frontdesk says 200."""
    body = json.dumps(payload).encode()
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}
    status: int | None = None
    for attempt in range(1, retries + 2):
        try:
            answer = await client.post(url, content=body, headers=headers, timeout=GRAPH_WAITS)
            status = answer.status_code
        except httpx.TransportError:
            status = None
        if status == 200:
            return Posted(status, attempt)
        await asyncio.sleep(0.2 * attempt)
    return Posted(status, retries + 1)
