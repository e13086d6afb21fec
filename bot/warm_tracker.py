"""A tracker that stays small, and is copied without living the conversation again."""

from __future__ import annotations

import copy
import dataclasses
from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

TURNS_KEPT = 5
"""Messages before the latest that the policies look back on: more than any rule or story window."""

REPEATS_KNOWN = 20
"""How many messages back a repeated one is recognised."""


class WarmTracker(DialogueStateTracker):
    """The tracker of a conversation that goes on.

    Rasa's own keeps every event of a session, and goes through all of them several times a turn.
    This one forgets, at rest, what no policy looks at any more; the tracker store has it all.

    `end` is the id of its last event in the store, `messages` counts those of the session. `heard`
    maps the ids of the newest messages to what the bot said to them; `heard_all`: no other counts.
    """

    end = 0
    messages = 0
    heard_all = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = 0
        self.heard: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._states: dict[tuple[int, bool, bool], list[State]] = {}

    def copy(self) -> DialogueStateTracker:
        """A tracker in the same state; what happens to it does not touch this one."""
        twin = copy.copy(self)
        twin.events = deque(self.events, self._max_event_history)
        twin.slots = {name: copy.copy(slot) for name, slot in self.slots.items()}
        twin.active_loop = self.active_loop and dataclasses.replace(self.active_loop)
        twin.model_id = twin.assistant_id = None  # as Rasa's copies: the original notes them
        twin._states = {}
        return twin

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """The states so far. A policy that asks twice before anything happens gets them again."""
        key = (len(self.events), omit_unset_slots, ignore_rule_only_turns)
        if key not in self._states:
            if not any(known[0] == key[0] for known in self._states):
                self._states = {}
            self._states[key] = super().past_states(
                domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data
            )
        return [  # policies strike out of them what they do not look at
            {kind: dict(part) for kind, part in state.items()} for state in self._states[key]
        ]

    def unstored(self) -> list[Event]:
        """The events that the store does not have yet."""
        return list(self.events)[self._stored :]

    def rest(self, end: int) -> None:
        """Everything is stored, up to `end`, and the bot listens: forget what is not needed."""
        for event in self.unstored():
            self._remember(event)
        self.events = self._create_events(shortened(self.applied_events(), self))
        self._stored, self.end = len(self.events), end
        self._states = {}

    def _remember(self, event: Event) -> None:
        if isinstance(event, SessionStarted):
            self.messages = 0
        elif isinstance(event, UserUttered):
            self.messages += 1
            self.heard[event.message_id or ""] = []
            if len(self.heard) > REPEATS_KNOWN:
                self.heard.popitem(last=False)
                self.heard_all = True
        elif isinstance(event, BotUttered) and self.heard:
            next(reversed(self.heard.values())).append(event.as_dict())


def shortened(applied: Iterable[Event], tracker: DialogueStateTracker) -> list[Event]:
    """What of the applied events shapes the last states: no more than `TURNS_KEPT` messages.

    What the bot said shapes none. Of slots that the policies do not see, the last value is enough.
    The cut is where no form is active, so that Rasa still finds the beginning of the one that is.
    """
    seen: set[str] = set()
    kept: list[Event] = []
    for event in reversed(list(applied)):
        if isinstance(event, BotUttered):
            continue
        if isinstance(event, SlotSet):
            slot = tracker.slots.get(event.key)
            if slot is not None and not slot.has_features():
                if event.key in seen:
                    continue
                seen.add(event.key)
        kept.append(event)
    kept.reverse()
    cut = _cut(kept)
    return [*(one for one in kept[:cut] if isinstance(one, SlotSet)), *kept[cut:]]


def _cut(events: list[Event]) -> int:
    """Where the oldest turn that is kept begins, with the bot listening; 0 when all are."""
    begins: list[int] = []
    active = False
    for at, event in enumerate(events):
        if isinstance(event, ActiveLoop):
            active = event.name is not None
        elif (
            not active
            and isinstance(event, UserUttered)
            and at
            and isinstance(events[at - 1], ActionExecuted)
            and events[at - 1].action_name == ACTION_LISTEN_NAME
        ):
            begins.append(at - 1)
    return begins[-TURNS_KEPT] if len(begins) > TURNS_KEPT else 0
