"""Files that are no photos, and addresses that lead elsewhere."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib

from PIL import Image
from sqlalchemy import select

from desk.database.models import Attachment
from tests.attacks.target import Outcome, Target, attack


def _png(width: int, height: int) -> bytes:
    """A PNG that says it is this large, with a megabyte of zeros packed into a kilobyte."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def _jpeg() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 40), "blue").save(drawn, "JPEG")
    return drawn.getvalue()


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/cron.d/x", b"\0" * 20_000_000)
    return packed.getvalue()


@attack("web", "zip bomb, script, SVG, PDF and nothing at all as a photo")
def _(target: Target) -> Outcome:
    before, browser = target.rows(), target.browser()
    for content in (
        _zip(),
        b"<script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"%PDF-1.7\n%\xe2\xe3",
        b"MZ\x90\0" * 100,
        b"\xff\xd8\xff\xe0 not really",
    ):
        assert browser.upload(content).status_code == 415, content[:10]
    assert browser.upload(b"").status_code == 422
    assert target.rows() == before
    return Outcome("415 and a sentence that says so")


@attack("web", "a picture of 65,000 × 65,000 in a few kilobytes")
def _(target: Target) -> Outcome:
    before, began = target.rows(), time.monotonic()
    answer = target.browser().upload(_png(65_000, 65_000), "bomb.png")
    assert answer.status_code in {413, 415}
    assert time.monotonic() - began < 5
    assert target.rows() == before
    return Outcome("413 or 415 at once")


@attack("web", "a photo of 40 MB")
def _(target: Target) -> Outcome:
    before = target.rows()
    answer = target.browser().upload(_jpeg() + b"\0" * 40_000_000)
    assert answer.status_code == 413
    assert target.rows() == before
    return Outcome("413 and a sentence that says so")


@attack("web", "polyglot: a photo that is a page and an archive too; a path as its name")
def _(target: Target) -> Outcome:
    browser, evil = target.browser(), b"<script>alert(1)</script>"
    answer = browser.upload(_jpeg() + evil + _zip(), "../../../../etc/passwd\0.html")
    assert answer.status_code == 201, answer.text
    page = browser.http.get("/chat", headers={"Accept": "text/html"}).text
    assert "passwd" not in page
    with target.database.reading() as session:
        kept = session.scalars(select(Attachment).order_by(Attachment.id.desc())).first()
        assert kept is not None
        shown = browser.http.get(f"/chat/photos/{kept.public_id}")
    assert shown.headers["content-type"] == "image/jpeg"
    assert evil not in shown.content
    assert "sandbox" in shown.headers["content-security-policy"]
    stranger = target.browser().http.get(f"/chat/photos/{kept.public_id}")
    assert stranger.status_code == 404
    return Outcome(
        "201; only a copy drawn anew is shown, to that browser", "photo, without its name"
    )


@attack("sms", "a photo's address that is not Twilio's: our own insides, a file, another host")
def _(target: Target) -> Outcome:
    own = target.secrets["TWILIO_ACCOUNT_SID"]
    simulator = target.desk.address("simulator")
    addresses = (
        f"{target.actions}/health",
        f"{target.rasa}/status",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:5432/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        f"{simulator}@127.0.0.1:{target.desk.ports['RASA_PORT']}/2010-04-01/Accounts/{own}/x",
        f"{simulator}/2010-04-01/Accounts/{own}/../../../control/media",
    )
    media = {f"MediaUrl{number}": url for number, url in enumerate(addresses)}
    kinds = {f"MediaContentType{number}": "image/jpeg" for number in range(len(addresses))}
    fields = target.text("", NumMedia=str(len(addresses)), **media, **kinds)
    assert target.twilio(fields).status_code == 200
    stored = target.inbox(fields["MessageSid"])
    assert stored is not None
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with target.database.reading() as session:
            states = session.scalars(
                select(Attachment.state).where(Attachment.inbox_id == stored.id)
            ).all()
        if set(states) <= {"failed", "refused"}:
            break
        time.sleep(0.1)
    assert set(states) == {"failed"}, states
    assert target.answers(stored.id)
    return Outcome("200; none is called, the resident is asked to send it again", "no photo")


@attack("messenger", "a photo's address that is not Meta's")
def _(target: Target) -> Outcome:
    event = target.event(
        attachments=[
            {"type": "image", "payload": {"url": f"{target.rasa}/status"}},
            {"type": "image", "payload": {"url": "https://fbcdn.net.evil.example/x.jpg"}},
            {"type": "../../x", "payload": {"url": "https://fbcdn.net/x.jpg"}},
        ]
    )
    assert target.messenger(event).status_code == 200
    stored = target.inbox(event["entry"][0]["messaging"][0]["message"]["mid"])
    assert stored is not None
    assert target.answers(stored.id)
    with target.database.reading() as session:
        kept = session.scalars(select(Attachment).where(Attachment.inbox_id == stored.id)).all()
        assert all(one.state != "stored" for one in kept)
    return Outcome("200, answered; none is called", "no photo")
