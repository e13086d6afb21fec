"""The small survey: three steps, never insisting, never after danger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from desk import feedback
from desk.database import Database
from desk.database.models import Conversation, Event, Feedback
from desk.reports import Heard
from tests.desk.reports.talking import NOW


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{tmp_path}/feedback.db")
    database.migrate()
    with Session(database.engine) as opened:
        yield opened
    database.close()


@pytest.fixture
def conversation(session: Session) -> Conversation:
    made = Conversation(id="sms-1", channel="sms", address="+12095550123")
    session.add(made)
    session.flush()
    return made


def rows(session: Session) -> list[Feedback]:
    return session.query(Feedback).order_by(Feedback.id).all()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("yes", "4", "It was quick.")), ("es", ("sí", "cuatro", "Fue rápido."))],
)
def test_three_answers_are_kept(
    session: Session, conversation: Conversation, language: str, words: tuple[str, str, str]
) -> None:
    assert feedback.ask(session, conversation, "report", language, NOW) is not None
    answers = [feedback.take(session, conversation, Heard(w), language, NOW) for w in words]
    assert [a.done for a in answers if a] == [False, False, True]
    (row,) = rows(session)
    assert (row.helped, row.score, row.comment) == (True, 4, words[2])
    session.commit()
    assert session.query(Event).one().data == {"feedback_id": row.id}


def test_choices_work_like_words(session: Session, conversation: Conversation) -> None:
    feedback.ask(session, conversation, "service", "en", NOW)
    for value in ("no", "score:1", "skip"):
        feedback.take(session, conversation, Heard(choice=value), "en", NOW)
    (row,) = rows(session)
    assert (row.helped, row.score, row.comment) == (False, 1, "")


@pytest.mark.parametrize("kind", ["emergency", "domestic_violence"])
def test_nobody_is_asked_after_danger(
    session: Session, conversation: Conversation, kind: str
) -> None:
    conversation.danger = kind
    assert feedback.ask(session, conversation, "report", "en", NOW) is None
    assert rows(session) == []


def test_danger_in_between_ends_it(session: Session, conversation: Conversation) -> None:
    feedback.ask(session, conversation, "report", "en", NOW)
    conversation.danger = "emergency"
    assert feedback.take(session, conversation, Heard("yes"), "en", NOW) is None
    conversation.danger = None
    assert feedback.take(session, conversation, Heard("yes"), "en", NOW) is None


def test_another_subject_ends_it_and_belongs_to_others(
    session: Session, conversation: Conversation
) -> None:
    feedback.ask(session, conversation, "report", "en", NOW)
    other = Heard("where is the station?", "find_station", 0.9)
    assert feedback.take(session, conversation, other, "en", NOW) is None
    assert feedback.take(session, conversation, Heard("yes"), "en", NOW) is None


def test_skip_at_any_step_says_thanks(session: Session, conversation: Conversation) -> None:
    feedback.ask(session, conversation, "report", "en", NOW)
    answer = feedback.take(session, conversation, Heard("skip"), "en", NOW)
    assert answer is not None
    assert answer.done


def test_after_a_day_the_question_is_stale(session: Session, conversation: Conversation) -> None:
    feedback.ask(session, conversation, "report", "en", NOW)
    later = NOW + timedelta(hours=25)
    assert feedback.take(session, conversation, Heard("yes"), "en", later) is None


def test_a_comment_is_masked(session: Session, conversation: Conversation) -> None:
    feedback.ask(session, conversation, "report", "en", NOW)
    for text in ("yes", "5", "my social is 078-05-1120"):
        feedback.take(session, conversation, Heard(text), "en", NOW)
    assert "078-05-1120" not in (rows(session)[0].comment or "")
