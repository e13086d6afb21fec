"""Live streams of a resident and an officer are cut and come back: nothing missed or doubled."""

from __future__ import annotations

import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field

import httpx
import pytest
from sqlalchemy import func, select

from desk.database.models import Event
from frontdesk.run import DEMO_EMAIL
from tests.conversations.officers import Officer
from tests.conversations.residents import WebResident
from tests.faults.between import Between
from tests.faults.conftest import Note
from tests.faults.counts import Verdict
from tests.faults.people import questions
from tests.faults.scene import Scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]
CUTS = 8
_BACK_AFTER = 0.3


@dataclass(frozen=True, slots=True)
class News:
    """One event of a stream."""

    id: int
    name: str
    data: str


@dataclass
class Stream:
    """A browser's EventSource: reads, and comes back from where it was when it is cut."""

    address: str
    path: str
    cookies: httpx.Cookies
    came: list[News] = field(default_factory=list)
    connected: int = 0
    last: int = 0

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the browser's tab."""
        self._over.set()
        self._thread.join(30)

    def _read(self) -> None:
        with httpx.Client(base_url=self.address, cookies=self.cookies, timeout=20) as client:
            while not self._over.is_set():
                headers = {"Last-Event-ID": str(self.last)} if self.last else {}
                try:
                    with client.stream("GET", self.path, headers=headers) as answer:
                        self.connected += answer.is_success
                        self._take(answer)
                except httpx.TransportError:
                    time.sleep(_BACK_AFTER)

    def _take(self, answer: httpx.Response) -> None:
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if self._over.is_set():
                return
            if line:
                key, _, value = line.partition(":")
                event[key] = value.strip()
                continue
            if "id" in event:
                self.last = int(event["id"])
                self.came.append(News(self.last, event.get("event", ""), event.get("data", "")))
            event = {}


def cut_again_and_again(way: Between, pause: float) -> None:
    """Cut what is open, let nobody in for a while, and open again."""
    for _ in range(CUTS):
        time.sleep(pause)
        way.mode("down")
        time.sleep(pause / 2)
        way.mode("open")


def test_a_residents_connection_that_is_cut(front: Scene, note: Note) -> None:
    verdict = Verdict(messages=CUTS)
    browser = WebResident(front.desk.address("gateway"), "en")
    browser.say("hello there")
    with Between(front.desk.ports["GATEWAY_PORT"]) as way:
        stream = Stream(way.url, "/chat/stream?language=en", browser.cookies)
        cutting = threading.Thread(target=cut_again_and_again, args=(way, 0.7))
        cutting.start()
        for text in questions(CUTS):
            browser.say(text)
        cutting.join()
        front.whole_again()
        time.sleep(2)
        stream.close()
    whole = Stream(front.desk.address("gateway"), "/chat/stream?language=en", browser.cookies)
    time.sleep(2)
    whole.close()
    browser.close()
    wanted, got = ([(one.id, one.name) for one in each.came] for each in (whole, stream))
    verdict.lost = len(set(wanted) - set(got))
    verdict.doubled = len(got) - len(set(got))
    verdict.demand(len(wanted) > 2 * CUTS, f"only {len(wanted)} events")
    verdict.demand(stream.connected > CUTS // 2, f"connected {stream.connected} times")
    measured = f"{len(wanted)} events, connected {stream.connected} times"
    note("a resident's connection cut and back", verdict, runs=CUTS, measured=measured)


def test_an_officers_connection_that_is_cut(front: Scene, note: Note) -> None:
    verdict = Verdict(messages=CUTS)
    settings = json.loads((front.desk.folder / "local-settings.json").read_text())
    officer = Officer(
        front.desk.address("console"), DEMO_EMAIL, settings["FRONTDESK_DEMO_PASSWORD"]
    )
    officer.is_available()
    browser = WebResident(front.desk.address("gateway"), "en")
    mark = uuid.uuid4().hex[:8]
    browser.say("i want to talk to a person")
    browser.send(f"it is about {mark}")
    path = officer.finds(mark)
    officer.claims(path)
    conversation = path.rpartition("/")[2]
    first = newest(front)
    texts = [f"line {number} of {mark}" for number in range(CUTS)]
    with Between(front.desk.ports["CONSOLE_PORT"]) as way:
        where = f"/stream?after={first}&conversation={conversation}"
        stream = Stream(way.url, where, officer.cookies)
        cutting = threading.Thread(target=cut_again_and_again, args=(way, 0.7))
        cutting.start()
        for text in texts:
            browser.send(text)
            time.sleep(0.8)
        cutting.join()
        last = newest(front)
        time.sleep(2)
        stream.close()
    page = officer.sees(path)
    officer.hands_back(path)
    officer.close()
    browser.close()
    changes = [one.id for one in stream.came if one.name == "conversation-changed"]
    for text in texts:
        shown = len(re.findall(rf"\b{text}\b", page))
        verdict.lost += shown == 0
        verdict.doubled += max(0, shown - 1)
    verdict.doubled += len(changes) - len(set(changes))
    verdict.demand(changes == sorted(changes), "announced out of order")
    verdict.demand(bool(changes) and changes[-1] >= last, "the last change was not announced")
    verdict.demand(stream.connected > CUTS // 2, f"connected {stream.connected} times")
    measured = f"{len(changes)} changes announced, connected {stream.connected} times"
    note("an officer's connection cut and back", verdict, runs=CUTS, measured=measured)


def newest(front: Scene) -> int:
    """The number of the newest event."""
    with front.database() as database, database.reading() as session:
        return session.scalar(select(func.max(Event.id))) or 0
