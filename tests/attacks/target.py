"""A running front desk as its attackers reach it, and what they left in its tables."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator

from desk.database import Database
from desk.database.models import (
    Attachment,
    Conversation,
    Event,
    InboxMessage,
    OutboxMessage,
    Report,
)
from tests.support import FrontDesk

CHANNELS: Final = ("sms", "messenger", "web")
METRICS_TOKEN: Final = "only-for-the-attacks-metrics"
_TABLES: Final = (Conversation, InboxMessage, Attachment, Report)
_numbers = itertools.count(1000)
# what belongs to our insides: an intent, an action, a slot, a trace, a template's hole
_INSIDES: Final = re.compile(
    r"Traceback|utter_|action_|nlu_fallback|report_form|/[a-z_]+\{|\{[a-z_]+\}|\bNone\b|"
    r"Internal Server Error|sqlalchemy|\.py\b"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attack got back, and what it left: words for the table in docs/attacks.md."""

    got: str
    stored: str = "nothing"


@dataclass(frozen=True, slots=True)
class Attack:
    """Something a stranger tries. `run` asserts what must be true."""

    name: str
    channel: str
    run: Callable[[Target], Outcome]


ATTACKS: Final[list[Attack]] = []


def attack(channel: str, name: str) -> Callable[[Callable[[Target], Outcome]], None]:
    """Put a function on the list."""

    def listed(run: Callable[[Target], Outcome]) -> None:
        ATTACKS.append(Attack(name, channel, run))

    return listed


class Browser:
    """A browser without scripts on the chat page; each from a network of its own."""

    def __init__(self, gateway: str) -> None:
        number = next(_numbers)
        self.origin = gateway
        self.http = httpx.Client(
            base_url=gateway,
            timeout=20,
            headers={
                "Accept": "application/json",
                "X-Forwarded-For": f"203.{number % 200}.{number // 200}.9",
            },
        )
        page = self.http.get("/chat", headers={"Accept": "text/html"}).text
        found = re.search(r'name="token" value="([^"]+)"', page)
        assert found
        self.token = found[1]
        self.session = self.http.cookies["frontdesk"]
        self.address = hashlib.sha256(self.session.encode()).hexdigest()

    def post(self, path: str = "/chat/messages", **fields: str) -> httpx.Response:
        """Send a form, with everything that the page itself sends unless told otherwise."""
        form = {"token": self.token, "id": uuid.uuid4().hex, "language": "en", **fields}
        return self.http.post(path, data=form)

    def upload(self, content: bytes, name: str = "photo.jpg") -> httpx.Response:
        """Send a photo by the page's form."""
        form = {"token": self.token, "id": uuid.uuid4().hex, "language": "en"}
        return self.http.post("/chat/photos", data=form, files={"photo": (name, content)})


class Target:
    """The front desk under attack."""

    def __init__(self, desk: FrontDesk) -> None:
        self.desk = desk
        self.secrets: dict[str, str] = json.loads(
            (desk.folder / "local-settings.json").read_text(encoding="utf-8")
        )
        self.gateway = desk.address("gateway")
        self.console = desk.address("console")
        self.rasa = f"http://127.0.0.1:{desk.ports['RASA_PORT']}"
        self.actions = f"http://127.0.0.1:{desk.ports['ACTIONS_PORT']}"
        self.database = Database(desk.database_url)
        self.http = httpx.Client(timeout=20)
        self.page = "100000000000001"
        self.number = "+12095550100"
        self._opened: list[httpx.Client] = []

    def opened(self, client: httpx.Client) -> httpx.Client:
        """A client that is closed when the attack is over."""
        self._opened.append(client)
        return client

    def over(self) -> None:
        """An attack is over: give back what it opened."""
        while self._opened:
            self._opened.pop().close()

    def close(self) -> None:
        """Give everything back."""
        self.over()
        self.http.close()
        self.database.close()

    # what is there

    def rows(self) -> tuple[int, ...]:
        """How many rows the tables have that a stranger's message could grow."""
        with self.database.reading() as session:
            return tuple(
                session.scalar(select(func.count()).select_from(table)) or 0 for table in _TABLES
            )

    def inbox(self, provider_id: str) -> InboxMessage | None:
        """The message with a provider's id."""
        with self.database.reading() as session:
            found = session.scalars(
                select(InboxMessage).where(InboxMessage.provider_id == provider_id)
            ).first()
            session.expunge_all()
            return found

    def events(self, kind: str) -> int:
        """How many events of a kind there are."""
        with self.database.reading() as session:
            return len(session.scalars(select(Event.id).where(Event.kind == kind)).all())

    def answers(self, inbox_id: int, seconds: float = 20) -> list[OutboxMessage]:
        """What a message was answered; waits until there is something."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self.database.reading() as session:
                found = session.scalars(
                    select(OutboxMessage).where(OutboxMessage.in_reply_to == inbox_id)
                ).all()
                session.expunge_all()
            if found:
                return list(found)
            time.sleep(0.05)
        raise AssertionError(f"message {inbox_id} was met with silence")

    # how one gets in

    def phone(self) -> str:
        """A number that has not written yet."""
        return f"+1209555{next(_numbers)}"

    def twilio_headers(
        self, url: str, fields: dict[str, str], token: str | None = None
    ) -> dict[str, str]:
        """Twilio's signature for a call."""
        signing = RequestValidator(self.secrets["TWILIO_AUTH_TOKEN"] if token is None else token)
        return {"X-Twilio-Signature": signing.compute_signature(url, fields)}

    def text(self, body: str = "hello", **more: str) -> dict[str, str]:
        """A text as Twilio posts it."""
        return {
            "MessageSid": "SM" + uuid.uuid4().hex,
            "From": self.phone(),
            "To": self.number,
            "Body": body,
            **more,
        }

    def twilio(self, fields: dict[str, str]) -> httpx.Response:
        """Post a text, signed as it should be."""
        url = f"{self.gateway}/webhooks/twilio"
        return self.http.post(url, data=fields, headers=self.twilio_headers(url, fields))

    def event(self, **message: Any) -> dict[str, Any]:
        """A Messenger webhook with one message."""
        return {
            "object": "page",
            "entry": [
                {
                    "id": self.page,
                    "messaging": [
                        {
                            "sender": {"id": uuid.uuid4().int.__str__()[:16]},
                            "recipient": {"id": self.page},
                            "timestamp": int(time.time() * 1000),
                            "message": {"mid": "m_" + uuid.uuid4().hex, **message},
                        }
                    ],
                }
            ],
        }

    def messenger(self, payload: Any, secret: str | None = None, **headers: str) -> httpx.Response:
        """Post a Messenger webhook, signed as it should be."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        key = (secret or self.secrets["MESSENGER_APP_SECRET"]).encode()
        signed = "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()
        return self.http.post(
            f"{self.gateway}/webhooks/messenger",
            content=body,
            headers={"X-Hub-Signature-256": signed, "Content-Type": "application/json", **headers},
        )

    def browser(self) -> Browser:
        """A new visitor of the chat page."""
        visitor = Browser(self.gateway)
        self.opened(visitor.http)
        return visitor

    def say(self, channel: str, text: str) -> tuple[InboxMessage, list[str]]:
        """Write as a resident; the row it made and what came back, fit to be read by anybody."""
        if channel == "sms":
            fields = self.text(text)
            assert self.twilio(fields).status_code == 200
            found = self.inbox(fields["MessageSid"])
        elif channel == "messenger":
            event = self.event(text=text)
            assert self.messenger(event).status_code == 200
            found = self.inbox(event["entry"][0]["messaging"][0]["message"]["mid"])
        else:
            answer = self.browser().post(text=text)
            assert answer.status_code == 201, answer.text
            with self.database.reading() as session:
                found = session.get(InboxMessage, int(answer.json()["key"].removeprefix("in-")))
                session.expunge_all()
        assert found is not None
        said = [row.text for row in self.answers(found.id)]
        for one in said:
            assert one.strip(), "an empty answer"
            assert not _INSIDES.search(one), one
        return found, said

    def raw(self, request: bytes, port: str = "GATEWAY_PORT") -> str:
        """The first line that comes back to bytes on a socket; "" when the door is shut."""
        with socket.create_connection(("127.0.0.1", self.desk.ports[port]), timeout=10) as line:
            line.sendall(request)
            try:
                return line.recv(4096).split(b"\r\n")[0].decode("latin-1")
            except ConnectionResetError:
                return ""
