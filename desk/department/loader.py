"""Loads a department's folder, and loads it again when a file in it changes."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

import shapely
import structlog
from pydantic import ValidationError
from shapely.errors import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from desk.department.documents import Document, Problem, Unreadable, read_document
from desk.department.hours import Calendar
from desk.department.models import (
    Agency,
    Block,
    Crossing,
    Facts,
    Id,
    Landmark,
    Named,
    Officer,
    Profile,
    Station,
    StreetNames,
    Text,
    Zip,
)

log = structlog.get_logger(__name__)

PROFILE: Final = "profile.yml"
STATIONS: Final = "stations.yml"
DISTRICTS: Final = "districts.geojson"
OFFICERS: Final = "officers.yml"
AGENCIES: Final = "agencies.yml"
GAZETTEER: Final[Mapping[str, type[Facts]]] = {
    "gazetteer/zips.csv": Zip,
    "gazetteer/neighborhoods.csv": Named,
    "gazetteer/landmarks.csv": Landmark,
    "gazetteer/streets.csv": StreetNames,
    "gazetteer/crossings.csv": Crossing,
    "gazetteer/blocks.csv": Block,
}
REQUIRED: Final = (PROFILE, STATIONS, DISTRICTS)
FILES: Final = (*REQUIRED, OFFICERS, AGENCIES, *GAZETTEER)

F = TypeVar("F", bound=Facts)


class DepartmentBroken(ValueError):
    """The folder does not describe a department; `problems` say why."""

    def __init__(self, folder: Path, problems: list[Problem]) -> None:
        lines = "\n".join(f"{p.file}:{p.line}: {p.message} {p.remedy}" for p in problems)
        super().__init__(f"the department in {folder} cannot be loaded:\n{lines}")
        self.problems = problems


class DistrictFacts(Facts):
    """What a district's polygon carries as properties."""

    id: Id
    name: Text
    station: Id | None = None


@dataclass(frozen=True, slots=True, eq=False)
class District:
    """A part of the city, its shape in (longitude, latitude), and the station in charge of it."""

    id: str
    name: Text
    station: str | None
    area: BaseGeometry


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The names of places we know, each with coordinates."""

    zips: tuple[Zip, ...] = ()
    neighborhoods: tuple[Named, ...] = ()
    landmarks: tuple[Landmark, ...] = ()
    streets: tuple[StreetNames, ...] = ()
    crossings: tuple[Crossing, ...] = ()
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, eq=False)
class Department:
    """Everything the department's folder says, loaded at one moment; compared by identity."""

    folder: Path
    profile: Profile
    stations: tuple[Station, ...]
    districts: tuple[District, ...]
    officers: tuple[Officer, ...]
    agencies: tuple[Agency, ...]
    gazetteer: Gazetteer
    hours: Calendar = field(repr=False)

    def station(self, station_id: str | None) -> Station | None:
        """The station with this id."""
        return next((one for one in self.stations if one.id == station_id), None)

    def district(self, district_id: str | None) -> District | None:
        """The district with this id."""
        return next((one for one in self.districts if one.id == district_id), None)

    def station_of(self, district: District) -> Station | None:
        """The station in charge of a district: the one it names, or the one that names it."""
        return self.station(district.station) or next(
            (one for one in self.stations if one.district == district.id), None
        )

    def officers_of(self, district_id: str) -> tuple[Officer, ...]:
        """The community officers of a district."""
        return tuple(one for one in self.officers if one.district == district_id)

    def agency(self, agency_id: str) -> Agency | None:
        """The agency with this id."""
        return next((one for one in self.agencies if one.id == agency_id), None)

    def agencies_for(self, topic: str) -> tuple[Agency, ...]:
        """The agencies that residents with a topic (an id like "animals") are sent to."""
        return tuple(one for one in self.agencies if topic in one.topics)


@dataclass
class Reading:
    """What came of reading a folder: the documents, the facts in them, and every problem."""

    documents: dict[str, Document]
    problems: list[Problem]
    department: Department | None


@dataclass
class _Kept:
    signature: tuple[object, ...]
    department: Department


_kept: dict[Path, _Kept] = {}
_lock = threading.Lock()


def load(path: Path) -> Department:
    """The department in a folder, kept until one of its files changes.

    Raises DepartmentBroken when it cannot be loaded. Once it was loaded, a change that breaks it
    is logged and the last good state stays, so that an edit half done does not stop the desk.
    """
    folder = Path(path).resolve()
    signature = _signature(folder)
    with _lock:
        kept = _kept.get(folder)
        if kept is not None and kept.signature == signature:
            return kept.department
        reading = read(folder)
        if reading.department is not None:
            _kept[folder] = _Kept(signature, reading.department)
            return reading.department
        errors = [problem for problem in reading.problems if problem.level == "error"]
        if kept is None:
            raise DepartmentBroken(folder, errors)
        kept.signature = signature
        for problem in errors:
            log.error("department_not_reloaded", file=problem.file, line=problem.line)
        return kept.department


def _signature(folder: Path) -> tuple[object, ...]:
    seen: list[object] = []
    for name in FILES:
        try:
            stat = (folder / name).stat()
        except FileNotFoundError:
            seen.append(None)
        else:
            seen.append((stat.st_mtime_ns, stat.st_size))
    return tuple(seen)


def read(folder: Path) -> Reading:
    """Reads every file of a folder; the department is None when an error keeps it from loading."""
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for name in FILES:
        if name not in REQUIRED and not (folder / name).exists():
            continue
        try:
            documents[name] = read_document(folder, name)
        except Unreadable as error:
            problems.append(error.problem)

    def many(name: str, model: type[F], *, key: str | None = None) -> tuple[F, ...]:
        if name not in documents:
            return ()
        return tuple(_models(documents[name], model, problems, key))

    profile = _profile(documents, problems)
    districts = _districts(documents.get(DISTRICTS), problems)
    stations = many(STATIONS, Station, key="stations")
    officers = many(OFFICERS, Officer, key="officers")
    agencies = many(AGENCIES, Agency, key="agencies")
    gazetteer = Gazetteer(
        zips=many("gazetteer/zips.csv", Zip),
        neighborhoods=many("gazetteer/neighborhoods.csv", Named),
        landmarks=many("gazetteer/landmarks.csv", Landmark),
        streets=many("gazetteer/streets.csv", StreetNames),
        crossings=many("gazetteer/crossings.csv", Crossing),
        blocks=many("gazetteer/blocks.csv", Block),
    )
    department = None
    if profile is not None and not any(problem.level == "error" for problem in problems):
        department = Department(
            folder=folder,
            profile=profile,
            stations=stations,
            districts=districts,
            officers=officers,
            agencies=agencies,
            gazetteer=gazetteer,
            hours=Calendar(profile),
        )
    return Reading(documents, problems, department)


def _profile(documents: dict[str, Document], problems: list[Problem]) -> Profile | None:
    document = documents.get(PROFILE)
    if document is None:
        return None
    try:
        return Profile.model_validate(document.data)
    except ValidationError as error:
        problems.extend(_problems(document, error, ()))
        return None


def _models(
    document: Document, model: type[F], problems: list[Problem], key: str | None
) -> Iterable[F]:
    entries: Any = document.data
    prefix: tuple[int | str, ...] = ()
    if key is not None:  # a YAML file names its list; a CSV file is one
        entries = entries.get(key) if isinstance(entries, dict) else None
        if not isinstance(entries, list):
            problems.append(
                Problem(
                    document.name,
                    1,
                    f"There is no list called {key}",
                    f"Start the file with {key}: and one entry per line below it.",
                )
            )
            return
        prefix = (key,)
    for index, entry in enumerate(entries):
        try:
            yield model.model_validate(_row(entry) if key is None else entry)
        except ValidationError as error:
            problems.extend(_problems(document, error, (*prefix, index)))


def _row(row: dict[str, str]) -> dict[str, Any]:
    """A CSV row as a model takes it: empty cells left out, aliases split at "|"."""
    values: dict[str, Any] = {key: cell for key, cell in row.items() if cell}
    if "aliases" in values:
        values["aliases"] = [one.strip() for one in row["aliases"].split("|") if one.strip()]
    return values


def _districts(document: Document | None, problems: list[Problem]) -> tuple[District, ...]:
    if document is None:
        return ()
    districts = []
    for index, feature in enumerate(document.data):
        line = document.line_of((index,))
        try:
            facts = DistrictFacts.model_validate(feature["properties"])
            area = shape(feature["geometry"])
            if area.geom_type not in {"Polygon", "MultiPolygon"} or area.is_empty:
                raise ValueError("a district is a polygon")
        except ValidationError as error:
            problems.extend(_problems(document, error, (index,)))
            continue
        except (
            AttributeError,
            IndexError,
            KeyError,
            TypeError,
            ValueError,
            GEOSException,
        ) as error:
            problems.append(
                Problem(
                    document.name,
                    line,
                    f"Feature {index + 1} is not a district: {error}",
                    "Each feature needs properties with id and name, and a polygon.",
                )
            )
            continue
        if not area.is_valid:
            problems.append(
                Problem(
                    document.name,
                    line,
                    f"The outline of district {facts.id} crosses itself; it was mended",
                    "Draw the outline again so that it does not cross itself.",
                    "warning",
                )
            )
            area = mended(area)
        shapely.prepare(area)
        districts.append(District(facts.id, facts.name, facts.station, area))
    return tuple(districts)


def mended(area: BaseGeometry) -> BaseGeometry:
    """An outline that crosses itself, made valid; the lines and points left over are dropped."""
    parts = shapely.get_parts(shapely.make_valid(area))
    return shapely.union_all([one for one in shapely.get_parts(parts) if one.area > 0])


_REMEDIES: Final[Mapping[str, str]] = {
    "missing": "Add it.",
    "extra_forbidden": "Correct the spelling of the name, or remove it.",
    "string_type": "Put the value in quotes.",
}


def _problems(
    document: Document, error: ValidationError, prefix: tuple[int | str, ...]
) -> list[Problem]:
    found = []
    for one in error.errors(include_url=False):
        location = tuple(step for step in one["loc"] if not str(step).startswith("function-"))
        name = ".".join(str(step) for step in location)
        message = one["msg"].removeprefix("Value error, ")
        remedy = _REMEDIES.get(one["type"], "")
        last = location[-1] if location else None
        if one["type"] == "missing" and last in {"en", "es"}:
            remedy = f"Add the {'Spanish' if last == 'es' else 'English'} text."
        elif "phone number" in message:
            remedy = 'Write it like "(209) 555-0100" or "+12095550100".'
        elif "opening hours" in message:
            remedy = 'Write them like "Mo-Fr 08:00-17:00; PH off" or "24/7".'
        elif "time zone" in message:
            remedy = 'Use a name like "America/Los_Angeles".'
        found.append(
            Problem(
                document.name,
                document.line_of((*prefix, *location)),
                f"{name}: {message}" if name else message,
                remedy or "Correct this value.",
            )
        )
    return found
