"""The simulator's page: what is written goes out as a webhook, what comes back is shown."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from desk.attachments import read_photo
from tests.desk.attachments.pictures import photo


@pytest.mark.browser
def test_a_phone_and_a_messenger_thread_side_by_side(simulator, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and problems.append(line.text))
        page.goto(simulator.url)
        expect(page.get_by_role("status")).to_have_text("Live")

        page.get_by_label("Text message", exact=True).fill("Where is my station?")
        page.keyboard.press("Enter")
        phone = page.get_by_role("log", name="Text messages")
        expect(phone).to_contain_text("Where is my station?")
        assert b"Where+is+my+station" in simulator.desk.wait(1)[0].body
        simulator.send_sms(Body="At 610 Main Street.")
        expect(phone).to_contain_text("At 610 Main Street.")
        expect(phone).to_contain_text("1 segment, GSM-7 · delivered")

        page.get_by_label("Resident’s number").select_option("+12095550122")
        expect(phone).not_to_contain_text("610 Main")

        page.get_by_role("button", name="Get started").click()
        psid = page.get_by_label("Person").input_value()
        simulator.desk.wait(1, "/webhooks/messenger")
        quick = [{"content_type": "text", "title": "Yes", "payload": "12.0"}]
        simulator.send_messenger(psid, message={"text": "Go on?", "quick_replies": quick})
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_role("log", name="Messenger")).to_contain_text("Yes")
        sent = [json.loads(one.body) for one in simulator.desk.wait(2, "/webhooks/messenger")]
        assert any("12.0" in json.dumps(one) for one in sent)
        assert problems == []
        browser.close()


@pytest.mark.browser
def test_both_can_send_a_drawn_photo_or_one_of_ones_own(simulator, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: line.type == "error" and problems.append(line.text))
        page.goto(simulator.url)
        expect(page.get_by_role("status")).to_have_text("Live")

        phone = page.locator("section", has=page.get_by_role("heading", name="Text messages"))
        phone.get_by_role("button", name="Send a test photo").click()
        expect(phone.get_by_role("img", name="A photo")).to_have_count(1)
        fields = parse_qs(simulator.desk.wait(1, "/webhooks/twilio")[0].body.decode())
        assert fields["MediaContentType0"] == ["image/jpeg"]
        sent_on = httpx.get(fields["MediaUrl0"][0], auth=account(simulator), timeout=5)
        drawn = httpx.get(sent_on.headers["location"], timeout=5).content
        assert read_photo(drawn).media_type == "image/jpeg"
        expect(page.get_by_role("log", name="What happened")).to_contain_text("fetched a photo")

        thread = page.locator("section", has=page.get_by_role("heading", name="Messenger"))
        with page.expect_file_chooser() as chooser:
            thread.get_by_role("button", name="Choose photos").click()
        mine = {"name": "x.png", "mimeType": "image/png", "buffer": photo("PNG")}
        chooser.value.set_files([mine, mine])
        (took,) = simulator.desk.wait(1, "/webhooks/messenger")
        message = json.loads(took.body)["entry"][0]["messaging"][0]["message"]
        urls = [one["payload"]["url"] for one in message["attachments"]]
        assert [httpx.get(url, timeout=5).content for url in urls] == [photo("PNG")] * 2
        simulator.residents.forget_media()
        assert httpx.get(urls[0], timeout=5).status_code == 404
        assert problems == []
        browser.close()


def account(simulator) -> tuple[str, str]:
    settings = simulator.settings
    return settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()
