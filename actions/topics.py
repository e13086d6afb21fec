"""The topics by kind, and the choices that name them in people's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from desk.reply import Choice
from desk.wording import Language, say

DANGER: Final = frozenset(
    {
        "emergency", "self_harm", "domestic_violence", "sexual_assault", "abuse_of_vulnerable",
        "missing_person", "human_trafficking", "threat_or_stalking", "welfare_check",
    }
)  # fmt: skip
REPORTS: Final = frozenset(
    {
        "file_report", "lost_property", "theft", "vehicle_break_in", "vandalism", "hit_and_run",
        "crash", "harassing_messages", "identity_theft", "card_fraud", "abandoned_vehicle",
        "parking_complaint", "noise", "suspicious_activity", "traffic_complaint", "extra_patrol",
        "house_check", "bias_incident", "compliment", "complaint", "add_to_report",
    }
)  # fmt: skip
LOOK_UPS: Final = ("find_station", "my_district")
"""Look-ups that need a place."""

ANSWERS: Final = frozenset(
    {
        "nonemergency_number", "towed_vehicle", "emergency_or_not", "text_to_911",
        "report_online_eligibility", "property_return", "police_report_copy", "crash_report_copy",
        "public_records", "fingerprints_and_background", "permits_and_alarms", "protective_order",
        "crime_map_and_registry", "community_programs", "careers", "fireworks", "scam_advice",
        "cybercrime", "victim_services", "after_report", "after_burglary", "bot_identity",
        "privacy",
    }
)  # fmt: skip
REFERRALS: Final = frozenset(
    {
        "jail_and_bail", "court_and_warrant", "ticket_payment", "civil_dispute", "mental_health",
        "homelessness", "animals", "city_services", "anonymous_tip", "wrong_agency",
    }
)  # fmt: skip
"""Topics of another agency."""

PERSON: Final = frozenset({"talk_to_person", "no_callback", "stolen_vehicle", "burglary"})
"""Topics that only a person can take."""

BUSINESS: Final = (
    DANGER
    | REPORTS
    | ANSWERS
    | REFERRALS
    | PERSON
    | {*LOOK_UPS, "report_status", "give_feedback", "change_language"}
)
"""Every topic that somebody may bring; the others are words of the dialogue itself."""

MENU: Final = ("find_station", "file_report", "my_district", "talk_to_person", "change_language")

_ACTIONS: Final = {
    **dict.fromkeys(DANGER, "action_danger"),
    **dict.fromkeys(REPORTS, "report_form"),
    **dict.fromkeys(ANSWERS | REFERRALS, "action_answer"),
    **dict.fromkeys(PERSON, "action_talk_to_person"),
    "find_station": "action_find_station",
    "my_district": "action_my_district",
    "report_status": "action_report_status",
    "give_feedback": "feedback_form",
    "change_language": "action_change_language",
    "back": "action_back",
    "choose": "action_choose",
    "out_of_scope": "action_unsure",
    "nlu_fallback": "action_unsure",
}
_ORDER: Final = (DANGER, PERSON - {"talk_to_person"}, REPORTS - {"file_report"})


def action_of(intent: str) -> str:
    """The action or form that data/rules/ answers an intent with outside a form."""
    return _ACTIONS.get(intent, "action_dialogue")


def weight(topic: str) -> int:
    """How much a topic is to be dealt with first; 0 is danger, then what needs doing."""
    return next((at for at, kind in enumerate(_ORDER) if topic in kind), len(_ORDER))


def called(topic: str, language: Language) -> str:
    """The name that people give a topic of BUSINESS."""
    return say(f"dialogue.topic_{topic}", language)


def choices(topics: Iterable[str], language: Language) -> tuple[Choice, ...]:
    """A choice for each topic, with the name that people give it."""
    return tuple(Choice(called(topic, language), f"topic:{topic}") for topic in topics)


def person(language: Language) -> Choice:
    """The choice of a person instead of the bot."""
    return Choice(say("dialogue.choice_person", language), "person")
