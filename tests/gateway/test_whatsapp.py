"""WhatsApp comes by the webhook of texts, and is answered as WhatsApp."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desk.conversations import add_outbound, conversation_for
from desk.database.models import Conversation, OutboxMessage, utc_now
from desk.reply import Reply
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
