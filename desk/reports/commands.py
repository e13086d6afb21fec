"""Tells what a message in an interview wants: an answer, a step, a correction, a question."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from desk import safety
from desk.reports.kinds import bare
from desk.reports.turns import Heard
from desk.reports.types import Asked, Kind
from desk.wording import Language

Command = Literal["skip", "back", "repeat", "why", "stop", "later", "person", "resume"]

_SIDE: Final = frozenset(
    {
        "find_station", "my_district", "nonemergency_number", "report_status", "towed_vehicle",
        "emergency_or_not", "text_to_911", "report_online_eligibility", "property_return",
        "police_report_copy", "crash_report_copy", "public_records", "fingerprints_and_background",
        "permits_and_alarms", "protective_order", "crime_map_and_registry", "community_programs",
        "careers", "fireworks", "scam_advice", "cybercrime", "victim_services", "after_report",
        "after_burglary", "bot_identity", "privacy", "jail_and_bail", "court_and_warrant",
        "ticket_payment", "civil_dispute", "mental_health", "homelessness", "animals",
        "city_services", "anonymous_tip", "wrong_agency",
    }
)  # fmt: skip
"""Topics with an answer of their own, to give in between."""

_WORDS: Final[Mapping[Command, str]] = {
    "skip": r"(?:i'?d |i would )rather not(?: (?:say|tell|answer)(?: .{1,15})?)?|"
    r"(?:i )?prefer not(?: to)?(?: (?:say|tell|answer))?(?: .{1,15})?|"
    r"(?:i (?:want|would like|prefer) to |let me )?(?:stay|be|remain) anonymous|anonymous(?:ly)?|"
    r"prefiero no(?: (?:decir|darl|dar)\w*(?: .{1,20})?)?|(?:quiero (?:ser|quedar) )?anonim[oa]|"
    r"skip(?: (?:it|this|that))?(?: (?:one|question))?|pass|saltar(?:lo|la)?|"
    r"salta(?: esta)?|omitir|"
    r"siguiente|next(?: question)?|paso",
    "back": r"(?:go )?back|previous(?: question)?|undo|atras|regresar|regresa|"
    r"volver(?: atras)?|"
    r"(?:pregunta )?anterior",
    "repeat": r"repeat(?: (?:it|that|please|the question))?|(?:say (?:that|"
    r"it) )?again(?: please)?|what|huh|pardon|"
    r"repite|repita|repetir|(?:otra|de nuevo|dilo otra) vez|que|no entend[ií]|"
    r"i don'?t understand",
    "why": r"why(?: (?:do|are|would|does) .{1,60})?|what for|(?:por|para) que(?: (?:lo |me |"
    r"necesita|quiere|pregunta).{0,60})?",
    "stop": r"(?:please )?(?:stop|quit|cancel|exit)(?: (?:it|this|please|the report|"
    r"my report|this report))?|"
    r"(?:i (?:want|would like) to|let'?s) (?:stop|quit|cancel)(?: .{1,20})?|never ?mind|"
    r"forget it|"
    r"i don'?t want to (?:do this|go on|continue|report)(?: .{1,20})?|cancelar(?: .{1,20})?|"
    r"cancela|para|parar|pare|salir|(?:main )?menu|menu principal|start over|0|"
    r"deja(?:r)?lo|olvidalo|ya no quiero(?: .{1,20})?|no quiero (?:seguir|continuar)|terminar",
    "later": r"later|finish later|(?:i'll )?(?:do|finish) (?:it|this) later|mas tarde|"
    r"(?:lo (?:termino|hago) )?(?:despues|luego)",
    "person": r"(?:a )?(?:person|human|agent|operator|officer)(?: please)?|"
    r"(?:(?:can|could|may) i |i (?:want|need|would like|wanna) (?:to )?)?(?:talk|speak|"
    r"chat)(?: to| with)"
    r" (?:an? |the )?(?:real )?(?:person|human|officer|agent|someone|somebody|police|"
    r"detective)(?: .{1,20})?|"
    r"(?:una )?persona|(?:un )?(?:agente|oficial|operador)|(?:(?:quiero|necesito|puedo|"
    r"quisiera) )?hablar con"
    r" (?:una? |el |la )?(?:persona|alguien|oficial|policia|agente|humano)(?: .{1,20})?",
    "resume": r"i'?m (?:ok(?:ay)?|safe|fine)(?:,? (?:go on|continue))?|go on|"
    r"continue(?: my report)?|keep going|"
    r"estoy bien|estoy a salvo|sigue|seguir|continuar|sigamos|adelante",
}
_INTENTS: Final[Mapping[str, Command]] = {
    "cancel_form": "stop", "skip": "skip", "back": "back", "repeat": "repeat", "ask_why": "why",
    "talk_to_person": "person",
}  # fmt: skip
_SPEAK: Final = r"(?:in |en |i speak |speak |hablo )"
_PLEASE: Final = r"(?: please| por favor)"
_LANGUAGE: Final[Mapping[Language, re.Pattern[str]]] = {
    "en": re.compile(rf"{_SPEAK}?(?:english|ingles){_PLEASE}?"),
    "es": re.compile(rf"{_SPEAK}?(?:spanish|espanol|castellano){_PLEASE}?"),
}  # fmt: skip
_QUESTION: Final = re.compile(
    r"(?:how|where|when(?! (?:i|we|he|she|they|my)\b)|what|who|which|can|could|do|does|did|is|are|"
    r"will|would|should|may|como(?! (?:a|unos|unas|si|siempre|el|la|un|una)\b)|donde|"
    r"cuando(?! (?:llegu|sali|regres|volvi|fui|me|iba|estaba|despert|desperte))|"
    r"que (?:es|son|pasa|pasaria|pasara|hago|hacemos|puedo|debo|tengo que|sigue|significa|hay que|"
    r"necesito|quiere decir|tipo de|datos|documentos)|"
    r"quien|cual|cuanto|cuanta|puedo|pueden|puede|hay|tengo que|debo|es posible)\b"
)
"""How a question to us begins; "when I came home" and "que se disculpe" are no questions."""
_LEADS: Final = r"(?:(?:oh|no|nope|sorry|wait|oops|perd[oó]n|espere?|disculpe?|ay)[,.!;:]*\s+)"
_MEANT: Final = re.compile(
    rf"^(?:{_LEADS}+(?:actually[, ]+)?(?:it (?:was|is)|it's|i meant|i mean|that was|make (?:it|"
    rf"that)|fue|era|es|"
    rf"eran|fueron|quise decir|quiero decir|en realidad(?: (?:fue|era|es))?)"
    rf"|{_LEADS}*(?:actually|i meant|correction|make (?:it|that)|en realidad|quise decir|"
    rf"m[aá]s bien|"
    rf"mejor dicho|correcci[oó]n)[,:]*(?:\s+(?:it (?:was|is)|it's|that was|fue|era|es|eran))?)"
    r"\s+(?P<rest>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_NAMES: Final[Mapping[Kind, str]] = {
    "place": r"place|location|address|where|lugar|direcci[oó]n|sitio|ubicaci[oó]n|d[oó]nde",
    "time": r"time|date|day|when|hora|fecha|d[ií]a|cu[aá]ndo",
    "items": r"items?|things?|list|cosas?|objetos?|lista",
    "money": r"value|cost|estimate|price|amount|valor|costo|precio|cantidad",
    "name": r"name|nombre",
    "reach": r"phone|number|e-?mail|contact|tel[eé]fono|n[uú]mero|correo|contacto",
    "phone": r"phone|number|tel[eé]fono|n[uú]mero",
    "email": r"e-?mail|correo",
    "text": r"story|description|what happened|historia|descripci[oó]n|qu[eé] pas[oó]",
    "choice": r"kind|type|tipo|clase",
    "vehicle": r"vehicle|car|truck|veh[ií]culo|carro|coche|auto|camioneta",
    "plate": r"(?:license )?plates?|placas?|matr[ií]cula",
    "people": r"people|persons?|witness(?:es)?|personas|testigos?",
    "last4": r"(?:last )?(?:four|4)(?: digits)?|digits|(?:[uú]ltimos )?(?:cuatro|4)(?: "
    "d[ií]gitos)?",
    "days": r"days|d[ií]as",
    "date": r"date|day|fecha|d[ií]a",
    "handle": r"handle|user ?name|number|account|usuario|n[uú]mero|cuenta",
}
_THE: Final = r"(?:the |my |el |la |los |las |mi |mis )"


@dataclass(frozen=True, slots=True)
class Correction:
    """An earlier answer is wrong: which (None: not said), and the new one in words, if told."""

    field: Asked | None
    rest: str


def command(heard: Heard, *, short_only: bool) -> Command | None:
    """The steering word in what was heard, by our own words first, then by NLU's topic.

    `short_only` is for questions that take nearly any text: there NLU needs to be surer.
    """
    words = bare(heard.text)
    for name, pattern in _WORDS.items():
        if re.fullmatch(pattern, words):
            return name
    needed, longest = (0.65, 6) if short_only else (0.5, 12)
    if heard.confidence < needed or len(words.split()) > longest:
        return None
    return _INTENTS.get(heard.intent or "")


def language_asked(heard: Heard) -> Language | None:
    """The language the resident asks to go on in."""
    words = bare(heard.text)
    for language, pattern in _LANGUAGE.items():
        if pattern.fullmatch(words) or (
            heard.intent == "change_language" and heard.confidence >= 0.5 and pattern.search(words)
        ):
            return language
    return None


def danger(heard: Heard, *, story: bool) -> str | None:
    """The danger NLU is sure of; in a story it must be surer, past crimes sound like present."""
    kind, least = heard.intent, 0.6 if story else 0.4
    if kind in safety.KINDS and safety.counts(kind, heard.confidence, heard.text, least=least):
        return kind
    return None


def is_question(text: str) -> bool:
    """Whether a text has the shape of a question to us."""
    words = text.strip()
    return words.startswith("¿") or words.endswith("?") or bool(_QUESTION.match(bare(text)))


def side_topic(heard: Heard, *, story: bool) -> str | None:
    """The topic of a question asked in between; for a story only what is clearly a question."""
    if heard.intent not in _SIDE or heard.confidence < (0.6 if story else 0.45):
        return None
    if story and not (is_question(heard.text) and len(heard.text.split()) <= 20):
        return None
    return heard.intent


def correction(text: str, fields: tuple[Asked, ...]) -> Correction | None:
    """A correction of an earlier answer: "no, it was Tuesday", "change the time"."""
    text = text.strip()
    for field in fields:
        labels = (re.escape(field.label.en), re.escape(field.label.es))
        names = "|".join((*labels, *filter(None, [_NAMES.get(field.kind)])))
        if field.kind == "text" and field.name != "story":
            names = "|".join((*labels, re.escape(field.name)))
        wrong = re.fullmatch(
            rf"{_LEADS}*(?:please )?(?:i (?:want|need) to )?(?:change|correct|fix|edit|cambi\w+|"
            rf"corr[ei][gj]\w+|"
            rf"quiero (?:cambiar|corregir))\s+{_THE}?(?:{names})(?:\s+(?:to|a|"
            rf"por)\s+(?P<rest>.+))?[.!]?"
            rf"|{_THE}?(?:{names}) (?:is|was|are|es|est[aá]) (?:wrong|not right|incorrect[oa]?|"
            rf"mal)[.!]?",
            text,
            re.IGNORECASE | re.DOTALL,
        )
        if wrong:
            return Correction(field, (wrong.group("rest") or "").strip())
        named = re.fullmatch(
            rf"{_LEADS}*(?:actually,? )?{_THE}(?:{names})\s+(?:is|was|are|should be|es|fue|era|"
            rf"son|debe ser)\s+(?P<rest>.+)",
            text,
            re.IGNORECASE | re.DOTALL,
        )
        if named:
            return Correction(field, named.group("rest").strip())
    meant = _MEANT.match(text)
    return Correction(None, meant.group("rest").strip(" .!")) if meant else None
