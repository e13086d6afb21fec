"""What a page offers in Messenger before anybody writes: Get Started, the greeting, the menu."""

from __future__ import annotations

from typing import Any, Final

import httpx

from desk.department import Department
from desk.settings import Settings
from desk.wording import DEFAULT_LANGUAGE, LANGUAGES, Language, say
from gateway.wording import introduction

LONGEST_GREETING: Final = 160
_GET_STARTED: Final = "topic:greet"
_MENU: Final = ("talk_to_person", "file_report", "find_station", "report_status", "change_language")
_VALUES: Final = frozenset({_GET_STARTED, *(f"topic:{topic}" for topic in _MENU)})
_LOCALES: Final[dict[Language, tuple[str, ...]]] = {"en": ("en_US",), "es": ("es_LA", "es_ES")}
TOO_FAST: Final = frozenset({4, 17, 32, 613})
"""The Graph API's codes for rate limits."""


class GreetingTooLong(ValueError):
    """The department's name makes the greeting longer than Meta takes."""


class ProfileRefused(RuntimeError):
    """Meta did not take the profile; the message is its own. `later` when trying again may help."""

    def __init__(self, message: str, code: int | None, *, later: bool) -> None:
        super().__init__(message)
        self.code: Final = code
        self.later: Final = later


def menu_choice(payload: str) -> str | None:
    """The value of a choice that a tap on Get Started or the menu carries; None for any other."""
    return payload if payload in _VALUES else None


def profile(department: Department) -> dict[str, Any]:
    """The page's Messenger profile, in every language. Raises GreetingTooLong."""
    greeting, menu = [], []
    for language, locale in _places():
        text = introduction(language, department)
        if len(text) > LONGEST_GREETING:
            raise GreetingTooLong(
                f"the greeting ({language}) has {len(text)} characters, Meta takes "
                f"{LONGEST_GREETING}: give the department a shorter short_name"
            )
        greeting.append({"locale": locale, "text": text})
        actions = [
            {
                "type": "postback",
                "title": say(f"dialogue.topic_{topic}", language),
                "payload": f"topic:{topic}",
            }
            for topic in _MENU
        ]
        menu.append(
            {"locale": locale, "composer_input_disabled": False, "call_to_actions": actions}
        )
    return {
        "get_started": {"payload": _GET_STARTED},
        "greeting": greeting,
        "persistent_menu": menu,
    }


def set_up(settings: Settings, client: httpx.Client, wanted: dict[str, Any]) -> None:
    """Give the page this profile, in place of what it had of it.

    Raises ProfileRefused, and httpx.HTTPError when Meta cannot be reached.
    """
    base = f"{settings.graph_api_url.rstrip('/')}/{settings.graph_api_version}"
    token = settings.messenger_page_token.get_secret_value()
    answer = client.post(
        f"{base}/me/messenger_profile",
        json=wanted,
        headers={"Authorization": f"Bearer {token}"},  # not in the URL: URLs are logged
    )
    try:
        said = answer.json()
    except ValueError:
        said = {}
    if answer.is_success and isinstance(said, dict) and said.get("result") == "success":
        return
    error = said.get("error") if isinstance(said, dict) else None
    error = error if isinstance(error, dict) else {}
    code = error.get("code")
    raise ProfileRefused(
        str(error.get("message") or f"HTTP {answer.status_code}"),
        code if isinstance(code, int) else None,
        later=code in TOO_FAST or answer.is_server_error,
    )


def _places() -> list[tuple[Language, str]]:
    """Each language with its locales; Meta wants one for all that have none of their own."""
    known = [(language, locale) for language in LANGUAGES for locale in _LOCALES[language]]
    return [(DEFAULT_LANGUAGE, "default"), *known]
