"""What all our actions share: a turn out of the tracker, a transaction, and an answer told once."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecutionRejected, ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.meant import Offered, meant, offer_next
from actions.said import Said
from actions.topics import action_of, choices
from actions.turn import SHELL, Turn, read_message, shell_conversation
from desk import conversations, department, places, safety
from desk.conversations import outbox
from desk.database import Database
from desk.reply import Reply, choices_as_json
from desk.settings import settings
from desk.wording import as_language, say
from desk.wording.detect import shows_language


@cache
def database() -> Database:
    """The database of this process."""
    return Database(settings().database_url)


class DeskAction(Action):  # type: ignore[misc]  # rasa-sdk has no types
    """An action of Rasa that asks the desk.

    One that `stores` runs in one transaction with its answer, which is kept by message id: when
    Rasa calls again for the same message (it fell over before it stored the turn), the kept
    answer is told and nothing is stored twice.

    Rules choose an action by what NLU found. Where the message means something else (see
    actions/meant.py) the chosen action passes it on to the right one.
    """

    stores: ClassVar[bool] = False
    offers_next: ClassVar[bool] = False
    """Whether the second topic of a message is offered after the answer."""

    forgets: ClassVar[tuple[str, ...]] = ("misunderstood", "offered", "next_topic")
    """The slots that an answer makes void, unless it sets them itself."""

    @abstractmethod
    def respond(self, turn: Turn) -> Said:
        """What to say to a turn. Runs in a worker thread, inside the turn's transaction."""

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],  # noqa: ARG002
    ) -> list[EventType]:
        """Answer the latest message of the tracker."""
        said = await asyncio.to_thread(self._answer, tracker)
        said.tell(dispatcher, plain=read_message(tracker).channel == SHELL)
        return said.events

    def _answer(self, tracker: Tracker) -> Said:
        message, now = read_message(tracker), datetime.now(UTC)
        ours = department.load(settings().department)
        places.ask_geocoder(message.text, ours)  # not in the transaction, which others wait for
        writes = self.stores or message.channel == SHELL
        with database().transaction() if writes else database().reading() as session:
            if message.channel == SHELL:
                row = shell_conversation(session, message.conversation_id, now)
                message = replace(message, language=as_language(row.language))
            asked = tracker.slots.get("requested_slot") is not None
            found = message.intent
            turn = Turn(
                message=message if asked else meant(message, session, tracker.slots, now),
                session=session,
                department=ours,
                now=now,
                asked=asked,
                slots=tracker.slots,
            )
            if not self.stores:
                return self._respond(turn, found)
            kept = conversations.once(
                session,
                message.conversation_id,
                message.message_id,
                self.name(),
                lambda: self._respond(turn, found).as_json(),
            )
            return Said.from_json(kept)

    def _respond(self, turn: Turn, found: str) -> Said:
        """Respond, or pass the message on; `found` is the intent that the rules went by."""
        right = action_of(turn.message.intent)
        chosen_by_rules = action_of(found) == self.answers_as
        if not turn.asked and chosen_by_rules and right != self.answers_as:
            return self.pass_on(right)
        said = self.respond(turn)
        if self.offers_next and not said.follows_up():
            if turn.message.second_topic:
                offer_next(turn, said, Offered.about(turn.message, (turn.message.second_topic,)))
            elif _may_speak_another(turn):
                _offer_language(turn, said)
        self.finish(turn, said)
        passed_on = not chosen_by_rules and right == self.answers_as
        if passed_on and not said.follows_up() and not said.sets("requested_slot"):
            said.event(FollowupAction("action_listen"))  # no rule knows what comes after it
        if turn.message.channel == SHELL:
            _play_gateway(turn, said)
        return said

    @property
    def answers_as(self) -> str:
        """The name by which data/rules/ call it."""
        return str(self.name())

    def pass_on(self, action: str) -> Said:
        """Leave the message to another action."""
        return Said().event(FollowupAction(action))

    def finish(self, turn: Turn, said: Said) -> None:
        """Forget what the answer has made void."""
        said.event(
            *(
                SlotSet(slot, None)
                for slot in self.forgets
                if turn.slots.get(slot) and not said.sets(slot)
            )
        )


class LoopAction(DeskAction):
    """A form's validate action, which leads the whole loop.

    Rasa asks it before anything else for every message while the form is active (and once, with
    `turn.asked` false, when it opens), so no message can slip past it. The slot that the form
    asks for is a formality that stays empty; what was told is kept by the desk.
    """

    form: ClassVar[str]
    slot: ClassVar[str]
    remembers: ClassVar[tuple[str, ...]] = ()

    def name(self) -> str:
        """Rasa's name for the action of this form."""
        return f"validate_{self.form}"

    @property
    def answers_as(self) -> str:
        """The form is what rules call."""
        return self.form

    def pass_on(self, action: str) -> Said:
        """Close the form that has just been opened, and leave the message to another action."""
        return self.end(Said(), then=action)

    def next_topic(self, turn: Turn) -> Offered | None:
        """What else the message that opened the loop was about, to offer at its end."""
        if turn.asked:
            return Offered.read(turn.slots.get("next_topic"))
        second = turn.message.second_topic
        return Offered.about(turn.message, (second,)) if second else None

    def finish(self, turn: Turn, said: Said) -> None:
        """Keep the second topic of the message that opened the loop, and offer it at the end."""
        waiting, left_to_rules = self.next_topic(turn), said.has("action_execution_rejected")
        if waiting is not None and said.value_of("requested_slot") is not None:
            said.event(waiting.kept_in("next_topic"))
        elif waiting is not None and not left_to_rules and not said.commands():
            offer_next(turn, said, waiting)
        super().finish(turn, said)

    def ask_on(self, said: Said) -> Said:
        """Keep the loop: the next message comes here too."""
        return said.event(SlotSet(self.slot, None), SlotSet("requested_slot", self.slot))

    def end(self, said: Said, *, then: str = "action_listen") -> Said:
        """End the loop, forget what it remembered, and go on with the action `then`."""
        said.event(*(SlotSet(name, None) for name in (self.slot, *self.remembers)))
        return said.event(SlotSet("requested_slot", None), FollowupAction(then))

    def let_go(self) -> Said:
        """End the loop and leave this message to the rules, as if no loop had been."""
        said = Said().event(*(SlotSet(name, None) for name in (self.slot, *self.remembers)))
        return said.event(
            SlotSet("requested_slot", None), ActiveLoop(None), ActionExecutionRejected(self.form)
        )


def _may_speak_another(turn: Turn) -> bool:
    """Whether the first message of somebody does not show clearly which language they speak."""
    message = turn.message
    if message.channel == SHELL or not any(sign.isalpha() for sign in message.text):
        return False
    if shows_language(message.text):
        return False
    since = turn.now - timedelta(days=30)
    return not outbox.was_spoken_to(turn.session, message.conversation_id, since)


def _offer_language(turn: Turn, said: Said) -> None:
    """Add the other language to what can be chosen."""
    spoken = [one for one in said.spoken if "text" in one]
    offered = choices(("change_language",), turn.language)
    if spoken and not any(one["value"] == offered[0].value for one in spoken[-1]["choices"]):
        spoken[-1]["choices"].extend(choices_as_json(offered))
    if not said.sets("offered"):
        said.event(Offered.about(turn.message, ("change_language",)).kept_in("offered"))


def _play_gateway(turn: Turn, said: Said) -> None:
    """In `rasa shell`, do what the gateway would do on a command, so that a trainer can follow."""
    for command in said.commands():
        if command["command"] == "language":
            shell_conversation(
                turn.session, turn.message.conversation_id, turn.now
            ).language = command["language"]
        elif command["command"] == "danger":
            said.reply(
                safety.danger_reply(
                    command["kind"], turn.department, turn.language, SHELL, draft_kept=turn.asked
                )
            )
        elif command["command"] == "handoff":
            said.reply(Reply(say("dialogue.shell_handoff", turn.language)))
