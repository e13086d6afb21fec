"""A kind of report that a department adds: a file and examples, nothing else."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from desk.settings import ROOT
from frontdesk import model
from tests.bot.conftest import Bot
from tests.support import free_ports

pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
FEW = 8  # examples of a topic that are kept, so that training takes seconds
PETS = {
    "en": [
        "our parrot flew away",
        "my dog ran off at the park",
        "we cant find our cat since sunday",
        "lost my beagle near the lake",
        "the gate was open and the puppy is gone",
        "my kitten got out last night",
        "our rabbit escaped from the yard",
        "have you found a brown dog with a red collar",
    ],
    "es": [
        "se voló nuestro loro",
        "mi perro se escapó en el parque",
        "no encontramos a la gata desde el domingo",
        "perdí a mi perrita cerca del lago",
        "dejaron abierto y se salió el cachorro",
        "mi gatito se salió anoche",
        "se nos escapó el conejo del patio",
        "han encontrado un perro café con collar rojo",
    ],
}


def written_in_the_guide() -> str:
    """The type as docs/department-guide.md shows it."""
    guide = (ROOT / "docs" / "department-guide.md").read_text("utf-8")
    shown = re.search(r"reports/lost_pet\.yml`:\n\n```yaml\n(.*?)```", guide, re.DOTALL)
    assert shown
    return shown[1]


def trained_with_pets(folder: Path) -> Path:
    """A model of a few examples of each topic, and of pets."""
    data = folder / "data"
    for kind in ("rules", "stories"):
        shutil.copytree(ROOT / "data" / kind, data / kind)
    (data / "nlu").mkdir()
    yaml = YAML()
    for path in (ROOT / "data" / "nlu").glob("*.yml"):
        content = yaml.load(path)
        for block in content["nlu"]:
            if "intent" in block:
                block["examples"] = "".join(block["examples"].splitlines(keepends=True)[:FEW])
        yaml.dump(content, data / "nlu" / path.name)
    for language, texts in PETS.items():
        examples = "".join(f"- {text}\n" for text in texts)
        pets = {"intent": "file_report", "metadata": {"topic": "lost_pet"}, "examples": examples}
        yaml.dump({"version": "3.1", "nlu": [pets]}, data / "nlu" / f"lost_pet.{language}.yml")
    subprocess.run(
        [
            *(str(model.RASA_PYTHON), "-m", "bot", "train", "--data", str(data)),
            *("--out", str(folder), "--fixed-model-name", "pets"),
        ],
        cwd=ROOT,
        env=model.rasa_environment(),
        check=True,
        capture_output=True,
        timeout=300,
    )
    return folder / "pets.tar.gz"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    folder = tmp_path_factory.mktemp("pets")
    department = shutil.copytree(ROOT / "department", folder / "department")
    (department / "reports" / "lost_pet.yml").write_text(written_in_the_guide(), "utf-8")
    running = Bot(folder, trained_with_pets(folder), *free_ports(2))
    running.environment["FRONTDESK_DEPARTMENT"] = str(department)
    try:
        running.start("actions")
        running.start("rasa")
        yield running
    finally:
        for name in list(running.running):
            running.stop(name)
        running.database.close()


def said(told: dict[str, object]) -> str:
    return str(told["replies"])


@pytest.mark.parametrize(
    ("language", "text", "opening"),
    [
        ("en", "our kitten got out of the yard", "I'm sorry your pet is missing"),
        ("es", "se me escapó la gata anoche", "Siento que su mascota se haya perdido"),
    ],
)
def test_it_opens_in_the_residents_words(bot: Bot, language: str, text: str, opening: str) -> None:
    assert opening in said(bot.say(bot.meet(), text, language=language))


def test_it_opens_by_its_button(bot: Bot) -> None:
    assert "I'm sorry your pet" in said(bot.say(bot.meet(), choice="topic:lost_pet"))


def test_it_is_asked_for_to_its_end(bot: Bot) -> None:
    talk = bot.meet()
    bot.say(talk, "our parrot flew away")
    for answer in ("yes", "green, yellow beak, Coco", "Fifth and Main", "yesterday at 3"):
        bot.say(talk, answer)
    told = said(bot.say(talk, "Maria Lopez"))
    assert "Coco" in told
    assert "report is filed" in said(bot.say(talk, "yes"))
