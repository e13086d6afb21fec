"""Every attack on the list gets back what it should, and leaves what it should."""

from __future__ import annotations

import pytest

from tests.attacks import (  # noqa: F401 - each fills the list
    against_console,
    against_insides,
    against_web,
    forged,
    photos,
    words,
)
from tests.attacks.conftest import Came
from tests.attacks.target import ATTACKS, Attack, Target

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]  # the first may train the model


@pytest.mark.parametrize("one", ATTACKS, ids=lambda one: f"{one.channel}: {one.name}")
def test_an_attack_gets_nowhere(target: Target, came: Came, one: Attack) -> None:
    try:
        came[one.channel, one.name] = one.run(target)
    finally:
        target.over()


def test_each_has_a_name_of_its_own() -> None:
    assert len({(one.channel, one.name) for one in ATTACKS}) == len(ATTACKS)
