"""Webhooks that Twilio or Meta never sent."""

from __future__ import annotations

import hashlib
import hmac
import json

import httpx

from tests.attacks.target import Outcome, Target, attack


def _refused(target: Target, headers: dict[str, str], path: str = "/webhooks/twilio") -> Outcome:
    before, fields = target.rows(), target.text()
    answer = target.http.post(f"{target.gateway}{path}", data=fields, headers=headers)
    assert answer.status_code == 403, answer.text
    assert answer.json() == {"error": "refused"}
    assert target.rows() == before
    return Outcome("403")


def _refused_event(target: Target, headers: dict[str, str]) -> Outcome:
    before = target.rows()
    answer = target.http.post(
        f"{target.gateway}/webhooks/messenger",
        content=json.dumps(target.event(text="hello")),
        headers=headers,
    )
    assert answer.status_code == 403, answer.text
    assert target.rows() == before
    return Outcome("403")


@attack("sms", "no signature")
def _(target: Target) -> Outcome:
    return _refused(target, {})


@attack("sms", "empty signature")
def _(target: Target) -> Outcome:
    return _refused(target, {"X-Twilio-Signature": ""})


@attack("sms", "signature with letters outside ASCII")
def _(target: Target) -> Outcome:
    return _refused(target, {"X-Twilio-Signature": "ñandú".encode()})  # type: ignore[dict-item]


@attack("sms", "signature made with another secret, and with an empty one")
def _(target: Target) -> Outcome:
    url = f"{target.gateway}/webhooks/twilio"
    for secret in ("guessed", ""):
        before, fields = target.rows(), target.text()
        headers = target.twilio_headers(url, fields, secret)
        assert target.http.post(url, data=fields, headers=headers).status_code == 403
        assert target.rows() == before
    return Outcome("403")


@attack("sms", "signature of another body (a text changed on its way)")
def _(target: Target) -> Outcome:
    url = f"{target.gateway}/webhooks/twilio"
    before, fields = target.rows(), target.text("hello")
    headers = target.twilio_headers(url, fields)
    answer = target.http.post(url, data=fields | {"Body": "/restart"}, headers=headers)
    assert answer.status_code == 403
    assert target.rows() == before
    return Outcome("403")


@attack("sms", "signature of another address (status callback, other host)")
def _(target: Target) -> Outcome:
    for signed in (
        f"{target.gateway}/webhooks/twilio/status",
        "https://evil.example/webhooks/twilio",
    ):
        before, fields = target.rows(), target.text()
        answer = target.http.post(
            f"{target.gateway}/webhooks/twilio",
            data=fields,
            headers=target.twilio_headers(signed, fields) | {"Host": "evil.example"},
        )
        assert answer.status_code == 403
        assert target.rows() == before
    return Outcome("403")


@attack("sms", "old signature: the same call again")
def _(target: Target) -> Outcome:
    fields = target.text()
    assert target.twilio(fields).status_code == 200
    before = target.rows()
    assert target.twilio(fields).status_code == 200
    assert target.rows() == before
    return Outcome("200, and no second turn", "one message")


@attack("sms", "the same id with another body, signed")
def _(target: Target) -> Outcome:
    fields = target.text("first")
    assert target.twilio(fields).status_code == 200
    before, conflicts = target.rows(), target.events("conflict")
    assert target.twilio(fields | {"Body": "second"}).status_code == 200
    assert target.rows() == before
    assert target.events("conflict") == conflicts + 1
    stored = target.inbox(fields["MessageSid"])
    assert stored is not None
    assert stored.text == "first"
    return Outcome("200, and no second turn", "the first body, and an event `conflict`")


@attack("sms", "JSON instead of a form, 300 fields, broken UTF-8, not signed")
def _(target: Target) -> Outcome:
    before = target.rows()
    bodies = (b'{"Body":"x"}', b"&".join(b"a=%d" % n for n in range(300)), b"Body=%ff\xff")
    for body in bodies:
        answer = target.http.post(f"{target.gateway}/webhooks/twilio", content=body)
        assert answer.status_code == 403
    assert target.rows() == before
    return Outcome("403")


@attack("sms", "a forged status callback: nothing of ours is called delivered")
def _(target: Target) -> Outcome:
    answer = target.http.post(
        f"{target.gateway}/webhooks/twilio/status?outbox=1",
        data={"MessageSid": "SM1", "MessageStatus": "failed"},
    )
    assert answer.status_code == 403
    return Outcome("403")


@attack("messenger", "no signature")
def _(target: Target) -> Outcome:
    return _refused_event(target, {})


@attack("messenger", "the SHA-1 header only")
def _(target: Target) -> Outcome:
    body = json.dumps(target.event(text="hello")).encode()
    key = target.secrets["MESSENGER_APP_SECRET"].encode()
    signed = "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest()
    before = target.rows()
    answer = target.http.post(
        f"{target.gateway}/webhooks/messenger", content=body, headers={"X-Hub-Signature": signed}
    )
    assert answer.status_code == 403
    assert target.rows() == before
    return Outcome("403")


@attack("messenger", "signature of another body")
def _(target: Target) -> Outcome:
    key = target.secrets["MESSENGER_APP_SECRET"].encode()
    signed = hmac.new(key, b"{}", hashlib.sha256).hexdigest()
    return _refused_event(target, {"X-Hub-Signature-256": f"sha256={signed}"})


@attack("messenger", "signature made with an empty secret")
def _(target: Target) -> Outcome:
    body = json.dumps(target.event(text="hello"))
    signed = hmac.new(b"", body.encode(), hashlib.sha256).hexdigest()
    before = target.rows()
    answer = target.http.post(
        f"{target.gateway}/webhooks/messenger",
        content=body,
        headers={"X-Hub-Signature-256": f"sha256={signed}"},
    )
    assert answer.status_code == 403
    assert target.rows() == before
    return Outcome("403")


@attack("messenger", "old signature: the same call again")
def _(target: Target) -> Outcome:
    event = target.event(text="hello")
    assert target.messenger(event).status_code == 200
    before = target.rows()
    assert target.messenger(event).status_code == 200
    assert target.rows() == before
    return Outcome("200, and no second turn", "one message")


@attack("messenger", "subscribing with a guessed word")
def _(target: Target) -> Outcome:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "guess", "hub.challenge": "<script>"}
    answer = target.http.get(f"{target.gateway}/webhooks/messenger", params=asked)
    assert answer.status_code == 403
    assert "<script>" not in answer.text
    return Outcome("403")


@attack("messenger", "signed JSON of wrong shapes and types")
def _(target: Target) -> Outcome:
    before = target.rows()
    shapes = (
        None, 1, "x", [], {}, {"entry": 1}, {"entry": [None, 3]}, {"entry": [{"messaging": {}}]},
        {"entry": [{"id": [], "messaging": [{"sender": 5, "message": "x"}]}]},
        {"entry": [{"messaging": [{"sender": {"id": {}}, "message": {"mid": []}}]}]},
        {"entry": [{"messaging": [{"sender": {"id": "1" * 5000}, "message": {"mid": "m"}}]}]},
        {"entry": [{"messaging": [{"delivery": {"mids": 7, "watermark": 10**30}}]}]},
    )  # fmt: skip
    for shape in shapes:
        assert target.messenger(shape).status_code == 200, shape
    for broken in (b"", b"{", b"[" * 100_000, b"\xff\xfe"):
        assert target.messenger(broken).status_code == 400, broken[:10]
    assert target.rows() == before
    return Outcome("200 where it is JSON, 400 where it is not")


@attack("messenger", "an event of a page that is not ours, signed")
def _(target: Target) -> Outcome:
    event = target.event(text="hello")
    event["entry"][0]["id"] = "999999999999999"
    answer = target.messenger(event)
    assert answer.status_code == 200
    stored = target.inbox(event["entry"][0]["messaging"][0]["message"]["mid"])
    assert stored is None, "a page that is not ours was listened to"
    return Outcome("200, and no turn")


@attack("messenger", "a forged echo, not signed, to silence the bot")
def _(target: Target) -> Outcome:
    before = target.rows()
    event = target.event(text="we take over", is_echo=True)
    answer = target.http.post(f"{target.gateway}/webhooks/messenger", json=event)
    assert answer.status_code == 403
    assert target.rows() == before
    return Outcome("403")


@attack("messenger", "a quick reply that carries a value of ours instead of a token")
def _(target: Target) -> Outcome:
    for payload in ("/restart", '/choose{"value":"person"}', "confirm", "999999.0", "1.-1", "²"):
        event = target.event(text="hello", quick_reply={"payload": payload})
        assert target.messenger(event).status_code == 200
        stored = target.inbox(event["entry"][0]["messaging"][0]["message"]["mid"])
        assert stored is not None
        assert stored.choice is None, payload
        target.answers(stored.id)
    return Outcome("200, answered as the typed text", "the text, no choice")


@attack("gateway", "methods that an address does not have")
def _(target: Target) -> Outcome:
    statuses = {
        target.http.request(method, f"{target.gateway}{path}").status_code
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS")
        for path in ("/webhooks/twilio", "/webhooks/messenger", "/chat", "/chat/messages")
    }
    assert statuses == {405}
    return Outcome("405")


@attack("gateway", "a body of 10 MB, declared and in pieces")
def _(target: Target) -> Outcome:
    before = target.rows()
    for path in ("/webhooks/twilio", "/webhooks/messenger", "/chat/messages"):
        whole = target.http.post(f"{target.gateway}{path}", content=b"a" * 10_000_000)
        assert whole.status_code == 413, path
        try:
            pieces = target.http.post(
                f"{target.gateway}{path}", content=(b"a" * 100_000 for _ in range(100))
            )
            assert pieces.status_code in {403, 413}, path
        except httpx.TransportError:
            pass  # the door was shut in the middle, which is as good
    assert target.rows() == before
    return Outcome("413")


@attack("gateway", "headers of 200 kB")
def _(target: Target) -> Outcome:
    first = target.raw(
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 200_000 + b"\r\n\r\n"
    )
    assert not first or " 4" in first, first
    return Outcome("431")


@attack("gateway", "request smuggling: two lengths, a length and pieces, lengths that are none")
def _(target: Target) -> Outcome:
    before = target.rows()
    head = b"POST /webhooks/twilio HTTP/1.1\r\nHost: x\r\n"
    shapes = (
        head + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
        head + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1",
        head + b"Transfer-Encoding: xchunked\r\n\r\n",
        head + b"Content-Length: -1\r\n\r\n",
        head + b"Content-Length: 1e3\r\n\r\n",
        head + b"Content-Length : 3\r\n\r\nabc",
    )
    for shape in shapes:
        first = target.raw(shape)
        assert not first or " 4" in first, (shape, first)
    assert target.rows() == before
    return Outcome("400 or 403")


@attack("gateway", "header injection by the address and by X-Request-ID")
def _(target: Target) -> Outcome:
    answer = target.http.get(
        f"{target.gateway}/chat?language=en%0d%0aSet-Cookie:%20a=b&start=%0d%0aX-Evil:%201",
        headers={"X-Request-ID": "not-a-uuid planted-words"},
    )
    assert answer.status_code == 200
    assert "x-evil" not in answer.headers
    assert "a=b" not in answer.headers.get("set-cookie", "")
    assert "planted" not in answer.headers["x-request-id"]
    return Outcome("200, none of it in a header")


@attack("gateway", "another Host, X-Forwarded-Host and X-Forwarded-Proto")
def _(target: Target) -> Outcome:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    answer = target.http.get(f"{target.gateway}/chat", headers=forged)
    assert "evil" not in answer.text + str(answer.headers)
    return Outcome("200, the name nowhere in the answer")


@attack("gateway", "figures without and with a wrong token")
def _(target: Target) -> Outcome:
    for given in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        assert target.http.get(f"{target.gateway}/metrics", headers=given).status_code == 403
    return Outcome("403")


@attack("gateway", "paths out of the folder of assets")
def _(target: Target) -> Outcome:
    for path in ("..%2f..%2fpyproject.toml", "%2e%2e/%2e%2e/.env", "....//x", "%00", "/etc/passwd"):
        answer = target.http.get(f"{target.gateway}/chat/assets/{path}")
        assert answer.status_code == 404, path
    return Outcome("404")
