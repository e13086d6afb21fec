"""After STOP no text arrives, so the last one that does must name 911 (docs/channels.md)."""

from __future__ import annotations

import re

import pytest

from desk.settings import ROOT
from desk.wording.sms import is_gsm7, segments

TEXTS = re.findall(
    r"```\n\s*(.+?)\n\s*```", (ROOT / "docs" / "channels.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_there_is_one_for_each_language() -> None:
    assert len(TEXTS) == 2


@pytest.mark.parametrize("text", TEXTS)
def test_the_opt_out_text_names_911_in_one_segment(text: str) -> None:
    assert "911" in text
    assert "START" in text
    assert is_gsm7(text)
    assert segments(text) == 1
