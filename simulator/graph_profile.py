"""Stands in for a page's Messenger profile: takes and refuses what Meta does."""

from __future__ import annotations

import secrets
from typing import Any, Final

from fastapi import Response
from fastapi.responses import JSONResponse

LONGEST_GREETING: Final = 160
LONGEST_TITLE: Final = 30
LONGEST_PAYLOAD: Final = 1000
MOST_ITEMS: Final = 20
_KNOWN: Final = frozenset(
    {
        *("get_started", "greeting", "persistent_menu", "ice_breakers", "whitelisted_domains"),
        *("account_linking_url", "commands"),
    }
)


class Profile:
    """Get Started, greeting, menu and the like; lives in memory."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}

    def show(self, names: str) -> Response:
        """Answer GET: the fields asked for, as far as they are set."""
        wanted = [name for name in names.split(",") if name]
        if not wanted or not _KNOWN.issuperset(wanted):
            return error(100, "param fields must be names of the Messenger profile")
        found = {name: self.fields[name] for name in wanted if name in self.fields}
        return JSONResponse({"data": [found] if found else []})

    def change(self, asked: Any) -> Response:
        """Answer POST: each field takes the place of the one before, all of them or none."""
        if not isinstance(asked, dict) or not asked or not _KNOWN.issuperset(asked):
            return error(100, "param must name fields of the Messenger profile")
        after = self.fields | asked
        problem = _payload(asked.get("get_started")) or _greeting(asked.get("greeting"))
        if problem := problem or _menu(asked.get("persistent_menu")):
            return error(100, problem)
        if after.get("persistent_menu") and not after.get("get_started"):
            return _no_button()
        self.fields = after
        return JSONResponse({"result": "success"})

    def delete(self, asked: Any) -> Response:
        """Answer DELETE. The menu cannot be without the button."""
        names = asked.get("fields") if isinstance(asked, dict) else None
        if not isinstance(names, list) or not _KNOWN.issuperset(names):
            return error(100, "param fields must be names of the Messenger profile")
        after = {name: value for name, value in self.fields.items() if name not in names}
        if "persistent_menu" in after and "get_started" not in after:
            return _no_button()
        self.fields = after
        return JSONResponse({"result": "success"})


def error(code: int, message: str, subcode: int | None = None, status: int = 400) -> Response:
    """An error as the Graph API words it."""
    said: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException"}
    said |= {"code": code, "fbtrace_id": secrets.token_urlsafe(8)}
    if subcode:
        said["error_subcode"] = subcode
    return JSONResponse({"error": said}, status)


def _no_button() -> Response:
    return error(100, "You must set up a Get Started button if you also wish to use menu", 2018145)


def _payload(button: Any) -> str:
    if button is None:
        return ""
    payload = button.get("payload") if isinstance(button, dict) else None
    fits = isinstance(payload, str) and 0 < len(payload) <= LONGEST_PAYLOAD
    return "" if fits else "param payload must be 1 to 1000 characters"


def _greeting(greeting: Any) -> str:
    if greeting is None:
        return ""
    if problem := _locales(greeting):
        return problem
    for one in greeting:
        text = one.get("text")
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST_GREETING:
            return "param greeting[text] must be 1 to 160 characters"
    return ""


def _menu(menu: Any) -> str:
    if menu is None:
        return ""
    if problem := _locales(menu):
        return problem
    for one in menu:
        items = one.get("call_to_actions") or []
        if not items and one.get("composer_input_disabled"):
            return "param call_to_actions is required where the composer is disabled"
        if len(items) > MOST_ITEMS:
            return "param call_to_actions must have at most 20 items"
        for item in items:
            title = item.get("title")
            if not isinstance(title, str) or not 0 < len(title) <= LONGEST_TITLE:
                return "param title must be 1 to 30 characters"
            if item.get("type") == "postback":
                if problem := _payload(item):
                    return problem
            elif item.get("type") != "web_url" or not item.get("url"):
                return "param type must be postback or web_url"
    return ""


def _locales(entries: Any) -> str:
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        return "param must be an array of objects"
    named = [one.get("locale") for one in entries]
    if "default" not in named:
        return "param locale: default is required"
    return "" if len(set(named)) == len(named) else "param locale: named twice"
