"""Messenger's webhooks, from the page's inbox to the answer in the thread."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from desk.conversations import add_outbound
from desk.database.models import Conversation, Event, InboxMessage, OutboxMessage, utc_now
from desk.reply import Reply

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PSID = "24001"
PAGE = "1000"


def signed(front: Front, body: bytes) -> dict[str, str]:
    secret = front.settings.messenger_app_secret.get_secret_value().encode()
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}


def post(front: Front, http: httpx.Client, payload: Any) -> httpx.Response:
    body = json.dumps(payload).encode()
    return http.post("/webhooks/messenger", content=body, headers=signed(front, body))


def event(sender: str = PSID, **what: Any) -> dict[str, Any]:
    to = {"sender": {"id": sender}, "recipient": {"id": PAGE}, "timestamp": 1}
    return to | what


def test_a_message_is_answered_and_delivery_is_known(front: Front) -> None:
    front.residents.message(PSID, "Where is the station?")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    assert "automated" in front.residents.replies(PSID)[0].text
    assert front.residents.replies(PSID)[1].text == "Here is your answer."
    front.eventually(lambda: {row.state for row in front.rows(OutboxMessage)} == {"delivered"})
    assert front.conversation().holder == "bot", "our own echoes are not a person"


def test_all_entries_and_all_events_are_taken(front: Front, http: httpx.Client) -> None:
    said = [event(str(n), message={"mid": f"m{n}", "text": f"text {n}"}) for n in range(4)]
    payload = {
        "object": "page",
        "entry": [{"id": PAGE, "messaging": said[:2]}, {"id": PAGE, "messaging": said[2:]}],
    }
    assert post(front, http, payload).status_code == httpx.codes.OK
    assert [row.text for row in front.rows(InboxMessage)] == [f"text {n}" for n in range(4)]


def test_a_repeated_mid_makes_one_turn(front: Front, http: httpx.Client) -> None:
    said = event(message={"mid": "m", "text": "hi"})
    payload = {"entry": [{"id": PAGE, "messaging": [said] * 3}]}
    for _ in range(2):
        assert post(front, http, payload).status_code == httpx.codes.OK
    front.eventually(lambda: front.rasa.turns)
    front.quiet()
    assert len(front.rasa.turns) == 1


def test_a_postback_without_mid_is_known_by_sender_time_and_payload(
    front: Front, http: httpx.Client
) -> None:
    once = event(postback={"title": "Get started", "payload": "start"})
    later = once | {"timestamp": 2}
    post(front, http, {"entry": [{"id": PAGE, "messaging": [once, once, later]}]})
    assert len(front.rows(InboxMessage)) == 2


@pytest.mark.parametrize("header", [None, "", "sha256=", "sha256=00", "sha1=00"])
def test_what_is_not_signed_is_refused_and_not_stored(
    front: Front, http: httpx.Client, header: str | None
) -> None:
    body = json.dumps({"entry": [{"messaging": [event(message={"mid": "m"})]}]}).encode()
    headers = {} if header is None else {"X-Hub-Signature-256": header}
    answer = http.post("/webhooks/messenger", content=body, headers=headers)
    assert answer.status_code == httpx.codes.FORBIDDEN
    assert front.rows(InboxMessage) == []


@pytest.mark.parametrize(
    "payload",
    [
        [],
        {"entry": None},
        {"entry": [{"messaging": [None, 1, {}, {"message": []}]}]},
        {"entry": [{"messaging": [event(message={"mid": 5, "text": ["x"], "attachments": {}})]}]},
        {"entry": [{"messaging": [event(read={"watermark": 1}), event(reaction={})]}]},
        {"entry": [{"messaging": [event(delivery={"mids": "no"})]}]},
    ],
)
def test_strange_events_are_taken_without_harm(
    front: Front, http: httpx.Client, payload: Any
) -> None:
    assert post(front, http, payload).status_code == httpx.codes.OK


def test_meta_verifies_the_address_with_the_token(http: httpx.Client) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "42", "hub.verify_token": "verify-token"}
    assert http.get("/webhooks/messenger", params=query).text == "42"
    wrong = query | {"hub.verify_token": "guess"}
    assert http.get("/webhooks/messenger", params=wrong).status_code == httpx.codes.FORBIDDEN


def test_a_reply_from_the_pages_own_inbox_is_a_person_taking_over(
    front: Front, http: httpx.Client
) -> None:
    front.residents.message(PSID, "Where is the station?")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    echo = {
        "sender": {"id": PAGE},
        "recipient": {"id": PSID},
        "message": {"mid": "by-hand", "is_echo": True, "text": "Hi, this is Kim."},
    }
    for _ in range(2):
        post(front, http, {"entry": [{"id": PAGE, "messaging": [echo]}]})
    conversation = front.conversation()
    assert conversation.holder == "human"
    by_hand = [row for row in front.rows(OutboxMessage) if row.author == "staff"]
    assert [(row.text, row.state) for row in by_hand] == [("Hi, this is Kim.", "sent")]
    front.residents.message(PSID, "Thank you, Kim")
    front.eventually(lambda: front.rows(InboxMessage)[-1].state == "done")
    front.quiet()
    assert len(front.rasa.turns) == 1


def test_in_standby_the_bot_is_silent_but_the_message_is_kept(
    front: Front, http: httpx.Client
) -> None:
    said = event(message={"mid": "m", "text": "hello"})
    post(front, http, {"entry": [{"id": PAGE, "standby": [said]}]})
    front.eventually(lambda: front.rows(InboxMessage)[0].state == "done")
    assert front.conversation().holder == "human"
    assert front.rasa.turns == []


def test_a_tapped_choice_comes_back_as_its_value(front: Front) -> None:
    front.rasa.replies = [
        {"text": "Shall I send it?", "choices": [{"title": "Yes", "value": "confirm"}]}
    ]
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    (button,) = front.residents.replies(PSID)[1].buttons
    assert button["title"] == "Yes"
    assert "confirm" not in button["payload"]
    front.residents.tap(PSID, button)
    front.eventually(lambda: len(front.rasa.turns) == 2)
    assert front.rasa.turns[1]["choice"] == "confirm"
    assert front.rows(InboxMessage)[1].text == "Yes"


def test_nobody_presses_another_residents_button(front: Front) -> None:
    front.rasa.replies = [
        {"text": "Shall I send it?", "choices": [{"title": "Yes", "value": "confirm"}]}
    ]
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    (button,) = front.residents.replies(PSID)[1].buttons
    front.residents.tap("24002", button)
    front.eventually(lambda: len(front.rasa.turns) == 2)
    assert "choice" not in front.rasa.turns[1]


def test_choices_that_are_too_long_become_a_numbered_list(front: Front) -> None:
    titles = ["A title that is much too long for a button", "Short"]
    front.rasa.replies = [
        {"text": "Which?", "choices": [{"title": one, "value": "yes"} for one in titles]}
    ]
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    reply = front.residents.replies(PSID)[1]
    assert reply.buttons == ()
    assert reply.text == f"Which?\n1. {titles[0]}\n2. Short"
    front.residents.message(PSID, "2")
    front.eventually(lambda: len(front.rasa.turns) == 2)
    assert front.rasa.turns[1]["choice"] == "yes"


def test_a_location_reaches_rasa(front: Front) -> None:
    place = {"type": "location", "payload": {"coordinates": {"lat": 37.6, "long": -120.95}}}
    front.residents.events(PSID, {"message": {"attachments": [place]}})
    front.eventually(lambda: front.rasa.turns)
    assert front.rasa.turns[0]["location"] == {"latitude": 37.6, "longitude": -120.95}


@pytest.mark.parametrize(("days", "author", "state"), [
    (2, "bot", "failed"), (2, "staff", "sent"), (8, "staff", "failed"),
])  # fmt: skip
def test_outside_24_hours_only_a_person_may_write_for_a_week(
    front: Front, days: int, author: Any, state: str
) -> None:
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        conversation.last_inbound_at = utc_now() - timedelta(days=days)
        add_outbound(session, conversation, Reply("News for you"), author, now=utc_now())
    seen = {"sent": {"sent", "delivered"}, "failed": {"failed"}}[state]
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state in seen)


def test_too_fast_for_the_graph_api_is_tried_again(front: Front) -> None:
    front.residents.fault("graph", "429")
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    assert "delivery" in {one.kind for one in front.rows(Event)}


def unsettled(front: Front) -> OutboxMessage:
    """A message whose sending nobody knows the end of, the last of the conversation."""
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    front.eventually(lambda: {row.state for row in front.rows(OutboxMessage)} == {"delivered"})
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        row = add_outbound(session, conversation, Reply("News for you"), "staff", now=utc_now())
        row.state = "unknown"
    return row


def echo(text: str = "News for you", **more: Any) -> dict[str, Any]:
    said = {"mid": "m_echo", "is_echo": True, "app_id": 1, "text": text} | more
    return {"sender": {"id": PAGE}, "recipient": {"id": PSID}, "timestamp": 1, "message": said}


def test_what_meta_took_but_answered_with_an_error_is_settled_by_its_echo(front: Front) -> None:
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    front.residents.fault("graph", "lost")
    front.residents.message(PSID, "and again")
    front.eventually(lambda: len(front.rows(OutboxMessage)) == 3)
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state == "delivered")
    row = front.rows(OutboxMessage)[-1]
    assert row.attempts == 1
    assert row.provider_id == front.residents.replies(PSID)[-1].id
    assert front.conversation().holder == "bot"


def test_without_an_echo_it_stays_unknown(front: Front) -> None:
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    front.residents.fault("graph", "500")
    front.residents.message(PSID, "and again")
    front.eventually(lambda: len(front.rows(OutboxMessage)) == 3)
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state == "unknown")
    front.quiet(1.0)
    row = front.rows(OutboxMessage)[-1]
    assert (row.state, row.attempts, row.look_ups) == ("unknown", 1, 0)


@pytest.mark.parametrize("by", ["mark", "text"])
def test_an_echo_settles_by_our_mark_or_by_the_text(
    front: Front, http: httpx.Client, by: str
) -> None:
    row = unsettled(front)
    said = echo("as Meta shows it", metadata=f"frontdesk:{row.id}") if by == "mark" else echo()
    post(front, http, {"entry": [{"id": PAGE, "messaging": [said]}]})
    row = front.rows(OutboxMessage)[-1]
    assert (row.state, row.provider_id) == ("sent", "m_echo")
    assert front.conversation().holder == "bot"


def test_a_delivery_that_names_no_messages_counts_until_its_moment(
    front: Front, http: httpx.Client
) -> None:
    row = unsettled(front)
    with front.database.transaction() as session:
        for number, state in enumerate(("sent", "unknown", "sent")):
            one = session.get_one(OutboxMessage, row.id) if number == 0 else OutboxMessage(
                conversation_id=row.conversation_id, author="bot", text="later"
            )  # fmt: skip
            one.state = state
            one.sent_at = utc_now() + timedelta(minutes=number)
            session.add(one)
    moment = int(utc_now().timestamp() * 1000)
    receipts = [event(delivery={"watermark": moment}), event("9", delivery={"watermark": moment})]
    post(front, http, {"entry": [{"id": PAGE, "messaging": receipts}]})
    states = [one.state for one in front.rows(OutboxMessage)]
    assert states[-3:] == ["delivered", "unknown", "sent"]
    assert front.conversation().address == PSID, "a receipt opens no conversation"


@pytest.mark.parametrize("watermark", ["soon", -(10**30), 10**30, None, True, [1]])
def test_a_delivery_with_a_strange_moment_changes_nothing(
    front: Front, http: httpx.Client, watermark: Any
) -> None:
    payload = {"entry": [{"id": PAGE, "messaging": [event(delivery={"watermark": watermark})]}]}
    assert post(front, http, payload).status_code == httpx.codes.OK


def test_when_the_pages_inbox_gives_the_thread_back_the_bot_goes_on(
    front: Front, http: httpx.Client
) -> None:
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    post(front, http, {"entry": [{"id": PAGE, "messaging": [echo("Hi, this is Kim.")]}]})
    assert front.conversation().holder == "human"
    back = event(pass_thread_control={"new_owner_app_id": "1", "metadata": ""})
    post(front, http, {"entry": [{"id": PAGE, "messaging": [back]}]})
    assert front.conversation().holder == "bot"
    front.residents.message(PSID, "Where is the station?")
    front.eventually(lambda: len(front.rasa.turns) == 2)


@pytest.mark.parametrize(
    ("title", "payload", "language"),
    [
        ("Get Started", "topic:greet", "en"),
        ("Empezar", "topic:greet", "es"),
        ("Talk to a person", "topic:talk_to_person", "en"),
        ("Hacer un reporte", "topic:file_report", "es"),
    ],
)
def test_a_tap_on_get_started_or_the_menu_is_a_choice(
    front: Front, title: str, payload: str, language: str
) -> None:
    front.residents.events(PSID, {"postback": {"title": title, "payload": payload}})
    front.eventually(lambda: front.rasa.turns)
    (turn,) = front.rasa.turns
    assert (turn["choice"], turn["language"]) == (payload, language)
    assert front.rows(InboxMessage)[0].text == title


def test_a_payload_that_is_in_no_menu_of_ours_is_no_choice(front: Front) -> None:
    front.residents.events(PSID, {"postback": {"title": "Yes", "payload": "confirm"}})
    front.eventually(lambda: front.rasa.turns)
    assert "choice" not in front.rasa.turns[0]


def test_why_the_window_is_closed_is_kept(front: Front) -> None:
    front.residents.message(PSID, "hello")
    front.eventually(lambda: len(front.residents.replies(PSID)) == 2)
    with front.database.transaction() as session:
        conversation = session.get_one(Conversation, front.conversation().id)
        conversation.last_inbound_at = utc_now() - timedelta(hours=25)
        add_outbound(session, conversation, Reply("News for you"), "desk", now=utc_now())
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state == "failed")
    assert front.rows(OutboxMessage)[-1].error == "window_closed"
    assert len(front.residents.replies(PSID)) == 2


def test_reactions_reads_and_the_like_change_nothing(front: Front, http: httpx.Client) -> None:
    happened = [
        event(read={"watermark": 1}),
        event(reaction={"mid": "m", "action": "react", "emoji": "x"}),
        event(optin={}),
        event(take_thread_control={"previous_owner_app_id": "1"}),
    ]
    payload = {"entry": [{"id": PAGE, "messaging": happened, "standby": happened}]}
    assert post(front, http, payload).status_code == httpx.codes.OK
    assert front.rows(Conversation) == []
