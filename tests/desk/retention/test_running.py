"""What is due goes, with all that hangs on it; what is young, needed or on hold stays."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import people, retention
from desk.conversations import links
from desk.database import Base, Database
from desk.database.models import (
    Attachment,
    AuditEntry,
    Conversation,
    Event,
    InboxMessage,
    OutboxMessage,
    QueueItem,
    Report,
)
from desk.people import chain
from desk.retention import Dialogues, leases
from tests.desk.retention.kept import (
    NOW,
    POLICY,
    ago,
    conversation,
    message,
    officer,
    photo,
    report,
    rows,
    survey,
)

NOWHERE = Dialogues(None)


def run(database: Database, **more: Any) -> dict[str, int]:
    """What a run deletes, by kind."""
    counts = retention.run(database, POLICY, NOW, NOWHERE, **more)
    return {count.kind: count.deleted for count in counts if count.deleted}


def due(database: Database) -> dict[str, tuple[int, int]]:
    """What is due and held, by kind."""
    with database.reading() as session:
        counts = retention.look(session, POLICY, NOW)
    return {count.kind: (count.due, count.held) for count in counts if count.due}


def test_an_old_conversation_leaves_no_row_at_all(database: Database) -> None:
    with database.transaction() as session:
        one = conversation(session, 101)
        photo(session, one, 101)
        photo(session, one, 101, report(session, one, 101, "draft"))
    run(database)
    left = rows(database)
    assert left.pop("event") == 1  # the newest stays, so that numbers go on
    assert left == {"audit_entry": 1, "audit_mark": 1, "job": 1}
    with database.reading() as session:
        newest = session.scalars(select(Event)).one()
        assert (newest.conversation_id, newest.data) == (None, {})


Make = Callable[[Session, Conversation, float], object]


@pytest.mark.parametrize(
    ("kind", "days", "make"),
    [
        ("drafts", 30, lambda s, c, d: report(s, c, d, "draft")),
        ("drafts", 30, lambda s, c, d: report(s, c, d, "deleted")),
        ("photos", 50, photo),
        ("photos", 50, lambda s, c, d: photo(s, c, d, report(s, c, 0, "draft"))),
        ("surveys", 60, survey),
        ("messages_in", 100, message),
        ("messages_out", 100, message),
        ("events", 40, lambda s, c, d: s.add(Event(kind="x", conversation_id=c.id, at=ago(d)))),
        ("reports", 1000, report),
        ("reports", 45, lambda s, c, d: report(s, c, d, type_id="house_check")),
        ("reports", 45, lambda s, c, d: report(s, c, d, "submitted", "house_check")),
        ("sessions", 10, lambda s, _c, d: people.start_session(s, officer(s), ago(d))),
        ("links", 10, lambda s, _c, d: links.make(s, "house_check", ago(d))),
    ],
)
def test_each_kind_goes_when_its_days_are_over_and_not_before(
    database: Database, kind: str, days: int, make: Make
) -> None:
    with database.transaction() as session:
        one = conversation(session, 0)
        make(session, one, days - 0.1)
    assert run(database).get(kind, 0) == 0
    with database.transaction() as session:
        make(session, one, days + 0.1)
        session.add(Event(kind="newest", at=NOW))
    assert due(database)[kind] == (1, 0)
    assert run(database)[kind] == 1
    assert run(database) == {}


def test_a_dry_look_deletes_nothing(database: Database) -> None:
    with database.transaction() as session:
        conversation(session, 200)
    before = rows(database)
    assert due(database)["conversations"] == (1, 0)
    assert rows(database) == before


def test_a_filed_report_keeps_its_conversation_and_photos_until_it_goes(
    database: Database,
) -> None:
    with database.transaction() as session:
        one = conversation(session, 999)
        kept = report(session, one, 999)
        photo(session, one, 999, kept)
        gone = conversation(session, 1001)
        photo(session, gone, 1001, report(session, gone, 1001))
    deleted = run(database)
    assert (deleted["reports"], deleted["conversations"]) == (1, 1)
    with database.reading() as session:
        assert [row.id for row in session.scalars(select(Conversation))] == [one.id]
        assert len(session.scalars(select(InboxMessage)).all()) == 2
        assert [row.report_id for row in session.scalars(select(Attachment))] == [kept.id]


def test_a_draft_that_may_still_go_on_keeps_an_old_conversation(database: Database) -> None:
    with database.transaction() as session:
        report(session, conversation(session, 300), 20, "draft")
    assert "conversations" not in run(database)


def test_a_report_somebody_still_waits_for_stays(database: Database) -> None:
    with database.transaction() as session:
        report(session, conversation(session, 2000), 2000, "under_review")
    assert run(database).keys().isdisjoint({"reports", "conversations", "messages_in"})


def test_with_a_report_go_the_messages_it_was_told_in_and_no_others(database: Database) -> None:
    with database.transaction() as session:
        one = conversation(session, 50)  # its message is of the same minutes as the report
        report(session, one, 50, type_id="house_check")
        message(session, one, 49)
    run(database)
    with database.reading() as session:
        assert [row.received_at for row in session.scalars(select(InboxMessage))] == [ago(49)]
        assert [row.created_at for row in session.scalars(select(OutboxMessage))] == [ago(49)]


def test_who_still_waits_for_a_person_is_not_forgotten(database: Database) -> None:
    with database.transaction() as session:
        one = conversation(session, 300)
        session.add(QueueItem(conversation_id=one.id, kind="callback", reason="asked",
                              language="en", entered_at=ago(300)))  # fmt: skip
    assert run(database).keys().isdisjoint({"conversations", "messages_in", "messages_out"})


def test_a_report_named_as_duplicate_of_one_that_goes_stays(database: Database) -> None:
    with database.transaction() as session:
        first = report(session, conversation(session, 1001), 1001)
        second = report(session, conversation(session, 10), 10, "duplicate_of")
        second.duplicate_of_id = first.id
    assert run(database)["reports"] == 1
    with database.reading() as session:
        assert session.scalars(select(Report)).one().duplicate_of_id is None


@pytest.mark.parametrize("by_report", [True, False])
def test_a_hold_keeps_everything_until_it_is_released(database: Database, by_report: bool) -> None:
    with database.transaction() as session:
        one = conversation(session, 1500)
        filed = report(session, one, 1500)
        photo(session, one, 1500, filed)
        photo(session, one, 1500)
        report(session, one, 1500, "draft")
        name = str(filed.number) if by_report else one.id
        retention.place(session, name, "Lawsuit 26-17", officer(session), NOW)
        session.add(Event(kind="newest", at=NOW))
    before = rows(database)
    assert due(database)["conversations"] == (1, 1)
    assert due(database)["photos"] == (1, 1)
    assert run(database) == {}
    before["job"] = 1
    assert rows(database) == before

    with database.transaction() as session:
        retention.release(session, name, officer(session), NOW)
    assert run(database)["conversations"] == 1
    assert rows(database).keys().isdisjoint({"hold", "report", "attachment", "conversation"})


def test_a_hold_needs_a_reason_a_thing_and_is_on_record(database: Database) -> None:
    with database.transaction() as session:
        staff = officer(session)
        one = conversation(session, 1)
        with pytest.raises(ValueError, match="reason"):
            retention.place(session, one.id, " ", staff, NOW)
        with pytest.raises(retention.NoSuchThing):
            retention.place(session, "T26-NONE22", "why", staff, NOW)
        with pytest.raises(retention.NotOnHold):
            retention.release(session, one.id, staff, NOW)
        retention.place(session, one.id, "a reason", staff, NOW)
        retention.place(session, one.id, "another", staff, NOW)
        assert [hold.why for hold in retention.active(session)] == ["a reason", "another"]
        assert retention.release(session, one.id, staff, NOW) == 2
        assert retention.active(session) == []
    with database.reading() as session:
        actions = session.execute(select(AuditEntry.action, AuditEntry.staff_id)).all()
        assert ("hold.place", staff.id) in actions
        assert ("hold.release", staff.id) in actions


def test_it_works_in_small_transactions(database: Database) -> None:
    told: list[tuple[str, int]] = []
    with database.transaction() as session:
        for number in range(7):
            conversation(session, 101, address=f"+1209555019{number}")
    run(database, at_once=3, step=lambda count: told.append((count.kind, count.deleted)))
    assert [done for kind, done in told if kind == "conversations"] == [3, 6, 7]


def test_a_run_that_was_cut_short_goes_on(database: Database) -> None:
    with database.transaction() as session:
        for number in range(6):
            conversation(session, 101, address=f"+1209555019{number}")

    def stop(count: retention.Count) -> None:
        if count.kind == "conversations":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(database, at_once=2, step=stop)
    assert due(database)["conversations"] == (4, 0)
    assert run(database)["conversations"] == 4


def test_one_process_at_a_time_runs_and_a_crashed_one_is_followed(database: Database) -> None:
    hour = timedelta(hours=1)
    with database.transaction() as session:
        assert leases.claim(session, "retention", "a", NOW, hour)
        assert not leases.claim(session, "retention", "b", NOW, hour)
        assert leases.claim(session, "retention", "a", NOW, hour)
        assert leases.claim(session, "retention", "b", NOW + 2 * hour, hour)
        leases.finish(session, "retention", "a", NOW)  # no longer its own
        assert not leases.claim(session, "retention", "c", NOW + 2 * hour, hour)
        leases.finish(session, "retention", "b", NOW + 3 * hour)
        day = timedelta(days=1)
        assert not leases.claim(session, "retention", "c", NOW + 4 * hour, hour, every=day)
        assert leases.claim(session, "retention", "c", NOW + 27 * hour, hour, every=day)


def test_a_second_run_is_refused_while_one_is_at_it(database: Database) -> None:
    def again(_: retention.Count) -> None:
        with pytest.raises(retention.RunsAlready):
            run(database)

    with database.transaction() as session:
        conversation(session, 101)
    assert run(database, step=again)["conversations"] == 1
    with pytest.raises(retention.RunsAlready):
        run(database, every=timedelta(hours=1))


def test_old_audit_entries_go_from_the_start_and_the_chain_stays_whole(
    database: Database,
) -> None:
    with database.transaction() as session:
        for days in (600, 550, 501, 499, 510):
            people.audit(session, None, "a", now=ago(days))
    assert due(database)["audit"] == (4, 1)  # the last stands behind a younger one
    assert run(database, at_once=2)["audit"] == 3
    with database.reading() as session:
        verdict = chain.verify(session, [chain.present_key()])
        assert (verdict.ok, verdict.first) == (True, 4)


def test_audit_entries_about_what_is_on_hold_stay(database: Database) -> None:
    with database.transaction() as session:
        one = conversation(session, 1)
        people.audit(session, None, "a", now=ago(600))
        people.audit(session, None, "conversation.view", f"conversation:{one.id}", now=ago(600))
        retention.place(session, one.id, "why", officer(session), NOW)
    assert run(database)["audit"] == 1


def test_the_dialogues_forget_what_went_and_keep_what_is_on_hold(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "tracker.db"
    with database.transaction() as session:
        gone, held, goes_on = (conversation(session, days) for days in (101, 102, 1))
        retention.place(session, held.id, "why", officer(session), NOW)
    with sqlite3.connect(path) as tracker:
        tracker.execute("CREATE TABLE events (sender_id TEXT, timestamp REAL)")
        said = [(one.id, ago(days).timestamp()) for one, days in
                ((gone, 90), (held, 102), (goes_on, 300), (goes_on, 1))]  # fmt: skip
        tracker.executemany("INSERT INTO events VALUES (?, ?)", said)
    dialogues = Dialogues(f"sqlite:///{path}")
    retention.run(database, POLICY, NOW, dialogues)
    dialogues.close()
    with sqlite3.connect(path) as tracker:
        left = tracker.execute("SELECT sender_id, timestamp FROM events").fetchall()
    tracker.close()
    assert left == [said[1], said[3]]


def test_without_a_dialogue_database_there_is_nothing_to_forget(tmp_path: Path) -> None:
    dialogues = Dialogues(f"sqlite:///{tmp_path}/none.db")
    dialogues.forget(["web-1"])
    assert not (tmp_path / "none.db").exists()


def test_every_table_that_hangs_on_a_conversation_is_known_to_deleting() -> None:
    """A new table fails here until desk/retention/deleting.py deletes its rows."""
    hanging = {
        table.name
        for table in Base.metadata.sorted_tables
        if "conversation_id" in table.columns or "report_id" in table.columns
    }
    assert hanging == {
        "action_result",
        "attachment",
        "event",
        "feedback",
        "hold",
        "inbox_message",
        "outbox_message",
        "queue_item",
        "report",
        "report_step",
    }
