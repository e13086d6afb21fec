"""The console in a real browser: live, honest when it is not, and usable at 320 pixels."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from desk.conversations import Inbound, receive
from desk.database.models import Conversation, utc_now
from desk.queue import raise_alert
from tests.console.serving import EMAIL, PASSWORD, Console

pytestmark = [
    pytest.mark.browser,
    # playwright's own loop is left to the collector at the end
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

expect.set_options(timeout=20_000)
SHOTS = os.environ.get("CONSOLE_SHOTS")


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def signed_in(browser: Browser, console: Console, width: int = 1280) -> Page:
    page = browser.new_page(viewport={"width": width, "height": 860})
    page.set_default_timeout(10_000)
    page.goto(console.url)
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    shot(page, f"sign-in-{width}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue", exact=True)).to_be_visible()
    return page


def test_an_officer_sees_claims_answers_and_hands_back(browser: Browser, console: Console) -> None:
    page = signed_in(browser, console)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.get_by_role("button", name="Become available").click()
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()
    conversation = console.waits("Somebody took my bike from Main Street")
    expect(page.get_by_role("button", name=re.compile("Claim: Theft"))).to_be_visible()  # by itself
    expect(page).to_have_title(re.compile(r"^\(1\) Queue"))
    expect(page.locator("#said")).to_have_text("Somebody new is waiting in the queue.")
    with console.database.transaction() as session:
        message = Inbound("web", "w1", "abc", "", "There is a man with a gun")
        receipt = receive(session, message, utc_now())
        raise_alert(
            session, session.get_one(Conversation, receipt.conversation_id), "emergency", utc_now()
        )
    expect(page).to_have_title(re.compile(r"^DANGER \(1\) Queue"))
    expect(page.get_by_role("button", name=re.compile("Claim: Emergency"))).to_be_visible()
    shot(page, "queue")
    page.get_by_role("button", name=re.compile("Claim: Theft")).click()
    page.get_by_label("Message to the resident, in English").fill("I am here. What colour is it?")
    with console.database.transaction() as session:
        address = session.get_one(Conversation, conversation).address
        receive(session, Inbound("sms", "SM2", address, "+12095550100", "It is blue"), utc_now())
    expect(page.get_by_role("log").get_by_text("It is blue")).to_be_visible()
    expect(page.get_by_label("Message to the resident, in English")).to_have_value(
        "I am here. What colour is it?"
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("I am here.")).to_be_visible()
    expect(page.get_by_role("log").get_by_text("Not sent yet").last).to_be_visible()
    shot(page, "conversation")
    page.get_by_label("Outcome").select_option("referred")
    page.get_by_role("button", name="Hand back to the assistant").click()
    expect(page.get_by_text("You hold no conversation.")).to_be_visible()
    page.goto(f"{console.url}/reports")
    shot(page, "reports")
    assert complaints == []


def test_the_page_says_when_it_is_not_live(browser: Browser, console: Console) -> None:
    page = signed_in(browser, console)
    bar = page.get_by_role("alert").filter(has_text="Not live.")
    page.wait_for_timeout(1000)
    expect(bar).to_be_hidden()
    console.stop()
    expect(bar).to_be_visible(timeout=12_000)
    shot(page, "not-live")


@pytest.mark.parametrize("width", [320, 640])
def test_nothing_is_cut_off_on_a_narrow_screen(
    browser: Browser, console: Console, width: int
) -> None:
    conversation = console.waits("A long story " * 20 + "x" * 120)
    page = signed_in(browser, console, width)
    for path in ("/queue", f"/conversations/{conversation}", "/reports"):
        page.goto(console.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        shot(page, f"narrow-{width}-{path.split('/')[1]}")


def test_a_thread_in_the_pages_inbox_is_seen_and_handed_back(
    browser: Browser, console: Console
) -> None:
    page = signed_in(browser, console)
    console.taken_over_elsewhere()
    expect(page.get_by_role("heading", name="Held in the page's inbox")).to_be_visible()
    shot(page, "page-inbox")
    page.get_by_role("button", name="Hand back to the assistant").click()
    expect(page.get_by_role("heading", name="Held in the page's inbox")).to_have_count(0)
