"""Secret numbers are masked in any spacing; numbers a report needs stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.safety.masking import MASK, mask

gap = st.sampled_from(["", " ", "-", ".", "  "])


def with_check_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


@given(st.from_regex(r"[3-6][0-9]{11,17}", fullmatch=True), st.lists(gap, min_size=18, max_size=18))
def test_a_card_is_masked_in_any_spacing(body: str, gaps: list[str]) -> None:
    card = with_check_digit(body)
    typed = "".join(digit + space for digit, space in zip(card, gaps, strict=False)).strip(" -.")
    assert mask(f"my card is {typed} ok") == f"my card is {MASK} ok"


@given(
    st.from_regex(r"[1-5][0-9]{2}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{3}", fullmatch=True),
    st.sampled_from(["-", " ", " - ", "."]),
)
def test_a_social_security_number_is_masked(area: str, group: str, serial: str, sep: str) -> None:
    assert mask(f"it is {area}{sep}{group}{sep}{serial}.") == f"it is {MASK}."
    assert mask(f"ssn {area}{group}{serial}") == f"ssn {MASK}"


@pytest.mark.parametrize(
    "text",
    [
        "account number 000123456789",
        "mi cuenta es 12345678",
        "1 2 3 4 5 6 7 8 9",
        "routing 021000021",
    ],
)
def test_account_numbers_are_masked(text: str) -> None:
    assert MASK in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "call (209) 555-0123 or 209-555-0123, +12095550123, 2095550123",
        "plate 8ABC123",
        "00101-1234",
        "11/22/2026 10:30, 2026-11-22",
        "report 24-001234, case 123456789",
        "37.601234,-120.951234",
        "my account was hacked, call 209-555-0123",
    ],
)
def test_numbers_a_report_needs_stay(text: str) -> None:
    assert mask(text) == text


@given(st.text(max_size=300))
def test_masking_is_done_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)
