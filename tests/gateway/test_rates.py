"""Floods are slowed down, people in danger never."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from gateway.rates import NETWORK, SESSION, Rates, network_of


def request_from(host: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return Request({"type": "http", "client": (host, 1), "headers": headers})


@pytest.mark.parametrize(
    ("host", "forwarded", "network"),
    [
        ("93.184.216.34", [], "93.184.216.0/24"),
        ("93.184.216.34", ["8.8.8.8"], "93.184.216.0/24"),  # no proxy of ours: a client's word
        ("10.0.0.3", ["93.184.216.34"], "93.184.216.0/24"),
        ("127.0.0.1", ["8.8.8.8, 93.184.216.34"], "93.184.216.0/24"),
        ("127.0.0.1", ["8.8.8.8", "93.184.216.34"], "93.184.216.0/24"),
        ("127.0.0.1", ["2001:db8:1:2ff::5"], "2001:db8:1:200::/56"),
        ("127.0.0.1", [], None),
        ("127.0.0.1", ["nonsense"], None),
        ("127.0.0.1", ["127.0.0.1"], None),
    ],
)
def test_the_network_is_the_one_the_nearest_proxy_saw(
    host: str, forwarded: list[str], network: str | None
) -> None:
    assert network_of(request_from(host, *forwarded)) == network


def test_one_browser_is_slowed_down_and_another_is_not() -> None:
    rates, most = Rates(), SESSION[0].amount
    assert [rates.allows("one", None) for _ in range(most + 1)] == [True] * most + [False]
    assert rates.allows("another", None)


def test_many_browsers_of_one_network_are_slowed_down_together() -> None:
    rates, most = Rates(), NETWORK[0].amount
    sent = [rates.allows(f"browser {number}", "93.184.216.0/24") for number in range(most + 1)]
    assert sent == [True] * most + [False]
    assert rates.allows("somebody", "198.51.100.0/24")
