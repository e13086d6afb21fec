"""The product's own sentences, one YAML file per area and language, at par in every language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

from ruamel.yaml import YAML

Language = Literal["en", "es"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
DEFAULT_LANGUAGE: Final[Language] = "en"

_FOLDER = Path(__file__).parent


class WordingMissing(LookupError):
    """A sentence, or a value that a sentence needs, is not there."""


def as_language(code: str | None) -> Language:
    """The supported language for a code such as "es" or "es-MX"; English for all others."""
    short = (code or "").lower()[:2]
    for language in LANGUAGES:
        if language == short:
            return language
    return DEFAULT_LANGUAGE


@cache
def sentences(area: str, language: Language) -> dict[str, str]:
    """All sentences of one area (a file name without its ending) in one language, by key.

    Raises WordingMissing when the area has no file in that language.
    """
    path = _FOLDER / language / f"{area}.yml"
    if not path.is_file():
        raise WordingMissing(f"no wording file {area}.yml for language {language}")
    loaded = YAML(typ="safe").load(path) or {}
    return {str(key): " ".join(str(text).split()) for key, text in loaded.items()}


def say(key: str, language: Language, **values: object) -> str:
    """The sentence `area.key` in a language, its {placeholders} filled from `values`.

    Raises WordingMissing when the key or one of its values is missing, so that a resident never
    reads a raw placeholder.
    """
    area, _, name = key.partition(".")
    try:
        return sentences(area, language)[name].format_map(values)
    except KeyError as missing:
        raise WordingMissing(f"{key} ({language}): {missing} is missing") from missing
