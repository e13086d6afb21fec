"""The console, by somebody who has no account, or the wrong one."""

from __future__ import annotations

import re

import httpx
from sqlalchemy import select

from desk import people
from desk.database.models import Conversation, Report, utc_now
from desk.reports import store
from frontdesk.run import DEMO_EMAIL
from tests.attacks.target import Outcome, Target, attack

_PASSWORD = "a long enough password"
_PAGES = ("/", "/queue", "/queue/lists", "/queue/counts", "/reports", "/reports/1", "/stream")


def _signed_in(target: Target, email: str, *roles: str) -> httpx.Client:
    with target.database.transaction() as session:
        people.add_staff(session, email=email, name=email, password=_PASSWORD, roles=roles)
    return _sign_in(target, email, _PASSWORD)


def _sign_in(target: Target, email: str, password: str) -> httpx.Client:
    browser = target.opened(httpx.Client(base_url=target.console, timeout=20))
    answer = browser.post("/sign-in", data={"email": email, "password": password})
    assert answer.status_code == 303, answer.text
    return browser


def _officer(target: Target) -> httpx.Client:
    return _sign_in(target, DEMO_EMAIL, target.secrets["FRONTDESK_DEMO_PASSWORD"])


def _conversation(target: Target) -> str:
    target.say("sms", "where is the station")
    with target.database.reading() as session:
        found = session.scalars(select(Conversation.id)).first()
    assert found is not None
    return found


@attack("console", "every page without a session, and with a guessed cookie")
def _(target: Target) -> Outcome:
    for cookie in ("", "console=guess", "console=" + "a" * 64, "console=' OR 1=1 --"):
        for page in _PAGES:
            answer = target.http.get(f"{target.console}{page}", headers={"Cookie": cookie})
            assert answer.status_code == 303, page
            assert answer.headers["location"] == "/sign-in"
    return Outcome("303 to the sign-in")


@attack("console", "its description and documentation")
def _(target: Target) -> Outcome:
    for page in ("/openapi.json", "/docs", "/redoc"):
        assert target.http.get(f"{target.console}{page}").status_code == 404
    return Outcome("404")


@attack("console", "forms without a session, without their word, with another's")
def _(target: Target) -> Outcome:
    conversation, mine, other = _conversation(target), _officer(target), _officer(target)
    word = re.search(r'name="csrf" value="([^"]+)"', other.get("/queue").text)
    assert word
    actions = ("claim", "reply", "hand-back", "transfer")
    for path in (*(f"/conversations/{conversation}/{one}" for one in actions), "/queue/next"):
        form = {"text": "x", "nonce": "n" * 43, "outcome": "resolved"}
        assert target.http.post(f"{target.console}{path}", data=form).status_code == 401, path
        for csrf in ("", "x", word[1], "ñ"):
            assert mine.post(path, data=form | {"csrf": csrf}).status_code == 403, path
    with target.database.reading() as session:
        assert session.get_one(Conversation, conversation).held_by is None
    return Outcome("401 without a session, 403 with a wrong word")


@attack("console", "records staff ask for the queue, an analyst for reports")
def _(target: Target) -> Outcome:
    records = _signed_in(target, "records@larkfield.example", "records")
    analyst = _signed_in(target, "analyst@larkfield.example", "analyst")
    conversation = _conversation(target)
    assert records.get("/queue").status_code == 403
    assert records.get(f"/conversations/{conversation}").status_code == 403
    assert records.get("/reports").status_code == 200
    for page in ("/queue", "/reports", f"/conversations/{conversation}"):
        assert analyst.get(page).status_code == 403, page
    return Outcome("403")


@attack("console", "an officer asks for a complaint about an officer")
def _(target: Target) -> Outcome:
    conversation = _conversation(target)
    with target.database.transaction() as session:
        report = Report(
            conversation_id=conversation,
            type="complaint",
            language="en",
            fields={"story": "complaint-words-nobody-sees"},
            interview={"private": True},
        )
        session.add(report)
        session.flush()
        store.submit(session, report, 7, utc_now())
        number = report.id
    officer = _signed_in(target, "plain@larkfield.example", "officer", "records")
    for page in (f"/reports/{number}", "/reports", f"/conversations/{conversation}"):
        assert "complaint-words-nobody-sees" not in officer.get(page).text
    assert officer.get(f"/reports/{number}").status_code in {403, 404}
    chief = _signed_in(target, "chief@larkfield.example", "supervisor")
    assert chief.get(f"/reports/{number}").status_code == 200
    return Outcome("403 or 404; a supervisor sees it")


@attack("console", "six wrong passwords, then the right one")
def _(target: Target) -> Outcome:
    _signed_in(target, "guessed@larkfield.example", "officer")
    form = {"email": "guessed@larkfield.example", "password": "wrong"}
    for _number in range(6):
        assert target.http.post(f"{target.console}/sign-in", data=form).status_code == 401
    right = target.http.post(f"{target.console}/sign-in", data=form | {"password": _PASSWORD})
    assert right.status_code == 401
    assert "locked" in right.text
    return Outcome("401, locked for 15 minutes")


@attack("console", "signing in from another site's form")
def _(target: Target) -> Outcome:
    form = {"email": DEMO_EMAIL, "password": target.secrets["FRONTDESK_DEMO_PASSWORD"]}
    answer = target.http.post(
        f"{target.console}/sign-in", data=form, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    return Outcome("403, no cookie")


@attack("console", "nonsense in addresses and forms, signed in")
def _(target: Target) -> Outcome:
    conversation, officer = _conversation(target), _officer(target)
    for path in (
        f"/conversations/{conversation}?problem=taken&by=²",
        f"/conversations/{conversation}?problem=taken&by={'9' * 40}",
        f"/conversations/{conversation}?by={'9' * 5000}",
        "/conversations/..%2f..%2fetc%2fpasswd",
        "/conversations/%00",
        f"/conversations/{conversation}/photos/..%2f..%2fx/original",
        "/reports/99999999999999999999",
        "/reports/-1",
        "/reports?state=%27%20OR%201=1",
        f"/stream?after={'9' * 30}",
        "/assets/..%2f..%2fapp.py",
    ):
        answer = officer.get(path)
        assert answer.status_code < 500, path
        assert "Traceback" not in answer.text
    return Outcome("200, 404 or 422, never 5xx")


@attack("console", "a body of 10 MB; a Host that is not ours")
def _(target: Target) -> Outcome:
    big = target.http.post(f"{target.console}/sign-in", data={"email": "a" * 10_000_000})
    assert big.status_code in {400, 413}, big.status_code
    page = target.http.get(f"{target.console}/sign-in", headers={"Host": "evil.example"})
    assert "evil" not in page.text + str(page.headers)
    return Outcome("400; the name nowhere in the answer")


@attack("console", "what residents wrote, as an officer sees it: markup")
def _(target: Target) -> Outcome:
    fields = target.text("<script>alert('planted')</script> \"><img src=x>")
    assert target.twilio(fields).status_code == 200
    stored = target.inbox(fields["MessageSid"])
    assert stored is not None
    target.answers(stored.id)
    answer = _officer(target).get(f"/conversations/{stored.conversation_id}")
    assert "&lt;script&gt;alert(" in answer.text
    assert "<script>alert(" not in answer.text
    assert "<img src=x" not in answer.text
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    return Outcome("shown as text, under a strict content policy", "the text as typed")


@attack("console", "export of formulas")
def _(target: Target) -> Outcome:
    pages = _officer(target).get("/reports").text + _officer(target).get("/queue").text
    assert "csv" not in pages.lower()
    return Outcome("not applicable: the console exports nothing yet")
