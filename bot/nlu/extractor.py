"""The pipeline component that marks what is named in a message: numbers, times, things, places."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.named import KINDS, Found, find
from bot.nlu.places import Gazetteer

_ROOT = Path(__file__).resolve().parents[2]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class NamedExtractor(EntityExtractorMixin, GraphComponent):
    """Finds entities by rules and lists. Settings: `find`, the kinds that are looked for."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The settings and what they are when config.yml does not say."""
        return {"find": [*KINDS, "place"]}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Refuse kinds that are not known. Raises InvalidConfigException."""
        wrong = set(config.get("find") or ()) - {*KINDS, "place"}
        if wrong:
            raise InvalidConfigException(f"find: {', '.join(sorted(wrong))} is not known.")

    def __init__(self, config: dict[str, Any]) -> None:
        self._kinds = [*config["find"]]
        folder = Path(os.environ.get("FRONTDESK_DEPARTMENT") or _ROOT / "department")
        self._places = Gazetteer(folder / "gazetteer") if "place" in self._kinds else None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> NamedExtractor:
        """An extractor with these settings."""
        return cls({**cls.get_default_config(), **config})

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what is found to each message's entities."""
        for message in messages:
            entities = [self._entity(one) for one in self.found(message.get(TEXT) or "")]
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)
        return messages

    def found(self, text: str) -> list[Found]:
        """What is named in a text, in order; nothing overlaps."""
        places = self._places.find(text) if self._places else []
        kinds = [kind for kind in self._kinds if kind != "place"]
        return find(text, kinds, first=places)

    @staticmethod
    def _entity(one: Found) -> dict[str, Any]:
        return {
            "entity": one.kind,
            "start": one.start,
            "end": one.end,
            "value": one.value,
            "extractor": "NamedExtractor",
        }
