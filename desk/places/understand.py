"""Finds the place a resident means, in a short answer or inside a longer sentence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from desk.department import Department, Point
from desk.department.models import Landmark, Named
from desk.places.geocoding import in_use
from desk.places.index import Foreign, Index, Street, index
from desk.places.jurisdiction import jurisdiction
from desk.places.results import (
    Inside,
    Kind,
    Place,
    PlaceAmbiguous,
    PlaceFound,
    PlaceNotFound,
    Span,
)
from desk.places.words import (
    CARDINALS,
    DIRECTIONS,
    SUFFIXES,
    StreetName,
    Word,
    ordinal,
    street_words,
    words,
)
from desk.wording import DEFAULT_LANGUAGE, Language, say


def _set(written: str) -> frozenset[str]:
    return frozenset(written.split())


_LONGEST: Final = 2_000  # characters looked at; residents' messages are cut at 1,600 before
_MOST_OPTIONS: Final = 5
_COORDINATES = re.compile(
    r"(?<![\d.])(?P<latitude>-?\d{1,2}\.\d+)(?:\s*[,;]\s*|(?<=\d{4})\s+)"
    r"(?P<longitude>-?\d{1,3}\.\d+)(?![\d.])",
    re.ASCII,
)
_NUMBER = re.compile(r"^\d{1,5}[a-z]?$")
_JOINS: Final = _set("& / @ + and at y e con esquina esq x cross crosses meets cruza between entre")
_FILLS: Final = _set("the la el las los of de del corner intersection with , #")
_TYPES_BEFORE: Final = {"calle", "avenida", "avda", "av"}
_BLOCK: Final = {"block", "blk", "cuadra", "bloque"}
_BLOCK_FILLS: Final = _BLOCK | {"of", "on", "de", "del", "la", "el", "the", "en"}
_TWO_DIGITS: Final = 10
_BEFORE_NUMBER: Final = {"el", "al", "del", "numero", "num", "nro", "number"}
_NUMBER_SIGNS: Final = {"#", "no", "num", "numero", "nro"}
_PLAIN_SUFFIXES: Final = {"st", "ave", "blvd", "rd", "dr", "ln", "hwy"}
_ZIP_BEFORE: Final = {"zip", "zipcode", "code", "codigo", "postal", "cp"}
_MONTHS: Final = _set(
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec"
)
# without those that are English or Spanish words: in, or, me, la, de, al
_STATES: Final = _set(
    "ak ar az ca co ct dc fl ga hi ia id il ks ky ma md mi mn mo ms mt nc nd ne nh "
    "nj nm nv ny oh ok pa ri sc sd tn tx ut va vt wa wi wv wy"
)


@dataclass(frozen=True, slots=True)
class _Mention:
    """Words that name a street: which ones it may be, and how sure that is.

    `marked`: the words themselves say "street" ("Oak St", "calle Oak"). `bare`: only a number.
    `mended`: the spelling was a slip away. `exact`: nothing was guessed, not the direction either.
    """

    first: int
    end: int
    streets: tuple[Street, ...]
    marked: bool
    bare: bool = False
    mended: bool = False
    exact: bool = True


def understand(
    text: str,
    department: Department,
    *,
    language: Language = DEFAULT_LANGUAGE,
    location: Mapping[str, Any] | None = None,
) -> Place:
    """The place in a text: ZIP code, neighbourhood, landmark, crossing, address or coordinates.

    `location` is a shared position {"latitude", "longitude"} and goes before the text. Labels are
    in `language`. Never raises: what cannot be understood is PlaceNotFound.
    """
    search = _Search(text[:_LONGEST], department, language)
    place = search.place(location)
    if isinstance(place, PlaceNotFound) and place.reason == "unknown_address":
        return search.geocoded(place) or place
    return place


def ask_geocoder(text: str, department: Department) -> None:
    """Ask the geocoder, where one is in use, for an address in a text that we do not know.

    `understand` knows of it afterwards. May take a second: not for a transaction.
    """
    geocoding = in_use()
    if geocoding is None:
        return
    place = _Search(text[:_LONGEST], department, DEFAULT_LANGUAGE).place(None)
    if isinstance(place, PlaceNotFound) and place.reason == "unknown_address":
        geocoding.ask(place.heard, department)


class _Search:
    def __init__(self, text: str, department: Department, language: Language) -> None:
        self.text = text
        self.words: list[Word] = words(text)
        self.department = department
        self.language = language
        self.index: Index = index(department)
        self.missed: PlaceNotFound | None = None

    def place(self, location: Mapping[str, Any] | None) -> Place:
        if location is not None:
            pin = self._pin(location.get("latitude"), location.get("longitude"), (0, 0))
            if pin is not None:
                return pin
        if match := _COORDINATES.search(self.text):
            pin = self._pin(match["latitude"], match["longitude"], match.span())
            if pin is not None:
                return pin
        own_zip = self._own_zip()
        if own_zip is None and (elsewhere := self._elsewhere()) is not None:
            return elsewhere
        return (
            self._address()
            or self._crossing()
            or self._name()
            or own_zip
            or self._mended_name()
            or self._street_only()
            or self.missed
            or PlaceNotFound()
        )

    def geocoded(self, missed: PlaceNotFound) -> PlaceFound | PlaceAmbiguous | None:
        """What a geocoder knows of an address; only what is ours or a neighbour's."""
        geocoding, span = in_use(), missed.span or (0, 0)
        known = geocoding.known(missed.heard, self.department) if geocoding else ()
        found = [self._found(one.point, one.label, "address", span) for one in known]
        return self._choose([one for one in found if one.district or one.agency])

    # ---- positions

    def _pin(self, latitude: Any, longitude: Any, span: Span) -> PlaceFound | None:
        try:
            point = Point(latitude=latitude, longitude=longitude)
        except ValidationError:
            return None
        if not (math.isfinite(point.latitude) and math.isfinite(point.longitude)):
            return None
        label = say(
            "places.label_pin",
            self.language,
            latitude=f"{point.latitude:.4f}",
            longitude=f"{point.longitude:.4f}",
        )
        return self._found(point, label, "pin", span)

    def _found(
        self, point: Point, label: str, kind: Kind, span: Span, *, exact: bool = True
    ) -> PlaceFound:
        where = jurisdiction(point, self.department)
        if isinstance(where, Inside):
            return PlaceFound(point, label, kind, where.district, None, span, exact)
        return PlaceFound(point, label, kind, None, where.agency, span, exact)

    def _span(self, first: int, end: int) -> Span:
        return self.words[first].start, self.words[end - 1].end

    def _word(self, at: int) -> str:
        return self.words[at].text if 0 <= at < len(self.words) else ""

    def _choose(self, found: list[PlaceFound]) -> PlaceFound | PlaceAmbiguous | None:
        unique = list({(one.point, one.label): one for one in found}.values())
        if len(unique) > 1:
            return PlaceAmbiguous(tuple(unique[:_MOST_OPTIONS]), unique[0].span)
        return unique[0] if unique else None

    # ---- ZIP codes and towns

    def _zips(self) -> Iterator[tuple[int, str]]:
        for at, word in enumerate(self.words):
            if len(word.text) == 5 and word.text.isdecimal() and word.text.isascii():
                yield at, word.text

    def _own_zip(self) -> PlaceFound | None:
        for at, code in self._zips():
            if code in self.index.zips and not self._is_house_number(at):
                centre = self.index.zips[code]
                point = Point(latitude=centre.latitude, longitude=centre.longitude)
                label = say("places.label_zip", self.language, zip=code)
                return self._found(point, label, "zip", self._span(at, at + 1), exact=False)
        return None

    def _is_house_number(self, at: int) -> bool:
        mention = self._mention(at + 1)
        return mention is not None and mention.marked

    def _elsewhere(self) -> PlaceFound | PlaceNotFound | None:
        """A ZIP code or town that is not ours: it overrules a street name of ours beside it."""
        for at, code in self._zips():
            if (foreign := self.index.foreign_zips.get(code)) is not None:
                label = say("places.label_zip", self.language, zip=code)
                return self._foreign(foreign, label, "zip", at, at + 1)
            last = at == len(self.words) - 1 or (
                # "94103-1234": the four digits of a ZIP+4 stand last
                at == len(self.words) - 2 and len(self._word(at + 1)) == 4
            )
            asked = any(self._word(back) in _ZIP_BEFORE for back in range(max(0, at - 3), at))
            asked = asked or self._word(at - 1) in _STATES
            if asked or (last and (len(self.words) <= 2 or self._mentions_street(at))):
                return PlaceNotFound("unknown_zip", code, self._span(at, at + 1))
        for first, end, key in self._runs():
            town = self.index.towns.get(key)
            if town is not None and self._word(end) not in SUFFIXES:
                return self._foreign(town[1], town[0], "town", first, end)
        return None

    def _mentions_street(self, before: int) -> bool:
        """Whether an address stands before a word: a house number, then a street's suffix."""
        return any(
            _NUMBER.match(self._word(at)) is not None
            and any(self._word(later) in SUFFIXES for later in range(at + 2, before))
            for at in range(before)
        )

    def _foreign(
        self, foreign: Foreign, label: str, kind: Kind, first: int, end: int
    ) -> PlaceFound:
        span = self._span(first, end)
        return PlaceFound(foreign.point, label, kind, None, foreign.agency, span, exact=False)

    # ---- streets

    def _mention(self, at: int, *, bare: bool = False, mend: bool = False) -> _Mention | None:
        """The street named from a word on. `bare` also takes "5" for Fifth; `mend` also takes a
        near miss in spelling."""
        first = at
        typed = False
        while self._word(at) in _TYPES_BEFORE or self._word(at) in {"the", "la"}:
            typed = typed or self._word(at) in _TYPES_BEFORE
            at += 1
        direction = DIRECTIONS.get(self._word(at), "")
        starts = [(at + 1, direction), (at, "")] if direction else [(at, "")]
        for start, heading in starts:
            mention = self._mention_at(first, start, heading, typed, bare or typed)
            if mention is not None:
                return mention
        if mend:
            for start, heading in starts:
                mention = self._mended_mention(first, start, heading, typed)
                if mention is not None:
                    return mention
        return None

    def _mention_at(
        self, first: int, start: int, heading: str, typed: bool, bare: bool
    ) -> _Mention | None:
        raw = [word.text for word in self.words[start : start + self.index.longest_base + 1]]
        for width in range(len(raw), 0, -1):
            base = street_words(raw[:width])
            is_bare = width == 1 and (raw[0].isdecimal() or raw[0] in CARDINALS)
            if is_bare:
                if not bare:
                    continue
                base = (CARDINALS.get(raw[0], raw[0].lstrip("0")),)
            known = self.index.by_base.get(base)
            if known is None:
                continue
            mention = self._narrowed(first, start + width, known, heading, typed, is_bare)
            if mention is None:
                continue
            if width == 1 and len(base[0]) == 1 and base[0].isalpha() and not mention.marked:
                continue  # "E Street" is a street, a lone "e" is not
            return mention
        return None

    def _narrowed(
        self,
        first: int,
        end: int,
        known: Iterable[tuple[StreetName, Street]],
        heading: str,
        typed: bool,
        bare: bool,
    ) -> _Mention | None:
        """Keeps the streets that fit the direction and suffix beside the name."""
        candidates = list(known)
        suffix = SUFFIXES.get(self._word(end), "")
        exact = True
        if suffix:
            end += 1
            after = self._word(end)
            told = DIRECTIONS.get(after) if after != "e" else None  # "e" is Spanish "and"
            if told and not heading and any(name.direction == told for name, _ in candidates):
                heading = told
                end += 1
            fitting = [one for one in candidates if one[0].suffix == suffix]
            exact = bool(fitting)
            candidates = fitting or candidates
        if heading:
            candidates = [one for one in candidates if one[0].direction == heading] or [
                one for one in candidates if not one[0].direction
            ]
        exact = exact and (bool(heading) or any(not name.direction for name, _ in candidates))
        streets = tuple(dict.fromkeys(street for _, street in candidates))
        if not streets:  # "N Oak" when there is only a South Oak
            return None
        return _Mention(first, end, streets, bool(suffix) or typed, bare, exact=exact)

    def _mended_mention(self, first: int, start: int, heading: str, typed: bool) -> _Mention | None:
        """A street whose name is one or two letters off; only one that is alone in being so."""
        for width in range(min(3, len(self.words) - start), 0, -1):
            part = "".join(word.text for word in self.words[start : start + width])
            if not part.isalpha() or len(part) < 4 or self._word(start) in SUFFIXES:
                continue
            base = self.index.spoken_streets.near(part)
            if base is not None:
                known = self.index.by_base[base]
                mention = self._narrowed(first, start + width, known, heading, typed, False)
                if mention is None:
                    continue
                return _Mention(
                    mention.first,
                    mention.end,
                    mention.streets,
                    mention.marked,
                    mended=True,
                    exact=False,
                )
        return None

    # ---- addresses and blocks

    def _address(self) -> PlaceFound | PlaceAmbiguous | None:
        for at in range(len(self.words)):
            if _NUMBER.match(self._word(at)) and ordinal([self._word(at)], 0)[0] is None:
                found = self._number_first(at)
                if found is not None:
                    return found
        for at in range(len(self.words)):
            found = self._street_first(at)
            if found is not None:
                return found
        for at in range(len(self.words)):
            if self._word(at) in _TYPES_BEFORE and self._mention(at) is None:
                self._miss_unknown_calle(at)
        return None

    def _number_first(self, at: int) -> PlaceFound | PlaceAmbiguous | None:
        """ "420 Oak St", "420 block of Oak", "la cuadra 400 de Oak", "el 420 de Oak"."""
        number = int(re.sub(r"\D", "", self._word(at)))
        after = at + 1
        if self._word(at - 1) == "la" and self._word(after) in _JOINS:  # "la 5 y Oak" cross
            return None
        if self._word(after + 1) == "/" and self._word(after).isdecimal():  # "19 1/2 Pitt Street"
            after += 3
        block = any(self._word(back) in _BLOCK for back in (at - 1, at - 2))
        first = at - 1 if self._word(at - 1) in _BLOCK else at
        street_at = after
        while self._word(street_at) in _BLOCK_FILLS and self._mention(street_at) is None:
            block = block or self._word(street_at) in _BLOCK
            street_at += 1
        said = self._word(at - 1) in _BEFORE_NUMBER and number >= _TWO_DIGITS
        named = any(self._word(near) in _TYPES_BEFORE for near in (street_at, street_at + 1))
        if street_at > after and not (block or said or named):
            return None
        mention = self._mention(street_at, mend=True)
        if mention is None and re.fullmatch("[a-z]", self._word(after)):  # "629-B Roxborough Av"
            mention = self._mention(after + 1)
        if mention is None:
            self._miss_unknown_street(at, after)
            return None
        if mention.mended and not mention.marked:
            return None
        if not (mention.marked or block or number >= 100 or mention.end == len(self.words)):
            return None
        return self._house(number, mention, first, mention.end, block)

    def _street_first(self, at: int) -> PlaceFound | PlaceAmbiguous | None:
        """ "calle Oak 420", "Oak Street #420"."""
        mention = self._mention(at)
        if mention is None or not mention.marked or mention.bare:
            return None
        number_at = mention.end + (self._word(mention.end) in _NUMBER_SIGNS)
        word = self._word(number_at)
        if not (word.isdecimal() and word.isascii() and 2 <= len(word) <= 4):
            return None
        return self._house(int(word), mention, at, number_at + 1, block=False)

    def _house(
        self, number: int, mention: _Mention, first: int, end: int, block: bool
    ) -> PlaceFound | PlaceAmbiguous | None:
        found = []
        span = self._span(first, end)
        known = [one for one in mention.streets if one.stretches(number)]
        as_written = [one for one in known if not one.name.direction]
        for street in as_written or known:
            stretch = street.stretches(number)[-1 if block else 0]
            if block:
                middle = stretch.at((stretch.first + stretch.last + 1) // 2)
                label = say(
                    "places.label_block",
                    self.language,
                    number=number // 100 * 100,
                    street=street.label,
                )
                found.append(self._found(middle, label, "block", span, exact=mention.exact))
            else:
                label = f"{number} {street.label}"
                point = stretch.at(number)
                found.append(self._found(point, label, "address", span, exact=mention.exact))
        if not found:
            self._miss(first, end)
        return self._choose(found)

    def _miss(self, first: int, end: int) -> None:
        if self.missed is None:
            span = self._span(first, end)
            self.missed = PlaceNotFound("unknown_address", self.text[span[0] : span[1]], span)

    def _miss_unknown_street(self, at: int, after: int) -> None:
        """Notes "1234 Elm Street" when we have no Elm Street."""
        for end in range(after + 1, min(after + 4, len(self.words))):
            if SUFFIXES.get(self._word(end), "") in _PLAIN_SUFFIXES:
                self._miss(at, end + 1)
                return

    def _miss_unknown_calle(self, at: int) -> None:
        """Notes "calle Pino 1234" when we have no Pino."""
        for number_at in range(at + 2, min(at + 6, len(self.words))):
            word = self._word(number_at)
            if word.isdecimal() and word.isascii() and 2 <= len(word) <= 5:
                self._miss(at, number_at + 1)
                return
            if word in _JOINS:
                return

    # ---- crossings

    def _crossing(self) -> PlaceFound | PlaceAmbiguous | None:
        for mend in (False, True):
            for at in range(len(self.words)):
                first = self._mention(at, bare=True, mend=mend)
                if first is None:
                    continue
                second = self._joined(first, mend=mend)
                if second is None or (first.bare and second.bare):
                    continue
                if first.mended and second.mended:
                    continue
                if self._is_a_time(first, second):
                    continue
                found = self._meeting(first, second)
                if found is not None:
                    return found
        return None

    def _is_a_time(self, first: _Mention, second: _Mention) -> bool:
        """Whether a number is a date or an hour: "June 5th and …", "Main at 5", "on the 5th at"."""
        if first.marked and second.marked:
            return False
        joins = {self._word(at) for at in range(first.end, second.first)}
        told_at = bool(joins & {"at", "@"})
        if told_at and (first.bare or second.bare):
            return True
        before = first.first + (self._word(first.first) == "the") - 1
        on_the = self._word(before) == "the" and self._word(before - 1) == "on"
        dated = self._word(before) in _MONTHS or (told_at and on_the)
        return dated and ordinal([self._word(first.end - 1)], 0)[0] is not None

    def _joined(self, first: _Mention, *, mend: bool) -> _Mention | None:
        """The street after a street and a joining word: "… and …", "… esquina con la …"."""
        at = first.end
        joins = 0
        while self._word(at) in _JOINS or (self._word(at) in _FILLS and at > first.end - 1):
            if joins and self._mention(at, bare=True) is not None and self._word(at) not in _FILLS:
                break  # "Main & E Street": the joining letter is a name here
            joins += self._word(at) in _JOINS
            at += 1
            if at - first.end > 5:
                return None
        return self._mention(at, bare=True, mend=mend) if joins else None

    def _meeting(self, first: _Mention, second: _Mention) -> PlaceFound | PlaceAmbiguous | None:
        found = []
        span = self._span(first.first, second.end)
        for one in first.streets:
            for other in second.streets:
                crossing = self.index.crossings.get(frozenset((id(one), id(other))))
                if crossing is None or one is other:
                    continue
                label = say(
                    "places.label_crossing", self.language, street=one.label, cross=other.label
                )
                point = Point(latitude=crossing.latitude, longitude=crossing.longitude)
                exact = first.exact and second.exact
                found.append(self._found(point, label, "crossing", span, exact=exact))
        if not found and (first.marked or second.marked):
            self._miss(first.first, second.end)
        return self._choose(found)

    def _street_only(self) -> PlaceNotFound | None:
        if self.missed is not None:
            return None
        for at in range(len(self.words)):
            mention = self._mention(at)
            if mention is None:
                continue
            if mention.marked or (mention.first == 0 and mention.end == len(self.words)):
                span = self._span(mention.first, mention.end)
                return PlaceNotFound("street_only", mention.streets[0].label, span)
        return None

    # ---- neighbourhoods and landmarks

    def _runs(self) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Every run of words that may be a name, longest first."""
        for width in range(min(self.index.longest_name, len(self.words)), 0, -1):
            for first in range(len(self.words) - width + 1):
                yield (
                    first,
                    first + width,
                    tuple(word.text for word in self.words[first : first + width]),
                )

    def _name(self) -> PlaceFound | PlaceAmbiguous | None:
        for first, end, key in self._runs():
            if key in self.index.names:
                return self._named(self.index.names[key], first, end, exact=True)
        return None

    def _mended_name(self) -> PlaceFound | PlaceAmbiguous | None:
        for first, end, key in self._runs():
            written = " ".join(key)
            if len(written) < 6 or not written.replace(" ", "").isalpha():
                continue
            name = self.index.spoken_names.near(written)
            if name is not None:
                return self._named(self.index.names[name], first, end, exact=False)
        return None

    def _named(
        self, known: list[Named], first: int, end: int, *, exact: bool
    ) -> PlaceFound | PlaceAmbiguous | None:
        span = self._span(first, end)
        return self._choose(
            [
                self._found(
                    Point(latitude=one.latitude, longitude=one.longitude),
                    one.say(self.language),
                    "landmark" if isinstance(one, Landmark) else "neighborhood",
                    span,
                    exact=exact and isinstance(one, Landmark),
                )
                for one in known
            ]
        )
