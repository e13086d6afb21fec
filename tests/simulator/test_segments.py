"""Segments are counted as a carrier counts them."""

from __future__ import annotations

import pytest

from simulator.segments import size


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("x" * 160, "GSM-7", 1),
        ("x" * 161, "GSM-7", 2),
        ("x" * 306, "GSM-7", 2),
        ("x" * 307, "GSM-7", 3),
        ("€" * 81, "GSM-7", 2),
        ("ñ" * 160, "GSM-7", 1),
        ("“" + "x" * 69, "UCS-2", 1),
        ("“" + "x" * 70, "UCS-2", 2),
        ("😀" * 35, "UCS-2", 1),
    ],
)
def test_size(text: str, encoding: str, segments: int) -> None:
    assert (size(text).encoding, size(text).segments) == (encoding, segments)
