"""Reads what the chat page's forms send."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request

from gateway.channels.web_pages import LONGEST_TEXT

MAX_FORM_BYTES: Final = 32 * 1024
MAX_FIELDS: Final = 20
_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class BadFormError(ValueError):
    """A form that is not taken. `key` names the sentence of webchat.yml that says why."""

    def __init__(self, key: str, status: int = 422) -> None:
        super().__init__(key)
        self.key = key
        self.status = status


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser asks us to store. `client_id` is the same when it tries again."""

    client_id: str
    text: str = ""
    choice_token: str | None = None
    wants_person: bool = False
    location: dict[str, float] | None = None  # {"latitude": degrees, "longitude": degrees}
    start: str | None = None  # the token of a link that opens one topic, once


async def read_form(request: Request) -> dict[str, str]:
    """A small URL-encoded form, the first value of each field. Raises BadFormError."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_FORM_BYTES:
            raise BadFormError("too_long", 413)
    try:
        fields = parse_qs(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS
        )
    except ValueError as broken:
        raise BadFormError("expired", 400) from broken
    return {name: values[0] for name, values in fields.items()}


def client_id_of(form: dict[str, str]) -> str:
    """The id that the browser made for what it sends. Raises BadFormError."""
    client_id = form.get("id", "")
    if not _CLIENT_ID.fullmatch(client_id):
        raise BadFormError("expired")
    return client_id


def sent_by(form: dict[str, str]) -> Sent | None:
    """What a form asks us to store; None when it is empty. Raises BadFormError."""
    client_id = client_id_of(form)
    if "choice" in form:
        return Sent(client_id, choice_token=form["choice"])
    if "start" in form:
        return Sent(client_id, start=form["start"])
    if "person" in form:
        return Sent(client_id, wants_person=True)
    if form.get("latitude"):
        return Sent(client_id, location=_location(form))
    text = form.get("text", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT:
        raise BadFormError("too_long")
    return Sent(client_id, text=text) if text else None


def _location(form: dict[str, str]) -> dict[str, float]:
    try:
        place = {name: float(form[name]) for name in ("latitude", "longitude")}
    except (KeyError, ValueError) as broken:
        raise BadFormError("location_failed") from broken
    if not (abs(place["latitude"]) <= 90 and abs(place["longitude"]) <= 180):
        raise BadFormError("location_failed")
    return place
