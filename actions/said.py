"""What an action says and does to the dialogue, in a form that can be stored and said again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Self

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from desk.reply import Choice, Reply, choices_as_json, choices_from_json


@dataclass(slots=True)
class Said:
    """Replies and commands to the gateway, in the order they are said, and events for Rasa."""

    spoken: list[dict[str, Any]] = field(default_factory=list)
    events: list[EventType] = field(default_factory=list)

    def reply(self, *replies: Reply) -> Self:
        """Say these."""
        for one in replies:
            self.spoken.append({"text": one.text, "choices": choices_as_json(one.choices)})
        return self

    def command(self, name: str, **values: Any) -> Self:
        """Ask the gateway for something that an action may not do itself (docs/architecture.md)."""
        self.spoken.append({"command": name, **values})
        return self

    def event(self, *events: EventType) -> Self:
        """Change the dialogue."""
        self.events.extend(events)
        return self

    def sets(self, slot: str) -> bool:
        """Whether an event sets this slot."""
        return any(one["event"] == "slot" and one["name"] == slot for one in self.events)

    def value_of(self, slot: str) -> Any:
        """The last value that an event gives this slot; None when none does."""
        given = [one for one in self.events if one["event"] == "slot" and one["name"] == slot]
        return given[-1]["value"] if given else None

    def has(self, kind: str) -> bool:
        """Whether there is an event of this kind."""
        return any(one["event"] == kind for one in self.events)

    def follows_up(self) -> bool:
        """Whether an event names the next action."""
        return self.has("followup")

    def commands(self) -> list[dict[str, Any]]:
        """The commands among what is said."""
        return [one for one in self.spoken if "command" in one]

    def tell(self, dispatcher: CollectingDispatcher, *, plain: bool = False) -> None:
        """Hand everything said to Rasa; `plain` for `rasa shell`, which cannot draw buttons here.

        (Its questionary 1.10 breaks with the prompt-toolkit that has no known advisories.)
        """
        for one in self.spoken:
            if "command" in one:
                dispatcher.utter_message(json_message=one)
            else:
                choices = choices_from_json(one["choices"])
                if plain:
                    lines = [f"  {choice.title}: {payload_of(choice)}" for choice in choices]
                    dispatcher.utter_message(text="\n".join([one["text"], *lines]))
                    continue
                buttons = [{"title": c.title, "payload": payload_of(c)} for c in choices]
                dispatcher.utter_message(text=one["text"], buttons=buttons)

    def as_json(self) -> dict[str, Any]:
        """The form it is stored in."""
        return {"spoken": self.spoken, "events": self.events}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """What `as_json` stored."""
        return cls(spoken=list(stored["spoken"]), events=list(stored["events"]))


def payload_of(choice: Choice) -> str:
    """Rasa's message for a choice; bot/channel.py turns it back into its value."""
    kind, _, topic = choice.value.partition(":")
    return f"/{topic}" if kind == "topic" else "/choose" + json.dumps({"value": choice.value})
