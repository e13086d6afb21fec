"""The page's own files stay small, and ask nothing of anybody else."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from desk.settings import ROOT
from desk.wording import sentences

WEBCHAT = ROOT / "webchat"
TEMPLATES = ROOT / "gateway" / "templates"


def zipped(*paths: Path) -> int:
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def test_page_and_launcher_are_small() -> None:
    launcher = WEBCHAT / "embed.js"
    page = [WEBCHAT / name for name in ("chat.js", "chat.css", "badge.svg")]
    page += [TEMPLATES / name for name in ("chat.html", "message.html")]
    assert zipped(launcher) < 5_000
    assert zipped(launcher, *page) < 30_000


@pytest.mark.parametrize(
    "path", [*WEBCHAT.rglob("*.*"), *TEMPLATES.glob("*.html")], ids=lambda path: path.name
)
def test_no_other_host_is_named(path: Path) -> None:
    hosts = set(re.findall(r"https?://([\w.-]+)", path.read_text("utf-8")))
    assert hosts <= {"www.w3.org"}, "only the name of the SVG format"


@pytest.mark.parametrize("area", ["webchat", "demosite"])
def test_every_sentence_is_there_in_both_languages_with_the_same_values(area: str) -> None:
    english, spanish = sentences(area, "en"), sentences(area, "es")
    assert english.keys() == spanish.keys()
    for key, text in english.items():
        values = re.findall(r"\{(\w+)\}", text)
        assert sorted(values) == sorted(re.findall(r"\{(\w+)\}", spanish[key])), key


def test_every_sentence_is_used() -> None:
    used = "".join(
        path.read_text("utf-8")
        for path in [*TEMPLATES.glob("*.html"), *(ROOT / "gateway" / "channels").glob("web*.py")]
    )
    composed = {f"status_{holder}" for holder in ("bot", "queue", "human", "closed")}
    for key in sentences("webchat", "en").keys() - composed:
        assert re.search(rf"\b{key}\b", used), key
