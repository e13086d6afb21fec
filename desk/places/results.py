"""What came of looking for a place in a resident's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from desk.department import Agency, District, Point

Kind = Literal["pin", "address", "block", "crossing", "landmark", "neighborhood", "zip", "town"]
Span = tuple[int, int]
"""Where in the text the place was named: first character, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The point is ours, in this district."""

    district: District


@dataclass(frozen=True, slots=True)
class Outside:
    """The point is not ours; the agency in charge there, or None when we do not know."""

    agency: Agency | None


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A place, as a point, the words to read it back in, and whose it is.

    `district` is None when the place is outside; then `agency` is in charge, if we know one.
    `exact` is False when spelling was mended or the point stands for a whole area (a ZIP code).
    """

    point: Point
    label: str
    kind: Kind
    district: District | None
    agency: Agency | None = None
    span: Span = (0, 0)
    exact: bool = True

    @property
    def outside(self) -> bool:
        """Whether the place is outside our limits."""
        return self.district is None

    @property
    def jurisdiction(self) -> Inside | Outside:
        """Whose the place is."""
        return Inside(self.district) if self.district is not None else Outside(self.agency)


@dataclass(frozen=True, slots=True)
class PlaceAmbiguous:
    """The words fit several places; the resident chooses."""

    options: tuple[PlaceFound, ...]
    span: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class PlaceNotFound:
    """No place we know. `heard` is what sounded like one ("Main Street", "99999").

    nothing: no place named · street_only: a street of ours without number or crossing ·
    unknown_address: an address or crossing we have no coordinates for · unknown_zip: a ZIP code
    that is neither ours nor a neighbour's.
    """

    reason: Literal["nothing", "street_only", "unknown_address", "unknown_zip"] = "nothing"
    heard: str = ""
    span: Span | None = None


Place = PlaceFound | PlaceAmbiguous | PlaceNotFound
