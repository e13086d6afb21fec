"""With two Rasas, one that refuses or breaks is no reason for the fixed text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.serving import address, listen

if TYPE_CHECKING:
    from tests.gateway.conftest import Front

PHONE = "+12095550123"


@pytest.fixture
def nobody() -> str:
    """An address where nothing answers."""
    with listen() as listener:
        return address(listener)


def test_the_other_rasa_is_asked_when_one_refuses(front: Front, nobody: str) -> None:
    rasa: Any = front.app.state.gateway.dispatcher._rasa
    rasa.urls = (nobody, *rasa.urls)
    assert front.residents.text(PHONE, "where is the station") == httpx.codes.OK
    front.eventually(front.said)
    assert "Here is your answer." in front.said()[0]
    assert rasa._asked == 1  # and stays with it


def test_one_of_two_rasas_is_enough_to_be_ready(front: Front, nobody: str) -> None:
    gateway = front.app.state.gateway
    object.__setattr__(gateway, "rasa_urls", (nobody, *gateway.rasa_urls))
    assert httpx.get(f"{front.url}/health/ready", timeout=10).json()["parts"]["rasa"]["ok"]
