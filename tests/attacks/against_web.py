"""Somebody else's browser, somebody else's site."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from desk.database.models import InboxMessage, OutboxMessage
from tests.attacks.target import Outcome, Target, attack


@attack("web", "another's session: a guessed cookie, a conversation's id or address as cookie")
def _(target: Target) -> Outcome:
    victim = target.browser()
    assert victim.post(text="my secret word is saxifrage").status_code == 201
    with target.database.reading() as session:
        row = session.scalars(
            select(InboxMessage).where(InboxMessage.text.contains("saxifrage"))
        ).one()
        conversation = row.conversation_id
    for guess in ("0" * 32, victim.address, conversation, "+12095550123", "../x", "' OR 1=1"):
        answer = target.http.get(f"{target.gateway}/chat", headers={"Cookie": f"frontdesk={guess}"})
        assert answer.status_code == 200
        assert "saxifrage" not in answer.text
        stream = target.http.get(
            f"{target.gateway}/chat/stream?conversation={conversation}",
            headers={"Cookie": f"frontdesk={guess}"},
        )
        assert "saxifrage" not in stream.text
    return Outcome("an empty chat")


@attack("web", "a form without its word, with another's, and without a cookie")
def _(target: Target) -> Outcome:
    before, browser, other = target.rows(), target.browser(), target.browser()
    for path in ("/chat/messages", "/chat/photos", "/chat/language", "/chat/clear"):
        for token in ("", other.token, "ñ", browser.session):
            form = {"token": token, "id": uuid.uuid4().hex, "text": "x"}
            files = {"photo": ("a.jpg", b"x")} if path.endswith("photos") else None
            assert browser.http.post(path, data=form, files=files).status_code == 403, path
        lonely = target.http.post(f"{target.gateway}{path}", data={"text": "x", "token": "x"})
        assert lonely.status_code in {403, 415}
    assert target.rows() == before
    return Outcome("403")


@attack("web", "a form of another site (Origin, Sec-Fetch-Site) with the right word")
def _(target: Target) -> Outcome:
    before, browser = target.rows(), target.browser()
    form = {"token": browser.token, "id": uuid.uuid4().hex, "text": "x"}
    for told in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": target.console},
    ):
        assert browser.http.post("/chat/messages", data=form, headers=told).status_code == 403
    preflight = browser.http.options(
        "/chat/messages",
        headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert "access-control-allow-origin" not in preflight.headers
    assert target.rows() == before
    return Outcome("403, no CORS header")


@attack("web", "a choice offered in another conversation; made-up ones")
def _(target: Target) -> Outcome:
    victim, thief = target.browser(), target.browser()
    inbox_id = int(victim.post(text="I want to file a report").json()["key"][3:])
    rows = target.answers(inbox_id)
    tokens = [f"{row.id}.{index}" for row in rows for index in range(len(row.choices or ()))]
    assert tokens, "nothing was offered to steal"
    for token in (*tokens, "confirm", "topic:theft", "/restart", "1.99999999999999999999", "-1.0"):
        answer = thief.post(choice=token)
        assert answer.status_code in {201, 403, 422}, (token, answer.text)
        if answer.status_code == 201:
            with target.database.reading() as session:
                stored = session.get(InboxMessage, int(answer.json()["key"][3:]))
                assert stored is not None
                assert stored.choice is None, token
    with target.database.reading() as session:
        assert session.get(OutboxMessage, rows[0].id) is not None
    return Outcome("taken for a message without a choice", "no choice")


@attack("web", "wrong shapes: ids, cursors, fields")
def _(target: Target) -> Outcome:
    browser = target.browser()
    for client_id in ("", "../../etc/passwd", "x", "a" * 65, "id\r\nX: y"):
        assert browser.post(id=client_id, text="x").status_code == 422
    for cursor in ("-1", "9" * 40, "²", "x", "1;DROP"):
        answer = target.http.get(f"{target.gateway}/chat/stream?after={cursor}")
        assert answer.status_code == 200
        assert "event: nothing" in answer.text
    many = browser.http.post("/chat/messages", content="&".join("a=1" for _ in range(100)))
    assert many.status_code == 400
    return Outcome("400 or 422; the stream says nothing")


@attack("web", "30 messages in a minute, each with a spoofed X-Forwarded-For")
def _(target: Target) -> Outcome:
    browser = target.browser()
    statuses = []
    for number in range(30):
        form = {"token": browser.token, "id": uuid.uuid4().hex, "text": "x"}
        spoofed = {"X-Forwarded-For": f"198.51.{number}.1, 203.0.113.7"}
        statuses.append(browser.http.post("/chat/messages", data=form, headers=spoofed).status_code)
    assert statuses.count(201) == 20
    assert statuses.count(429) == 10
    danger = browser.post(text="he has a gun and is breaking into my house")
    assert danger.status_code == 201, "danger passes every limit"
    return Outcome("20 taken, 10 times 429; a message of danger passes", "20 messages, and danger")
