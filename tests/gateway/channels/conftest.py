"""A web chat that is really served, without Rasa: the test says what Frontdesk says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from desk.conversations import add_outbound, change_holder, record
from desk.database import Database
from desk.database.models import Conversation, InboxMessage, Staff, utc_now
from desk.database.notices import Notices
from desk.reply import Choice, Reply
from desk.settings import Settings
from gateway.channels import web
from gateway.front import Gateway
from gateway.guard import Guard
from gateway.store import Store
from tests.serving import listen, served


@dataclass
class Wakes:
    """Stands where the dispatcher stands, and counts."""

    count: int = 0

    def wake(self) -> None:
        self.count += 1


@dataclass
class Site:
    """A served web chat, and the desk's side of it."""

    url: str
    database: Database
    wakes: Wakes = field(default_factory=Wakes)

    def heard(self) -> list[InboxMessage]:
        """Everything stored from residents."""
        with self.database.reading() as session:
            found = list(session.scalars(select(InboxMessage).order_by(InboxMessage.id)))
            session.expunge_all()
            return found

    def conversation(self, index: int = 0) -> Conversation:
        with self.database.reading() as session:
            query = select(Conversation).order_by(Conversation.created_at)
            found = session.scalars(query).all()[index]
            session.expunge_all()
            return found

    def say(
        self, text: str, *choices: Choice, author: Any = "bot", index: int = 0, **more: Any
    ) -> int:
        """Say something in a conversation; the outbox id."""
        conversation_id = self.conversation(index).id
        urgent = more.pop("urgent", False)
        with self.database.transaction() as session:
            conversation = session.get_one(Conversation, conversation_id)
            reply = Reply(text, choices, urgent)
            return add_outbound(session, conversation, reply, author, now=utc_now(), **more).id

    def officer(self, name: str = "Officer Rivera") -> int:
        """Hire somebody; the staff id."""
        with self.database.transaction() as session:
            staff = Staff(email="rivera@example.org", name=name, password_hash="none")
            session.add(staff)
            session.flush()
            return staff.id

    def hand_to(self, holder: Any, staff_id: int | None = None) -> None:
        conversation_id = self.conversation().id
        with self.database.transaction() as session:
            conversation = session.get_one(Conversation, conversation_id)
            change_holder(session, conversation, holder, staff_id=staff_id, now=utc_now())

    def types(self, who: str) -> None:
        """Somebody is typing."""
        conversation_id = self.conversation().id
        with self.database.transaction() as session:
            record(session, "typing", conversation_id, who=who)


@dataclass
class Visitor:
    """A browser without scripts, as far as HTTP goes."""

    http: httpx.Client
    page: str = ""

    def open(self, path: str = "/chat?language=en", **headers: str) -> httpx.Response:
        answer = self.http.get(path, headers=headers)
        self.page = answer.text
        return answer

    def form(self, **fields: str) -> dict[str, str]:
        """The fields of the compose form as the page drew them, and `fields`."""
        form = self.page[self.page.index('id="compose"') :]
        drawn = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)[:3])
        return drawn | fields

    def post(self, path: str = "/chat/messages", **fields: str) -> httpx.Response:
        answer = self.http.post(path, data=self.form(**fields), follow_redirects=True)
        self.page = answer.text
        return answer


@pytest.fixture
def web_settings() -> dict[str, Any]:
    """Settings a test module may change."""
    return {}


@pytest.fixture
def site(tmp_path: Path, web_settings: dict[str, Any]) -> Iterator[Site]:
    listener = listen()
    port = listener.getsockname()[1]
    values = {"FRONTDESK_LOCAL": True, "GATEWAY_PORT": port, **web_settings}
    settings = Settings(_env_file=None, **values)
    database = Database(f"sqlite:///{tmp_path}/desk.db")
    database.migrate()
    wakes = Wakes()
    app = FastAPI()
    app.add_middleware(Guard, https=False)
    app.include_router(web.router)
    store = Store(database)
    parts: dict[str, Any] = dict.fromkeys(Gateway.__dataclass_fields__)
    app.state.gateway = Gateway(
        **(
            parts
            | {
                "settings": settings,
                "store": store,
                "notices": Notices(database),
                "dispatcher": wakes,
            }
        )
    )
    with served(app, listener):
        yield Site(f"http://127.0.0.1:{port}", database, wakes)
    database.close()


@pytest.fixture
def visitor(site: Site) -> Iterator[Visitor]:
    with httpx.Client(base_url=site.url, headers={"origin": site.url}, timeout=10) as http:
        yield Visitor(http)


@pytest.fixture
def stranger(site: Site) -> Iterator[Visitor]:
    with httpx.Client(base_url=site.url, headers={"origin": site.url}, timeout=10) as http:
        yield Visitor(http)
