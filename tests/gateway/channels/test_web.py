"""The web chat over HTTP: storing once, whose talk it is, what other sites may do, the stream."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from desk.reply import Choice
from gateway.channels import web_log
from gateway.rates import SESSION

YES_NO = (Choice("Yes", "yes"), Choice("No", "no"))


def events(answer: httpx.Response, count: int) -> list[dict[str, Any]]:
    """The first `count` named events of a stream."""
    found: list[dict[str, Any]] = []
    current: dict[str, Any] = {}
    for line in answer.iter_lines():
        name, _, value = line.partition(": ")
        if name in ("event", "id"):
            current[name] = value
        elif name == "data":
            current["data"] = json.loads(value)
        elif not line and "event" in current:
            found.append(current)
            current = {}
            if len(found) == count:
                break
    return found


def test_a_message_is_stored_once_and_shown_after_the_redirect(site, visitor) -> None:
    visitor.open()
    form = visitor.form(text="Where is my station?")
    for _ in range(3):
        answer = visitor.http.post("/chat/messages", data=form)
        assert answer.status_code == 303
    assert [one.text for one in site.heard()] == ["Where is my station?"]
    assert site.wakes.count == 1
    assert "Where is my station?" in visitor.open().text


def test_the_conversation_is_kept_under_a_hash_of_the_session(site, visitor) -> None:
    visitor.open()
    visitor.post(text="hello")
    token = visitor.http.cookies["frontdesk"]
    assert len(token) == 32
    assert token not in site.conversation().address
    assert len(site.conversation().address) == 64


def test_a_stranger_sees_nothing_and_cannot_use_the_others_form(site, visitor, stranger) -> None:
    visitor.open()
    visitor.post(text="my secret")
    assert "my secret" not in stranger.open().text
    stranger.page = visitor.page
    assert stranger.post(text="I am you").status_code == 403
    assert [one.text for one in site.heard()] == ["my secret"]


def test_a_stranger_cannot_use_up_anothers_message_id(site, visitor, stranger) -> None:
    visitor.open()
    stranger.open()
    stranger.post(id="aaaaaaaaaaaa", text="first")
    visitor.post(id="aaaaaaaaaaaa", text="second")
    assert [one.text for one in site.heard()] == ["first", "second"]


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_another_sites_form_is_refused_even_with_the_token(site, visitor, headers) -> None:
    visitor.open()
    answer = visitor.http.post("/chat/messages", data=visitor.form(text="x"), headers=headers)
    assert answer.status_code == 403
    assert site.heard() == []


def test_without_a_cookie_nothing_is_stored_and_the_text_is_kept(site, visitor) -> None:
    visitor.open()
    visitor.http.cookies.clear()
    answer = visitor.post(text="please keep me")
    assert answer.status_code == 403
    assert "keeps no cookies" in answer.text
    assert "please keep me</textarea>" in answer.text
    assert site.heard() == []


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": "x" * 1601}, 422),
        ({"text": "x" * 40_000}, 413),
        ({"text": "ok", "id": "../../etc"}, 422),
        ({"latitude": "91", "longitude": "0"}, 422),
        ({"latitude": "nan", "longitude": "0"}, 422),
        ({"latitude": "37.6"}, 422),
    ],
)
def test_what_is_malformed_is_refused_whole(site, visitor, fields, status) -> None:
    visitor.open()
    assert visitor.post(**fields).status_code == status
    assert site.heard() == []


def test_an_empty_form_stores_nothing(site, visitor) -> None:
    visitor.open()
    assert visitor.post(text="  ").status_code == 200
    assert site.heard() == []


def test_a_choice_is_pressed_by_its_token(site, visitor) -> None:
    visitor.open()
    visitor.post(text="report")
    outbox_id = site.say("Is it over?", *YES_NO)
    assert f'value="{outbox_id}.1">No' in visitor.open().text
    visitor.post(choice=f"{outbox_id}.1")
    assert (site.heard()[-1].choice, site.heard()[-1].text) == ("no", "No")
    assert f'value="{outbox_id}.1"' not in visitor.page, "what was answered cannot be pressed again"


def test_anothers_choice_means_nothing(site, visitor, stranger) -> None:
    visitor.open()
    visitor.post(text="report")
    outbox_id = site.say("Is it over?", *YES_NO)
    stranger.open()
    stranger.post(text="hi")
    stranger.post(choice=f"{outbox_id}.0", id="bbbbbbbbbbbb")
    assert all(one.choice is None for one in site.heard())


def test_typed_text_never_becomes_a_choice_or_markup(site, visitor) -> None:
    visitor.open()
    visitor.post(text='<script>alert(1)</script> https://evil.example "person"')
    assert site.heard()[0].choice is None
    assert "&lt;script&gt;" in visitor.page
    assert 'href="https://evil.example' not in visitor.page


def test_our_own_links_and_numbers_can_be_tapped_but_stay_text(site, visitor) -> None:
    visitor.open()
    visitor.post(text="hi")
    site.say('Call 911 or (209) 555-0100.\nSee https://example.org/a?b=1&c="><b>x</b>.')
    page = visitor.open().text
    assert '<a href="tel:911">911</a> or <a href="tel:+12095550100">(209) 555-0100</a>.<br>' in page
    assert 'href="https://example.org/a?b=1&amp;c="' in page
    assert "<b>x" not in page


@pytest.mark.parametrize(
    "text",
    ["If you cannot talk, text 911.", "Si no puede hablar, envíe un mensaje de texto al 911."],
)
def test_a_number_to_text_starts_no_call(site, visitor, text) -> None:
    visitor.open()
    visitor.post(text="hi")
    site.say(text)
    assert '<a href="sms:911">911</a>.' in visitor.open().text


def test_talk_to_a_person_is_a_button_of_the_page(site, visitor) -> None:
    visitor.open("/chat?language=es")
    visitor.post(person="1")
    assert (site.heard()[0].choice, site.heard()[0].text) == ("person", "Hablar con una persona")
    assert site.conversation().language == "es"


def test_a_location_is_stored_with_words_for_it(site, visitor) -> None:
    visitor.open()
    visitor.post(latitude="37.6", longitude="-120.95")
    assert site.heard()[0].location == {"latitude": 37.6, "longitude": -120.95}
    assert site.heard()[0].text == "I shared my location."


def test_the_language_follows_the_browser_and_the_switch(site, visitor) -> None:
    assert '<html lang="es">' in visitor.open("/chat", **{"accept-language": "fr,es-MX;q=.9"}).text
    visitor.open()
    visitor.post(text="hola")
    assert '<html lang="es">' in visitor.post("/chat/language", language="es").text
    assert site.conversation().language == "es"
    assert '<html lang="es">' in visitor.open("/chat").text


def test_people_and_the_assistant_are_told_apart(site, visitor) -> None:
    visitor.open()
    visitor.post(text="hi")
    site.say("I am a machine")
    officer = site.officer()
    site.hand_to("human", officer)
    site.say("I am a person", author="staff", staff_id=officer)
    page = visitor.open().text
    machine, person = page.index("I am a machine"), page.index("I am a person")
    assert "Automated assistant" in page[machine - 200 : machine]
    assert "Officer Rivera" in page[person - 250 : person]
    assert "You are talking with Officer Rivera" in page


def test_clearing_the_device_leaves_an_empty_page(visitor) -> None:
    visitor.open()
    visitor.post(text="my secret")
    assert "no longer shows the earlier chat" in visitor.post("/chat/clear").text
    assert "my secret" not in visitor.open().text


def test_quick_exit_forgets_and_leads_away_without_a_token(visitor) -> None:
    visitor.open()
    visitor.post(text="my secret")
    answer = visitor.http.post("/chat/leave")
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://www.weather.gov/"
    assert "my secret" not in visitor.open().text


def test_pages_carry_a_strict_policy_and_are_not_kept(visitor) -> None:
    headers = visitor.open().headers
    policy = headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert headers["cache-control"] == "no-store"
    assert "<style" not in visitor.page
    assert " style=" not in visitor.page
    assert " onclick" not in visitor.page


def test_the_emergency_line_is_on_every_page(visitor) -> None:
    assert 'href="tel:911"' in visitor.open().text
    assert "not 911 and cannot send officers" in visitor.page


def test_the_database_away_is_said_and_the_text_is_kept(visitor, monkeypatch) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("insert", {}, Exception("away"))

    visitor.open()
    monkeypatch.setattr(web_log, "store", away)
    answer = visitor.post(text="please keep me")
    assert answer.status_code == 503
    assert "please keep me</textarea>" in answer.text
    script = visitor.http.post(
        "/chat/messages", data=visitor.form(text="x"), headers={"accept": "application/json"}
    )
    assert script.status_code == 503
    assert "not sent" in script.json()["problem"]


def test_the_stream_tells_everything_after_the_cursor_and_nothing_twice(site, visitor) -> None:
    visitor.open()
    visitor.post(text="hi")
    site.say("first")
    with visitor.http.stream("GET", "/chat/stream?after=0") as answer:
        seen = events(answer, 2)
    assert [one["data"]["side"] for one in seen] == ["in", "out"]
    assert "first" in seen[1]["data"]["html"]
    site.say("second")
    back = {"last-event-id": seen[1]["id"]}
    with visitor.http.stream("GET", "/chat/stream?after=0", headers=back) as answer:
        assert "second" in events(answer, 1)[0]["data"]["html"]


def test_the_stream_brings_what_happens_while_it_is_open(site, visitor) -> None:
    visitor.open()
    visitor.post(text="hi")
    officer = site.officer()

    def later() -> None:
        site.hand_to("human", officer)
        site.types("staff")
        site.say("hello", author="staff", staff_id=officer)

    timer = threading.Timer(0.5, later)
    timer.start()
    with visitor.http.stream("GET", "/chat/stream?after=0") as answer:
        seen = events(answer, 4)
    timer.join()
    assert [one["event"] for one in seen] == ["message", "holder", "typing", "message"]
    assert seen[1]["data"]["text"] == "You are talking with Officer Rivera"


def test_a_stranger_hears_only_that_there_is_nothing(visitor, stranger) -> None:
    visitor.open()
    visitor.post(text="my secret")
    stranger.open()
    with stranger.http.stream("GET", "/chat/stream?after=0") as answer:
        assert events(answer, 1)[0]["event"] == "nothing"


class TestBehindHttps:
    """With a public https address."""

    @pytest.fixture
    def web_settings(self) -> dict[str, Any]:
        return {"FRONTDESK_LOCAL": False, "FRONTDESK_PUBLIC_URL": "https://desk.example.org"}

    def test_the_cookie_is_bound_to_our_host_and_the_embedding_site(self, visitor) -> None:
        cookie = visitor.open().headers["set-cookie"]
        assert cookie.startswith("__Host-frontdesk=")
        for part in ("HttpOnly", "Secure", "SameSite=None", "Partitioned", "Path=/"):
            assert part in cookie
        assert "Domain" not in cookie

    def test_only_the_public_address_is_our_own(self, visitor) -> None:
        name, _, token = visitor.open().headers["set-cookie"].split(";")[0].partition("=")
        own = {"cookie": f"{name}={token}"}
        page = visitor.http.get("/chat", headers=own)
        visitor.page = page.text
        form = visitor.form(text="hello")
        refused = visitor.http.post("/chat/messages", data=form, headers=own)
        assert refused.status_code == 403, "the address we listen on is not the public one"
        ours = own | {"origin": "https://desk.example.org"}
        assert visitor.http.post("/chat/messages", data=form, headers=ours).status_code == 303

    def test_other_sites_may_not_frame_it_and_the_demo_is_gone(self, visitor) -> None:
        assert "frame-ancestors 'self'" in visitor.open().headers["content-security-policy"]
        assert visitor.http.get("/").status_code == 404


def test_a_flood_is_slowed_down_in_words_and_danger_still_comes_through(site, visitor) -> None:
    visitor.open()
    most = SESSION[0].amount
    for number in range(most):
        visitor.http.post(
            "/chat/messages", data=visitor.form(text=f"hi {number}", id=f"id{number:08}")
        )
    assert len(site.heard()) == most

    answer = visitor.post(text="one more thing", id="idonemore")
    assert answer.status_code == 429
    assert "wait a minute" in answer.text
    assert "one more thing</textarea>" in answer.text

    in_danger = visitor.form(text="he has a gun and is breaking my door", id="iddanger01")
    assert visitor.http.post("/chat/messages", data=in_danger).status_code == 303
    assert [one.text for one in site.heard()][most:] == ["he has a gun and is breaking my door"]
