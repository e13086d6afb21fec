"""Stands in for Meta's Graph API: takes messages of a page, posts what people in Messenger do."""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from simulator.faults import Fault, Faults, broken_connection, server_error
from simulator.graph_profile import Profile, error
from simulator.journal import Journal
from simulator.media import Files, Media
from simulator.webhooks import Posted, post_graph

AUTOMATIC_WINDOW: Final = timedelta(hours=24)
HUMAN_WINDOW: Final = timedelta(days=7)
LONGEST_TEXT: Final = 2000
MOST_QUICK_REPLIES: Final = 13


@dataclass(frozen=True, slots=True)
class Page:
    """The page Frontdesk answers for, and where Frontdesk listens."""

    id: str
    token: str
    app_secret: str
    frontdesk_url: str


class GraphStandIn:
    """The provider's side of Messenger, all of it in memory."""

    def __init__(
        self,
        page: Page,
        client: httpx.AsyncClient,
        journal: Journal,
        files: Files,
        delivery_seconds: float = 0.05,
    ) -> None:
        self.page = page
        self.client = client
        self.journal = journal
        self.files = files
        self.faults = Faults()
        self.delivery_seconds = delivery_seconds
        self.last_inbound: dict[str, datetime] = {}
        self.unavailable: set[str] = set()
        self.profile = Profile()
        self._running: set[asyncio.Task[None]] = set()

    # from Frontdesk

    async def take(self, payload: dict[str, Any]) -> Response:
        """Answer `POST /{version}/me/messages`."""
        psid = str((payload.get("recipient") or {}).get("id", ""))
        fault = self.faults.take()
        if fault and (trouble := self._shown(fault, psid)):
            return trouble
        if problem := self._problem(psid, payload):
            return problem
        if "sender_action" in payload:
            return JSONResponse({"recipient_id": psid})
        mid = "m_" + secrets.token_urlsafe(24)
        message = payload["message"]
        template = ((message.get("attachment") or {}).get("payload")) or {}
        self.journal.add(
            "graph",
            "to_resident",
            psid,
            mid=mid,
            body=message.get("text") or template.get("text", ""),
            quick_replies=message.get("quick_replies", []),
            buttons=template.get("buttons", []),
            state="sent",
        )
        self._in_background(self._deliver(psid, mid, message))
        if fault and fault.kind == "lost":
            return server_error()
        if fault:  # timeout, delay: accepted all the same
            await asyncio.sleep(fault.seconds)
        return JSONResponse({"recipient_id": psid, "message_id": mid})

    def trouble(self) -> Response | None:
        """The fault that the next call meets, for calls that concern nobody."""
        fault = self.faults.take()
        return self._shown(fault, "") if fault else None

    def _shown(self, fault: Fault, psid: str) -> Response | None:
        """The answer of a fault whose call is not accepted."""
        self.journal.add("graph", "fault", psid, fault=fault.kind)
        if fault.kind == "429":
            return error(613, "Calls to this api have exceeded the rate limit.")
        if fault.kind == "500":
            return server_error()
        return broken_connection() if fault.kind == "reset" else None

    def _problem(self, psid: str, payload: dict[str, Any]) -> Response | None:
        if psid in self.unavailable:
            return error(551, "This person isn't available right now.")
        if psid not in self.last_inbound:
            return error(100, "No matching user found", subcode=2018001)
        window = HUMAN_WINDOW if payload.get("tag") == "HUMAN_AGENT" else AUTOMATIC_WINDOW
        if datetime.now(UTC) - self.last_inbound[psid] > window:
            return error(10, "This message is sent outside of allowed window.", subcode=2018278)
        if "sender_action" in payload:
            return None
        message = payload.get("message") or {}
        if not message.get("text") and not message.get("attachment"):
            return error(100, "param message must be non-empty.")
        if len(message.get("text", "")) > LONGEST_TEXT:
            return error(100, "Length of param message[text] must be at most 2000")
        if len(message.get("quick_replies", [])) > MOST_QUICK_REPLIES:
            return error(100, "Too many quick replies")
        return None

    async def _deliver(self, psid: str, mid: str, message: dict[str, Any]) -> None:
        echo = {"mid": mid, "text": message.get("text", ""), "is_echo": True, "app_id": 1}
        if "metadata" in message:
            echo["metadata"] = message["metadata"]
        now = _milliseconds()
        await asyncio.sleep(self.delivery_seconds)
        await self._post(
            psid,
            [
                {
                    "sender": {"id": self.page.id},
                    "recipient": {"id": psid},
                    "timestamp": now,
                    "message": echo,
                }
            ],
        )
        for state, what in (
            ("delivered", {"delivery": {"mids": [mid], "watermark": now}}),
            ("read", {"read": {"watermark": now}}),
        ):
            await asyncio.sleep(self.delivery_seconds)
            self.journal.add("graph", "state", psid, mid=mid, state=state)
            await self._post(psid, [self._from(psid, what)])

    # from residents

    async def say(self, psid: str, *whats: dict[str, Any]) -> Posted:
        """Post what a person did, several things as one batch.

        Each is the part Meta names: {"message": {…}}, {"postback": {…}}; a message without a
        `mid` gets one.
        """
        self.last_inbound[psid] = datetime.now(UTC)
        events = []
        for what in whats:
            if "message" in what:
                what = {"message": {"mid": "m_" + secrets.token_urlsafe(24)} | what["message"]}
            message, postback = what.get("message", {}), what.get("postback", {})
            self.journal.add(
                "graph",
                "from_resident",
                psid,
                body=message.get("text") or postback.get("title", ""),
                attachments=[one["type"] for one in message.get("attachments", [])],
            )
            events.append(self._from(psid, what))
        return await self._post(psid, events)

    async def send_photos(self, psid: str, photos: tuple[Media, ...], text: str = "") -> Posted:
        """Post photos as a person sends them: their addresses, in one message."""
        attachments = [{"type": "image", "payload": {"url": self.files.put(one)}} for one in photos]
        message = {"attachments": attachments} | ({"text": text} if text else {})
        return await self.say(psid, {"message": message})

    def _from(self, psid: str, what: dict[str, Any]) -> dict[str, Any]:
        who = {"sender": {"id": psid}, "recipient": {"id": self.page.id}}
        return who | {"timestamp": _milliseconds()} | what

    async def _post(self, psid: str, events: list[dict[str, Any]]) -> Posted:
        payload = {
            "object": "page",
            "entry": [{"id": self.page.id, "time": _milliseconds(), "messaging": events}],
        }
        url = self.page.frontdesk_url + "/webhooks/messenger"
        posted = await post_graph(self.client, url, payload, self.page.app_secret)
        if not posted.accepted:
            self.journal.add("graph", "webhook", psid, status=posted.status)
        return posted

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def stop(self) -> None:
        """Give up deliveries that are under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def authorised(self, request: Request) -> bool:
        """The call carries the page's token, in the query or as a bearer."""
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        given = request.query_params.get("access_token") or bearer
        return hmac.compare_digest(given.encode(), self.page.token.encode())


def _milliseconds() -> int:
    return int(time.time() * 1000)


def router(graph: GraphStandIn) -> APIRouter:
    """The Graph API's paths."""
    routes = APIRouter(tags=["graph"])

    def refused(request: Request) -> Response | None:
        if graph.authorised(request):
            return None
        return error(190, "Invalid OAuth access token.", status=401)

    @routes.post("/{version}/{page}/messages", response_model=None)
    async def send(version: str, page: str, request: Request) -> Response:
        if problem := refused(request):
            return problem
        if not version.startswith("v") or page not in ("me", graph.page.id):
            return error(100, "Unsupported post request.")
        return await graph.take(await request.json())

    @routes.api_route(
        "/{version}/me/messenger_profile", methods=["GET", "POST", "DELETE"], response_model=None
    )
    async def profile(version: str, request: Request) -> Response:
        if problem := refused(request):
            return problem
        if not version.startswith("v"):
            return error(100, "Unsupported request.")
        if request.method == "GET":
            return graph.profile.show(request.query_params.get("fields", ""))
        if problem := graph.trouble():
            return problem
        try:
            asked = await request.json()
        except ValueError:
            return error(100, "The body is not JSON.")
        if request.method == "DELETE":
            return graph.profile.delete(asked)
        return graph.profile.change(asked)

    return routes
