"""The department's gazetteer, arranged for looking names up."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from desk.department import Agency, Department, Point
from desk.department.models import Block, Crossing, Named, Zip
from desk.places.words import StreetName, name_key, street_name


@dataclass(eq=False)
class Street:
    """One street: how it is written, its parts, and its blocks."""

    label: str
    name: StreetName
    blocks: list[Block] = field(default_factory=list)

    def stretches(self, number: int) -> list[Block]:
        """The known stretches a house number lies in, from a single house to a whole block."""
        holding = [one for one in self.blocks if one.first <= number <= one.last]
        return sorted(holding, key=lambda one: one.last - one.first)


@dataclass(frozen=True, slots=True)
class Foreign:
    """A ZIP code or town of another agency, and a point that stands for it."""

    agency: Agency
    point: Point


_MEANT: Final = frozenset(
    {"station", "stations", "district", "districts", "police", "officer"}
    | {"estacion", "estaciones", "comisaria", "distrito", "policia", "oficial"}
)
"""Words of our own questions: "estación" is no slip for "Estadio"."""


class Spellings:
    """Names by how they are spelled, for finding one that was misspelled."""

    def __init__(self, keys: dict[str, tuple[str, ...]]) -> None:
        self._keys = keys
        self._by_initial: dict[str, list[str]] = defaultdict(list)
        for written in keys:
            self._by_initial[written[0]].append(written)

    def near(self, written: str) -> tuple[str, ...] | None:
        """The one name a slip of the keyboard away (two from eight letters on), first letter
        right; None when no name is, or two are equally near."""
        if written in _MEANT:
            return None
        matches = process.extract(
            written,
            self._by_initial.get(written[0], ()),
            scorer=OSA.distance,
            score_cutoff=1 if len(written) <= 7 else 2,
            limit=2,
        )
        if not matches or (len(matches) > 1 and matches[0][1] == matches[1][1]):
            return None
        return self._keys[matches[0][0]]


class Index:
    """All names of a department's gazetteer and its neighbours, by their comparable words."""

    def __init__(self, department: Department) -> None:
        gazetteer = department.gazetteer
        self.zips: dict[str, Zip] = {one.zip: one for one in gazetteer.zips}
        self.names: dict[tuple[str, ...], list[Named]] = defaultdict(list)
        self.by_base: dict[tuple[str, ...], list[tuple[StreetName, Street]]] = defaultdict(list)
        self.crossings: dict[frozenset[int], Crossing] = {}
        self.foreign_zips: dict[str, Foreign] = {}
        self.towns: dict[tuple[str, ...], tuple[str, Foreign]] = {}
        self._streets: dict[StreetName, Street] = {}

        for named in (*gazetteer.neighborhoods, *gazetteer.landmarks):
            for written in {named.name, named.name_es, *named.aliases}:
                key = name_key(written)
                if key and named not in self.names[key]:
                    self.names[key].append(named)
        for block in gazetteer.blocks:
            self._street(block.street).blocks.append(block)
        for crossing in gazetteer.crossings:
            pair = (self._street(crossing.street), self._street(crossing.cross_street))
            self.crossings.setdefault(frozenset(map(id, pair)), crossing)
        for names in gazetteer.streets:
            street = self._street(names.street)
            for alias in names.aliases:
                self._learn(street_name(alias), street)
        for agency in department.agencies:
            self._learn_neighbour(agency)

        self.longest_base = max(map(len, self.by_base), default=0)
        self.longest_name = max(map(len, (*self.names, *self.towns)), default=0)
        self.spoken_streets = Spellings({"".join(base): base for base in self.by_base})
        self.spoken_names = Spellings({" ".join(key): key for key in self.names})

    def _street(self, written: str) -> Street:
        name = street_name(written)
        if name not in self._streets:
            self._streets[name] = Street(written, name)
            self._learn(name, self._streets[name])
        return self._streets[name]

    def _learn(self, name: StreetName, street: Street) -> None:
        if not name.base:  # written in signs only
            return
        for base in {name.base, ("".join(name.base),)}:  # "Mc Callum" is found as "McCallum" too
            self.by_base[base].append((name, street))

    def _learn_neighbour(self, agency: Agency) -> None:
        if agency.covers is None:
            return
        corners = agency.covers.polygon
        office = agency.point
        if corners:
            office = Point(
                longitude=sum(corner[0] for corner in corners) / len(corners),
                latitude=sum(corner[1] for corner in corners) / len(corners),
            )
        if office is not None:
            for code in agency.covers.zips:
                self.foreign_zips.setdefault(code, Foreign(agency, office))
        for town in agency.covers.towns:
            self.towns[name_key(town.name)] = (town.name, Foreign(agency, town.point))


@lru_cache(maxsize=8)  # a department is compared by identity: a reload makes a new one
def index(department: Department) -> Index:
    """The index of a department's names, made once for each loaded department."""
    return Index(department)
