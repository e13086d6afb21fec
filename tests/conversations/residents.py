"""One resident on any of the three channels, speaking to the running front desk as people do."""

from __future__ import annotations

import html
import itertools
import re
import time
import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass

import httpx

from simulator.client import NoReplyError, Residents

_numbers = itertools.count(110)
_QUIET_SECONDS = 0.6


@dataclass(frozen=True)
class Heard:
    """What came back to one thing said: all texts as one, and the choices of the last of them."""

    text: str
    choices: tuple[str, ...]
    seconds: float  # until the first of it was there

    def has(self, *patterns: str) -> bool:
        """Whether every pattern occurs, case and accents aside."""
        return all(re.search(_plain(one), _plain(self.text)) for one in patterns)


def _plain(text: str) -> str:
    return text.lower().translate(str.maketrans("áéíóúüñ", "aeiouun"))


class Resident(ABC):
    """Says something and hears what the front desk answers."""

    channel: str

    def __init__(self) -> None:
        self.last: Heard = Heard("", (), 0.0)

    @abstractmethod
    def close(self) -> None:
        """Give the connection back."""

    @abstractmethod
    def send(self, text: str) -> None:
        """Write `text` without waiting for an answer."""

    @abstractmethod
    def _tap(self, number: int) -> None: ...

    @abstractmethod
    def _new(self) -> list[tuple[str, tuple[str, ...]]]:
        """Texts, with their choices, that came since the last call."""

    def say(self, text: str, seconds: float = 10.0) -> Heard:
        """Write `text` and wait for the answer. Raises NoReplyError."""
        self.drop()
        self.send(text)
        return self.hear(seconds)

    def tap(self, title: str, seconds: float = 10.0) -> Heard:
        """Take the offered choice whose title has `title` in it. Raises LookupError."""
        for number, offered in enumerate(self.last.choices):
            if _plain(title) in _plain(offered):
                self._tap(number)
                return self.hear(seconds)
        raise LookupError(f"{title!r} was not offered: {self.last}")

    def hear(self, seconds: float = 10.0) -> Heard:
        """Wait for what the front desk says next. Raises NoReplyError."""
        began = time.monotonic()
        while not (came := self._new()):
            if time.monotonic() - began > seconds:
                raise NoReplyError(f"nothing on {self.channel} in {seconds} s after {self.last}")
            time.sleep(0.05)
        took = time.monotonic() - began
        while True:
            time.sleep(_QUIET_SECONDS)
            more = self._new()
            came += more
            if not more:
                break
        choices = next((one for _, one in reversed(came) if one), ())
        self.last = Heard("\n".join(text for text, _ in came), choices, took)
        return self.last

    def drop(self) -> None:
        """Forget what came unasked."""
        self._new()

    def heard_anything(self) -> bool:
        """Whether something came since the last look."""
        return bool(self._new())


class SmsResident(Resident):
    """A phone that texts through the simulator's Twilio."""

    channel = "sms"

    def __init__(self, simulator: str) -> None:
        super().__init__()
        self.number = f"+1209555{next(_numbers):04d}"
        self._residents = Residents(simulator)
        self._seen = 0

    def close(self) -> None:
        self._residents.close()

    def send(self, text: str) -> None:
        assert self._residents.text(self.number, text) == httpx.codes.OK

    def _tap(self, number: int) -> None:
        self.send(str(number + 1))

    def _new(self) -> list[tuple[str, tuple[str, ...]]]:
        came = self._residents.replies(self.number, self._seen)
        self._seen = max([self._seen, *(one.entry for one in came)])
        return [(one.text, _numbered(one.text)) for one in came]


class MessengerResident(Resident):
    """A person in Messenger, through the simulator's Graph API."""

    channel = "messenger"

    def __init__(self, simulator: str) -> None:
        super().__init__()
        self.psid = str(uuid.uuid4().int)[:16]
        self._residents = Residents(simulator)
        self._seen = 0
        self._buttons: tuple[dict[str, object], ...] = ()

    def close(self) -> None:
        self._residents.close()

    def send(self, text: str) -> None:
        assert self._residents.message(self.psid, text) == httpx.codes.OK

    def _tap(self, number: int) -> None:
        if self._buttons:
            assert self._residents.tap(self.psid, self._buttons[number]) == httpx.codes.OK
        else:
            self.send(str(number + 1))

    def _new(self) -> list[tuple[str, tuple[str, ...]]]:
        came = self._residents.replies(self.psid, self._seen)
        self._seen = max([self._seen, *(one.entry for one in came)])
        for one in came:
            self._buttons = one.buttons
        return [
            (one.text, tuple(str(button["title"]) for button in one.buttons) or _numbered(one.text))
            for one in came
        ]


class WebResident(Resident):
    """A browser without scripts on the chat page."""

    channel = "web"

    def __init__(self, gateway: str, language: str) -> None:
        super().__init__()
        self._http = httpx.Client(base_url=gateway, timeout=20, headers={"Origin": gateway})
        self._page = f"/chat?language={language}"
        self._language = language
        self._token = _hidden(self._http.get(self._page).text, "token")
        self._seen: set[str] = {"greeting"}
        self._tokens: tuple[str, ...] = ()

    def _post(self, **fields: str) -> None:
        status, answer = self._try(**fields)
        assert status == httpx.codes.CREATED, answer

    def _try(self, **fields: str) -> tuple[int, str]:
        form = {"token": self._token, "id": uuid.uuid4().hex, "language": self._language, **fields}
        answer = self._http.post(
            "/chat/messages", data=form, headers={"Accept": "application/json"}
        )
        return answer.status_code, answer.text

    @property
    def cookies(self) -> httpx.Cookies:
        """What the browser keeps."""
        return self._http.cookies

    def tries(self, text: str) -> tuple[int, str]:
        """Write something that may be refused; the status, and what the page is told."""
        return self._try(text=text)

    def close(self) -> None:
        self._http.close()

    def send(self, text: str) -> None:
        self._post(text=text)

    def _tap(self, number: int) -> None:
        self._post(choice=self._tokens[number])

    def begin(self, token: str) -> Heard:
        """Open the chat by a link from a message, and press its button."""
        self.drop()
        assert f'name="start" value="{token}"' in self._http.get(f"/chat?start={token}").text
        self._post(start=token)
        return self.hear()

    def share_location(self, latitude: float, longitude: float) -> Heard:
        """Press the button that shares the browser's location."""
        self.drop()
        self._post(latitude=str(latitude), longitude=str(longitude))
        return self.hear()

    def _new(self) -> list[tuple[str, tuple[str, ...]]]:
        page = self._http.get(self._page).text
        came = []
        for kind, key, body in re.findall(
            r'<article class="m ([^"]*)" id="([^"]+)">(.*?)</article>', page, re.DOTALL
        ):
            if key in self._seen:
                continue
            self._seen.add(key)
            if kind.split()[0] == "in":
                continue
            text = re.search(r'<div class="text">(.*?)</div>', body, re.DOTALL)
            buttons = re.findall(r'name="choice" value="([^"]+)">([^<]*)<', body)
            if buttons:
                self._tokens = tuple(token for token, _ in buttons)
            came.append(
                (
                    unescape(text.group(1)) if text else "",
                    tuple(html.unescape(title) for _, title in buttons),
                )
            )
        return came


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found.group(1)


def _numbered(text: str) -> tuple[str, ...]:
    """Titles of the choices that a text numbers 1, 2, 3 …"""
    found = re.findall(r"^(\d+)[.):]? (.+)$", text, re.MULTILINE)
    return tuple(title for place, (digit, title) in enumerate(found, 1) if digit == str(place))


def unescape(text: str) -> str:
    """Text as a reader sees it, from a page's source."""
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"<br ?/?>", "\n", text)))
