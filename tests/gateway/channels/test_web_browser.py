"""The chat in a real browser: with and without scripts, by keyboard, small, reloaded, left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from desk.conversations import links
from desk.database.models import utc_now
from desk.reply import Choice

pytestmark = pytest.mark.browser

YES_NO = (Choice("Yes", "yes"), Choice("No", "no"))


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def context_options() -> dict[str, Any]:
    return {}


@pytest.fixture
def context(browser: Browser, site, context_options) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=site.url, locale="en-US", **context_options)
    opened.set_default_timeout(8000)
    # whatever leaves this machine is answered here, so that tests need no network
    opened.route(
        re.compile(r"^https?://(?!127\.0\.0\.1)"),
        lambda route: route.fulfill(body="<title>elsewhere</title>", content_type="text/html"),
    )
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    opened = context.new_page()
    opened.problems = []  # type: ignore[attr-defined]
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))  # type: ignore[attr-defined]
    opened.on(
        "console",
        lambda line: line.type == "error" and opened.problems.append(line.text),  # type: ignore[attr-defined]
    )
    return opened


def write(page: Any, text: str) -> None:
    page.get_by_label("Your message").fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


def test_a_talk_is_live_and_survives_a_reload(site, page: Page) -> None:
    page.goto("/chat?language=en")
    write(page, "My bike is gone")
    expect(page.get_by_role("log")).to_contain_text("My bike is gone")
    expect(page.get_by_role("status")).to_contain_text("preparing an answer")
    site.say("I am sorry that happened. Was it stolen?", *YES_NO)
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.locator(".m.in")).to_have_count(2)
    expect(page.get_by_role("button", name="Yes", exact=True)).to_have_count(0)
    expect(page.get_by_text("Sending")).to_have_count(0)
    site.say("Thank you.")
    expect(page.get_by_role("log")).to_contain_text("Thank you.")
    assert site.heard()[-1].choice == "yes"
    page.reload()
    for text in ("My bike is gone", "Was it stolen?", "Thank you."):
        expect(page.get_by_text(text)).to_have_count(1)
    assert page.problems == []  # type: ignore[attr-defined]


def test_a_second_tab_shows_the_same_talk(site, page: Page, context: BrowserContext) -> None:
    page.goto("/chat?language=en")
    write(page, "one")
    expect(page.locator("#in-1")).to_be_visible()
    second = context.new_page()
    second.goto("/chat?language=en")
    write(second, "two")
    expect(page.get_by_role("log")).to_contain_text("two")
    site.say("to both")
    for tab in (page, second):
        expect(tab.get_by_text("to both")).to_have_count(1)


def test_a_message_that_could_not_be_sent_is_kept_and_goes_once(site, page: Page) -> None:
    page.goto("/chat?language=en")
    page.context.set_offline(True)
    write(page, "do not lose me")
    expect(page.locator(".delivery.bad")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("not sent")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#in-1")).to_contain_text("do not lose me")
    expect(page.locator(".delivery.bad")).to_have_count(0)
    assert [one.text for one in site.heard()] == ["do not lose me"]


def test_an_answer_that_was_lost_makes_no_second_message(site, page: Page) -> None:
    page.goto("/chat?language=en")
    lost = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.route("**/chat/messages", lose)
    write(page, "once")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#in-1")).to_contain_text("once")
    assert len(site.heard()) == 1


def test_being_cut_off_is_said(site, page: Page) -> None:
    page.goto("/chat?language=en")
    write(page, "hi")
    expect(page.locator("#in-1")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text("Not connected")
    page.context.set_offline(False)
    site.say("while you were away")
    expect(page.get_by_role("log")).to_contain_text("while you were away", timeout=10_000)
    expect(page.get_by_role("status")).not_to_contain_text("Not connected")


def test_a_person_joins_and_is_named(site, page: Page) -> None:
    page.goto("/chat?language=en")
    write(page, "hi")
    expect(page.locator("#in-1")).to_be_visible()
    officer = site.officer()
    site.hand_to("human", officer)
    expect(page.locator("#holder")).to_have_text("You are talking with Officer Rivera")
    site.types("staff")
    expect(page.get_by_role("status")).to_contain_text("A person is writing")
    site.say("How can I help?", author="staff", staff_id=officer)
    expect(page.locator(".m.staff")).to_contain_text("Officer Rivera Staff")


def test_by_keyboard_alone(site, page: Page) -> None:
    page.goto("/chat?language=en")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "text":
            break
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(page.locator("#in-1")).to_be_visible()
    assert site.heard()[0].text == "first line\nsecond line"
    site.say("Go on?", *YES_NO)
    expect(page.get_by_role("button", name="No", exact=True)).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.textContent") == "No":
            break
    page.keyboard.press("Enter")
    expect(page.locator(".m.in")).to_have_count(2)
    assert page.evaluate("document.activeElement.id") == "text"


def test_nothing_overflows_at_320_pixels(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for language in ("en", "es"):
        page.goto(f"/chat?language={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        assert page.locator("#log").evaluate("log => log.clientHeight") > 100
        assert page.locator("a[href='tel:911']").first.is_visible()
        assert page.locator("#compose button").is_visible()


def test_quick_exit_leads_away_and_leaves_nothing_behind(page: Page) -> None:
    page.goto("/chat?language=en")
    write(page, "my secret")
    expect(page.locator("#in-1")).to_be_visible()
    page.get_by_role("button", name="Leave quickly").click()
    page.wait_for_url("https://www.weather.gov/")
    page.goto("/chat?language=en")
    expect(page.get_by_text("my secret")).to_have_count(0)


def test_sharing_a_location_asks_only_when_pressed(site, page: Page) -> None:
    page.context.set_geolocation({"latitude": 37.6, "longitude": -120.95})
    page.context.grant_permissions(["geolocation"], origin=site.url)
    page.goto("/chat?language=en")
    assert site.heard() == []
    page.get_by_role("button", name="Share my location").click()
    expect(page.locator("#in-1")).to_contain_text("Location shared")
    assert site.heard()[0].location == {"latitude": 37.6, "longitude": -120.95}


def test_nothing_is_asked_of_another_host(site, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.get_by_role("button", name="Chat with us").click()
    expect(page.frame_locator("iframe").get_by_label("Your message")).to_be_visible()
    assert len(asked) > 4
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert page.problems == []  # type: ignore[attr-defined]


class TestOnTheDemoSite:
    def test_the_launcher_opens_closes_and_gives_the_focus_back(self, page: Page) -> None:
        page.goto("/")
        launcher = page.get_by_role("button", name="Chat with us")
        launcher.focus()
        page.keyboard.press("Enter")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_label("Your message")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(launcher).to_be_focused()

    def test_the_talk_goes_on_in_the_frame_while_it_is_closed(self, site, page: Page) -> None:
        page.goto("/")
        page.get_by_role("button", name="Chat with us").click()
        frame = page.frame_locator("iframe")
        write(frame, "hi")
        expect(frame.locator("#in-1")).to_be_visible()
        page.get_by_role("button", name="Close the chat").click()
        site.say("still here")
        expect(page.locator("frontdesk-chat .open")).to_have_class(re.compile("news"))
        page.get_by_role("button", name="Chat with us").click()
        expect(frame.get_by_text("still here")).to_be_visible()

    def test_it_speaks_the_language_of_the_page(self, page: Page) -> None:
        page.goto("/?language=es")
        page.get_by_role("button", name="Chatee con nosotros").click()
        expect(page.frame_locator("iframe").get_by_label("Su mensaje")).to_be_visible()

    def test_quick_exit_takes_the_whole_window_away(self, page: Page) -> None:
        page.goto("/")
        page.get_by_role("button", name="Chat with us").click()
        page.frame_locator("iframe").get_by_role("button", name="Leave quickly").click()
        page.wait_for_url("https://www.weather.gov/")


class TestWithoutScripts:
    @pytest.fixture
    def context_options(self) -> dict[str, Any]:
        return {"java_script_enabled": False}

    def test_a_whole_talk_by_forms(self, site, page: Page) -> None:
        page.goto("/chat?language=en")
        write(page, "My bike is gone")
        expect(page.get_by_role("log")).to_contain_text("My bike is gone")
        site.say("Was it stolen?", *YES_NO)
        page.get_by_role("button", name="Check for answers").click()
        page.get_by_role("button", name="Yes", exact=True).click()
        expect(page.locator(".m.in")).to_have_count(2)
        page.get_by_role("button", name="Talk to a person").click()
        expect(page.locator(".m.in")).to_have_count(3)
        assert [one.choice for one in site.heard()] == [None, "yes", "person"]
        expect(page.get_by_role("button", name="Share my location")).to_have_count(0)

    def test_the_language_and_clearing_by_forms(self, page: Page) -> None:
        page.goto("/chat?language=en")
        write(page, "hello")
        page.get_by_role("button", name="Cambiar a español").click()
        expect(page.get_by_label("Su mensaje")).to_be_visible()
        page.get_by_role("button", name="Borrar de este dispositivo").click()
        expect(page.get_by_role("status")).to_contain_text("ya no muestra")
        expect(page.locator(".m.in")).to_have_count(0)

    def test_quick_exit_by_a_form(self, page: Page) -> None:
        page.goto("/chat?language=en")
        write(page, "my secret")
        page.get_by_role("button", name="Leave quickly").click()
        page.wait_for_url("https://www.weather.gov/")


def test_a_link_from_a_message_begins_with_one_press(site, page: Page) -> None:
    with site.database.transaction() as session:
        token = links.make(session, "house_check", utc_now())
    page.goto(f"/chat?language=en&start={token}")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("log").get_by_text("Begin")).to_be_visible()
    expect(page.get_by_role("button", name="Begin")).to_have_count(0)
    assert page.problems == []  # type: ignore[attr-defined]
