"""Photos by SMS and Messenger: acknowledged at once, fetched from the provider and nowhere else."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import structlog
from fastapi import FastAPI, Request, Response
from sqlalchemy import update

from desk import attachments, logs
from desk.attachments import MOST_BYTES, NotAPhoto
from desk.conversations import Inbound, turns
from desk.database import Database
from desk.database.models import Attachment, Event, InboxMessage, OutboxMessage, utc_now
from gateway import fetcher as module
from gateway.fetcher import Fetcher
from gateway.front import take_in
from gateway.media import Media, NotFetched
from gateway.store import Store
from simulator.client import photo_of
from tests.desk.attachments import pictures
from tests.desk.attachments.pictures import SECRET, photo, photo_that_tells

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"
PSID = "7001"
DANGER = "Someone is breaking into my house right now and he has a gun"


@pytest.fixture
def changes() -> dict[str, Any]:
    return {"local": True}


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITS", (0.05, 0.05))
    monkeypatch.setattr(module, "_POLL_SECONDS", 0.1)


def settled(front: Front, count: int = 1, seconds: float = 10.0) -> list[Attachment]:
    """The attachments, when all of them are there and settled."""

    def look() -> list[Attachment]:
        rows = front.rows(Attachment)
        done = len(rows) >= count and all(one.state != "waiting" for one in rows)
        return rows if done else []

    return front.eventually(look, seconds)


def content_of(front: Front, row: Attachment) -> bytes | None:
    with front.database.reading() as session:
        found = attachments.original(session, row.conversation_id, row.public_id)
        return found.content if found else None


def notices(front: Front) -> list[str]:
    """What was said to the resident about photos."""
    return [row.text for row in front.rows(OutboxMessage) if row.author == "desk"]


@pytest.mark.parametrize("channel", ["sms", "messenger"])
def test_a_photo_is_answered_by_its_id_and_brought_in(front: Front, channel: str) -> None:
    sent = photo_of(photo("PNG"), "image/jpeg")  # what it is called does not count
    if channel == "sms":
        assert front.residents.text(PHONE, "my bike", photos=[sent]) == 200
    else:
        assert front.residents.messenger_photos(PSID, sent, text="my bike") == 200
    (row,) = settled(front)
    assert (row.state, row.media_type, row.size) == ("stored", "image/png", len(photo("PNG")))
    assert content_of(front, row) == photo("PNG")
    assert row.source_url is None
    front.eventually(lambda: front.rasa.turns)
    kind = "image/jpeg" if channel == "sms" else "image"
    assert front.rasa.turns[0]["attachments"] == [{"id": row.public_id, "type": kind}]
    assert notices(front) == []
    assert "attachment" in {one.kind for one in front.rows(Event)}


def test_ten_photos_of_one_message_are_all_there(front: Front) -> None:
    sent = [photo_of(photo(colour=f"#{number}0{number}0ff")) for number in range(10)]
    front.residents.text(PHONE, "", photos=sent)
    rows = settled(front, 10)
    assert [row.state for row in rows] == ["stored"] * 10
    assert len({row.sha256 for row in rows}) == 10


def test_the_same_webhook_twice_fetches_once(front: Front) -> None:
    for _ in range(3):
        sent = [photo_of(photo())]
        assert front.residents.text(PHONE, "", photos=sent, sid="MM" + "a" * 32) == 200
    settled(front)
    front.quiet()
    assert len(front.rows(Attachment)) == 1
    assert front.residents.fetches() == 1


def test_a_slow_provider_holds_up_neither_turn_nor_danger(front: Front) -> None:
    front.residents.fault("media", "timeout", count=9, seconds=8)
    began = time.monotonic()
    assert front.residents.text(PHONE, "my bike", photos=[photo_of(photo())]) == 200
    front.residents.wait_for_reply(PHONE)
    front.residents.text("+12095550124", DANGER, photos=[photo_of(photo())])
    alarm = front.residents.wait_for_reply("+12095550124")
    assert "911" in alarm.text
    assert time.monotonic() - began < 4.0, "three tries of two seconds would take longer"
    assert {row.state for row in front.rows(Attachment)} == {"waiting"}


def test_a_photo_that_drips_in_is_given_up_in_time_and_got_later(front: Front) -> None:
    front.residents.fault("media", "slow", seconds=60)
    began = time.monotonic()
    front.residents.text(PHONE, "", photos=[photo_of(photo(size=(2000, 3000)))])
    (row,) = settled(front)
    assert (row.state, row.attempts) == ("stored", 2)
    assert time.monotonic() - began < front.settings.provider_timeout + 6


@pytest.mark.parametrize("kind", ["404", "500", "429", "reset"])
def test_trouble_that_passes_is_waited_out(front: Front, kind: str) -> None:
    front.residents.fault("media", kind)
    front.residents.text(PHONE, "", photos=[photo_of(photo())])
    (row,) = settled(front)
    assert (row.state, row.attempts) == ("stored", 2)
    assert notices(front) == []


def test_a_photo_that_is_gone_is_asked_for_again_once(front: Front) -> None:
    front.residents.fault("media", "404", count=99)
    front.residents.text(PHONE, "hola, esta es mi bicicleta", photos=[photo_of(photo())] * 2)
    rows = settled(front, 2)
    assert {(row.state, row.problem, row.attempts) for row in rows} == {("failed", "lost", 3)}
    front.eventually(lambda: notices(front))
    assert notices(front) == [
        "Una foto que envió no nos llegó. Si es importante, envíela de nuevo."
    ]


@pytest.mark.parametrize(
    ("content", "problem", "said"),
    [
        (pictures.PDF, "type", "not a photo we can open"),
        (pictures.SCRIPT_AS_GIF, "type", "not a photo we can open"),
        (photo()[:-200], "broken", "not a photo we can open"),
        (pictures.bomb(), "large", "smaller than 5 MB"),
        (pictures.heavy(), "large", "smaller than 5 MB"),
    ],
    ids=["pdf", "script", "cut off", "bomb", "6 MB"],
)
def test_what_is_not_kept_is_said_in_words(
    front: Front, content: bytes, problem: str, said: str
) -> None:
    front.residents.text(PHONE, "", photos=[photo_of(content, "image/jpeg"), photo_of(photo())])
    rows = settled(front, 2)
    assert [(row.state, row.problem) for row in rows] == [("refused", problem), ("stored", None)]
    assert content_of(front, rows[0]) is None
    (words,) = front.eventually(lambda: notices(front))
    assert said in words
    front.eventually(lambda: front.rows(OutboxMessage)[-1].state == "delivered")


def test_a_video_is_refused_unfetched(front: Front) -> None:
    front.residents.text(PHONE, "", photos=[photo_of(photo(), "video/mp4")])
    (row,) = settled(front)
    assert (row.state, row.problem) == ("refused", "type")
    assert front.residents.fetches() == 0


def test_nothing_is_said_of_photos_in_the_midst_of_danger(front: Front) -> None:
    front.residents.text(PHONE, DANGER, photos=[photo_of(pictures.PDF)])
    front.residents.wait_for_reply(PHONE)
    assert settled(front)[0].state == "refused"
    front.quiet(0.4)
    assert len(front.said()) == 1
    assert "911" in front.said()[0]


def test_a_restart_in_the_middle_fetches_the_photo_then(front: Front) -> None:
    front.residents.text(PHONE, "", photos=[photo_of(photo())])
    settled(front)
    with front.database.transaction() as session:  # as a process that died while fetching leaves it
        row = front.rows(Attachment)[0]
        session.execute(
            update(Attachment).values(
                state="waiting",
                attempts=1,
                next_try_at=utc_now() + timedelta(seconds=1),
                source_url=front.residents._http.base_url.join("/gone").__str__(),
            )
        )
    assert row.state == "stored"
    assert settled(front)[0].attempts == 2


def test_logs_name_no_address_and_nothing_of_the_photo(front: Front) -> None:
    written = io.StringIO()
    logs.set_up()
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(written))
    try:
        for content in (photo_that_tells(), pictures.PDF):
            front.residents.text(PHONE, "", photos=[photo_of(content, "image/annas-phone")])
        settled(front, 2)
    finally:
        structlog.reset_defaults()
    assert "attachment_refused" in written.getvalue()
    for secret in (SECRET, "annas", "/files/", "/Media/", PHONE, "twilio-token"):
        assert secret not in written.getvalue()


def sent(content: bytes) -> httpx.Response:
    """An answer that can be read as it comes."""

    async def parts() -> AsyncIterator[bytes]:
        yield content

    return httpx.Response(200, content=parts())


class TestAddresses:
    """The address comes from outside; where it leads is ours to decide."""

    @pytest.fixture
    def asked(self) -> list[httpx.Request]:
        return []

    @pytest.fixture
    def media(self, gateway_settings: Any, asked: list[httpx.Request]) -> Callable[..., Media]:
        """Media whose every request is answered by `answer`; by default with a photo."""

        def made(answer: Callable[[httpx.Request], httpx.Response] | None = None) -> Media:
            def handle(request: httpx.Request) -> httpx.Response:
                asked.append(request)
                return answer(request) if answer else sent(photo())

            client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
            return Media(gateway_settings, client)

        return made

    ACCOUNT = "https://api.twilio.com/2010-04-01/Accounts/AC" + "0" * 32
    FILE = ACCOUNT + "/Messages/MM1/Media/ME1"

    @pytest.mark.parametrize(
        "url",
        [
            "http://api.twilio.com/2010-04-01/Accounts/AC" + "0" * 32 + "/Messages/MM1/Media/ME1",
            "https://api.twilio.com:8443/2010-04-01/Accounts/AC" + "0" * 32 + "/x",
            "https://api.twilio.com@evil.example/2010-04-01/Accounts/AC" + "0" * 32 + "/x",
            "https://evil.example/2010-04-01/Accounts/AC" + "0" * 32 + "/x",
            "https://api.twilio.com.evil.example/2010-04-01/Accounts/AC" + "0" * 32 + "/x",
            "https://api.twilio.com/2010-04-01/Accounts/AC" + "1" * 32 + "/Messages/x",
            ACCOUNT + "/../../../else",
            "https://media.twiliocdn.com/x",
            "http://169.254.169.254/latest/meta-data/",
            "http://127.0.0.1:5055/webhook",
            "file:///etc/passwd",
            "//api.twilio.com/x",
            "not an address",
            "https://[::1",
            "",
        ],
    )
    async def test_by_sms_only_our_own_account_is_asked(
        self, media: Callable[..., Media], asked: list[httpx.Request], url: str
    ) -> None:
        with pytest.raises(NotFetched) as failed:
            await media().fetch("sms", url)
        assert (failed.value.why, failed.value.again) == ("address", False)
        assert asked == []

    async def test_the_password_goes_to_twilios_api_and_no_further(
        self, media: Callable[..., Media], asked: list[httpx.Request]
    ) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host == "api.twilio.com":
                return httpx.Response(307, headers={"location": "https://mms.twiliocdn.com/f?s=1"})
            return sent(photo())

        assert await media(answer).fetch("sms", self.FILE) == photo()
        assert [("authorization" in one.headers) for one in asked] == [True, False]

    @pytest.mark.parametrize(
        "url",
        [
            "https://evil.example/x",
            "https://twiliocdn.com.evil.example/x",
            "https://eviltwiliocdn.com/x",
            "http://mms.twiliocdn.com/x",
            "https://mms.twiliocdn.com:444/x",
            "https://s3-external-1.amazonaws.com/another-bucket/x",
            "https://127.0.0.1/x",
            "http://[::1]:8001/",
            "ftp://mms.twiliocdn.com/x",
        ],
    )
    async def test_a_redirect_to_another_host_is_not_followed(
        self, media: Callable[..., Media], asked: list[httpx.Request], url: str
    ) -> None:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(302, headers=[(b"location", url.encode())])

        with pytest.raises(NotFetched) as failed:
            await media(answer).fetch("sms", self.FILE)
        assert (failed.value.why, failed.value.again) == ("redirect", False)
        assert len(asked) == 1

    async def test_only_one_redirect_is_followed(
        self, media: Callable[..., Media], asked: list[httpx.Request]
    ) -> None:
        def answer(_: httpx.Request) -> httpx.Response:
            return httpx.Response(302, headers={"location": "https://mms.twiliocdn.com/again"})

        with pytest.raises(NotFetched, match="redirect"):
            await media(answer).fetch("sms", self.FILE)
        assert len(asked) == 2

    @pytest.mark.parametrize(
        ("url", "fetched"),
        [
            ("https://scontent.xx.fbcdn.net/v/t1/x.jpg?oh=1", True),
            ("https://lookaside.fbsbx.com/x", True),
            ("http://scontent.xx.fbcdn.net/v/x.jpg", False),
            ("https://fbcdn.net.evil.example/x", False),
            ("https://facebook.com/x", False),
            (FILE, False),
            ("http://127.0.0.1:8002/files/x", False),
        ],
    )
    async def test_in_messenger_only_metas_file_hosts_are_asked(
        self, media: Callable[..., Media], asked: list[httpx.Request], url: str, fetched: bool
    ) -> None:
        if fetched:
            assert await media().fetch("messenger", url) == photo()
            assert "authorization" not in asked[0].headers
        else:
            with pytest.raises(NotFetched, match="address"):
                await media().fetch("messenger", url)
            assert asked == []

    async def test_a_file_without_end_is_given_up_at_the_limit(
        self, media: Callable[..., Media]
    ) -> None:
        given = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal given
            while given < 4 * MOST_BYTES:
                given += 100_000
                yield b"x" * 100_000

        with pytest.raises(NotAPhoto, match="large"):
            await media(lambda _: httpx.Response(200, content=endless())).fetch("sms", self.FILE)
        assert given < MOST_BYTES + 200_000

    async def test_what_is_packed_stays_packed(self, serve: Callable[..., str]) -> None:
        """A small answer that says it unpacks to much is read as what it is."""
        app = FastAPI()

        @app.get("/{path:path}")
        async def packed(request: Request) -> Response:
            assert request.headers["accept-encoding"] == "identity"
            return Response(b"\x1f\x8b" + b"\0" * 100, headers={"content-encoding": "gzip"})

        async with httpx.AsyncClient() as client:
            url = serve(app)
            settings = settings_at(url)
            account = settings.twilio_account_sid
            content = await Media(settings, client).fetch(
                "sms", f"{url}/2010-04-01/Accounts/{account}/x"
            )
        assert len(content) == 102


def settings_at(url: str) -> Any:
    """Settings of a gateway for which a stand-in plays Twilio."""
    from tests.gateway.conftest import settings_for

    return settings_for(local=True, twilio_api_url=url, graph_api_url=url)


def test_a_redirect_to_another_host_ends_in_words(front: Front) -> None:
    front.residents.fault("media", "redirect", to="http://127.0.0.1:9/secret")
    front.residents.text(PHONE, "", photos=[photo_of(photo())])
    (row,) = settled(front)
    assert (row.state, row.problem, row.attempts) == ("failed", "lost", 1)
    assert "did not reach us" in front.eventually(lambda: notices(front))[0]


async def test_what_kills_us_each_time_is_not_tried_for_ever(
    database: Database, gateway_settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    async def deadly(_self: Media, _channel: str, _url: str) -> bytes:
        tried.append(1)
        raise RuntimeError("as if the process had died")

    monkeypatch.setattr(Media, "fetch", deadly)
    with database.transaction() as session:
        sent = ({"type": "image/png", "url": "https://api.twilio.com/x"},)
        receipt = take_in(session, Inbound("sms", "SM1", PHONE, attachments=sent), utc_now())
        turns.screened(session, [receipt.inbox_id], utc_now())
    store = Store(database)
    async with httpx.AsyncClient() as client:
        fetcher = Fetcher(gateway_settings, store, Media(gateway_settings, client), lambda: None)
        fetcher._lease = timedelta(seconds=0.05)
        running = asyncio.create_task(fetcher.run())
        for _ in range(200):
            await asyncio.sleep(0.05)
            fetcher.wake()
            if await store.read(lambda session: session.query(Attachment).one().state) == "failed":
                break
        fetcher.stop()
        await running
    await store.close()
    with database.reading() as session:
        assert session.query(Attachment).one().state == "failed"
    assert len(tried) == len(module.WAITS) + 1


def test_a_message_says_what_it_holds_without_its_address(front: Front) -> None:
    front.residents.text(PHONE, "", photos=[photo_of(photo())])
    settled(front)
    assert "http" not in str(front.rows(InboxMessage)[0].attachments)
