"""The stand-in for Twilio behaves like Twilio where Frontdesk can tell."""

from __future__ import annotations

from urllib.parse import parse_qs

import httpx
import pytest
from twilio.request_validator import RequestValidator

from simulator.client import photo_of

RESIDENT = "+12095550121"


def fields_of(took) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(took.body.decode(), True).items()}


def is_signed(took) -> bool:
    return RequestValidator("twilio-secret").validate(
        took.url, fields_of(took), took.headers["x-twilio-signature"]
    )


def test_a_sent_message_is_queued_then_reported_sent_and_delivered(simulator) -> None:
    callback = simulator.desk.url + "/webhooks/twilio/status?x=1"
    answer = simulator.send_sms(StatusCallback=callback)
    assert answer.status_code == 201
    assert answer.json()["status"] == "queued"
    assert answer.json()["sid"].startswith("SM")
    reports = simulator.desk.wait(2, "/status")
    assert [fields_of(one)["MessageStatus"] for one in reports] == ["sent", "delivered"]
    assert all(is_signed(one) for one in reports)
    assert fields_of(reports[0])["MessageSid"] == answer.json()["sid"]


def test_a_resident_text_arrives_signed_with_the_fields_twilio_sends(simulator) -> None:
    assert simulator.residents.text(RESIDENT, "¿Dónde está mi estación?") == 200
    (took,) = simulator.desk.wait(1)
    fields = fields_of(took)
    assert took.url.endswith("/webhooks/twilio")
    assert is_signed(took)
    assert (fields["From"], fields["To"]) == (RESIDENT, "+12095550110")
    assert fields["Body"] == "¿Dónde está mi estación?"
    assert fields["NumMedia"] == "0"
    for name in ("MessageSid", "AccountSid", "SmsStatus", "ApiVersion"):
        assert fields[name]


def test_a_photo_is_fetched_with_the_accounts_credentials_only(simulator) -> None:
    simulator.residents.text(RESIDENT, "", photos=[photo_of(b"\x89PNG photo")])
    fields = fields_of(simulator.desk.wait(1)[0])
    assert fields["NumMedia"] == "1"
    assert httpx.get(fields["MediaUrl0"], timeout=5).status_code == 401
    auth = (fields["AccountSid"], "twilio-secret")
    sent_on = httpx.get(fields["MediaUrl0"], auth=auth, timeout=5)
    assert sent_on.status_code == 307
    fetched = httpx.get(sent_on.headers["location"], timeout=5)
    assert fetched.content == b"\x89PNG photo"
    assert fetched.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"To": "555"}, 21211),
        ({"To": ""}, 21604),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"From": "+12095550199"}, 21606),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(simulator, fields, code) -> None:
    answer = simulator.send_sms(**fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_wrong_credentials_are_refused(simulator) -> None:
    answer = simulator.send_sms(auth=("AC" + "1" * 32, "wrong"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_after_stop_nothing_is_taken_until_start(simulator) -> None:
    simulator.residents.text(RESIDENT, " stop ")
    assert simulator.send_sms().json()["code"] == 21610
    assert simulator.desk.wait(1), "the webhook is called all the same"
    simulator.residents.text(RESIDENT, "START")
    assert simulator.send_sms().status_code == 201


def test_faults_come_in_the_order_they_were_asked_for(simulator) -> None:
    simulator.residents.fault("twilio", "429", count=2)
    simulator.residents.fault("twilio", "500")
    simulator.residents.fault("twilio", "reset")
    answers = [simulator.send_sms() for _ in range(3)]
    assert [one.status_code for one in answers] == [429, 429, 500]
    assert answers[0].json()["code"] == 20429
    assert answers[0].headers["retry-after"] == "1"
    with pytest.raises(httpx.RemoteProtocolError):
        simulator.send_sms()
    assert simulator.residents.replies(RESIDENT) == [], "none of these was taken"
    assert simulator.send_sms().status_code == 201


def test_accept_then_timeout_sends_all_the_same(simulator) -> None:
    simulator.residents.fault("twilio", "timeout", seconds=30)
    sid = simulator.settings.twilio_account_sid
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{simulator.url}/2010-04-01/Accounts/{sid}/Messages.json",
            data={"To": RESIDENT, "From": "+12095550110", "Body": "hi"},
            auth=(sid, "twilio-secret"),
            timeout=0.3,
        )
    reply = simulator.residents.wait_for_reply(RESIDENT)
    assert reply.text == "hi"
    found = httpx.get(
        f"{simulator.url}/2010-04-01/Accounts/{sid}/Messages.json",
        params={"To": RESIDENT},
        auth=(sid, "twilio-secret"),
        timeout=5,
    ).json()["messages"]
    assert [one["sid"] for one in found] == [reply.id]


def listed(simulator, auth=None, **query: str) -> httpx.Response:
    sid = simulator.settings.twilio_account_sid
    return httpx.get(
        f"{simulator.url}/2010-04-01/Accounts/{sid}/Messages.json",
        params=query,
        auth=auth or (sid, "twilio-secret"),
        timeout=5,
    )


def test_the_list_of_messages_is_newest_first_and_by_number_and_day(simulator) -> None:
    simulator.residents.text(RESIDENT, "from the resident")
    for body in ("one", "two"):
        simulator.send_sms(Body=body, StatusCallback=simulator.desk.url + "/status")
    simulator.send_sms(To="+12095550122", Body="to another")
    simulator.desk.wait(4, "/status")
    ours = {"To": RESIDENT, "From": "+12095550110"}
    found = listed(simulator, **ours).json()["messages"]
    assert [one["body"] for one in found] == ["two", "one"]
    assert {one["direction"] for one in found} == {"outbound-api"}
    (heard,) = listed(simulator, From=RESIDENT).json()["messages"]
    assert (heard["body"], heard["direction"]) == ("from the resident", "inbound")
    assert len(listed(simulator, **ours, **{"DateSent>": "2001-01-01"}).json()["messages"]) == 2
    assert listed(simulator, **ours, **{"DateSent<": "2001-01-01"}).json()["messages"] == []


def test_the_list_of_messages_comes_in_pages(simulator) -> None:
    for number in range(3):
        simulator.send_sms(Body=str(number))
    first = listed(simulator, To=RESIDENT, PageSize="2").json()
    assert [one["body"] for one in first["messages"]] == ["2", "1"]
    second = httpx.get(
        simulator.url + first["next_page_uri"],
        auth=(simulator.settings.twilio_account_sid, "twilio-secret"),
        timeout=5,
    ).json()
    assert [one["body"] for one in second["messages"]] == ["0"]
    assert second["next_page_uri"] is None


def test_the_list_of_messages_is_for_the_account_only(simulator) -> None:
    answer = listed(simulator, auth=("AC" + "1" * 32, "wrong"))
    assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    assert listed(simulator, PageSize="0").status_code == 400
    assert listed(simulator, **{"DateSent>": "yesterday"}).status_code == 400


def test_sms_and_whatsapp_are_not_mixed(simulator) -> None:
    answer = simulator.send_sms(To="whatsapp:" + RESIDENT)
    assert (answer.status_code, answer.json()["code"]) == (400, 21910)


def test_a_number_that_cannot_be_reached_is_reported_undelivered(simulator) -> None:
    httpx.post(
        simulator.url + "/control/unreachable",
        json={"provider": "twilio", "person": RESIDENT},
        timeout=5,
    )
    simulator.send_sms(StatusCallback=simulator.desk.url + "/status")
    last = fields_of(simulator.desk.wait(2)[1])
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")


def test_a_webhook_is_repeated_on_no_connection_but_not_on_an_error(simulator) -> None:
    simulator.desk.failures = 1
    assert simulator.residents.text(RESIDENT, "hi") == 500
    assert len(simulator.desk.took) == 1


def test_the_same_message_can_be_delivered_again(simulator) -> None:
    for _ in range(2):
        simulator.residents.text(RESIDENT, "hi", sid="SM" + "a" * 32)
    sids = {fields_of(one)["MessageSid"] for one in simulator.desk.wait(2)}
    assert sids == {"SM" + "a" * 32}
