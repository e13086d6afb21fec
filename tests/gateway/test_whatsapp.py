"""WhatsApp comes by the webhook of texts, and is answered as WhatsApp."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from desk.conversations import add_outbound, conversation_for
from desk.database.models import Conversation, InboxMessage, OutboxMessage, utc_now
from desk.reply import Reply
from gateway.channels import sms
from simulator.client import photo_of

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
WHATSAPP = "whatsapp:" + PHONE
DANGER = "Someone is breaking into my house right now and he has a gun"


def test_it_is_answered_from_the_number_of_its_kind(front: Front) -> None:
    front.residents.text(WHATSAPP, "Where is the station?")
    reply = front.residents.wait_for_reply(WHATSAPP)
    assert reply.text.endswith("Here is your answer.")
    front.eventually(lambda: front.rows(OutboxMessage)[0].state == "delivered")
    assert front.conversation().our_address.startswith("whatsapp:+")
    assert front.conversation().channel == "sms"


def test_it_and_a_text_of_the_same_phone_are_two_conversations(front: Front) -> None:
    front.residents.text(WHATSAPP, "Where is the station?")
    front.residents.text(PHONE, "Where is the station?")
    front.residents.wait_for_reply(WHATSAPP)
    front.residents.wait_for_reply(PHONE)
    assert {row.address for row in front.rows(Conversation)} == {PHONE, WHATSAPP}


def test_a_place_and_a_photo_reach_rasa(front: Front) -> None:
    front.residents.text(WHATSAPP, "", photos=[photo_of(b"hi")], location=(37.6, -120.95))
    front.eventually(lambda: front.rasa.turns)
    (turn,) = front.rasa.turns
    assert turn["location"] == {"latitude": 37.6, "longitude": -120.95}
    assert turn["attachments"][0]["type"] == "image/png"


def test_letters_are_not_simplified_as_in_a_text(front: Front) -> None:
    front.rasa.replies = [{"text": "La estación está aquí – ¡pase!", "choices": []}]
    for address in (WHATSAPP, PHONE):
        front.residents.text(address, "¿Dónde está la estación?")
    assert "La estación está aquí – ¡pase!" in front.residents.wait_for_reply(WHATSAPP).text
    assert "La estacion esta aqui - ¡pase!" in front.residents.wait_for_reply(PHONE).text


def test_a_conversation_that_names_no_number_is_sent_from_one_of_its_kind(front: Front) -> None:
    with front.database.transaction() as session:
        for address in (WHATSAPP, PHONE):
            conversation = conversation_for(session, "sms", address, now=utc_now())
            add_outbound(session, conversation, Reply("News for you"), "staff", now=utc_now())
    front.residents.wait_for_reply(WHATSAPP)
    front.residents.wait_for_reply(PHONE)


def test_stop_by_whatsapp_does_not_stop_texts(front: Front) -> None:
    front.residents.text(WHATSAPP, "STOP")
    front.residents.text(PHONE, "Where is the station?")
    front.residents.wait_for_reply(PHONE)
    assert {row.address: row.opted_out for row in front.rows(Conversation)} == {
        WHATSAPP: True,
        PHONE: False,
    }


def test_stop_is_confirmed_once_with_911_and_then_nothing_more_is_said(front: Front) -> None:
    for _ in range(2):
        front.residents.text(WHATSAPP, "STOP")
        front.residents.text(WHATSAPP, "Where is the station?")
    (said,) = front.eventually(lambda: front.residents.replies(WHATSAPP))
    assert "911" in said.text
    assert "START" in said.text
    front.eventually(lambda: {row.state for row in front.rows(InboxMessage)} == {"done"})
    front.quiet()
    assert len(front.rows(OutboxMessage)) == 1
    front.residents.text(WHATSAPP, "START")
    front.eventually(lambda: len(front.residents.replies(WHATSAPP)) == 2)
    assert "on again" in front.residents.replies(WHATSAPP)[1].text


def test_stop_is_confirmed_in_the_language_spoken_so_far(front: Front) -> None:
    front.residents.text(WHATSAPP, "¿Dónde está la estación de policía?")
    front.residents.wait_for_reply(WHATSAPP)
    front.residents.text(WHATSAPP, "STOP")
    front.eventually(lambda: len(front.residents.replies(WHATSAPP)) == 2)
    assert "no recibirá más mensajes" in front.residents.replies(WHATSAPP)[1].text


@pytest.mark.parametrize(
    ("sender", "more", "confirmed"),
    [(WHATSAPP, [], False), (WHATSAPP, [("OptOutType", "STOP")], True), (PHONE, [], True)],
)
def test_we_confirm_only_where_twilio_does_not(
    sender: str, more: list[tuple[str, str]], confirmed: bool
) -> None:
    fields = [("MessageSid", "SM1"), ("From", sender), ("To", "+1"), ("Body", "STOP"), *more]
    message = sms.read(sms.Fields(fields))
    assert message is not None
    assert message.order == "stop"
    assert message.order_confirmed == confirmed
