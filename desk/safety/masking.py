"""Masks social-security, card and account numbers in a text before anything stores it."""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "[number removed]"
"""What stands in place of a masked number, whatever the language of the talk."""

_GAP = r"[ .\-\u2010-\u2015_/]{0,3}"
_CARD = re.compile(rf"(?<![\d.,+])\d(?:{_GAP}\d){{12,18}}(?![\d])")
_DASH = r"(?:\s?[\-\u2010-\u2015]\s?|[ .]\s?)"
_SSN = re.compile(rf"(?<![\d.,+\-/])(\d{{3}}){_DASH}(\d{{2}}){_DASH}(\d{{4}})(?![\d\-/])")
_NAMED = re.compile(
    r"""\b(?:
        ssn | ss\s?\# | ss\s?(?:num|number|no)\b | social(?:\s+security)?
        | seguro\s+social | numero\s+social
      | número\s+social | itin
      | (?:bank\s+|checking\s+|savings\s+|debit\s+|credit\s+|card\s+|iban\s+)?
        (?:account|acct|routing|iban|tarjeta|cuenta|card)
      )
      (?:\s+(?:card|number|num|no|nbr|is|was|ends?|de|del|es|era|numero|número|bancaria|banco|bank|my|mi
              |the|el|la|n[uú]mero|security|de\s+cheques|ahorros|cheques))*
      [\s.:;\#=°º-]*
      (?P<number>[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}[A-Z0-9]{0,3}
      |\d(?:[ .\-\u2010-\u2015]{0,3}\d){5,18})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_SPACED_SSN = re.compile(r"(?<![\d.,+\-])\d(?:[ \-.]{1,3}\d){8}(?![ \-.]{0,3}\d)")


def mask(text: str) -> str:
    """The text with secret numbers replaced by MASK.

    Masked are card numbers (13 to 19 digits that pass the Luhn check, in any spacing),
    social-security numbers (as 123-45-6789, digit by digit, or nine digits after their name), and
    bank accounts after a word such as "account" or "cuenta". Phones, plates, ZIP codes, dates,
    report numbers and coordinates stay.
    """
    text = _NAMED.sub(_mask_named, text)
    text = _CARD.sub(_mask_card, text)
    text = _SSN.sub(_mask_ssn, text)
    return _SPACED_SSN.sub(_mask_spaced, text)


def _mask_named(found: re.Match[str]) -> str:
    number = found["number"]
    digits = re.sub(r"\D", "", number)
    social = re.match(r"ss|social|seguro|n[uú]mero|itin", found[0], re.IGNORECASE)
    if (social and len(digits) != 9) or _is_phone(number, digits) or len(digits) < 6:
        return found[0]
    return found[0][: -len(number)] + MASK


def _mask_card(found: re.Match[str]) -> str:
    """Masks the card in a row of digits; a row of 13 to 19 digits is tried whole first."""
    digits = re.sub(r"\D", "", found[0])
    return MASK if _passes_luhn(digits) and digits.strip("0") else found[0]


def _mask_ssn(found: re.Match[str]) -> str:
    return MASK if _may_be_ssn("".join(found.groups())) else found[0]


def _mask_spaced(found: re.Match[str]) -> str:
    return MASK if _may_be_ssn(re.sub(r"\D", "", found[0])) else found[0]


def _may_be_ssn(digits: str) -> bool:
    """Whether the nine digits were ever given out (SSN and ITIN): no part of it is all zeros."""
    return digits[:3] not in ("000", "666") and digits[3:5] != "00" and digits[5:] != "0000"


def _is_phone(written: str, digits: str) -> bool:
    local = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
    looks = re.fullmatch(r"(?:1[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}", written) is not None
    return len(local) == 10 and looks


def _passes_luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
