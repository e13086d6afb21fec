"""Attachments are taken up by one worker at a time, settled once, and belong to one report."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from desk import attachments
from desk.attachments import MOST_A_DAY, MOST_IN_ONE, Photo, TooMany, Waiting
from desk.conversations import Inbound, receive, turns
from desk.database import Database
from desk.database.models import Attachment, Event, InboxMessage, Report, utc_now
from tests.desk.attachments.pictures import photo

LEASE = timedelta(seconds=30)
PHOTO = Photo("image/jpeg", b"small", "0" * 64)


def message(session: Session, name: str = "SM1", address: str = "+12095550120") -> tuple[int, str]:
    """A text comes and is screened; its id and its conversation's."""
    receipt = receive(session, Inbound("sms", name, address, text="look"), utc_now())
    turns.screened(session, [receipt.inbox_id], utc_now())
    return receipt.inbox_id, receipt.conversation_id


def expected(database: Database, *kinds: str, name: str = "SM1") -> list[str]:
    """A text with files comes; their public ids."""
    with database.transaction() as session:
        sent = [{"type": kind, "url": f"https://x/{index}"} for index, kind in enumerate(kinds)]
        return attachments.expect(session, message(session, name)[0], sent, utc_now())


def claimed(database: Database, limit: int = 5, later: int = 0) -> list[Waiting]:
    with database.transaction() as session:
        now = utc_now() + timedelta(seconds=later)
        return attachments.claim(session, now=now, lease=LEASE, limit=limit)


def test_a_message_names_its_attachments_by_ids_nobody_can_guess(database: Database) -> None:
    ids = expected(database, "image/jpeg", "Image/PNG; name=anna.png", "<script>")
    with database.reading() as session:
        stored = session.get_one(InboxMessage, 1).attachments
    assert stored == [
        {"id": ids[0], "type": "image/jpeg"},
        {"id": ids[1], "type": "image/png"},
        {"id": ids[2], "type": "file"},
    ]
    assert all(len(one) == 32 for one in ids)


def test_one_worker_gets_each_and_another_only_after_the_lease(database: Database) -> None:
    expected(database, "image/jpeg", "image/jpeg")
    first = claimed(database, limit=1)
    second = claimed(database)
    assert [one.url for one in first + second] == ["https://x/0", "https://x/1"]
    assert claimed(database) == []
    again = claimed(database, later=31)
    assert [one.attempts for one in again] == [2, 2]


def test_who_lost_the_lease_changes_nothing(database: Database) -> None:
    expected(database, "image/jpeg")
    (slow,) = claimed(database)
    (quick,) = claimed(database, later=31)
    with database.transaction() as session:
        assert not attachments.settle(session, slow, "failed", "lost", utc_now())
        assert attachments.keep(session, quick, photo(), PHOTO, utc_now())
        assert not attachments.keep(session, quick, b"other", PHOTO, utc_now())
    with database.reading() as session:
        (row,) = session.query(Attachment).all()
        assert (row.state, row.content, row.source_url) == ("stored", photo(), None)
        kinds = [one.data["state"] for one in session.query(Event).filter_by(kind="attachment")]
    assert kinds == ["stored"]


def test_what_is_put_off_waits_its_time(database: Database) -> None:
    expected(database, "image/jpeg")
    (one,) = claimed(database)
    with database.transaction() as session:
        attachments.later(session, one, utc_now() + timedelta(seconds=10))
    assert claimed(database, later=5) == []
    assert len(claimed(database, later=11)) == 1


def test_a_video_and_more_than_ten_are_known_to_be_refused(database: Database) -> None:
    expected(database, "video/mp4", *["image/jpeg"] * 14)
    problems = [one.problem for one in claimed(database, limit=20)]
    assert problems == ["type", *[None] * (MOST_IN_ONE - 1), "many"]


def test_a_conversation_has_room_for_so_many_a_day(database: Database) -> None:
    for number in range(MOST_A_DAY // 8):
        expected(database, *["image/jpeg"] * 8, name=f"SM{number}")
    expected(database, "image/jpeg", name="over")
    assert [one.problem for one in claimed(database, limit=99)][-1] == "many"
    with database.transaction() as session:
        inbox_id, _ = message(session, "next")
        with pytest.raises(TooMany):
            attachments.add(session, inbox_id, photo(), PHOTO, utc_now())
        other, _ = message(session, "other", "+12095550121")
        attachments.add(session, other, photo(), PHOTO, utc_now())


def report(session: Session, conversation_id: str) -> int:
    draft = Report(conversation_id=conversation_id, type="theft", language="en")
    session.add(draft)
    session.flush()
    return draft.id


def test_a_report_gets_its_own_conversations_photos_and_no_others(database: Database) -> None:
    with database.transaction() as session:
        inbox_id, mine = message(session)
        other_id, other = message(session, "SM2", "+12095550121")
        ids = [
            attachments.add(session, inbox_id, photo(), PHOTO, utc_now()),
            attachments.add(session, other_id, photo(), PHOTO, utc_now()),
        ]
        first, second = report(session, mine), report(session, mine)
        assert attachments.bind(session, mine, [*ids, "made up"], first) == 1
        assert attachments.bind(session, mine, ids, first) == 1, "again changes nothing"
        assert attachments.bind(session, mine, ids, second) == 0, "it belongs to the first"
        (bound,) = attachments.of_report(session, first)
        assert (bound.id, bound.state, bound.size) == (ids[0], "stored", len(photo()))
        assert attachments.of_report(session, second) == []
        assert [one.id for one in attachments.of_conversation(session, other)] == [ids[1]]


def test_bytes_are_given_out_by_id_and_conversation_only(database: Database) -> None:
    waiting = expected(database, "image/jpeg", name="SM9")[0]
    with database.transaction() as session:
        inbox_id, mine = message(session)
        other = message(session, "SM2", "+12095550121")[1]
        one = attachments.add(session, inbox_id, photo(), PHOTO, utc_now())
        assert attachments.thumbnail(session, mine, one) == b"small"
        found = attachments.original(session, mine, one)
        assert found is not None
        assert (found.content, found.name) == (photo(), f"photo-{one[:8]}.jpg")
        for conversation, wanted in ((other, one), (mine, waiting), (mine, "made up")):
            assert attachments.thumbnail(session, conversation, wanted) is None
            assert attachments.original(session, conversation, wanted) is None
