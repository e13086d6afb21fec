"""The switches of the stand-ins: speak as a resident, order faults, look at what was delivered."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from fastapi import APIRouter, HTTPException
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, Field
from starlette.requests import Request

from simulator.faults import Fault, FaultKind
from simulator.graph import GraphStandIn
from simulator.journal import Entry, Journal
from simulator.media import Files, Media
from simulator.twilio import TwilioStandIn

_QUIET_SECONDS: Final = 15.0


class PhotoIn(BaseModel):
    """A photo, in base64, and what the resident's phone says it is."""

    content: str
    type: str = "image/png"

    def media(self) -> Media:
        """Its bytes. Refuses what is not base64."""
        try:
            return Media(self.type, base64.b64decode(self.content, validate=True))
        except binascii.Error as broken:
            raise HTTPException(422, "photo is not base64") from broken


class SmsIn(BaseModel):
    """A resident's text; `sid` repeats an earlier message."""

    sender: str = Field(alias="from")
    body: str = ""
    photos: list[PhotoIn] = []
    location: tuple[float, float] | None = None
    sid: str | None = None


class MessengerIn(BaseModel):
    """What a person in Messenger does, in one batch."""

    psid: str
    events: list[dict[str, Any]] = Field(min_length=1)


class MessengerPhotosIn(BaseModel):
    """A person in Messenger sends photos."""

    psid: str
    text: str = ""
    photos: list[PhotoIn] = Field(min_length=1)


class FaultIn(BaseModel):
    """A fault for the next `count` calls of one provider, or of the hosts of its files."""

    provider: Literal["twilio", "graph", "media"]
    kind: FaultKind
    count: int = Field(1, ge=1)
    seconds: float = Field(30.0, ge=0)
    to: str = ""


class WindowIn(BaseModel):
    """Pretend that a person last wrote `hours_ago`."""

    psid: str
    hours_ago: float


class UnreachableIn(BaseModel):
    """A number Twilio cannot reach (with its error code), or a PSID that blocked the page."""

    provider: Literal["twilio", "graph"]
    person: str
    error: str = "30003"


def router(twilio: TwilioStandIn, graph: GraphStandIn, files: Files, journal: Journal) -> APIRouter:
    """Paths under /control."""
    routes = APIRouter(prefix="/control", tags=["control"])

    @routes.post("/sms")
    async def sms(said: SmsIn) -> dict[str, Any]:
        photos = tuple(one.media() for one in said.photos)
        posted = await twilio.text(said.sender, said.body, photos, said.location, said.sid)
        return {"status": posted.status, "attempts": posted.attempts}

    @routes.post("/messenger")
    async def messenger(said: MessengerIn) -> dict[str, Any]:
        posted = await graph.say(said.psid, *said.events)
        return {"status": posted.status, "attempts": posted.attempts}

    @routes.post("/messenger-photos")
    async def messenger_photos(said: MessengerPhotosIn) -> dict[str, Any]:
        photos = tuple(one.media() for one in said.photos)
        posted = await graph.send_photos(said.psid, photos, said.text)
        return {"status": posted.status, "attempts": posted.attempts}

    @routes.delete("/media", status_code=204)
    async def forget_media() -> None:
        files.forget()

    @routes.post("/faults", status_code=204)
    async def faults(fault: FaultIn) -> None:
        shown_by = {"twilio": twilio.faults, "graph": graph.faults, "media": files.faults}
        shown_by[fault.provider].order(Fault(fault.kind, fault.count, fault.seconds, fault.to))

    @routes.delete("/faults", status_code=204)
    async def no_faults() -> None:
        twilio.faults.clear()
        graph.faults.clear()
        files.faults.clear()
        twilio.undeliverable.clear()
        graph.unavailable.clear()

    @routes.post("/unreachable", status_code=204)
    async def unreachable(who: UnreachableIn) -> None:
        if who.provider == "twilio":
            twilio.undeliverable[who.person] = who.error
        else:
            graph.unavailable.add(who.person)

    @routes.post("/window", status_code=204)
    async def window(pretended: WindowIn) -> None:
        past = datetime.now(UTC) - timedelta(hours=pretended.hours_ago)
        graph.last_inbound[pretended.psid] = past

    @routes.get("/journal")
    async def entries(
        after: int = 0, person: str | None = None, wait: float = 0
    ) -> list[dict[str, Any]]:
        found = await journal.wait(after, min(wait, 30)) if wait else journal.after(after)
        return [one.as_json() for one in found if person in (None, one.person)]

    @routes.delete("/journal", status_code=204)
    async def clear() -> None:
        journal.clear()

    @routes.get("/stream", response_class=EventSourceResponse)
    async def stream(request: Request) -> AsyncIterator[ServerSentEvent]:
        last = int(request.headers.get("last-event-id") or 0)
        while True:
            found = await journal.wait(last, _QUIET_SECONDS)
            if not found:
                yield ServerSentEvent(comment="quiet")
            for entry in found:
                last = entry.id
                yield _as_event(entry)

    return routes


def _as_event(entry: Entry) -> ServerSentEvent:
    return ServerSentEvent(data=entry.as_json(), id=str(entry.id), event="entry")
