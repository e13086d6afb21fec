"""Whatever a resident says in whatever order, the report stays valid, kept, or cleanly ended."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.database import Database
from desk.department import Department
from desk.reports import report_type, report_types
from desk.settings import ROOT
from tests.desk.reports.talking import NOW, Talk
from tests.desk.reports.types_for_tests import TYPES, with_types

LONG = "(a very long text)"  # said in full only in the talk, so that a failure can be read
WORDS = st.sampled_from(
    [
        "yes", "no", "sí", "skip", "back", "repeat", "why", "later", "go on", "cancel", "person",
        "red Trek bike $500", "my bike was stolen from 5th and Main last night", "Fifth and Main",
        "6th and Oak", "yesterday around 3", "anoche", "tomorrow", "Maria Lopez", "209-555-0123",
        "no, it was Tuesday", "actually it was $200", "the place is 6th and Oak", "change the time",
        "graffiti", "how long does this take?", "español", "english", "", "???", "12", "$40", "🙂",
        "my neighbor took it", "red 2015 Honda Civic plate 8ABC123", "no, it was blue",
        "a white van hit my car", "8ABC123", "a tall man and a woman", "4242", "ends in 4242",
        "4242 4242 4242 4242", "every friday night", "todos los viernes por la noche",
        "December 20", "from Dec 20 to Jan 3", "yesterday", "@bad.guy99", "bad@example.org",
        "the second item was blue", "remove the first item", "I'd rather not say",
        "prefiero no decir",
        "T26-ABC234", "T26-ABC234 ABCD2345", "no, my husband reads this phone",
        "my number is 209-555-0123", "house", "the vehicle was blue",
        "my social is 078-05-1120", LONG,
    ]
)  # fmt: skip
TAPS = st.sampled_from(
    [
        "yes", "no", "confirm", "skip", "resume", "stop_keep", "stop_delete", "person",
        "field:time",
        "field:place", "field:nothing", "option:0", "option:7", "option:graffiti", "option:as_told",
        "option:none", "option:no_suspect", "option:new", "option:continue", "score:3", "nonsense",
        "field:vehicle", "field:story", "option:1", "group:things", "option:other", "field:name",
    ]
)  # fmt: skip
STEPS = st.lists(
    st.one_of(WORDS.map(lambda w: ("says", w)), TAPS.map(lambda v: ("taps", v))), max_size=25
)
EMPTY = Path(tempfile.mkdtemp()) / "empty.db"
NUMBER = "+12095550123"
LABELS = {"Fifth Street and Main Street", "Sixth Street and Oak Street",
          "Fifth Street y Main Street", "Sixth Street y Oak Street"}  # fmt: skip
EVERY_TYPE = sorted({*report_types(ROOT / "department"), *TYPES})
ENDS = {
    "filed": "submitted",
    "stopped": "deleted",
    "kept": "kept",
    "refused": "refused",
    "asking": "draft",
}


def valid(kind: str, value: Any, values: set[str]) -> bool:
    """Whether a stored value is one that the told words can mean."""
    match kind:
        case "place":
            return value["kind"] == "as_told" or value["label"] in LABELS
        case "time":
            first, last = (datetime.fromisoformat(value[k]) for k in ("earliest", "latest"))
            return first <= last and first <= NOW
        case "items":
            return bool(value) and all(
                one["description"] and one["value"] in {None, 12, 40, 200, 500} for one in value
            )
        case "money":
            return value in {12.0, 40.0, 200.0, 500.0}
        case "reach" | "phone" | "email":
            return value in {NUMBER, "bad@example.org"}
        case "vehicle":
            allowed = {
                "plate": {"8ABC123", "T26-ABC234", "T26ABC234"}, "state": {None}, "year": {2015},
                "make": {"Honda"}, "model": {"Civic", "van"}, "color": {"red", "blue", "white"},
            }  # fmt: skip
            return any(value.values()) and all(
                part is None or part in allowed[name] for name, part in value.items()
            )
        case "plate":
            return value["plate"] == "8ABC123"
        case "last4":
            return value == "4242"
        case "days":
            told = value == {"told": value.get("told")} and bool(value["told"])
            return told or value == {"days": ["fri"], "from": "18:00", "to": "06:00"}
        case "date":
            return date.fromisoformat(value) <= NOW.date() + timedelta(days=366)
        case "handle":
            return value not in {"yes", "no", "???", ""}
        case "people":
            return bool(value) and all(one.strip() for one in value)
        case "yes_no":
            return isinstance(value, bool)
        case "choice":
            return value in values
        case "name":
            return value in {"Maria Lopez", "House"}  # House is a name too; it is read back
        case _:
            return isinstance(value, str) and bool(value.strip())


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Department]:
    """Gives the city when called: in a failure's text it would be pages long."""
    made = with_types(Path(tmp_path_factory.mktemp("city")))
    return lambda: made


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    type_id=st.sampled_from(EVERY_TYPE),
    channel=st.sampled_from(["sms", "web"]),
    opening=WORDS,
    steps=STEPS,
)
def test_no_sequence_stores_a_wrong_value_or_gets_stuck(
    city: Callable[[], Department],
    type_id: str,
    channel: str,
    opening: str,
    steps: list[tuple[str, str]],
) -> None:
    department = city()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/any.db")
        _migrated(database)
        talk = Talk(database, department, channel, "en")
        talk.start(type_id, opening)
        kind = report_type(department.folder, type_id)
        if not kind.taken_on(channel):
            assert talk.outcome.state == "ended"
            assert talk.outcome.replies
            database.close()
            return
        for how, what in [("", ""), *steps]:
            if how:
                getattr(talk, how)("x" * 5000 if what == LONG else what)
            outcome = talk.outcome
            if outcome.state == "ended":
                break
            report = talk.report
            assert report.state == ENDS[outcome.state]
            assert "078-05-1120" not in str(vars(report))
            assert "4242 4242" not in str(vars(report))
            for name, value in report.fields.items():
                if report.state == "refused" and name not in {f.name for f in kind.fields}:
                    continue  # the story that a refusal keeps for whoever takes over
                field = kind.field(name)
                options = {option.value for option in field.options}
                assert valid(field.kind, value, options), (name, value)
            assert outcome.replies or outcome.danger
            assert all(reply.text.strip() for reply in outcome.replies)
            if outcome.state == "filed":
                needed = {
                    f.name
                    for f in kind.fields
                    if not (f.skippable or f.unless_channel or f.when or f.when_told)
                }
                assert needed <= report.fields.keys()
                assert "{" not in talk.text
            if outcome.state != "asking":
                break
        database.close()


def _migrated(database: Database) -> None:
    """The empty schema, made once and copied: migrating for each example would take minutes."""
    if not EMPTY.exists():
        first = Database(f"sqlite:///{EMPTY}")
        first.migrate()
        first.close()
    Path(str(database.url.database)).write_bytes(EMPTY.read_bytes())
