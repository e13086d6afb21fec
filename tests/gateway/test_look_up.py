"""A text that nobody knows the fate of is looked up at Twilio, and never sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sqlalchemy import update

from desk.conversations import add_outbound
from desk.conversations.look_ups import LOOK_UPS
from desk.database.models import Conversation, OutboxMessage, utc_now
from desk.reply import Choice, Reply

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"look_up_after": 0.05, "provider_timeout": 1.0}


def say(front: Front, *texts: str, choices: tuple[Choice, ...] = ()) -> None:
    """Queue texts to a resident who has written before."""
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        for text in texts:
            add_outbound(session, conversation, Reply(text, choices), now=utc_now())


@pytest.fixture
def known(front: Front) -> Front:
    """A front desk that has answered a resident's first text."""
    front.residents.text(PHONE, "hello there")
    front.eventually(lambda: front.said() and front.rows(OutboxMessage)[0].state == "delivered")
    return front


def last(front: Front) -> OutboxMessage:
    return front.rows(OutboxMessage)[-1]


def test_what_twilio_took_but_answered_with_an_error_is_found(known: Front) -> None:
    known.residents.fault("twilio", "lost")
    say(known, "Your report is filed – thank you.", choices=(Choice("Sí", "confirm"),))
    known.eventually(lambda: last(known).state in ("sent", "delivered"))
    row = last(known)
    assert row.provider_id == known.residents.replies(PHONE)[-1].id
    assert row.attempts == 1
    assert len(known.residents.replies(PHONE)) == 2


def test_what_twilio_never_took_stays_unknown_after_a_few_look_ups(known: Front) -> None:
    known.residents.fault("twilio", "500")
    say(known, "Your report is filed.")
    known.eventually(lambda: last(known).state == "unknown")
    known.eventually(lambda: last(known).look_ups >= 2)
    with known.database.transaction() as session:  # the last wait is longer than a test
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.state == "unknown")
            .values(next_try_at=utc_now(), look_ups=LOOK_UPS - 1)
        )
    known.eventually(lambda: last(known).look_ups == LOOK_UPS)
    with known.database.transaction() as session:
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.state == "unknown")
            .values(next_try_at=utc_now() - timedelta(hours=1))
        )
    known.quiet(0.5)
    row = last(known)
    assert (row.state, row.attempts, row.look_ups) == ("unknown", 1, LOOK_UPS)
    assert len(known.residents.replies(PHONE)) == 1


def test_an_earlier_text_with_the_same_words_is_not_mistaken_for_it(known: Front) -> None:
    say(known, "One moment please.")
    known.eventually(lambda: last(known).state == "delivered")
    known.residents.fault("twilio", "500")
    say(known, "One moment please.")
    known.eventually(lambda: last(known).look_ups >= 2)
    assert last(known).state == "unknown"


def test_a_text_older_than_the_message_is_not_mistaken_for_it(known: Front) -> None:
    say(known, "One moment please.")
    known.eventually(lambda: last(known).state == "delivered")
    with known.database.transaction() as session:  # sent by somebody else, as far as we know
        session.execute(update(OutboxMessage).values(provider_id=None))
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == last(known).id)
            .values(state="unknown", created_at=utc_now() + timedelta(minutes=2))
        )
    known.eventually(lambda: last(known).look_ups >= 2)
    assert last(known).state == "unknown"


def test_another_text_to_the_same_resident_is_not_mistaken_for_it(known: Front) -> None:
    ours = known.settings
    httpx.post(  # another system of the department's sends from the same number
        f"{ours.twilio_api_url}/2010-04-01/Accounts/{ours.twilio_account_sid}/Messages.json",
        data={"To": PHONE, "From": ours.twilio_from, "Body": "The street is closed."},
        auth=(ours.twilio_account_sid, ours.twilio_auth_token.get_secret_value()),
        timeout=5,
    ).raise_for_status()
    known.residents.fault("twilio", "500")
    say(known, "Your report is filed.")
    known.eventually(lambda: last(known).look_ups >= 2)
    assert last(known).state == "unknown"


def test_two_of_the_same_words_are_each_found(known: Front) -> None:
    known.residents.fault("twilio", "lost", count=2)
    say(known, "One moment please.", "One moment please.")
    known.eventually(
        lambda: (
            [row.state for row in known.rows(OutboxMessage)[1:]].count("unknown") == 0
            and last(known).provider_id
        )
    )
    sids = {row.provider_id for row in known.rows(OutboxMessage)}
    assert sids == {one.id for one in known.residents.replies(PHONE)}  # which is which, who knows
    assert len(sids) == 3


def test_a_text_that_did_not_arrive_is_found_with_its_error(known: Front) -> None:
    httpx.post(
        f"{known.settings.twilio_api_url}/control/unreachable",
        json={"provider": "twilio", "person": PHONE, "error": "30005"},
        timeout=5,
    ).raise_for_status()
    say(known, "Your report is filed.")
    known.eventually(lambda: last(known).state == "failed")
    with known.database.transaction() as session:  # as if Twilio had not called us
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.id == last(known).id)
            .values(state="unknown", provider_id=None, error="ReadTimeout")
        )
    known.eventually(lambda: last(known).state == "failed")
    assert last(known).error == "30005"


def test_a_sender_that_died_in_the_call_is_looked_up_too(known: Front) -> None:
    with known.database.transaction() as session:  # as if the process had died in the call
        session.execute(
            update(OutboxMessage).values(state="sending", lease_until=utc_now(), provider_id=None)
        )
    row = known.eventually(lambda: last(known).provider_id and last(known))
    assert row.state == "delivered"
    assert row.provider_id == known.residents.replies(PHONE)[0].id


def test_a_look_up_that_fails_is_made_again(known: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.channels.sms import SmsAdapter

    find, broken = SmsAdapter.find, iter([True])

    async def breaking(self: SmsAdapter, message: Any) -> Any:
        if next(broken, False):
            raise httpx.ReadTimeout("no answer")
        return await find(self, message)

    monkeypatch.setattr(SmsAdapter, "find", breaking)
    known.residents.fault("twilio", "lost")
    say(known, "Your report is filed.")
    known.eventually(lambda: last(known).state in ("sent", "delivered"))
    assert last(known).look_ups == 2
