"""Photos are kept and served as the providers do, with troubles on request."""

from __future__ import annotations

import time

import httpx
import pytest

from simulator.client import photo_of

PSID = "7001000000000001"


@pytest.fixture
def url(simulator) -> str:
    """The address of a photo that somebody sent in Messenger."""
    simulator.residents.messenger_photos(PSID, photo_of(b"x" * 4000))
    (took,) = simulator.desk.wait(1, "/webhooks/messenger")
    return httpx.Response(200, content=took.body).json()["entry"][0]["messaging"][0]["message"][
        "attachments"
    ][0]["payload"]["url"]


def test_a_file_is_there_until_the_provider_deletes_it(simulator, url: str) -> None:
    answer = httpx.get(url, timeout=5)
    assert (answer.content, answer.headers["content-type"]) == (b"x" * 4000, "image/png")
    simulator.residents.forget_media()
    assert httpx.get(url, timeout=5).status_code == 404
    assert simulator.residents.fetches() == 2


def test_an_address_cannot_be_guessed(simulator, url: str) -> None:
    assert len(url.rpartition("/")[2]) >= 32
    assert httpx.get(f"{simulator.url}/files/guessed", timeout=5).status_code == 404


@pytest.mark.parametrize(("kind", "status"), [("404", 404), ("429", 429), ("500", 500)])
def test_a_refusal_is_shown_as_often_as_ordered(simulator, url, kind, status) -> None:
    simulator.residents.fault("media", kind, count=2)
    assert [httpx.get(url, timeout=5).status_code for _ in range(3)] == [status, status, 200]


def test_a_redirect_leads_where_it_was_ordered_to(simulator, url: str) -> None:
    simulator.residents.fault("media", "redirect", to="http://127.0.0.1:9/x")
    answer = httpx.get(url, timeout=5)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://127.0.0.1:9/x")


def test_slow_means_never_silent_for_long(simulator, url: str) -> None:
    simulator.residents.fault("media", "slow", seconds=0.8)
    began = time.monotonic()
    answer = httpx.get(url, timeout=0.6)
    assert answer.content == b"x" * 4000
    assert time.monotonic() - began >= 0.7


def test_no_faults_means_none_of_files_either(simulator, url: str) -> None:
    simulator.residents.fault("media", "404", count=9)
    simulator.residents.no_faults()
    assert httpx.get(url, timeout=5).status_code == 200
