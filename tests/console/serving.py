"""A console that is served here, and what staff and residents do with it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from sqlalchemy.orm import Session

from desk import people, queue
from desk.conversations import Inbound, change_holder, receive
from desk.database import Database
from desk.database.models import Conversation, Report, utc_now
from desk.reports import store
from tests.serving import Server

EMAIL, PASSWORD = "rivera@larkfield.example", "correct horse battery"


@dataclass
class Console:
    """The console under test: its address, its database and its server."""

    url: str
    database: Database
    server: Server

    def stop(self) -> None:
        """End the server at once, as a crash would."""
        self.server.stop(at_once=True)

    def staff(
        self, session: Session, email: str = EMAIL, name: str = "Officer Rivera", *roles: str
    ) -> None:
        """Add an account."""
        people.add_staff(
            session,
            email=email,
            name=name,
            password=PASSWORD,
            roles=roles or ("officer", "records"),
            languages=("en", "es"),
        )

    def waits(self, text: str = "I want a person", phone: str = "+12095550120") -> str:
        """A resident writes and enters the queue; the id of the conversation."""
        with self.database.transaction() as session:
            message = Inbound("sms", f"SM{time.monotonic_ns()}", phone, "+12095550100", text)
            receipt = receive(session, message, utc_now())
            conversation = session.get_one(Conversation, receipt.conversation_id)
            queue.enter(session, conversation, reason="asked", topic="theft", now=utc_now())
            return conversation.id

    def taken_over_elsewhere(self, text: str = "Hello page") -> str:
        """A colleague answers a Messenger thread in the page's own inbox; its id."""
        with self.database.transaction() as session:
            message = Inbound("messenger", f"m{time.monotonic_ns()}", "4711", "1000", text)
            receipt = receive(session, message, utc_now())
            conversation = session.get_one(Conversation, receipt.conversation_id)
            change_holder(session, conversation, "human", now=utc_now())
            return conversation.id

    def filed(self, phone: str = "+12095550121") -> int:
        """A resident has filed a theft; the id of the report."""
        with self.database.transaction() as session:
            message = Inbound("sms", f"SM{time.monotonic_ns()}", phone, "+12095550100", "My bike!")
            receipt = receive(session, message, utc_now())
            report = Report(
                conversation_id=receipt.conversation_id,
                type="theft",
                language="en",
                fields={"story": "Somebody took my bike from the rack."},
            )
            session.add(report)
            session.flush()
            store.submit(session, report, 7, utc_now())
            return report.id

    @contextmanager
    def browser(self, email: str = EMAIL) -> Iterator[httpx.Client]:
        """A signed-in client."""
        with httpx.Client(base_url=self.url, follow_redirects=False, timeout=20) as client:
            answer = client.post("/sign-in", data={"email": email, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            yield client


def csrf_in(page: str) -> str:
    """The word that the forms of a page carry."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]
