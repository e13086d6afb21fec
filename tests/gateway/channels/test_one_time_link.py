"""The chat page, opened by a link from a text message."""

from __future__ import annotations

from datetime import timedelta

from desk.conversations import links
from desk.database.models import InboxMessage, utc_now


def made(site, hours: int = 0) -> str:
    with site.database.transaction() as session:
        return links.make(session, "house_check", utc_now() - timedelta(hours=hours))


def choices(site) -> list[str | None]:
    with site.database.reading() as session:
        return [one.choice for one in session.query(InboxMessage).order_by(InboxMessage.id)]


def test_looking_at_it_uses_nothing_up_and_beginning_does(site, visitor) -> None:
    token = made(site)
    for _ in range(3):  # phones and carriers look at links before people do
        page = visitor.open(f"/chat?language=en&start={token}").text
        assert f'name="start" value="{token}"' in page
    assert choices(site) == []
    visitor.post(start=token)
    assert choices(site) == ["topic:house_check"]


def test_the_second_time_it_is_over_and_the_page_says_so(site, visitor, stranger) -> None:
    token = made(site)
    visitor.open(f"/chat?language=en&start={token}")
    visitor.post(start=token)
    assert "used already" in stranger.open(f"/chat?language=en&start={token}").text
    stranger.open()
    assert "used already" in stranger.post(start=token).text
    assert choices(site) == ["topic:house_check"]


def test_the_same_press_twice_begins_once_without_a_complaint(site, visitor) -> None:
    token = made(site)
    visitor.open(f"/chat?language=en&start={token}")
    form = visitor.form(start=token)
    answers = [visitor.http.post("/chat/messages", data=form).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert choices(site) == ["topic:house_check"]


def test_an_old_or_made_up_link_opens_the_ordinary_chat(site, visitor) -> None:
    for token in (made(site, hours=25), "made-up", "<script>"):
        page = visitor.open(f"/chat?language=en&start={token}").text
        assert "used already or is too old" in page
        assert 'name="start"' not in page
        assert "<script>alert" not in page
