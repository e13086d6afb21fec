"""The geocoders of others, over HTTP to stand-ins that answer as they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from actions.geocoders import Census, Nominatim, chosen
from desk.places.geocoding import GeocoderDown
from desk.settings import Settings
from tests.serving import address, listen, served

CENSUS = {
    "result": {
        "input": {"address": {"address": "1234 elmwood street, Larkfield, CA"}},
        "addressMatches": [
            {
                "tigerLine": {"side": "L", "tigerLineId": "1"},
                "coordinates": {"x": -120.93, "y": 37.6},
                "addressComponents": {"city": "LARKFIELD", "state": "CA"},
                "matchedAddress": "1234 ELMWOOD ST, LARKFIELD, CA, 00105",
            }
        ],
    }
}
NOMINATIM = [
    {
        "lat": "37.6",
        "lon": "-120.93",
        "display_name": "1234, Elmwood Street, Larkfield, California, United States",
        "address": {"house_number": "1234", "road": "Elmwood Street", "state": "California"},
    },
    {"lat": "37.7", "lon": "-120.9", "display_name": "Elmwood", "address": {"road": "Elmwood"}},
]


class StandIn:
    """Plays both services; `status` and `body` break it."""

    def __init__(self) -> None:
        self.status, self.body = 200, ""
        self.asked: list[tuple[dict[str, str], str]] = []
        self.url = ""
        self.app = FastAPI()
        self.app.get("/geocoder/locations/onelineaddress")(self.census)
        self.app.get("/search")(self.nominatim)

    async def census(self, request: Request) -> Response:
        return self._answer(request, CENSUS)

    async def nominatim(self, request: Request) -> Response:
        return self._answer(request, NOMINATIM)

    def _answer(self, request: Request, body: Any) -> Response:
        self.asked.append((dict(request.query_params), request.headers["user-agent"]))
        if self.body or self.status != 200:
            return Response(self.body, self.status)
        return JSONResponse(body)


@pytest.fixture
def service() -> Iterator[StandIn]:
    stand_in, listener = StandIn(), listen()
    stand_in.url = address(listener)
    with served(stand_in.app, listener):
        yield stand_in


def test_census_finds_an_address(service: StandIn) -> None:
    (found,) = Census(service.url).locate("1234 elmwood street", "Larkfield", "CA")
    assert (found.label, found.point.latitude, found.point.longitude) == (
        "1234 Elmwood St",
        37.6,
        -120.93,
    )
    ((query, _),) = service.asked
    assert query == {
        "address": "1234 elmwood street, Larkfield, CA",
        "benchmark": "Public_AR_Current",
        "format": "json",
    }


def test_nominatim_finds_houses_and_no_bare_streets_and_says_who_asks(service: StandIn) -> None:
    nominatim = Nominatim(service.url, contact="https://frontdesk.example.gov")
    (found,) = nominatim.locate("1234 elmwood street", "Larkfield", "CA")
    assert (found.label, found.point.longitude) == ("1234 Elmwood Street", -120.93)
    ((query, agent),) = service.asked
    assert query["q"] == "1234 elmwood street, Larkfield, CA"
    assert agent == "Frontdesk (https://frontdesk.example.gov)"


@pytest.mark.parametrize("make", [Census, Nominatim])
@pytest.mark.parametrize(
    ("status", "body"), [(500, ""), (429, "slow down"), (200, "<html>"), (200, "[1]"), (200, "7")]
)
def test_one_that_fails_or_says_nonsense_is_down(
    service: StandIn, make: Any, status: int, body: str
) -> None:
    service.status, service.body = status, body
    with pytest.raises(GeocoderDown):
        make(service.url).locate("1 Elm St", "Larkfield", "CA")


@pytest.mark.parametrize("make", [Census, Nominatim])
def test_one_that_is_not_there_is_down(make: Any) -> None:
    with pytest.raises(GeocoderDown):
        make("http://127.0.0.1:1").locate("1 Elm St", "Larkfield", "CA")


def test_none_is_used_unless_one_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEOCODER", raising=False)
    assert chosen(Settings(_env_file=None)) is None
    monkeypatch.setenv("GEOCODER", "census")
    assert isinstance(chosen(Settings(_env_file=None)), Census)
    monkeypatch.setenv("GEOCODER", "nominatim")
    assert isinstance(chosen(Settings(_env_file=None)), Nominatim)


def test_the_public_nominatim_is_asked_at_most_once_a_second(
    service: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.geocoders.NOMINATIM_URL", service.url)
    nominatim = Nominatim(service.url)
    nominatim.locate("1 Elm St", "Larkfield", "CA")
    with pytest.raises(GeocoderDown):
        nominatim.locate("2 Elm St", "Larkfield", "CA")
    assert len(service.asked) == 1
