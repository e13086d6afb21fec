"""An officer who uses the console in a browser without scripts."""

from __future__ import annotations

import re
import time

import httpx


class Officer:
    """Signs in, is available, and talks to residents through the console's own forms."""

    def __init__(self, console: str, email: str, password: str) -> None:
        self._http = httpx.Client(base_url=console, timeout=20, follow_redirects=True)
        answer = self._http.post("/sign-in", data={"email": email, "password": password})
        assert answer.status_code == httpx.codes.OK, answer.text
        assert "Sign out" in answer.text

    @property
    def cookies(self) -> httpx.Cookies:
        """What the browser keeps."""
        return self._http.cookies

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def is_available(self) -> None:
        """Press "Available"."""
        self._press("/queue", "/availability", available="true")

    def finds(self, said: str, seconds: float = 10) -> str:
        """Look through the queue for the conversation in which a resident said something."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for path in self._conversations():
                if said in self._http.get(path).text:
                    return path
            time.sleep(0.2)
        raise AssertionError(f"nobody in the queue said {said!r}")

    def claims(self, path: str) -> None:
        """Press "Claim"."""
        self._press(path, f"{path}/claim")

    def replies(self, path: str, text: str) -> None:
        """Write to the resident."""
        page = self._http.get(path).text
        self._press(path, f"{path}/reply", text=text, nonce=_hidden(page, "nonce"))

    def hands_back(self, path: str, outcome: str = "bot_goes_on") -> None:
        """Give the conversation back to the bot."""
        self._press(path, f"{path}/hand-back", outcome=outcome)

    def sees(self, path: str) -> str:
        """The page at a path, as text."""
        return self._http.get(path).text

    def _conversations(self) -> list[str]:
        page = self._http.get("/queue").text
        return sorted(set(re.findall(r'href="(/conversations/[^"?#/]+)', page)))

    def _press(self, page: str, action: str, **fields: str) -> None:
        csrf = _hidden(self._http.get(page).text, "csrf")
        answer = self._http.post(action, data={"csrf": csrf, **fields})
        assert answer.status_code == httpx.codes.OK, answer.text
        assert "problem=" not in str(answer.url)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found, page
    return found.group(1)
