"""The queue for a person, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import gsm0338  # noqa: F401 - registers the codec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import people, queue
from desk.conversations import Inbound, conversation_for, events_after, receive
from desk.database import Database
from desk.database.models import Conversation, OutboxMessage, QueueItem, Staff
from desk.department import Department
from desk.wording import sentences

OPEN = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)  # Monday, 10:00 in Larkfield
NIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # Monday, 00:00
NUMBERS = iter(range(10**6))


def officer(session: Session, name: str = "Officer Rivera", now: datetime = OPEN) -> Staff:
    staff = people.add_staff(
        session,
        email=f"officer{next(NUMBERS)}@larkfield.example",
        name=name,
        password="a long password",
        roles=["officer"],
        languages=["en"],
    )
    people.set_available(staff, True, now)
    session.flush()
    return staff


def resident(session: Session, now: datetime = OPEN) -> Conversation:
    return conversation_for(session, "sms", f"+1209555{next(NUMBERS):04}", now=now)


def said(session: Session, conversation: Conversation) -> list[str]:
    rows = session.scalars(
        select(OutboxMessage)
        .where(OutboxMessage.conversation_id == conversation.id)
        .order_by(OutboxMessage.id)
    )
    return [row.text for row in rows]


def writes(session: Session, conversation: Conversation, text: str, now: datetime) -> None:
    receive(session, Inbound("sms", f"SM{next(NUMBERS)}", conversation.address, text=text), now)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def test_entering_twice_makes_one_item_and_the_queue_holds_the_conversation(
    session: Session,
) -> None:
    officer(session)
    conversation = resident(session)
    first = queue.enter(session, conversation, reason="asked", now=OPEN)
    again = queue.enter(session, conversation, reason="unsure", now=OPEN)
    assert again.item.id == first.item.id
    assert (first.item.kind, first.item.reason, first.position) == ("talk", "asked", 1)
    assert (conversation.holder, conversation.epoch) == ("queue", 1)


def test_at_night_a_talk_becomes_a_call_back_and_the_resident_hears_when_it_opens(
    session: Session, department: Department
) -> None:
    officer(session, now=NIGHT)
    conversation = resident(session, NIGHT)
    entry = queue.enter(session, conversation, reason="asked", now=NIGHT)
    assert entry.item.kind == "callback"
    text = queue.notice(session, entry, conversation, department, NIGHT).text
    assert "today at 8:00 AM" in text
    assert "(209) 555-0100" in text


def test_an_officer_without_heartbeat_does_not_make_it_open(
    session: Session, department: Department
) -> None:
    officer(session, now=OPEN - timedelta(seconds=61))
    conversation = resident(session)
    entry = queue.enter(session, conversation, reason="asked", now=OPEN)
    assert not entry.open
    assert "No person is at the desk" in (
        queue.notice(session, entry, conversation, department, OPEN).text
    )


def test_the_wait_is_named_only_with_five_samples(session: Session, department: Department) -> None:
    staff = officer(session)
    for number in range(6):
        talk = resident(session)
        item = queue.enter(session, talk, reason="asked", now=OPEN).item
        queue.claim(session, item.id, staff, OPEN - timedelta(minutes=60 - 6 * number))
        known = queue.wait_range(session, department, 2, OPEN)
        assert (known is not None) == (number == 5)
    assert known == (9, 20)  # two places, six minutes each, from 0.7 to 1.5 of it


def test_the_bot_is_back_after_zero_and_a_message_left_is_kept(session: Session) -> None:
    officer(session)
    waiting = resident(session)
    item = queue.enter(session, waiting, reason="asked", now=OPEN).item
    queue.leave(session, waiting, OPEN)
    assert (waiting.holder, item.state, item.outcome) == ("bot", "ended", "left")

    night = resident(session, NIGHT)
    kept = queue.enter(session, night, reason="asked", now=NIGHT).item
    writes(session, night, "please call me", NIGHT + timedelta(minutes=1))
    reply = queue.leave(session, night, NIGHT + timedelta(minutes=2))
    assert "kept for our staff" in reply.text
    assert (night.holder, kept.state) == ("bot", "waiting")


def test_an_alert_leaves_the_holder_is_first_and_is_not_cleared_by_the_resident(
    session: Session,
) -> None:
    staff = officer(session)
    queue.enter(session, resident(session), reason="asked", now=OPEN - timedelta(hours=1))
    conversation = resident(session)
    alert = queue.raise_alert(session, conversation, "self_harm", OPEN)
    assert queue.raise_alert(session, conversation, "emergency", OPEN).id == alert.id
    assert conversation.holder == "bot"
    queue.leave(session, conversation, OPEN)
    assert alert.state == "waiting"
    taken = queue.next_for(session, staff, OPEN)
    assert taken is not None
    assert taken.id == alert.id
    assert conversation.holder == "human"


def test_next_is_the_longest_waiting_in_a_language_that_the_officer_speaks(
    session: Session,
) -> None:
    staff = officer(session)
    spanish = resident(session)
    spanish.language = "es"
    queue.enter(session, spanish, reason="asked", now=OPEN - timedelta(minutes=9))
    later = queue.enter(session, resident(session), reason="asked", now=OPEN)
    earlier = queue.enter(
        session, resident(session), reason="asked", now=OPEN - timedelta(minutes=5)
    )
    order = [queue.next_for(session, staff, OPEN) for _ in range(3)]
    assert [item.id if item else None for item in order] == [earlier.item.id, later.item.id, None]


def test_only_the_holder_writes_and_the_resident_knows_who_joined(session: Session) -> None:
    holder, other = officer(session, "Officer Rivera"), officer(session, "Officer Chen")
    conversation = resident(session)
    item = queue.enter(session, conversation, reason="asked", now=OPEN).item
    queue.claim(session, item.id, holder, OPEN)
    assert said(session, conversation)[-1].startswith("Officer Rivera joined.")
    queue.reply(session, conversation, holder, "How can I help?", OPEN)
    with pytest.raises(queue.NotHolder) as refused:
        queue.reply(session, conversation, other, "Me too", OPEN)
    assert refused.value.by is holder
    with pytest.raises(queue.AlreadyClaimed) as lost:
        queue.claim(session, item.id, other, OPEN)
    assert lost.value.by is holder
    assert said(session, conversation)[-1] == "How can I help?"


def test_hand_back_says_so_and_ends_the_item(session: Session) -> None:
    staff = officer(session)
    conversation = resident(session)
    item = queue.take(session, conversation, staff, OPEN)
    queue.hand_back(session, conversation, staff, "resolved", OPEN)
    assert (item.state, item.outcome, conversation.holder) == ("ended", "resolved", "bot")
    assert "back with the automated assistant" in said(session, conversation)[-1]
    with pytest.raises(queue.NotHolder):
        queue.reply(session, conversation, staff, "One more thing", OPEN)


def test_what_a_lost_officer_left_unanswered_goes_back_to_the_head(session: Session) -> None:
    lost, staying = officer(session), officer(session)
    conversation = resident(session)
    item = queue.enter(session, conversation, reason="asked", now=OPEN - timedelta(hours=1)).item
    queue.claim(session, item.id, lost, OPEN)
    later = OPEN + timedelta(minutes=6)
    assert queue.return_abandoned(session, later) == []  # nothing is unanswered
    writes(session, conversation, "hello?", OPEN + timedelta(minutes=1))
    assert queue.return_abandoned(session, OPEN + timedelta(minutes=4)) == []  # not yet gone
    assert queue.return_abandoned(session, later) == [conversation.id]
    session.refresh(conversation)
    session.refresh(item)
    assert (conversation.holder, item.state) == ("queue", "waiting")
    queue.enter(session, resident(session), reason="asked", now=OPEN)
    taken = queue.next_for(session, staying, later)
    assert taken is not None
    assert taken.id == item.id


def test_of_many_who_claim_at_once_one_wins(database: Database) -> None:
    with database.transaction() as session:
        team = [officer(session, f"Officer {number}") for number in range(6)]
        item_id = queue.enter(session, resident(session), reason="asked", now=OPEN).item.id
    start, won, lost = threading.Barrier(6), [], []

    def race(staff: Staff) -> None:
        start.wait()
        with database.transaction() as session:
            try:
                queue.claim(session, item_id, session.merge(staff), OPEN)
                won.append(staff.name)
            except queue.AlreadyClaimed as beaten:
                lost.append(beaten.by.name if beaten.by else None)

    _all(race, team)
    assert len(won) == 1
    assert lost == won * 5
    with database.reading() as session:
        item = session.get_one(QueueItem, item_id)
        assert len(said(session, session.get_one(Conversation, item.conversation_id))) == 1
        claimed = [
            e for e in events_after(session, 0, kinds={"queue"}) if e.data["state"] == "claimed"
        ]
        assert len(claimed) == 1


def test_those_who_ask_for_the_next_at_once_get_different_ones(database: Database) -> None:
    with database.transaction() as session:
        team = [officer(session) for _ in range(4)]
        for _ in team:
            queue.enter(session, resident(session), reason="asked", now=OPEN)
    start, got = threading.Barrier(4), []

    def race(staff: Staff) -> None:
        start.wait()
        with database.transaction() as session:
            item = queue.next_for(session, session.merge(staff), OPEN)
            got.append(item.id if item else None)

    _all(race, team)
    taken = [one for one in got if one is not None]
    assert len(set(taken)) == len(taken) == 4


def _all(race: object, team: list[Staff]) -> None:
    threads = [threading.Thread(target=race, args=(staff,)) for staff in team]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_notice_fits_two_segments(language: str) -> None:
    words = sentences("queue", language)  # type: ignore[arg-type]
    fold = str.maketrans("áíóúÁÍÓÚ", "aiouAIOU")
    values = {
        "phone": "(209) 555-0100",
        "position": 12,
        "low": 20,
        "high": 45,
        "name": "N" * 80,
        "at": "el miercoles 23 de noviembre a las 8:00 a. m.",
        "day": "miercoles 23 de noviembre",
        "clock": "8:00 a. m.",
    }
    said = {key: text.format_map(values).translate(fold) for key, text in words.items()}
    said["line"] = f"{said['position']} {said['wait']} {said['while_waiting']}"
    for key, text in said.items():
        assert len(text.encode("gsm03.38")) <= 306, key
