"""Sending photos in a real browser: by button, by keyboard, with and without scripts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from desk.attachments import MOST_BYTES
from desk.database.models import Attachment
from tests.desk.attachments import pictures
from tests.desk.attachments.pictures import photo

pytestmark = pytest.mark.browser

BUTTON = "Send a photo"


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
    opened.set_default_timeout(15_000)
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


def a_file(content: bytes, name: str = "IMG_0001.jpg", kind: str = "image/jpeg") -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}


def choose(page: Page, *files: dict[str, Any]) -> None:
    """Press the button and choose files in the window that opens."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=BUTTON).click()
    chooser.value.set_files(list(files))  # type: ignore[arg-type]


def stored(site: Any) -> list[Attachment]:
    with site.database.reading() as session:
        found = session.query(Attachment).order_by(Attachment.id).all()
        session.expunge_all()
        return found


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the page for people to look at, where FRONTDESK_PICTURES says."""
    if folder := os.environ.get("FRONTDESK_PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_a_photo_goes_by_one_button_and_is_shown(site, page: Page) -> None:
    page.goto("/chat?language=en")
    expect(page.locator("input[type=file]")).to_be_hidden()
    choose(page, a_file(photo(size=(800, 600))))
    shown = page.get_by_role("log").get_by_role("img", name="Photo you sent")
    expect(shown).to_have_count(1)
    expect(shown).to_have_js_property("naturalWidth", 640)
    expect(page.get_by_text("Sending")).to_have_count(0)
    assert [row.state for row in stored(site)] == ["stored"]
    keep_picture(page, "chat-photo")
    page.reload()
    expect(shown).to_have_count(1)
    assert page.problems == []  # type: ignore[attr-defined]


def test_several_photos_are_sent_one_after_the_other(site, page: Page) -> None:
    page.goto("/chat?language=en")
    choose(page, *[a_file(photo(colour=colour)) for colour in ("red", "green", "blue")])
    expect(page.get_by_role("img", name="Photo you sent")).to_have_count(3)
    assert len({row.sha256 for row in stored(site)}) == 3
    assert len(site.heard()) == 3


def test_how_far_it_is_can_be_seen_and_heard(site, page: Page) -> None:
    page.goto("/chat?language=en")
    hanging: list[Any] = []
    page.route("**/chat/photos", lambda route: hanging.append(route))
    choose(page, a_file(photo()))
    expect(page.get_by_role("progressbar", name="Sending your photo")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("Sending your photo")
    keep_picture(page, "chat-photo-sending")
    assert stored(site) == []
    hanging[0].abort()
    expect(page.locator(".delivery.bad")).to_be_visible()


def test_a_photo_that_could_not_be_sent_goes_again_once(site, page: Page) -> None:
    page.goto("/chat?language=en")
    lost: list[Any] = []

    def lose(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch())
        route.abort()

    page.route("**/chat/photos", lose)
    choose(page, a_file(photo()))
    expect(page.locator(".delivery.bad")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("img", name="Photo you sent")).to_have_count(1)
    assert len(stored(site)) == len(site.heard()) == 1


def test_what_is_no_photo_is_said_and_not_offered_again(site, page: Page) -> None:
    page.goto("/chat?language=en")
    choose(page, a_file(pictures.PDF))
    expect(page.get_by_role("status")).to_contain_text("not a photo we can open")
    expect(page.get_by_role("button", name="Try again")).to_have_count(0)
    keep_picture(page, "chat-photo-refused")
    assert site.heard() == []


def test_a_photo_that_is_too_large_is_made_smaller_before_it_goes(site, page: Page) -> None:
    heavy = pictures.heavy(6)
    assert len(heavy) > MOST_BYTES
    page.goto("/chat?language=en")
    choose(page, a_file(heavy, kind="image/png"))
    expect(page.get_by_role("img", name="Photo you sent")).to_have_count(1)
    (row,) = stored(site)
    assert row.media_type == "image/jpeg"
    assert (row.size or 0) < MOST_BYTES


def test_by_keyboard_alone(site, page: Page) -> None:
    page.goto("/chat?language=en")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == BUTTON:
            break
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")  # after Enter, Chromium tells no test of the window it opens
    chooser.value.set_files([a_file(photo())])  # type: ignore[list-item]
    expect(page.get_by_role("img", name="Photo you sent")).to_have_count(1)
    assert page.evaluate("document.activeElement.textContent") == BUTTON
    assert len(stored(site)) == 1


def test_on_a_small_telephone_a_wide_photo_does_not_overflow(site, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/chat?language=en")
    choose(page, a_file(photo(size=(3000, 500))))
    shown = page.get_by_role("img", name="Photo you sent")
    expect(shown).to_have_js_property("complete", True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("#log").evaluate("log => log.scrollWidth - log.clientWidth") == 0
    keep_picture(page, "chat-photo-small")
    assert len(stored(site)) == 1


class TestWithoutScripts:
    @pytest.fixture
    def context_options(self) -> dict[str, Any]:
        return {"java_script_enabled": False}

    def test_a_photo_goes_by_the_form(self, site, page: Page) -> None:
        page.goto("/chat?language=en")
        page.get_by_label("Photo to send").set_input_files(a_file(photo()))  # type: ignore[arg-type]
        keep_picture(page, "chat-photo-no-scripts")
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("img", name="Photo you sent")).to_have_count(1)
        assert [row.state for row in stored(site)] == ["stored"]

    @pytest.mark.parametrize("heavy", [6, 24])
    def test_a_photo_that_is_too_large_is_refused_in_words(
        self, site, page: Page, heavy: int
    ) -> None:
        page.goto("/chat?language=en")
        content = a_file(pictures.heavy(heavy), kind="image/png")
        page.get_by_label("Photo to send").set_input_files(content)  # type: ignore[arg-type]
        page.get_by_role("button", name=BUTTON).click()
        expect(page.get_by_role("alert")).to_contain_text("too large")
        assert site.heard() == []

    def test_nothing_overflows_at_320_pixels(self, page: Page) -> None:
        page.set_viewport_size({"width": 320, "height": 640})
        for language in ("en", "es"):
            page.goto(f"/chat?language={language}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 320
            keep_picture(page, f"chat-no-scripts-{language}")


def test_the_place_in_a_photo_is_not_in_what_the_page_shows(site, page: Page) -> None:
    page.goto("/chat?language=en")
    choose(page, a_file(pictures.photo_that_tells()))
    shown = page.get_by_role("img", name="Photo you sent")
    address = shown.get_attribute("src") or ""
    assert re.fullmatch(r"/chat/photos/[0-9a-f]{32}", address)
    seen = page.request.get(address).body()
    assert not Image.open(BytesIO(seen)).getexif()
    assert len(stored(site)) == 1
