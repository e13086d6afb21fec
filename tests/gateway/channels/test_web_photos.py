"""Photos over the chat page's form: stored once, sniffed, bounded, shown to their sender only."""

from __future__ import annotations

import re
from contextlib import suppress
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from desk import attachments
from desk.database.models import Attachment
from gateway.guard import MOST_UPLOAD_BYTES
from tests.desk.attachments import pictures
from tests.desk.attachments.pictures import SECRET, photo, photo_that_tells


def upload(visitor: Any, content: bytes, **more: Any) -> httpx.Response:
    """Send a photo as the form without scripts does."""
    name = more.pop("name", "../../etc/Anna's phone.jpg")
    kind = more.pop("kind", "image/jpeg")
    headers = more.pop("headers", {})
    return visitor.http.post(
        "/chat/photos",
        data=visitor.form(**more),
        files={"photo": (name, content, kind)},
        headers=headers,
        follow_redirects=True,
    )


def rows(site: Any) -> list[Attachment]:
    with site.database.reading() as session:
        found = session.query(Attachment).order_by(Attachment.id).all()
        session.expunge_all()
        return found


def test_a_photo_is_stored_once_and_shown_in_the_talk(site, visitor) -> None:
    visitor.open()
    for _ in range(3):
        answer = upload(visitor, photo_that_tells(), id="aaaaaaaaaaaa")
        assert answer.status_code == 200
    (row,) = rows(site)
    (message,) = site.heard()
    assert message.attachments == [{"id": row.public_id, "type": "image/jpeg"}]
    assert site.wakes.count == 1
    assert 'alt="Photo you sent"' in answer.text
    (shown,) = re.findall(r'src="(/chat/photos/[^"]+)"', answer.text)
    seen = visitor.http.get(shown)
    assert seen.headers["content-type"] == "image/jpeg"
    assert "sandbox" in seen.headers["content-security-policy"]
    assert seen.headers["x-content-type-options"] == "nosniff"
    assert SECRET.encode() not in seen.content
    with site.database.reading() as session:
        kept = attachments.original(session, row.conversation_id, row.public_id)
    assert kept is not None
    assert kept.content == photo_that_tells(), "the original is kept as it is"


def test_a_stranger_does_not_see_it(site, visitor, stranger) -> None:
    visitor.open()
    upload(visitor, photo())
    stranger.open()
    stranger.post(text="hello")
    path = f"/chat/photos/{rows(site)[0].public_id}"
    assert stranger.http.get(path).status_code == 404
    assert httpx.get(site.url + path).status_code == 404
    assert visitor.http.get("/chat/photos/made-up").status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status", "said"),
    [
        (pictures.PDF, "image/jpeg", 415, "not a photo we can open"),
        (pictures.PAGE, "image/png", 415, "not a photo we can open"),
        (pictures.SVG, "image/svg+xml", 415, "not a photo we can open"),
        (pictures.SCRIPT_AS_GIF, "image/gif", 415, "not a photo we can open"),
        (pictures.HEIC, "image/heic", 415, "not a photo we can open"),
        (photo()[:-200], "image/jpeg", 415, "not a photo we can open"),
        (pictures.bomb(), "image/png", 413, "too large"),
        (pictures.heavy(6), "image/png", 413, "too large"),
        (pictures.heavy(20), "image/png", 413, "too large"),
        (b"", "application/octet-stream", 422, "choose a photo first"),
    ],
    ids=["pdf", "page", "svg", "script", "heic", "cut off", "bomb", "6 MB", "20 MB", "nothing"],
)
def test_what_is_not_taken_is_said_in_words(
    site, visitor, content: bytes, kind: str, status: int, said: str
) -> None:
    visitor.open()
    answer = upload(visitor, content, kind=kind)
    assert answer.status_code == status
    assert said in answer.text
    assert 'role="alert"' in answer.text
    assert site.heard() == []
    answer = upload(visitor, content, kind=kind, headers={"accept": "application/json"})
    assert answer.status_code == status
    assert said in answer.json()["problem"]


def test_what_the_browser_takes_it_for_does_not_count(site, visitor) -> None:
    visitor.open()
    upload(visitor, photo("WEBP"), kind="text/html", name="x.html")
    assert rows(site)[0].media_type == "image/webp"


def test_the_words_are_in_the_pages_language(visitor) -> None:
    visitor.open("/chat?language=es")
    assert "Elija un JPEG" in upload(visitor, pictures.PDF).text
    assert "demasiado grande" in upload(visitor, pictures.heavy(6)).text


def test_more_than_anybody_should_send_is_cut_off(visitor) -> None:
    visitor.open()
    parts = (b"x" * 1_000_000 for _ in range(MOST_UPLOAD_BYTES // 1_000_000 + 30))
    kind = {"content-type": "multipart/form-data; boundary=b", "accept": "application/json"}
    with suppress(httpx.WriteError):  # cut off while writing
        assert visitor.http.post("/chat/photos", content=parts, headers=kind).status_code == 413
    assert visitor.open().status_code == 200


@pytest.mark.parametrize(
    ("headers", "fields", "status"),
    [
        ({"origin": "https://evil.example"}, {}, 403),
        ({"sec-fetch-site": "cross-site"}, {}, 403),
        ({}, {"token": "0" * 64}, 403),
        ({}, {"id": "no"}, 422),
    ],
)
def test_only_our_own_form_is_taken(site, visitor, headers, fields, status) -> None:
    visitor.open()
    assert upload(visitor, photo(), headers=headers, **fields).status_code == status
    assert site.heard() == []


def test_without_a_session_nothing_is_taken(site, visitor) -> None:
    visitor.open()
    answer = httpx.post(
        f"{site.url}/chat/photos",
        data=visitor.form(),
        files={"photo": ("x.jpg", photo(), "image/jpeg")},
        headers={"origin": site.url},
    )
    assert answer.status_code == 403
    assert site.heard() == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", b"photo=x"),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=b", b"--b\r\nnonsense"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\nx\r\n--b--"),
        ("", b""),
    ],
)
def test_broken_forms_are_refused(site, visitor, kind: str, body: bytes) -> None:
    visitor.open()
    headers = {"content-type": kind} if kind else {}
    answer = visitor.http.post("/chat/photos", content=body, headers=headers)
    assert answer.status_code in (400, 415, 422)
    assert 'role="alert"' in answer.text
    assert site.heard() == []


def test_two_files_in_one_form_are_refused(site, visitor) -> None:
    visitor.open()
    files = [("photo", ("a.jpg", photo(), "image/jpeg"))] * 2
    answer = visitor.http.post("/chat/photos", data=visitor.form(), files=files)
    assert answer.status_code == 400
    assert site.heard() == []


def test_after_so_many_a_day_it_says_so(site, visitor, monkeypatch) -> None:
    monkeypatch.setattr("desk.attachments.store.MOST_A_DAY", 2)
    visitor.open()
    for number in range(2):
        assert upload(visitor, photo(), id=f"aaaaaaaaaaa{number}").status_code == 200
    answer = upload(visitor, photo(), id="aaaaaaaaaaaz")
    assert answer.status_code == 429
    assert "You can still write" in answer.text
    assert len(site.heard()) == 2


def test_a_transparent_picture_is_drawn_on_white(site, visitor) -> None:
    out = BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
    visitor.open()
    upload(visitor, out.getvalue())
    seen = visitor.http.get(f"/chat/photos/{rows(site)[0].public_id}").content
    assert Image.open(BytesIO(seen)).getpixel((5, 5)) == (255, 255, 255)
