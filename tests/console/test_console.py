"""The console over HTTP: who may do what, and what staff see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from console.access import Anyone, Need
from console.app import _PAGES
from console.guard import HEADERS
from desk import attachments
from desk.conversations import Inbound, receive, turns
from desk.database.models import AuditEntry, Conversation, OutboxMessage, Staff, utc_now
from tests.console.serving import Console, csrf_in
from tests.desk.attachments.pictures import SECRET, photo_that_tells

ROUTES = [route for page in _PAGES for route in page.router.routes]
OPEN_TO_ANYONE = {"/health/live", "/health/ready", "/assets/{name}", "/sign-in"}


def needs(route: APIRoute) -> list[Need]:
    return [one.call for one in route.dependant.dependencies if isinstance(one.call, Need)]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_handler_declares_its_role(route: APIRoute) -> None:
    assert isinstance(route, APIRoute)
    declared = needs(route)
    assert declared, f"{route.path} declares no role"
    assert any(isinstance(one, Anyone) for one in declared) == (route.path in OPEN_TO_ANYONE)


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.path not in OPEN_TO_ANYONE], ids=lambda route: route.path
)
def test_without_signing_in_nothing_is_shown(console: Console, route: APIRoute) -> None:
    for method in route.methods or ():
        answer = httpx.request(method, console.url + route.path)
        assert answer.status_code in (303, 401)
        assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


def test_a_form_that_our_page_did_not_make_changes_nothing(console: Console) -> None:
    conversation = console.waits()
    with console.browser() as client:
        for word in ({}, {"csrf": "guessed"}):
            answer = client.post(f"/conversations/{conversation}/claim", data=word)
            assert answer.status_code == 403
    with console.database.reading() as session:
        assert session.get_one(Conversation, conversation).holder == "queue"


def test_a_sign_in_form_from_another_site_is_refused(console: Console) -> None:
    answer = httpx.post(
        f"{console.url}/sign-in",
        data={"email": "rivera@larkfield.example", "password": "correct horse battery"},
        headers={"origin": "https://elsewhere.example"},
    )
    assert answer.status_code == 403


def test_the_cookie_is_closed_to_scripts_and_other_sites(console: Console) -> None:
    answer = httpx.post(
        f"{console.url}/sign-in",
        data={"email": "rivera@larkfield.example", "password": "correct horse battery"},
    )
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_claim_reply_and_hand_back_without_javascript(console: Console) -> None:
    conversation = console.waits("please look at my page <script>alert(1)</script>")
    with console.browser() as client:
        assert conversation in client.get("/queue").text
        page = client.get(f"/conversations/{conversation}").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page
        word = {"csrf": csrf_in(page)}
        client.post(f"/conversations/{conversation}/claim", data=word)
        form = word | {"text": "How can I help?", "nonce": "n" * 43}
        for _ in range(2):  # a double click says it once
            answer = client.post(f"/conversations/{conversation}/reply", data=form)
            assert answer.status_code == 303
        client.post(f"/conversations/{conversation}/hand-back", data=word | {"outcome": "resolved"})
    with console.database.reading() as session:
        texts = [
            row.text for row in session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        ]
        assert session.get_one(Conversation, conversation).holder == "bot"
        actions = set(session.scalars(select(AuditEntry.action)))
    assert texts[0].startswith("Officer Rivera joined.")
    assert texts[1] == "How can I help?"
    assert "back with the automated assistant" in texts[2]
    assert len(texts) == 3
    assert actions >= {
        "queue.view",
        "conversation.view",
        "queue.claim",
        "conversation.reply",
        "conversation.hand_back",
    }


def test_who_does_not_hold_the_conversation_cannot_write_and_sees_who_does(
    console: Console,
) -> None:
    conversation = console.waits()
    with console.database.transaction() as session:
        console.staff(session, "chen@larkfield.example", "Officer Chen")
    with console.browser() as rivera, console.browser("chen@larkfield.example") as chen:
        for client in (rivera, chen):
            word = {"csrf": csrf_in(client.get("/queue").text)}
            lost = client.post(f"/conversations/{conversation}/claim", data=word)
        page = chen.get(lost.headers["location"]).text
        assert "Officer Rivera has this conversation already." in page
        assert 'name="text"' not in page
        refused = chen.post(
            f"/conversations/{conversation}/reply", data=word | {"text": "Hi", "nonce": "n" * 43}
        )
        assert "not_holder" in refused.headers["location"]


def test_a_role_that_was_not_granted_is_refused(console: Console) -> None:
    with console.database.transaction() as session:
        console.staff(session, "clerk@larkfield.example", "A. Clerk", "records")
    with console.browser("clerk@larkfield.example") as client:
        assert client.get("/queue").status_code == 403
        assert client.get("/reports").status_code == 200


def test_the_stream_gives_all_that_came_after_and_is_the_heartbeat(console: Console) -> None:
    console.waits()
    with console.browser() as client:
        with client.stream("GET", "/stream?after=0") as lines:
            first = next(line for line in lines.iter_lines() if line.startswith("event"))
        assert first == "event: queue-changed"
        headers = {"last-event-id": "999999"}
        with client.stream("GET", "/stream?after=0", headers=headers) as lines:
            assert next(x for x in lines.iter_lines() if x.startswith("event")) == "event: beat"
    with console.database.reading() as session:
        assert session.scalars(select(Staff.last_seen_at)).one() is not None


def test_health_is_told_without_signing_in(console: Console) -> None:
    assert httpx.get(f"{console.url}/health/live").json() == {"ok": True}
    assert httpx.get(f"{console.url}/health/ready").json() == {"ok": True}


def sent_photos(console: Console) -> list[str]:
    """The resident has sent a photo that was kept, one that waits and one that was refused."""
    with console.database.transaction() as session:
        message = Inbound("sms", "MM1", "+12095550120", "+12095550100", "look")
        inbox_id = receive(session, message, utc_now()).inbox_id
        content = photo_that_tells()
        kept = attachments.add(
            session, inbox_id, content, attachments.read_photo(content), utc_now()
        )
        other = receive(session, replace(message, provider_id="MM2"), utc_now()).inbox_id
        turns.screened(session, [other], utc_now())
        sent = [{"type": "image/png", "url": "https://x/1"}] * 2
        waiting, refused = attachments.expect(session, other, sent, utc_now())
        two = attachments.claim(session, now=utc_now(), lease=timedelta(seconds=9), limit=2)
        attachments.settle(session, two[1], "refused", "large", utc_now())
    return [kept, waiting, refused]


def test_photos_are_shown_small_and_downloaded_on_record(console: Console) -> None:
    conversation = console.waits()
    kept, *unkept = sent_photos(console)
    base = f"/conversations/{conversation}/photos"
    with console.browser() as client:
        page = client.get(f"/conversations/{conversation}").text
        assert page.count('alt="Photo 1 from the resident"') == 1
        assert "Photo 2: on its way from the provider" in page
        assert "Photo 3: not kept, too large" in page
        small = client.get(f"{base}/{kept}/small")
        assert small.headers["content-type"] == "image/jpeg"
        assert SECRET.encode() not in small.content
        with console.database.reading() as session:
            assert "photo.download" not in set(session.scalars(select(AuditEntry.action)))
        original = client.get(f"{base}/{kept}/original")
        assert original.content == photo_that_tells()
        headers = original.headers
        assert headers["content-disposition"] == f'attachment; filename="photo-{kept[:8]}.jpg"'
        assert headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        for one in (*unkept, "made-up"):
            assert client.get(f"{base}/{one}/small").status_code == 404
            assert client.get(f"{base}/{one}/original").status_code == 404
        other = console.waits(phone="+12095550122")
        assert client.get(f"/conversations/{other}/photos/{kept}/original").status_code == 404
    with console.database.reading() as session:
        (entry,) = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "photo.download")
        ).all()
    assert entry.subject == f"conversation:{conversation}"
    assert entry.data == {"photo": kept}
    assert entry.staff_id is not None


def test_photos_are_for_those_who_talk_or_decide_and_nobody_else(console: Console) -> None:
    conversation = console.waits()
    kept = sent_photos(console)[0]
    with console.database.transaction() as session:
        console.staff(session, "chen@larkfield.example", "A. Chen", "analyst")
        console.staff(session, "clerk@larkfield.example", "A. Clerk", "records")
    for which in ("small", "original"):
        path = f"/conversations/{conversation}/photos/{kept}/{which}"
        assert httpx.get(console.url + path).status_code == 303
        with console.browser("chen@larkfield.example") as client:
            assert client.get(path).status_code == 403
        with console.browser("clerk@larkfield.example") as client:
            assert client.get(path).status_code == 200


def test_a_thread_held_in_the_pages_inbox_is_listed_and_handed_back(console: Console) -> None:
    with console.browser() as client:
        assert "page&#39;s inbox" not in client.get("/queue").text
        assert "Held in the page's inbox" not in client.get("/queue").text
        conversation = console.taken_over_elsewhere()
        page = client.get("/queue").text
        assert f'id="inbox-{conversation}"' in page
        assert "Hand back" in client.get(f"/conversations/{conversation}").text
        form = {"csrf": csrf_in(page), "outcome": "bot_goes_on"}
        answer = client.post(f"/conversations/{conversation}/hand-back", data=form)
        assert answer.headers["location"] == "/queue"
        assert "Held in the page's inbox" not in client.get("/queue").text
    with console.database.reading() as session:
        held = session.get_one(Conversation, conversation)
        assert (held.holder, held.held_by) == ("bot", None)


def test_what_a_colleague_here_holds_only_they_hand_back(console: Console) -> None:
    with console.database.transaction() as session:
        console.staff(session, "other@larkfield.example", "Officer Other", "officer")
    conversation = console.taken_over_elsewhere()
    with console.browser() as mine, console.browser("other@larkfield.example") as other:
        word = {"csrf": csrf_in(mine.get("/queue").text)}
        mine.post(f"/conversations/{conversation}/claim", data=word)
        assert "Held in the page's inbox" not in other.get("/queue").text
        form = {"csrf": csrf_in(other.get("/queue").text), "outcome": "bot_goes_on"}
        answer = other.post(f"/conversations/{conversation}/hand-back", data=form)
        assert "problem=not_holder" in answer.headers["location"]


@pytest.mark.parametrize("by", ["²", "x", "-1", "9" * 40])
def test_a_made_up_colleague_in_the_address_breaks_nothing(console: Console, by: str) -> None:
    conversation = console.waits()
    with console.browser() as client:
        answer = client.get(f"/conversations/{conversation}?problem=taken&by={by}")
        assert answer.status_code == 422
