"""The way of a text: once in, screened, one turn, one answer, sent in order."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import update
from twilio.request_validator import RequestValidator

from desk.conversations import add_outbound, change_holder
from desk.database.models import (
    Conversation,
    Event,
    InboxMessage,
    OutboxMessage,
    QueueItem,
    utc_now,
)
from desk.reply import Reply
from simulator.client import photo_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
NUMBER = "+12095550100"
DANGER = "Someone is breaking into my house right now and he has a gun"


def text(front: Front, body: str, **more: object) -> None:
    assert front.residents.text(PHONE, body, **more) == httpx.codes.OK


def post(
    http: httpx.Client,
    front: Front,
    fields: dict[str, str],
    path: str = "/webhooks/twilio",
    signature: str | None = None,
) -> httpx.Response:
    if signature is None:
        validator = RequestValidator(front.settings.twilio_auth_token.get_secret_value())
        signature = validator.compute_signature(front.url + path, fields)
    return http.post(path, data=fields, headers={"X-Twilio-Signature": signature})


def message(body: str = "Where is the station?", sid: str = "SM1") -> dict[str, str]:
    return {"MessageSid": sid, "From": PHONE, "To": NUMBER, "Body": body, "NumMedia": "0"}


def test_a_text_is_answered_once_and_its_delivery_is_known(front: Front) -> None:
    text(front, "Where is the station?")
    reply = front.residents.wait_for_reply(PHONE)
    assert "automated" in reply.text
    assert "cannot send officers" in reply.text
    assert reply.text.endswith("Here is your answer.")
    front.eventually(lambda: front.rows(OutboxMessage)[0].state == "delivered")
    assert len(front.residents.replies(PHONE)) == 1
    (turn,) = front.rasa.turns
    assert turn["text"] == "Where is the station?"
    assert turn["conversation_id"].startswith("sms-")
    assert PHONE not in str(turn)
    kinds = [event.kind for event in front.rows(Event)]
    assert kinds[:2] == ["message_in", "message_out"]
    assert kinds.count("delivery") == 2


def test_the_second_answer_is_not_introduced_again(front: Front) -> None:
    text(front, "Where is the station?")
    first = front.residents.wait_for_reply(PHONE)
    text(front, "And when is it open?")
    second = front.residents.wait_for_reply(PHONE, first.entry)
    assert second.text == "Here is your answer."


@pytest.mark.parametrize("signature", ["", "wrong", "é"])
def test_a_text_that_is_not_signed_is_refused_and_not_stored(
    front: Front, http: httpx.Client, signature: str
) -> None:
    headers = {"X-Twilio-Signature": signature.encode()} if signature else {}
    answer = http.post("/webhooks/twilio", data=message(), headers=headers)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert front.rows(InboxMessage) == []


def test_a_changed_field_breaks_the_signature(front: Front, http: httpx.Client) -> None:
    validator = RequestValidator(front.settings.twilio_auth_token.get_secret_value())
    signature = validator.compute_signature(front.url + "/webhooks/twilio", message())
    changed = message() | {"Body": "another text"}
    assert post(http, front, changed, signature=signature).status_code == httpx.codes.FORBIDDEN
    assert front.rows(InboxMessage) == []


def test_the_host_header_does_not_decide_what_was_signed(front: Front, http: httpx.Client) -> None:
    validator = RequestValidator(front.settings.twilio_auth_token.get_secret_value())
    elsewhere = validator.compute_signature("https://example.org/webhooks/twilio", message())
    headers = {"X-Twilio-Signature": elsewhere, "Host": "example.org", "X-Forwarded-Proto": "https"}
    answer = http.post("/webhooks/twilio", data=message(), headers=headers)
    assert answer.status_code == httpx.codes.FORBIDDEN


def test_empty_and_repeated_fields_are_part_of_the_signature(
    front: Front, http: httpx.Client
) -> None:
    fields = message("") | {"FromCity": "", "Añadido": "sí"}
    assert post(http, front, fields).status_code == httpx.codes.OK


def test_the_same_text_fifty_times_at_once_makes_one_turn(front: Front, http: httpx.Client) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: post(http, front, message()), range(50)))
    assert {answer.status_code for answer in answers} == {httpx.codes.OK}
    front.residents.wait_for_reply(PHONE)
    front.quiet()
    assert len(front.rows(InboxMessage)) == 1
    assert len(front.rasa.turns) == 1
    assert len(front.residents.replies(PHONE)) == 1


def test_the_same_id_with_another_body_is_noted_and_changes_nothing(
    front: Front, http: httpx.Client
) -> None:
    post(http, front, message("first"))
    answer = post(http, front, message("second"))
    assert answer.status_code == httpx.codes.OK
    assert [row.text for row in front.rows(InboxMessage)] == ["first"]
    assert [event.kind for event in front.rows(Event)].count("conflict") == 1


def test_what_cannot_be_stored_is_not_acknowledged(
    front: Front, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.exc import OperationalError

    def full(*_: object) -> None:
        raise OperationalError("insert", {}, Exception("disk full"))

    monkeypatch.setattr("gateway.front.receive", full)
    answer = post(http, front, message())
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.json() == {"error": "not_stored"}


def test_danger_is_answered_within_two_seconds_while_rasa_is_slow(front: Front) -> None:
    front.rasa.mode = "slow"
    text(front, "Where is the station?")
    began = time.monotonic()
    text(front, DANGER)
    reply = front.residents.wait_for_reply(PHONE, where=lambda one: "911 now" in one.text)
    assert time.monotonic() - began < 2
    assert reply.text.startswith("If you are in danger call 911 now")
    front.eventually(lambda: len(front.rasa.turns) == 1)
    front.quiet()
    assert len(front.rasa.turns) == 1, "Rasa must not see danger"
    conversation = front.conversation()
    assert conversation.danger is not None
    assert [item.kind for item in front.rows(QueueItem)] == ["alert"]
    assert conversation.holder == "bot"


def test_danger_is_answered_in_the_language_it_was_told_in(front: Front) -> None:
    text(front, "Hola, alguien con una pistola entra en mi casa ahora, a man with a gun")
    front.residents.wait_for_reply(PHONE, where=lambda one: "llame al 911" in one.text)


@pytest.mark.parametrize("mode", ["500", "garbage", "empty", "slow"])
def test_when_rasa_fails_the_fixed_text_comes_and_a_person_is_asked_for(
    front: Front, mode: str
) -> None:
    front.rasa.mode = mode
    front.rasa.slow_seconds = 30
    began = time.monotonic()
    text(front, "Where is the station?")
    reply = front.residents.wait_for_reply(PHONE)
    assert time.monotonic() - began < 5
    assert "911" in reply.text
    assert "(209) 555-0100" in reply.text
    (item,) = front.rows(QueueItem)
    assert item.reason == "failed"
    assert "fallback" in [event.kind for event in front.rows(Event)]


def test_while_waiting_for_a_person_the_bot_is_silent_and_zero_goes_back(front: Front) -> None:
    front.rasa.replies = [
        {"text": "I am getting somebody.", "choices": []},
        {"command": {"command": "handoff", "reason": "asked", "topic": None, "report_id": None}},
    ]
    text(front, "I want to talk to a person")
    handed_over = front.residents.wait_for_reply(PHONE)
    assert "I am getting somebody." in handed_over.text
    with front.database.transaction() as session:  # whatever the hour, somebody will come
        conversation = session.get_one(Conversation, front.conversation().id)
        if conversation.holder != "queue":
            change_holder(session, conversation, "queue", now=utc_now())
    text(front, "Are you there?")
    front.eventually(lambda: front.rows(InboxMessage)[-1].state == "done")
    front.quiet()
    assert len(front.rasa.turns) == 1
    text(front, "0")
    front.residents.wait_for_reply(PHONE, handed_over.entry)
    assert front.conversation().holder == "bot"


def test_the_bot_does_not_talk_over_a_person_who_came_during_the_turn(front: Front) -> None:
    front.rasa.mode = "slow"
    text(front, "Where is the station?")
    front.eventually(lambda: front.rasa.turns)
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        change_holder(session, conversation, "human", now=utc_now())
    front.eventually(lambda: front.rows(InboxMessage)[0].state == "done")
    front.quiet()
    assert front.said() == []
    assert front.residents.replies(PHONE) == []


def test_several_texts_at_once_are_turns_in_order(front: Front) -> None:
    for number in range(5):
        text(front, f"message {number}")
    front.eventually(lambda: len(front.residents.replies(PHONE)) == 5)
    assert [turn["text"] for turn in front.rasa.turns] == [f"message {n}" for n in range(5)]
    rows = front.rows(OutboxMessage)
    assert [row.in_reply_to for row in rows] == sorted(row.in_reply_to or 0 for row in rows)


def test_a_bare_number_takes_the_choice_that_was_numbered(front: Front) -> None:
    front.rasa.replies = [
        {"text": "Shall I send it?", "choices": [{"title": "Yes", "value": "confirm"},
                                                 {"title": "Change", "value": "field:place"}]}
    ]  # fmt: skip
    text(front, "hello there")
    asked = front.residents.wait_for_reply(PHONE)
    text(front, "2")
    front.residents.wait_for_reply(PHONE, asked.entry)
    assert front.rasa.turns[-1]["choice"] == "field:place"
    assert "text" not in front.rasa.turns[-1]


@pytest.mark.parametrize(
    ("typed", "heard"),
    [
        ("/restart", "restart"),
        (' /inform{"answer":"x"}', 'inform{"answer":"x"}'),
        ("EXTERNAL: /x", "x"),
    ],
)
def test_a_typed_command_is_only_text(front: Front, typed: str, heard: str) -> None:
    text(front, typed)
    front.residents.wait_for_reply(PHONE)
    assert front.rasa.turns[0]["text"] == heard
    assert front.rows(InboxMessage)[0].text == typed.strip()


def test_after_stop_nothing_is_sent_until_start(front: Front) -> None:
    text(front, "stop")
    text(front, "hello?")
    front.eventually(lambda: all(row.state == "done" for row in front.rows(InboxMessage)))
    front.quiet()
    assert front.rasa.turns == []
    assert front.residents.replies(PHONE) == []
    text(front, "START")
    text(front, "hello again")
    front.residents.wait_for_reply(PHONE)
    kinds = [event.kind for event in front.rows(Event)]
    assert kinds.count("opt_out") == 1
    assert kinds.count("opt_in") == 1
    assert [turn["text"] for turn in front.rasa.turns] == ["hello again"]


def test_danger_after_stop_alarms_staff_and_is_shown_as_not_arrived(front: Front) -> None:
    text(front, "STOP")
    text(front, DANGER)
    (row,) = front.eventually(
        lambda: [one for one in front.rows(OutboxMessage) if one.state == "failed"]
    )
    assert row.error == "21610"
    assert [item.kind for item in front.rows(QueueItem)] == ["alert"]


def test_danger_is_answered_where_our_note_of_an_opt_out_is_wrong(front: Front) -> None:
    text(front, "hello there")
    first = front.residents.wait_for_reply(PHONE)
    with front.database.transaction() as session:  # the START never reached us
        session.execute(update(Conversation).values(opted_out=True))
    text(front, DANGER)
    assert "911" in front.residents.wait_for_reply(PHONE, first.entry).text
    assert front.conversation().opted_out, "only START opts in"


def test_a_persons_words_to_a_number_that_opted_out_are_shown_as_not_sent(front: Front) -> None:
    text(front, "STOP")
    front.eventually(lambda: front.conversation().opted_out)
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        add_outbound(session, conversation, Reply("Are you all right?"), "staff", now=utc_now())
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state == "failed")
    assert front.rows(OutboxMessage)[-1].error == "21610"
    assert front.residents.replies(PHONE) == []


def test_yes_is_an_answer_for_somebody_who_never_opted_out(front: Front) -> None:
    text(front, "YES")
    front.residents.wait_for_reply(PHONE)
    assert front.rasa.turns[0]["text"] == "YES"


def test_a_number_that_opted_out_at_the_provider_is_noted(front: Front) -> None:
    text(front, "hello there")
    front.residents.wait_for_reply(PHONE)
    text(front, "STOP")
    with front.database.transaction() as session:  # our own note got lost
        session.execute(update(Conversation).values(opted_out=False))
    text(front, "hello?")
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state == "failed")
    assert front.rows(OutboxMessage)[-1].error == "21610"
    assert front.conversation().opted_out


def test_too_many_requests_is_tried_again_later(front: Front) -> None:
    front.residents.fault("twilio", "429", count=2)
    text(front, "hello there")
    front.residents.wait_for_reply(PHONE, seconds=8)
    assert front.rows(OutboxMessage)[0].attempts == 3
    assert len(front.residents.replies(PHONE)) == 1


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_a_call_that_breaks_is_unknown_and_never_repeated(front: Front, kind: str) -> None:
    front.residents.fault("twilio", kind)
    text(front, "hello there")
    front.eventually(lambda: front.said() and front.rows(OutboxMessage)[0].state == "unknown")
    front.quiet(1.5)
    assert front.residents.replies(PHONE) == []
    assert front.rows(OutboxMessage)[0].attempts == 1


def test_accepted_but_never_answered_is_settled_by_the_callback(front: Front) -> None:
    front.residents.fault("twilio", "timeout", seconds=4)
    text(front, "hello there")
    front.eventually(lambda: front.said() and front.rows(OutboxMessage)[0].state == "delivered")
    front.quiet(3)  # our own timeout comes after the receipt and must not win
    row = front.rows(OutboxMessage)[0]
    assert row.state == "delivered"
    assert row.provider_id == front.residents.replies(PHONE)[0].id
    assert row.attempts == 1


def test_a_status_nobody_signed_changes_nothing(front: Front, http: httpx.Client) -> None:
    text(front, "hello there")
    front.eventually(lambda: front.said() and front.rows(OutboxMessage)[0].state == "delivered")
    fields = {"MessageSid": front.residents.replies(PHONE)[0].id, "MessageStatus": "failed"}
    answer = post(http, front, fields, "/webhooks/twilio/status", signature="no")
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert front.rows(OutboxMessage)[0].state == "delivered"


def test_a_late_sent_does_not_undo_delivered(front: Front, http: httpx.Client) -> None:
    text(front, "hello there")
    front.eventually(lambda: front.said() and front.rows(OutboxMessage)[0].state == "delivered")
    fields = {"MessageSid": front.residents.replies(PHONE)[0].id, "MessageStatus": "sent"}
    assert post(http, front, fields, "/webhooks/twilio/status").status_code == 204
    assert front.rows(OutboxMessage)[0].state == "delivered"


def test_a_message_lost_while_sending_is_called_unknown_and_does_not_block(front: Front) -> None:
    text(front, "hello there")
    front.residents.wait_for_reply(PHONE)
    front.eventually(lambda: front.rows(OutboxMessage)[0].state == "delivered")
    with front.database.transaction() as session:  # as if the process had died in the call
        session.execute(
            update(OutboxMessage).values(state="sending", lease_until=utc_now(), provider_id=None)
        )
    text(front, "hello again")
    front.eventually(lambda: front.rows(OutboxMessage)[0].state == "unknown")
    front.eventually(lambda: front.rows(OutboxMessage)[1].state == "delivered")


def test_a_photo_alone_and_a_place_reach_rasa(front: Front) -> None:
    text(front, "", photos=[photo_of(b"hi")], location=(37.6, -120.95))
    front.eventually(lambda: front.rasa.turns)
    (turn,) = front.rasa.turns
    assert turn["attachments"][0]["type"] == "image/png"
    assert turn["location"] == {"latitude": 37.6, "longitude": -120.95}


def test_a_social_security_number_is_masked_before_it_is_stored(front: Front) -> None:
    text(front, "my number is 123-45-6789")
    front.residents.wait_for_reply(PHONE)
    assert "6789" not in front.rows(InboxMessage)[0].text
    assert "6789" not in front.rasa.turns[0]["text"]
