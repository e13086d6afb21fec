"""A person is erased: nothing of them is left but what law or a hold keeps, and that is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk import retention
from desk.database import Database
from desk.database.models import Attachment, AuditEntry, Conversation, InboxMessage, Report
from desk.people import chain
from desk.retention import By, Dialogues, Plan
from tests.desk.retention.kept import (
    NOW,
    OTHER,
    PHONE,
    POLICY,
    conversation,
    everything,
    officer,
    photo,
    report,
    rows,
)

EMAIL = "maria@home.example"


def erase(session: Session, by: By, value: str) -> Plan:
    return retention.erase(session, by, value, POLICY, Dialogues(None), NOW)


def test_nothing_of_a_person_is_left_and_all_of_others(database: Database) -> None:
    with database.transaction() as session:
        other = conversation(session, 1, address=OTHER)
    untouched = rows(database)
    with database.transaction() as session:
        mine = conversation(session, 1)
        photo(session, mine, 1, report(session, mine, 1, "draft"))
        report(session, mine, 1001)
    with database.transaction() as session:
        plan = erase(session, "phone", "(209) 555-0123")
    assert (plan.whole, plan.reduced, plan.held, plan.kept) == ((mine.id,), (), (), ())
    assert (plan.reports, plan.messages, plan.photos) == (2, 4, 1)
    assert PHONE not in everything(database)
    left = rows(database)
    assert left.pop("audit_entry") == 1
    assert left.pop("audit_mark") == 1
    untouched["event"] += 1  # emptied, so that numbers go on
    assert left == untouched
    with database.reading() as session:
        assert session.get(Conversation, other.id) is not None


def test_looking_first_changes_nothing_and_says_the_same(database: Database) -> None:
    with database.transaction() as session:
        conversation(session, 1)
    before = rows(database)
    with database.reading() as session:
        plan = retention.find(session, "phone", PHONE, POLICY, NOW)
    assert rows(database) == before
    with database.transaction() as session:
        assert erase(session, "phone", PHONE) == plan


@pytest.mark.parametrize(("by", "value"), [("email", " Maria@Home.example"), ("phone", PHONE)])
def test_somebody_on_the_website_is_found_by_the_way_to_reach_them(
    database: Database, by: By, value: str
) -> None:
    reach = EMAIL if by == "email" else PHONE
    with database.transaction() as session:
        web = conversation(session, 1, address="hash", channel="web")
        report(session, web, 1, "draft", reach=reach)
        conversation(session, 1, address="other", channel="web")
    with database.transaction() as session:
        assert erase(session, by, value).whole == (web.id,)
    assert reach not in everything(database)


def test_a_conversation_can_be_named(database: Database) -> None:
    with database.transaction() as session:
        one = conversation(session, 1, address="hash", channel="web")
        assert erase(session, "conversation", one.id).whole == (one.id,)


def test_a_report_within_its_retention_is_kept_and_told_and_the_rest_goes(
    database: Database,
) -> None:
    with database.transaction() as session:
        mine = conversation(session, 1)
        kept = report(session, mine, 10)
        of_it = photo(session, mine, 10, kept)
        photo(session, mine, 10)
        report(session, mine, 10, "draft")
        report(session, mine, 1001)
    with database.transaction() as session:
        plan = erase(session, "phone", PHONE)
    assert (plan.whole, plan.reduced) == ((), (mine.id,))
    assert [(one.number, one.type) for one in plan.kept] == [(kept.number, "theft")]
    assert plan.kept[0].until > NOW
    with database.reading() as session:
        assert session.scalars(select(Report.id)).all() == [kept.id]
        assert session.scalars(select(Attachment.id)).all() == [of_it.id]
        assert [row.text for row in session.scalars(select(InboxMessage))] == [""]
    left = rows(database)
    assert left.keys().isdisjoint({"outbox_message", "feedback", "action_result", "queue_item"})
    assert (left["report_step"], left["event"]) == (1, 1)  # the newest event stays, emptied


def test_what_is_on_hold_is_kept_as_it_is(database: Database) -> None:
    with database.transaction() as session:
        held = conversation(session, 1)
        free = conversation(session, 1)
        retention.place(session, held.id, "Lawsuit", officer(session), NOW)
    with database.transaction() as session:
        plan = erase(session, "phone", PHONE)
    assert (plan.whole, plan.held) == ((free.id,), (held.id,))
    with database.reading() as session:
        assert session.scalars(select(Conversation.id)).all() == [held.id]
        assert len(session.scalars(select(InboxMessage)).all()) == 1


def test_the_audit_says_that_somebody_was_erased_and_not_who(database: Database) -> None:
    with database.transaction() as session:
        one = conversation(session, 1)
    with database.transaction() as session:
        erase(session, "phone", PHONE)
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject) == ("retention.erase", "")
        assert entry.data["conversations"] == 1
        assert PHONE not in str(entry.data)
        assert one.id not in str(entry.data)
        assert chain.verify(session, [chain.present_key()]).ok


def test_who_is_not_known_or_no_address_is_said(database: Database) -> None:
    with database.reading() as session:
        with pytest.raises(retention.NobodyKnown):
            retention.find(session, "phone", PHONE, POLICY, NOW)
        with pytest.raises(retention.NobodyKnown):
            retention.find(session, "conversation", "web-none", POLICY, NOW)
        with pytest.raises(retention.NotAnAddress):
            retention.find(session, "phone", "Maria", POLICY, NOW)
        with pytest.raises(retention.NotAnAddress):
            retention.find(session, "email", "Maria", POLICY, NOW)
