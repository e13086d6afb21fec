"""Look-ups that need a place: the nearest station, and the district of a place."""

from __future__ import annotations

from typing import Final, Literal

from rasa_sdk.events import FollowupAction, SlotSet

from actions.desk_action import DeskAction, LoopAction
from actions.meant import is_sure_danger
from actions.people import hand_over
from actions.said import Said
from actions.topics import BUSINESS, LOOK_UPS, MENU, choices, person
from actions.turn import Message, Turn
from desk import places
from desk.department import spoken_phone
from desk.places import PlaceAmbiguous, PlaceFound, PlaceNotFound
from desk.reply import Reply
from desk.wording import Language, say

LookUp = Literal["find_station", "my_district"]

_TRIES: Final = 2
_CLEAR: Final = 0.5
_STOPPING: Final = frozenset({"cancel_form", "deny", "skip", "done", "back"})


class ActionFindStation(DeskAction):
    """The nearest police station."""

    look_up: LookUp = "find_station"
    offers_next = True

    def name(self) -> str:
        """Rasa's name for it."""
        return f"action_{self.look_up}"

    def respond(self, turn: Turn) -> Said:
        """Answer when the message names a place; otherwise let the form ask for one."""
        place = place_in(turn)
        if isinstance(place, PlaceFound):
            return Said().reply(answer(turn, self.look_up, place))
        return Said().event(SlotSet("look_up", self.look_up), FollowupAction("place_form"))


class ActionMyDistrict(ActionFindStation):
    """The district of a place, and who looks after it."""

    look_up = "my_district"


class ValidatePlaceForm(LoopAction):
    """Asks for the place that a look-up needs, and goes on with the look-up."""

    form = "place_form"
    slot = "place"
    remembers = ("look_up", "place_tries")

    def respond(self, turn: Turn) -> Said:
        """Ask, understand, answer; after two misses offer a person instead of asking on."""
        message, language = turn.message, turn.language
        if turn.asked:
            if is_sure_danger(message):
                return self.ask_on(Said().command("danger", kind=message.intent))
            asks_person = message.intent == "talk_to_person" and _is_clear(message)
            if message.choice == "person" or asks_person:
                return self.end(hand_over(turn, "asked", topic=self._look_up(turn)))
            if message.choice == "resume" or message.intent in {"repeat", "ask_why"}:
                return self.ask_on(Said().reply(self._question(turn)))
            if _wants_to_stop(turn):
                return self.end(_stopped(language))
        place = place_in(turn)
        if isinstance(place, PlaceFound):
            return self.end(Said().reply(answer(turn, self._look_up(turn), place)))
        if turn.asked and self._is_something_else(turn, place):
            return self.let_go()
        if isinstance(place, PlaceAmbiguous):
            return self.ask_on(Said().reply(places.replies.ambiguous(place, language)))
        if not turn.asked and place.reason == "nothing":
            return self.ask_on(Said().reply(self._question(turn)))
        return self._missed(turn, place)

    def _look_up(self, turn: Turn) -> LookUp:
        return "my_district" if turn.slots.get("look_up") == "my_district" else "find_station"

    def _is_something_else(self, turn: Turn, place: places.Place) -> bool:
        """Whether a message without a place brings another topic instead."""
        message = turn.message
        if message.intent in LOOK_UPS and not message.certain:
            return (
                message.intent != self._look_up(turn)
                and isinstance(place, PlaceNotFound)
                and place.reason == "nothing"
                and _is_clear(message)
            )
        other = message.intent in BUSINESS | {"menu", "greet", "goodbye", "thanks"}
        return other and _is_clear(message)

    def _question(self, turn: Turn) -> Reply:
        of = "district" if self._look_up(turn) == "my_district" else "station"
        return Reply(say(f"dialogue.place_ask_{of}", turn.language))

    def _missed(self, turn: Turn, place: PlaceNotFound) -> Said:
        tries = int(turn.slots.get("place_tries") or 0) + 1
        if tries > _TRIES:
            phone = spoken_phone(turn.department.profile.nonemergency)
            text = say("dialogue.place_gave_up", turn.language, phone=phone)
            offered = (person(turn.language), *choices(MENU[:2], turn.language))
            return self.end(Said().reply(Reply(text, offered)))
        said = Said().reply(places.replies.not_found(place, turn.department, turn.language))
        return self.ask_on(said).event(SlotSet("place_tries", tries))


def answer(turn: Turn, look_up: str, place: PlaceFound) -> Reply:
    """The answer of a look-up for a place."""
    if look_up == "my_district":
        return places.replies.district(place, turn.department, turn.language, turn.now)
    return places.replies.station(
        place, turn.department, turn.language, turn.now, channel=turn.message.channel
    )


def station_of_bare_place(turn: Turn) -> Said | None:
    """The station nearest to a message that is nothing but a place; None when it is more, or none.

    Whoever sends "00105" or two coordinates wants to know where to go, whatever topic NLU sees.
    """
    place, text = place_in(turn), turn.message.text.strip()
    if isinstance(place, PlaceFound) and text and place.span == (0, len(text)):
        return Said().reply(answer(turn, "find_station", place))
    return None


def place_in(turn: Turn) -> places.Place:
    """The place in a message: its location pin, its words, or the option that was tapped."""
    message = turn.message
    text = message.text
    if message.choice and message.choice.startswith("option:"):
        text = message.choice.partition(":")[2]
    return places.understand(
        text, turn.department, language=turn.language, location=message.location
    )


def _stopped(language: Language) -> Said:
    return Said().reply(Reply(say("dialogue.place_stopped", language), choices(MENU, language)))


def _wants_to_stop(turn: Turn) -> bool:
    return turn.message.intent in _STOPPING and _is_clear(turn.message)


def _is_clear(message: Message) -> bool:
    return message.certain or message.confidence >= _CLEAR
