"""One running front desk for all journeys, and residents and an officer who use it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desk.settings import ROOT
from desk.wording import Language
from frontdesk.run import DEMO_EMAIL
from tests.conversations.officers import Officer
from tests.conversations.residents import (
    MessengerResident,
    Resident,
    SmsResident,
    WebResident,
)
from tests.support import FrontDesk

Meet = Callable[[str, Language], Resident]


@pytest.fixture(scope="session")
def front_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrontDesk]:
    """Everything `make run` starts, in local mode."""
    folder = tmp_path_factory.mktemp("frontdesk")
    desk = FrontDesk(folder, FRONTDESK_DEPARTMENT=str(always_staffed(folder / "department")))
    desk.start()
    yield desk
    assert desk.stop() == 0


def always_staffed(folder: Path) -> Path:
    """The demo city, with somebody at the desk at any hour a test may run."""
    shutil.copytree(ROOT / "department", folder)
    profile = folder / "profile.yml"
    text, changed = re.subn(r"(?m)^live_hours: .*$", 'live_hours: "24/7"', profile.read_text())
    assert changed == 1
    profile.write_text(text)
    return folder


@pytest.fixture
def officer(front_desk: FrontDesk) -> Iterator[Officer]:
    """The demo officer, signed in and available."""
    settings = json.loads((front_desk.folder / "local-settings.json").read_text())
    on_duty = Officer(
        front_desk.address("console"), DEMO_EMAIL, settings["FRONTDESK_DEMO_PASSWORD"]
    )
    on_duty.is_available()
    yield on_duty
    on_duty.close()


@pytest.fixture
def meet(front_desk: FrontDesk) -> Iterator[Meet]:
    """A new resident on "sms", "messenger" or "web" who speaks "en" or "es"."""

    met: list[Resident] = []

    def new(channel: str, language: Language) -> Resident:
        simulator = front_desk.address("simulator")
        if channel == "web":
            met.append(WebResident(front_desk.address("gateway"), language))
        elif channel == "sms":
            met.append(SmsResident(simulator))
        else:
            met.append(MessengerResident(simulator))
        return met[-1]

    yield new
    for resident in met:
        resident.close()
