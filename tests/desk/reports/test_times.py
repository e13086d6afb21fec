"""Phrases of time, told on Wednesday, November 18, 2026 at 14:30, and the window each means."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from desk.reports import times
from desk.wording import Language
from tests.desk.reports.talking import NOW

ZONE = ZoneInfo("America/Los_Angeles")
EN = [
    ("sometime between 10pm and 6am last night", "11-17 22:00", "11-18 06:00"),
    ("half an hour ago", "11-18 13:50", "11-18 14:10"),
    ("yesterday at five", "11-17 17:00", "11-17 17:00"),
    ("two nights ago", "11-16 18:00", "11-17 06:00"),
    ("last night", "11-17 18:00", "11-18 06:00"),
    ("between Friday night and this morning", "11-13 18:00", "11-18 12:00"),
    ("yesterday around 3", "11-17 14:30", "11-17 15:30"),
    ("yesterday at 3pm", "11-17 15:00", "11-17 15:00"),
    ("this morning", "11-18 05:00", "11-18 12:00"),
    ("today at 9:15 am", "11-18 09:15", "11-18 09:15"),
    ("Tuesday", "11-17 00:00", "11-18 00:00"),
    ("last Friday", "11-13 00:00", "11-14 00:00"),
    ("Friday night", "11-13 18:00", "11-14 06:00"),
    ("Tuesday morning", "11-17 05:00", "11-17 12:00"),
    ("two hours ago", "11-18 12:00", "11-18 13:00"),
    ("20 minutes ago", "11-18 14:05", "11-18 14:15"),
    ("an hour ago", "11-18 13:15", "11-18 13:45"),
    ("3 days ago", "11-15 00:00", "11-16 00:00"),
    ("a week ago", "11-10 00:00", "11-13 00:00"),
    ("last week", "11-09 00:00", "11-16 00:00"),
    ("last weekend", "11-14 00:00", "11-16 00:00"),
    ("the day before yesterday", "11-16 00:00", "11-17 00:00"),
    ("Nov 12", "11-12 00:00", "11-13 00:00"),
    ("November 12th at 4:30 pm", "11-12 16:30", "11-12 16:30"),
    ("11/12/2026", "11-12 00:00", "11-13 00:00"),
    ("11/12", "11-12 00:00", "11-13 00:00"),
    ("2026-11-10", "11-10 00:00", "11-11 00:00"),
    ("the 10th", "11-10 00:00", "11-11 00:00"),
    ("between 2 and 4 pm yesterday", "11-17 14:00", "11-17 16:00"),
    ("yesterday between 2 and 4 pm", "11-17 14:00", "11-17 16:00"),
    ("from 9 to 5 on Monday", "11-16 09:00", "11-16 17:00"),
    ("Monday from 9am to 5pm", "11-16 09:00", "11-16 17:00"),
    ("since Saturday", "11-14 00:00", "11-18 14:30"),
    ("after 5pm yesterday", "11-17 17:00", "11-18 00:00"),
    ("overnight", "11-17 18:00", "11-18 06:00"),
    ("midnight last night", "11-17 23:00", "11-18 01:00"),
    ("around noon today", "11-18 11:30", "11-18 12:30"),
    ("sometime yesterday", "11-17 00:00", "11-18 00:00"),
    ("Saturday evening", "11-14 17:00", "11-14 22:00"),
    ("last night around 11", "11-17 22:30", "11-17 23:30"),
    ("last night at 2", "11-18 02:00", "11-18 02:00"),
    ("it was Sunday afternoon about 4", "11-15 15:30", "11-15 16:30"),
    ("Monday to Tuesday", "11-16 00:00", "11-18 00:00"),
    ("at 8 this morning", "11-18 08:00", "11-18 08:00"),
    ("just now", "11-18 14:15", "11-18 14:30"),
    ("early this morning", "11-18 00:00", "11-18 09:00"),
]
ES = [
    ("entre las 10 de la noche y las 6 de la mañana", "11-17 22:00", "11-18 06:00"),
    ("hace media hora", "11-18 13:50", "11-18 14:10"),
    ("el lunes como a las dos de la tarde", "11-16 13:30", "11-16 14:30"),
    ("del viernes al lunes", "11-13 00:00", "11-17 00:00"),
    ("anoche", "11-17 18:00", "11-18 06:00"),
    ("ayer como a las 3", "11-17 14:30", "11-17 15:30"),
    ("el viernes por la noche", "11-13 18:00", "11-14 06:00"),
    ("entre el viernes por la noche y esta mañana", "11-13 18:00", "11-18 12:00"),
    ("ayer", "11-17 00:00", "11-18 00:00"),
    ("ayer a las 3 de la tarde", "11-17 15:00", "11-17 15:00"),
    ("hoy a las 9:15 de la mañana", "11-18 09:15", "11-18 09:15"),
    ("esta mañana", "11-18 05:00", "11-18 12:00"),
    ("anteayer", "11-16 00:00", "11-17 00:00"),
    ("antier por la noche", "11-16 18:00", "11-17 06:00"),
    ("el martes", "11-17 00:00", "11-18 00:00"),
    ("el lunes pasado", "11-16 00:00", "11-17 00:00"),
    ("el sábado por la tarde", "11-14 12:00", "11-14 18:00"),
    ("hace dos horas", "11-18 12:00", "11-18 13:00"),
    ("hace 20 minutos", "11-18 14:05", "11-18 14:15"),
    ("hace una hora", "11-18 13:15", "11-18 13:45"),
    ("hace 3 días", "11-15 00:00", "11-16 00:00"),
    ("hace una semana", "11-10 00:00", "11-13 00:00"),
    ("la semana pasada", "11-09 00:00", "11-16 00:00"),
    ("el fin de semana", "11-14 00:00", "11-16 00:00"),
    ("el 12 de noviembre", "11-12 00:00", "11-13 00:00"),
    ("12 de noviembre a las 16:30", "11-12 16:30", "11-12 16:30"),
    ("el día 10", "11-10 00:00", "11-11 00:00"),
    ("11/12/2026", "11-12 00:00", "11-13 00:00"),
    ("ayer entre las 2 y las 4 de la tarde", "11-17 14:00", "11-17 16:00"),
    ("entre las 9 y las 11 de la noche de ayer", "11-17 21:00", "11-17 23:00"),
    ("desde el sábado", "11-14 00:00", "11-18 14:30"),
    ("el lunes de 9 a 5", "11-16 09:00", "11-16 17:00"),
    ("anoche como a las 11", "11-17 22:30", "11-17 23:30"),
    ("anoche a las 2", "11-18 02:00", "11-18 02:00"),
    ("en la madrugada de hoy", "11-18 00:00", "11-18 06:00"),
    ("hoy al mediodía", "11-18 11:30", "11-18 12:30"),
    ("ayer después de las 5", "11-17 17:00", "11-18 00:00"),
    ("a medianoche", "11-17 23:00", "11-18 01:00"),
    ("el domingo en la mañana", "11-15 05:00", "11-15 12:00"),
    ("ahorita", "11-18 14:15", "11-18 14:30"),
    ("hace un rato", "11-18 08:30", "11-18 14:30"),
    ("de lunes a martes", "11-16 00:00", "11-18 00:00"),
    ("ayer por la mañana", "11-17 05:00", "11-17 12:00"),
    ("el 5 de noviembre de 2026", "11-05 00:00", "11-06 00:00"),
    ("desde ayer hasta hoy", "11-17 00:00", "11-18 14:30"),
    ("como a las 8 de la mañana", "11-18 07:30", "11-18 08:30"),
    ("anoche entre las 2 y las 4", "11-18 02:00", "11-18 04:00"),
    ("desde hace dos semanas", "11-04 00:00", "11-18 14:30"),
]


def window(text: str, language: Language, *, whole: bool = True) -> tuple[str, str] | None:
    found = times.understand(text, NOW, ZONE, language, whole=whole)
    if found is None:
        return None
    ends = (found[0].earliest, found[0].latest)
    first, last = (end.astimezone(ZONE).strftime("%m-%d %H:%M") for end in ends)
    return first, last


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("last night between 2 and 4", "11-18 02:00", "11-18 04:00"),
        ("last night between 11 and 2", "11-17 23:00", "11-18 02:00"),
        ("last night between 8 and 10", "11-17 20:00", "11-17 22:00"),
        ("for about 3 days", "11-15 00:00", "11-18 14:30"),
        ("two weeks", "11-04 00:00", "11-18 14:30"),
    ],
)
def test_hours_of_a_night_and_how_long_it_lasts(text: str, first: str, last: str) -> None:
    assert window(text, "en") == (first, last)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a white van has been sitting on our street for two weeks", "11-04 00:00"),
        ("un carro lleva tres días estacionado en mi cuadra", "11-15 00:00"),
        ("I have lived here for ten years and never had trouble", None),
        ("the car has 2 weeks of dust", None),
    ],
)
def test_how_long_a_thing_stands_there_is_told_in_a_story(text: str, first: str | None) -> None:
    found = window(text, "en", whole=False)
    assert (found[0] if found else None) == first


@pytest.mark.parametrize(("text", "first", "last"), EN)
def test_english_phrases(text: str, first: str, last: str) -> None:
    assert window(text, "en") == (first, last)


@pytest.mark.parametrize(("text", "first", "last"), ES)
def test_spanish_phrases(text: str, first: str, last: str) -> None:
    assert window(text, "es") == (first, last)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("this morning between 8 and 10", "11-17 08:00", "11-17 10:00"),
        ("tonight at 9", "11-17 21:00", "11-17 21:00"),
        ("hoy en la mañana", "11-17 05:00", "11-17 12:00"),
        ("ten minutes ago", "11-18 00:00", "11-18 00:05"),
    ],
)
def test_past_midnight_today_is_still_the_day_before(text: str, first: str, last: str) -> None:
    found = times.understand(text, NOW.replace(hour=0, minute=13), ZONE, "en")
    assert found is not None
    ends = (found[0].earliest, found[0].latest)
    assert [end.astimezone(ZONE).strftime("%m-%d %H:%M") for end in ends] == [first, last]


@pytest.mark.parametrize(
    "text", ["tomorrow", "next friday", "mañana", "el próximo lunes", "tonight"]
)
def test_what_has_not_come_is_refused(text: str) -> None:
    with pytest.raises(times.InTheFuture):
        window(text, "en")


@pytest.mark.parametrize(
    "text",
    ["my 2 bikes", "lost it at 12 Oak Street", "a red bike", "no idea", "Maria Lopez", "$500"],
)
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    assert window(text, "en") is None


@pytest.mark.parametrize(
    "text", ["stole my iphone 12 at 5th and Main", "she sat on the bench", "it cost 500", "at 3"]
)
def test_in_a_story_only_clear_words_count(text: str) -> None:
    assert window(text, "en", whole=False) is None


def test_a_date_later_in_the_year_is_last_years() -> None:
    assert times.understand("december 24", NOW, ZONE, "en") is not None
    found = times.understand("december 24", NOW, ZONE, "en")
    assert found is not None
    assert found[0].earliest.year == 2025


@pytest.mark.parametrize(
    ("text", "language", "shown"),
    [
        ("yesterday around 3", "en", "Tue, Nov 17, 2026, about 3:00 PM"),
        ("yesterday at 3pm", "en", "Tue, Nov 17, 2026, 3:00 PM"),
        ("Tuesday morning", "en", "Tue, Nov 17, 2026, between 5:00 AM and 12:00 PM"),
        ("last week", "en", "between Mon, Nov 9, 2026 and Sun, Nov 15, 2026"),
        ("ayer como a las 3", "es", "mar 17 nov 2026, como a las 15:00"),
    ],
)
def test_reading_back_names_day_and_year(text: str, language: Language, shown: str) -> None:
    found = times.understand(text, NOW, ZONE, language)
    assert found is not None
    assert times.show(found[0], ZONE, language) == shown


def test_the_night_of_a_clock_change_is_right() -> None:
    now = datetime(2026, 11, 1, 12, tzinfo=ZONE)  # clocks went back at 2 in the morning
    found = times.understand("last night", now, ZONE, "en")
    assert found is not None
    assert (found[0].latest - found[0].earliest).total_seconds() == 13 * 3600


@pytest.mark.parametrize(
    ("text", "language", "first", "last"),
    [
        ("it started two weeks ago, last one this morning", "en", "11-18 05:00", "11-18 12:00"),
        ("empezó hace dos semanas, la última fue anoche", "es", "11-17 18:00", "11-18 06:00"),
        ("in march", "en", "03-01 00:00", "04-01 00:00"),
        ("en noviembre", "es", "11-01 00:00", "11-18 14:30"),
    ],
)
def test_the_last_of_several_times_and_whole_months(
    text: str, language: Language, first: str, last: str
) -> None:
    assert window(text, language) == (first, last)
    assert window(text, language, whole=False) == (first, last)


def test_a_month_that_has_not_come_this_year_is_last_years() -> None:
    found = times.understand("in december", NOW, ZONE, "en")
    assert found is not None
    assert found[0].earliest.year == 2025
