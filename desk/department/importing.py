"""Makes a department's folder from the files that cities publish about their police."""

from __future__ import annotations

import csv
import json
import math
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import phonenumbers
import shapely
from ruamel.yaml import YAML
from shapely.errors import GEOSException
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from desk.answers import switch_off_unfillable
from desk.department.loader import (
    AGENCIES,
    DISTRICTS,
    OFFICERS,
    PROFILE,
    STATIONS,
    DepartmentBroken,
    load,
    mended,
)
from desk.places.words import DIRECTIONS, SUFFIXES, fold, street_name
from desk.settings import ROOT

REPORT: Final = "import-report.md"
ASSUMED_HOURS: Final = "Mo-Fr 09:00-17:00; PH off"
_COPIED: Final = ("answers", "reports")
_COPIED_FILES: Final = ("retention.yml",)

# columns that cities use, most telling first
_DISTRICT_ID: Final = [
    "district_id",
    "dist_numc",
    "precinct",
    "district",
    "dist_num",
    "police_district",
    "beat",
    "sector",
    "id",
    "name",
]
_DISTRICT_NAME: Final = ["district_name", "dist_name", "precinct_name", "label", "name"]
_STATION_NAME: Final = ["station_name", "name", "facility_name", "facility", "station", "label"]
_PHONE: Final = ["phone", "telephone", "phone_number", "tel", "contact_phone"]
_ADDRESS: Final = ["address", "full_address", "street_address", "addr", "location"]
_NUMBER: Final = ["num", "house_number", "number", "housenum"]
_STREET: Final = ["street", "street_name"]
_LATITUDE: Final = ["latitude", "lat", "y", "point_y"]
_LONGITUDE: Final = ["longitude", "lon", "lng", "long", "x", "point_x"]
_PLACE_NAME: Final = ["name", "block", "address", "location", "intersection", "landmark"]
_NOUNS: Final = {"precinct": ("Precinct", "Precinto"), "beat": ("Beat", "Sector")}


class ImportRefusedError(ValueError):
    """The files cannot be imported; the message says why and what to do."""


@dataclass(frozen=True)
class Columns:
    """Column names told by the operator; what is None is found by its name."""

    district_id: str | None = None
    district_name: str | None = None
    station_district: str | None = None
    station_name: str | None = None
    station_phone: str | None = None
    station_address: str | None = None
    contact_district: str | None = None
    name: str | None = None
    latitude: str | None = None
    longitude: str | None = None


@dataclass(frozen=True)
class Sources:
    """The files to import from, and what they do not tell about the department."""

    districts: Path
    name: str
    city: str
    state: str
    time_zone: str
    nonemergency: str
    stations: Path | None = None
    contacts: Path | None = None
    gazetteers: tuple[Path, ...] = ()
    area_code: str | None = None
    columns: Columns = Columns()


@dataclass
class Imported:
    """What was imported: how many of what, and the gaps found on the way."""

    counts: dict[str, int] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)


@dataclass
class _Table:
    path: Path
    rows: list[dict[str, Any]]
    shapes: list[BaseGeometry | None]

    def column(self, told: str | None, usual: Sequence[str]) -> str | None:
        """The column told, or the first usual one the table has."""
        names = list(dict.fromkeys(name for row in self.rows for name in row))
        if told is not None:
            if told not in names:
                raise ImportRefusedError(
                    f"{self.path.name} has no column {told!r}; it has {', '.join(names)}."
                )
            return told
        by_name = {name.lower().replace(" ", "_"): name for name in reversed(names)}
        return next((by_name[name] for name in usual if name in by_name), None)

    def points(self, told: Columns) -> Iterator[tuple[dict[str, Any], tuple[float, float] | None]]:
        """Each row with its (latitude, longitude), from its shape or its columns."""
        latitude = self.column(told.latitude, _LATITUDE)
        longitude = self.column(told.longitude, _LONGITUDE)
        for row, spot in zip(self.rows, self.shapes, strict=True):
            if spot is not None and not spot.is_empty:
                yield row, (spot.centroid.y, spot.centroid.x)
            else:
                yield row, _point(row, latitude, longitude)


@dataclass
class _Districts:
    """Areas and other properties by district id, and what a district is called here."""

    noun: tuple[str, str]
    name_column: str | None
    areas: dict[str, BaseGeometry] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def name(self, district: str) -> dict[str, str]:
        """A district's name in each language."""
        told = _written(self.rows[district].get(self.name_column)) if self.name_column else ""
        english, spanish = self.noun
        return {"en": told or f"{english} {district}", "es": told or f"{spanish} {district}"}

    def station_name(self, district: str) -> str:
        """What a station without a name of its own is called."""
        return f"{self.name(district)['en']} Station"


@dataclass
class _Station:
    name: str
    address: str = ""
    phone: str = ""
    district: str | None = None
    point: tuple[float, float] | None = None
    approximate: bool = False


def import_department(
    sources: Sources, target: Path, step: Callable[[str], None] = lambda _: None
) -> Imported:
    """Writes a department's folder at `target`, and what is missing in it to import-report.md.

    `step` is told what is being done. Raises ImportRefusedError when a file cannot be used.
    """
    done = Imported()
    step("districts")
    districts = _districts(sources, done)
    step("stations")
    stations = _stations(sources, districts, done)
    step("gazetteer")
    gazetteer = _gazetteer(sources, done)
    step("writing")
    target.mkdir(parents=True, exist_ok=True)
    _write_districts(target, districts, stations)
    _write_stations(target, districts, stations)
    _write_profile(target, sources)
    for name, key, of_what in (
        (OFFICERS, "officers", "The community officer of each district."),
        (AGENCIES, "agencies", "Who else residents are sent to; none was imported."),
    ):
        (target / name).write_text(f"# {of_what}\n{key}: []\n", encoding="utf-8")
    done.gaps.append("No neighbouring agencies: a place outside is told without naming anybody.")
    for name, (head, rows) in gazetteer.items():
        _write_csv(target / "gazetteer" / name, head, rows)
    for name in _COPIED:
        if (ROOT / "department" / name).is_dir():
            shutil.copytree(ROOT / "department" / name, target / name, dirs_exist_ok=True)
    for name in _COPIED_FILES:
        shutil.copy(ROOT / "department" / name, target / name)
    _switch_off(target, done)
    done.counts = {
        "districts": len(districts.areas),
        "stations": len(stations),
        **{name.removesuffix(".csv"): len(rows) for name, (_, rows) in gazetteer.items()},
    }
    _write_report(target, sources, done)
    return done


def _switch_off(target: Path, done: Imported) -> None:
    """Answers that name what was not imported would say nothing true."""
    try:
        department = load(target)
    except DepartmentBroken:  # the check will tell why
        return
    missing = switch_off_unfillable(target / "answers", department)
    for name in sorted({one.partition(".")[0] for one in missing}):
        wanted = missing.get(f"{name}.en.md", missing.get(f"{name}.es.md", ""))
        done.gaps.append(f"The answer {name} is switched off until there is: {wanted}.")


# ---- reading


def _read(path: Path) -> _Table:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefusedError(f"{path} cannot be read: {error}") from None
    if path.suffix.lower() == ".csv":
        rows = [
            {key: value or "" for key, value in row.items() if key is not None}
            for row in csv.DictReader(text.splitlines())
        ]
        return _Table(path, [dict(row) for row in rows], [None] * len(rows))
    try:
        features = json.loads(text)["features"]
        rows = [dict(one["properties"] or {}) for one in features]
        shapes = [shape(one["geometry"]) if one["geometry"] else None for one in features]
    except (AttributeError, KeyError, TypeError, ValueError, GEOSException) as error:
        raise ImportRefusedError(f"{path.name} is neither CSV nor GeoJSON: {error}") from None
    for one in shapes:
        if one is not None and not _in_degrees(one):
            raise ImportRefusedError(
                f"{path.name} is not in degrees of longitude and latitude; "
                "export it again as WGS 84 (EPSG:4326)."
            )
    return _Table(path, rows, shapes)


def _in_degrees(geometry: BaseGeometry) -> bool:
    if geometry.is_empty:
        return True
    west, south, east, north = geometry.bounds
    return west >= -180 and east <= 180 and south >= -90 and north <= 90


def _written(value: Any) -> str:
    """A cell as text: 18.0 is "18", nothing is ""."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _key(value: Any) -> str:
    """What two files agree on about a district: "03", 3 and 3.0 are the same."""
    return re.sub(r"[^a-z0-9]", "", _written(value).casefold()).lstrip("0")


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-") or "0"


# ---- districts


def _districts(sources: Sources, done: Imported) -> _Districts:
    table = _read(sources.districts)
    column = table.column(sources.columns.district_id, _DISTRICT_ID)
    if column is None:
        raise ImportRefusedError(
            f"I cannot tell which property of {sources.districts.name} is the district's id; "
            "name it with --district-id-property."
        )
    told_name = sources.columns.district_name
    found = _Districts(
        _NOUNS.get(column.lower(), ("District", "Distrito")),
        table.column(told_name, _DISTRICT_NAME) if told_name is not None else None,
    )
    for row, area in zip(table.rows, table.shapes, strict=True):
        district = _slug(_written(row.get(column)))
        if area is None or area.geom_type not in {"Polygon", "MultiPolygon"}:
            done.gaps.append(f"{found.noun[0]} {district} has no polygon and was left out.")
            continue
        known = found.areas.get(district)
        whole = mended(area)
        found.areas[district] = whole if known is None else shapely.union(known, whole)
        found.rows.setdefault(district, row)
    if not found.areas:
        raise ImportRefusedError(f"{sources.districts.name} holds no polygon.")
    return found


# ---- stations


def _stations(sources: Sources, districts: _Districts, done: Imported) -> list[_Station]:
    by_key = {_key(district): district for district in districts.areas}
    noun = districts.noun[0]
    if sources.stations is not None:
        stations = _from_file(sources.stations, sources.columns, by_key, districts, done)
    else:
        stations = _from_districts(sources, districts, done)
    if sources.contacts is not None:
        _add_contacts(sources.contacts, sources.columns, stations, by_key, districts, done)
    for station in stations:
        if station.point is None and station.district is not None:
            spot = districts.areas[station.district].representative_point()
            station.point, station.approximate = (spot.y, spot.x), True
            done.gaps.append(
                f"{station.name} has no coordinates: it stands at the middle of "
                f"{noun.lower()} {station.district}, marked approximate, and residents are "
                "told no distance."
            )
        station.phone = _phone(station, sources.area_code, done)
        if not station.address:
            done.gaps.append(f"{station.name} has no address.")
    have = {station.district for station in stations}
    done.gaps.extend(f"{noun} {one} has no station." for one in districts.areas if one not in have)
    if stations:
        done.gaps.append("No station has opening hours: residents are asked to call ahead.")
    return stations


def _from_file(
    path: Path, told: Columns, by_key: Mapping[str, str], districts: _Districts, done: Imported
) -> list[_Station]:
    table = _read(path)
    district_column = table.column(told.station_district, _DISTRICT_ID)
    name_column = table.column(told.station_name, _STATION_NAME)
    phone_column = table.column(told.station_phone, _PHONE)
    stations = []
    for row, point in table.points(told):
        district = by_key.get(_key(row.get(district_column))) if district_column else None
        name = _written(row.get(name_column)) if name_column else ""
        if not name and district is None:
            done.gaps.append(f"A row of {path.name} names no station and was left out.")
            continue
        stations.append(
            _Station(
                name=name or districts.station_name(district or ""),
                address=_address(table, row, told.station_address),
                phone=_written(row.get(phone_column)) if phone_column else "",
                district=district,
                point=point,
            )
        )
    return stations


def _address(table: _Table, row: Mapping[str, Any], told: str | None) -> str:
    column = table.column(told, _ADDRESS)
    if column is not None:
        return _written(row.get(column))
    number, street = table.column(None, _NUMBER), table.column(None, _STREET)
    if number is None or street is None:
        return ""
    return f"{_written(row.get(number))} {_written(row.get(street))}".strip()


def _point(
    row: Mapping[str, Any], latitude: str | None, longitude: str | None
) -> tuple[float, float] | None:
    if latitude is None or longitude is None:
        return None
    try:
        point = float(row[latitude]), float(row[longitude])
    except (KeyError, TypeError, ValueError):
        return None
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180) or point == (0.0, 0.0):
        return None
    return point


def _from_districts(sources: Sources, districts: _Districts, done: Imported) -> list[_Station]:
    """Stations from what the districts' own polygons say about phone and address."""
    table = _Table(sources.districts, list(districts.rows.values()), [])
    phone = table.column(sources.columns.station_phone, _PHONE)
    address = table.column(sources.columns.station_address, _ADDRESS)
    if phone is None and address is None:
        return []
    done.gaps.append(f"The stations' coordinates are not in {sources.districts.name}.")
    return [
        _Station(
            name=districts.station_name(district),
            address=_written(row.get(address)) if address else "",
            phone=_written(row.get(phone)) if phone else "",
            district=district,
        )
        for district, row in districts.rows.items()
    ]


def _add_contacts(
    path: Path,
    told: Columns,
    stations: list[_Station],
    by_key: Mapping[str, str],
    districts: _Districts,
    done: Imported,
) -> None:
    """Fills names, phones and addresses from a table with one row for each district."""
    table, noun = _read(path), districts.noun[0]
    column = table.column(told.contact_district, _DISTRICT_ID)
    if column is None:
        raise ImportRefusedError(
            f"{path.name} has no column that names the district; "
            "name it with --contact-district-column."
        )
    columns = [table.column(None, usual) for usual in (_STATION_NAME, _PHONE, _ADDRESS)]
    contacts: dict[str, list[str]] = {}
    for row in table.rows:
        district = by_key.get(_key(row.get(column)))
        if district is None:
            done.gaps.append(f"{path.name} names {_written(row.get(column))}, unknown here.")
            continue
        contacts[district] = [_written(row.get(one)) if one else "" for one in columns]
    for station in stations:
        if station.district is None:
            continue
        if station.district not in contacts:
            done.gaps.append(f"{noun} {station.district} has no row in {path.name}.")
            continue
        name, phone, address = contacts[station.district]
        station.name = name or station.name
        station.phone = phone or station.phone
        station.address = address or station.address
    have = {station.district for station in stations}
    for district, (name, phone, address) in contacts.items():
        if district not in have:
            done.gaps.append(f"{noun} {district} has a contact but no station point.")
            stations.append(
                _Station(name or districts.station_name(district), address, phone, district)
            )


def _phone(station: _Station, area_code: str | None, done: Imported) -> str:
    """The station's phone as E.164, or "" with a gap noted."""
    digits = re.sub(r"\D", "", station.phone)
    if not digits:
        done.gaps.append(f"{station.name} has no phone: the non-emergency number is given instead.")
        return ""
    if len(digits) == 7:
        if area_code is None:
            done.gaps.append(f"{station.name}: {station.phone} lacks an area code (--area-code).")
            return ""
        digits = area_code + digits
    try:
        number = phonenumbers.parse(digits, "US")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        done.gaps.append(f"{station.name}: {station.phone} is not a phone number that exists.")
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# ---- gazetteer

_Csv = dict[str, tuple[list[str], list[list[Any]]]]
_BLOCK_NAME: Final = re.compile(r"^(\d+)(?:\s*-\s*\d+)?\s+BLOCK\s+(?:OF\s+)?(.+)$", re.IGNORECASE)
_HOUSE_NAME: Final = re.compile(r"^(\d+)(?:-?[A-Z])?\s+(.+)$", re.IGNORECASE)


def _gazetteer(sources: Sources, done: Imported) -> _Csv:
    """Blocks, crossings, ZIP codes and landmarks from tables of names with coordinates."""
    seen: dict[str, dict[tuple[Any, ...], list[tuple[float, float]]]] = {
        kind: defaultdict(list) for kind in ("blocks", "crossings", "zips", "landmarks")
    }
    unclear = 0
    for path in sources.gazetteers:
        table, told = _read(path), sources.columns
        name_column = table.column(told.name, _PLACE_NAME)
        if name_column is None:
            raise ImportRefusedError(
                f"I cannot tell which column of {path.name} is the name; use --name-column."
            )
        for row, point in table.points(told):
            name = _written(row.get(name_column))
            sorted_in = _kind_of(name) if name and point else None
            if sorted_in is None or point is None:
                unclear += 1
                continue
            kind, key = sorted_in
            seen[kind][key].append(point)
    if unclear:
        done.gaps.append(f"{unclear} gazetteer row(s) have no usable name or coordinates.")
    at = ["latitude", "longitude"]
    heads = {
        "blocks": ["street", "first", "last", *at],
        "crossings": ["street", "cross_street", *at],
        "zips": ["zip", *at],
        "landmarks": ["name", *at],
    }
    return {
        f"{kind}.csv": (heads[kind], [[*key, *_middle(found)] for key, found in rows.items()])
        for kind, rows in seen.items()
        if rows
    }


def _kind_of(name: str) -> tuple[str, tuple[Any, ...]] | None:
    if re.fullmatch(r"\d{5}", name):
        return "zips", (name,)
    if match := _BLOCK_NAME.match(name):
        first = int(match[1]) // 100 * 100
        return "blocks", (_tidy(match[2]), first, first + 99)
    parts = re.split(r"\s*[/&]\s*|\s+AND\s+", name, flags=re.IGNORECASE)
    if len(parts) == 2:
        named = [street_name(part) for part in parts]
        if any(one.base and one.base[0].isdecimal() and not one.suffix for one in named):
            return None  # "N 883/ 05TH ST" is a slip, not a crossing
        return "crossings", (_tidy(parts[0]), _tidy(parts[1]))
    match = _HOUSE_NAME.match(name)
    if match and street_name(match[2]).suffix:
        number = int(match[1])
        return "blocks", (_tidy(match[2]), number, number)
    return "landmarks", (name.title() if name.isupper() else name,)


def _tidy(written: str) -> str:
    """A street's name as people write it: "S 02ND ST 1" → "S 2nd St"."""
    parts = written.split()
    ends = [at for at, part in enumerate(parts) if at and fold(part) in SUFFIXES]
    unit = len(parts) - 1 if ends and ends[-1] == len(parts) - 2 else None
    if unit is not None and len(parts[unit]) <= 3 and fold(parts[unit]) not in DIRECTIONS:
        parts = parts[:unit]
    made = []
    for part in parts:
        if match := re.fullmatch(r"0*(\d+)(ST|ND|RD|TH)", part, re.IGNORECASE):
            made.append(match[1] + match[2].lower())
        else:
            made.append(part.capitalize() if part.isupper() and len(part) > 1 else part)
    return " ".join(made)


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Of several points for one place, the one nearest to their mean."""
    latitude = sum(one[0] for one in points) / len(points)
    longitude = sum(one[1] for one in points) / len(points)
    return min(points, key=lambda one: math.hypot(one[0] - latitude, one[1] - longitude))


# ---- writing


def _write_districts(target: Path, districts: _Districts, stations: Sequence[_Station]) -> None:
    ids = _station_ids(stations)
    own = {one.district: ids[at] for at, one in enumerate(stations) if one.district is not None}
    features = []
    for district, area in districts.areas.items():
        facts: dict[str, Any] = {"id": district, "name": districts.name(district)}
        if district in own:
            facts["station"] = own[district]
        features.append(
            json.dumps(
                {"type": "Feature", "properties": facts, "geometry": mapping(area)},
                ensure_ascii=False,
            )
        )
    body = ",\n".join(features)
    (target / DISTRICTS).write_text(
        f'{{\n"type": "FeatureCollection",\n"features": [\n{body}\n]\n}}\n', encoding="utf-8"
    )


def _station_ids(stations: Sequence[_Station]) -> list[str]:
    ids: list[str] = []
    for station in stations:
        wanted = _slug(f"station-{station.district}" if station.district else station.name)[:56]
        made, again = wanted, 2
        while made in ids:
            made, again = f"{wanted}-{again}", again + 1
        ids.append(made)
    return ids


def _write_stations(target: Path, districts: _Districts, stations: Sequence[_Station]) -> None:
    entries = []
    for station_id, one in zip(_station_ids(stations), stations, strict=True):
        spanish = one.name
        if one.district is not None and one.name == districts.station_name(one.district):
            spanish = f"Comisaría del {districts.name(one.district)['es']}"
        entry: dict[str, Any] = {"id": station_id, "name": {"en": one.name, "es": spanish}}
        if one.address:
            entry["address"] = one.address
        if one.phone:
            entry["phone"] = one.phone
        if one.district is not None:
            entry["district"] = one.district
        if one.point is not None:
            entry["point"] = {"latitude": one.point[0], "longitude": one.point[1]}
        if one.approximate:
            entry["approximate"] = True
        entries.append(entry)
    _write_yaml(target / STATIONS, {"stations": entries}, "Add hours, services and parking.")


def _write_profile(target: Path, sources: Sources) -> None:
    initials = "".join(word[0] for word in sources.name.split() if word[0].isupper())
    profile = {
        "name": {"en": sources.name, "es": sources.name},
        "short_name": initials or sources.name,
        "city": sources.city,
        "state": sources.state,
        "time_zone": sources.time_zone,
        "nonemergency": sources.nonemergency,
        # the copied answers name these lines; until they are known one number stands for all
        "numbers": dict.fromkeys(load(ROOT / "department").profile.numbers, sources.nonemergency),
        "hours": ASSUMED_HOURS,
        "live_hours": ASSUMED_HOURS,
    }
    _write_yaml(
        target / PROFILE,
        profile,
        "ASSUMED, please set: numbers, hours, live_hours and the Spanish name.",
    )


def _write_yaml(path: Path, data: object, comment: str) -> None:
    yaml = YAML()
    yaml.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        file.write(f"# Imported. {comment}\n")
        yaml.dump(data, file)


def _write_csv(path: Path, head: list[str], rows: list[list[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _write_report(target: Path, sources: Sources, done: Imported) -> None:
    counts = "".join(f"| {what} | {number} |\n" for what, number in done.counts.items())
    gaps = "".join(f"- {gap}\n" for gap in done.gaps)
    (target / REPORT).write_text(
        f"# Import of {sources.name}\n\n| what | number |\n| --- | --- |\n{counts}\n"
        f"## Gaps\n\nImported all the same; residents are told what is known.\n\n{gaps}\n"
        "## Assumed\n\n"
        f"- The front desk and live talk are open {ASSUMED_HOURS} (profile.yml).\n"
        f"- {sources.nonemergency} stands for every line under numbers (profile.yml).\n"
        "- Names are the same in Spanish (profile.yml, stations.yml).\n",
        encoding="utf-8",
    )
