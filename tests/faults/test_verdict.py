"""The judge of the faults sees what is lost, doubled or unknown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from desk.conversations import Inbound, add_outbound, receive
from desk.database import Database
from desk.database.models import Conversation, InboxMessage, OutboxMessage, utc_now
from desk.reply import Reply
from tests.faults import verdict
from tests.faults.counts import Verdict

PHONE = "+12095550123"


class Tables:
    """A scene that is nothing but a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def database(self) -> Iterator[Database]:
        yield self._database


def judged(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    *,
    replies: tuple[str, ...] = ("Here it is.",),
    state: str = "delivered",
    inbox: str = "done",
    handed: int = 1,
) -> Verdict:
    """What the judge says of one message and what became of it."""
    with database.transaction() as session:
        receipt = receive(session, Inbound("sms", "SM1", PHONE, text="Hello?"), utc_now())
        conversation = session.get_one(Conversation, receipt.conversation_id)
        for text in replies:
            add_outbound(session, conversation, Reply(text), "bot", receipt.inbox_id, now=utc_now())
        session.flush()
        session.get_one(InboxMessage, receipt.inbox_id).state = inbox
        for one in session.query(OutboxMessage):
            one.state, one.provider_id = state, "SM2"
    journal = [{"person": PHONE, "data": {"sid": "SM2", "body": "Here it is."}}] * handed
    monkeypatch.setattr(verdict, "journal", lambda _scene: journal)
    scene: Any = Tables(database)
    return verdict.judge(scene, [PHONE])


def counts(found: Verdict) -> tuple[int, int, int]:
    return found.lost, found.doubled, found.unknown


def test_one_answer_that_was_handed_over_is_right(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert counts(judged(database, monkeypatch)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("became", "wanted"),
    [
        ({"replies": (), "handed": 0}, (1, 0, 0)),
        ({"inbox": "new", "replies": (), "handed": 0}, (1, 0, 0)),
        ({"handed": 0}, (1, 0, 0)),
        ({"state": "failed"}, (1, 0, 0)),
        ({"state": "queued", "handed": 0}, (1, 0, 0)),
        ({"handed": 2}, (0, 1, 0)),
        ({"replies": ("Twice.", "Twice."), "handed": 2}, (0, 1, 0)),
        ({"state": "unknown", "handed": 0}, (0, 0, 1)),
    ],
)
def test_what_is_not_as_it_should_be_is_counted(
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    became: dict[str, Any],
    wanted: tuple[int, int, int],
) -> None:
    assert counts(judged(database, monkeypatch, **became)) == wanted


def test_who_was_never_stored_is_lost(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict, "journal", lambda _scene: [])
    scene: Any = Tables(database)
    assert counts(verdict.judge(scene, [PHONE])) == (1, 0, 0)
