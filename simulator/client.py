"""Speaks as residents through the stand-ins, for tests and demonstrations; synchronous."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx


def photo_of(content: bytes, kind: str = "image/png") -> dict[str, str]:
    """A photo as the controls take it; `kind` is what the resident's phone calls its type."""
    return {"content": base64.b64encode(content).decode(), "type": kind}


class NoReplyError(AssertionError):
    """Frontdesk did not answer in time."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message Frontdesk handed to the provider. `id` is its SID or mid, `entry` rises."""

    entry: int
    id: str
    text: str
    state: str  # queued | sent | delivered | undelivered | read
    buttons: tuple[dict[str, Any], ...] = ()  # quick replies and buttons, as Messenger got them


class Residents:
    """All residents of one simulator, told apart by phone number or PSID.

    `url` is the simulator's. Every call has a timeout.
    """

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=40)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def text(self, sender: str, body: str, **more: Any) -> int | None:
        """Text Frontdesk; gives the HTTP status it answered (None: no connection).

        `more`: photos (as `photo_of` makes them), location (latitude, longitude), sid (repeats a
        message).
        """
        status: int | None = self._post("/control/sms", {"from": sender, "body": body} | more)
        return status

    def messenger_photos(self, psid: str, *photos: dict[str, str], text: str = "") -> int | None:
        """Send photos in Messenger, as `photo_of` makes them."""
        body = {"psid": psid, "photos": photos, "text": text}
        status: int | None = self._post("/control/messenger-photos", body)
        return status

    def forget_media(self) -> None:
        """Let the providers delete all photos."""
        self._http.delete("/control/media").raise_for_status()

    def fetches(self) -> int:
        """How often Frontdesk asked a provider for a photo's bytes."""
        answer = self._http.get("/control/journal")
        answer.raise_for_status()
        return sum(one["kind"] == "fetched" for one in answer.json())

    def message(self, psid: str, text: str) -> int | None:
        """Write in Messenger."""
        return self.events(psid, {"message": {"text": text}})

    def tap(self, psid: str, button: dict[str, Any]) -> int | None:
        """Tap a quick reply or a button that a `Delivered` carries."""
        title, payload = button.get("title", ""), button["payload"]
        if button.get("content_type") == "text":
            return self.events(
                psid, {"message": {"text": title, "quick_reply": {"payload": payload}}}
            )
        return self.events(psid, {"postback": {"title": title, "payload": payload}})

    def events(self, psid: str, *events: dict[str, Any]) -> int | None:
        """Post Messenger events as one batch."""
        status: int | None = self._post("/control/messenger", {"psid": psid, "events": events})
        return status

    def replies(self, person: str, after: int = 0) -> list[Delivered]:
        """Everything delivered to a number or PSID, oldest first; `after` is an entry's id."""
        answer = self._http.get("/control/journal", params={"person": person})
        answer.raise_for_status()
        entries = answer.json()
        states = {
            _message_id(one): one["data"]["state"] for one in entries if one["kind"] == "state"
        }
        return [
            Delivered(
                entry=one["id"],
                id=_message_id(one),
                text=one["data"]["body"],
                state=states.get(_message_id(one), one["data"]["state"]),
                buttons=(*one["data"].get("quick_replies", ()), *one["data"].get("buttons", ())),
            )
            for one in entries
            if one["kind"] == "to_resident" and one["id"] > after
        ]

    def wait_for_reply(
        self,
        person: str,
        after: int = 0,
        seconds: float = 10.0,
        where: Callable[[Delivered], bool] = lambda _one: True,
    ) -> Delivered:
        """The first message after entry `after` that fits `where`. Raises NoReplyError."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for one in self.replies(person, after):
                if where(one):
                    return one
            time.sleep(0.05)
        raise NoReplyError(f"nothing in {seconds} s after entry {after}")

    def last_entry(self) -> int:
        """Id of the newest entry, to wait for what comes after it."""
        answer = self._http.get("/control/journal")
        answer.raise_for_status()
        entries = answer.json()
        return int(entries[-1]["id"]) if entries else 0

    def fault(
        self, provider: str, kind: str, count: int = 1, seconds: float = 30.0, to: str = ""
    ) -> None:
        """Let the provider's next calls go wrong; kinds as in simulator.faults.

        `provider` is twilio, graph, or media: where both keep their files.
        """
        body = {"provider": provider, "kind": kind, "count": count, "seconds": seconds, "to": to}
        self._http.post("/control/faults", json=body).raise_for_status()

    def no_faults(self) -> None:
        """From now on all goes well."""
        self._http.delete("/control/faults").raise_for_status()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._http.post(path, json=body)
        answer.raise_for_status()
        return answer.json()["status"]


def _message_id(entry: dict[str, Any]) -> str:
    return str(entry["data"].get("sid") or entry["data"].get("mid") or "")
