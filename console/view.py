"""Turns what the desk knows into pages, with times in the department's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from desk.database.models import utc_now
from desk.department import Department, load, spoken_phone
from desk.settings import Settings

_NAMES: Final = {
    "sms": "Text message",
    "messenger": "Messenger",
    "web": "Web chat",
    "shell": "Shell",
    "en": "English",
    "es": "Spanish",
    "bot": "Automated assistant",
    "queue": "Waiting for a person",
    "human": "With a person",
    "closed": "Closed",
    "callback": "Call-back",
    "talk": "Live talk",
    "asked": "Asked for a person",
    "unsure": "Was not understood twice",
    "refused_report": "Report could not be taken online",
    "sensitive": "Sensitive topic",
    "failed": "Automated assistant failed",
    "pulled": "Taken over by staff",
    "loop": "Writes like a machine: the assistant has stopped answering",
    "danger": "Possible danger",
    "bot_goes_on": "Assistant goes on",
    "received": "Received",
    "queued": "Not sent yet",
    "sending": "Being sent",
    "sent": "Sent",
    "delivered": "Delivered",
    "failed_delivery": "Not delivered",
    "unknown": "Unknown whether it arrived",
    "draft": "Being filled in",
    "kept": "Kept for later",
    "needs_info": "Needs more from the resident",
    "duplicate_of": "Duplicate",
    "routed_elsewhere": "Routed to another agency",
}


_NOT_SENT: Final = {
    "expired": "it waited too long to be sent, and would have confused",
    "21610": "the resident has opted out of texts (STOP)",
    "30003": "the phone is off or out of reach",
    "30004": "the resident's carrier or phone blocks our texts",
    "30005": "no such number any more",
    "30006": "a landline, or a carrier that takes no texts",
    "30007": "the carrier took it for spam",
    "30008": "the carrier gave no reason",
    "window_closed": "Messenger allows no message so long after the resident's last one: "
    "24 hours for automatic ones, 7 days for staff",
    "63016": "WhatsApp allows no message more than 24 hours after the resident's last one",
    "551": "the resident cannot be reached in Messenger",
    "lost": "the connection broke while it was being sent",
}
"""Why a message did not arrive, by our word or the provider's code."""


class View:
    """Renders the console's templates for one department."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            called=called, why=why, moment=self._moment, since=_since, district=self._district
        )

    @property
    def department(self) -> Department:
        """The department as its folder describes it now."""
        return load(self._settings.department)

    def page(self, template: str, *, code: int = 200, **values: Any) -> HTMLResponse:
        """A page, or a part of one. Everything in `values` is shown as text, never as markup."""
        profile = self.department.profile
        html = self._templates.get_template(template).render(
            department=profile.name.en,
            demo=profile.demo,
            local=self._settings.local,
            nonemergency=spoken_phone(profile.nonemergency),
            now=utc_now(),
            **values,
        )
        return HTMLResponse(html, status_code=code)

    def _moment(self, at: datetime) -> Markup:
        local = at.astimezone(self.department.hours.zone)
        today = utc_now().astimezone(self.department.hours.zone).date()
        clock = local.strftime("%H:%M")
        text = clock if local.date() == today else f"{local.strftime('%b')} {local.day}, {clock}"
        whole = local.strftime("%A, %B %d, %Y, %H:%M:%S %Z")
        return Markup('<time datetime="{}" title="{}">{}</time>').format(
            at.isoformat(timespec="seconds"), whole, text
        )

    def _district(self, district_id: str | None) -> str:
        found = self.department.district(district_id)
        return found.name.en if found else "Not known"


def called(word: str | None) -> str:
    """What people call a value of ours: "bot_goes_on" → "Assistant goes on"."""
    if not word:
        return "Not known"
    return _NAMES.get(word) or word.replace("_", " ").replace("-", " ").capitalize()


def why(code: str) -> str:
    """Why a message did not arrive, in words; the provider's code where we have none."""
    return _NOT_SENT.get(code, f"code {code}")


def _since(at: datetime, now: datetime) -> str:
    passed = max(now - at, timedelta(0))
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
